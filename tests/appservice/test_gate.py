"""Bodies that come in, and what is never written down of them."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
import tracemalloc
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from appservice.logs import OURS
from tests.appservice.side import EMPTY, TOKEN, TRANSACTION, Side, head, running

CANARY = "canary-91b7"


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with running() as started:
        yield started


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (b"", "M_NOT_JSON"),
        (b"events", "M_NOT_JSON"),
        (b'{"events":[]', "M_NOT_JSON"),
        (b'{"events":[]} x', "M_NOT_JSON"),
        (b'{"events":[NaN]}', "M_NOT_JSON"),
        (b'{"events":[-Infinity]}', "M_NOT_JSON"),
        (b'{"events":[],"events":[]}', "M_NOT_JSON"),
        (b'{"events":[{"type":"a","type":"b"}]}', "M_NOT_JSON"),
        (b'{"events":["\xff"]}', "M_NOT_JSON"),
        ('{"events":[]}'.encode("utf-16"), "M_NOT_JSON"),
        (b'\xef\xbb\xbf{"events":[]}', "M_NOT_JSON"),
        (b'{"events":[' + b"9" * 5000 + b"]}", "M_NOT_JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "M_NOT_JSON"),
        (b'{"events":' + b'[{"a":' * 10_000 + b"1" + b"}]" * 10_000 + b"}", "M_NOT_JSON"),
        (b"[]", "M_BAD_JSON"),
        (b"null", "M_BAD_JSON"),
        (b"{}", "M_BAD_JSON"),
        (b'{"events":{}}', "M_BAD_JSON"),
        (b'{"events":null}', "M_BAD_JSON"),
    ],
    ids=lambda value: str(value[:30]),
)
async def test_a6_a_body_that_is_no_transaction_is_refused(side: Side, body: bytes, errcode: str) -> None:
    status, answer = await side.push(body)
    assert (status, answer["errcode"]) == (400, errcode)
    assert side.inbox.kept == []
    assert await side.push(EMPTY) == (200, {})


async def test_a6_an_event_nested_as_deeply_as_a_homeserver_takes_is_no_obstacle(side: Side) -> None:
    body = b'{"events":[{"content":' + b'{"a":' * 800 + b"1" + b"}" * 800 + b"}]}"
    assert await side.push(body) == (200, {})


async def test_a6_a_body_that_says_it_is_too_large_is_refused_unread(side: Side) -> None:
    answer = await side.raw(head(TRANSACTION, "Content-Length: 100000000"))
    assert b" 413 " in answer.splitlines()[0]
    assert b'"errcode": "M_TOO_LARGE"' in answer


async def test_a6_a_hundred_megabytes_without_a_length_are_refused_and_not_kept_in_memory(side: Side) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1600):
            yield b" " * 65536

    tracemalloc.start()
    try:
        status, answer = await side.push(endless())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (status, answer["errcode"]) == (413, "M_TOO_LARGE")
    assert most < 20 * 1024 * 1024
    assert side.inbox.kept == []


async def test_a6_a_body_of_exactly_the_limit_is_taken() -> None:
    async with running(max_body=len(EMPTY)) as side:
        assert await side.push(EMPTY) == (200, {})
        status, _ = await side.push(EMPTY + b" ")
        assert status == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", "nonsense"])
async def test_a6_a_compressed_body_is_refused_unpacked(side: Side, encoding: str) -> None:
    for body in (gzip.compress(b" " * 10_000_000), EMPTY):
        status, answer = await side.push(body, headers={"Content-Encoding": encoding})
        assert (status, answer["errcode"]) == (400, "M_NOT_JSON")
    assert side.inbox.kept == []


async def test_a6_a_body_that_comes_too_slowly_is_given_up() -> None:
    async with running(read_seconds=0.05) as side:
        answer = await side.raw(head(TRANSACTION, "Content-Length: 13") + b'{"eve')
        assert b" 408 " in answer.splitlines()[0]
        assert side.inbox.kept == []


@pytest.mark.parametrize(
    "rest",
    [
        (["Content-Length: 13"], b'{"events"'),
        (["Transfer-Encoding: chunked"], b'd\r\n{"events":[]}\r\n'),
    ],
)
async def test_a6_a_body_that_is_cut_off_is_not_kept(side: Side, rest: tuple[list[str], bytes]) -> None:
    headers, body = rest
    with structlog.testing.capture_logs() as lines:
        _, writer = await asyncio.open_connection("127.0.0.1", side.server.port)
        writer.write(head(TRANSACTION, *headers) + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert await side.push(b'{"events":[1]}') == (200, {})
    assert [line["event"] for line in lines] == ["transaction kept"]
    assert side.inbox.kept == [("1", b'{"events":[1]}')]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"ephemeral": [], "org.example.unknown": {"a": 1}},
        {"de.sorunome.msc2409.ephemeral": [{}], "de.sorunome.msc2409.to_device": [{}]},
        {"org.matrix.msc3202.device_lists": {"changed": []}, "events": ["not even an event"]},
    ],
)
async def test_a7_a_transaction_is_kept_as_it_came_and_answered_with_an_empty_object(
    side: Side, more: dict[str, object]
) -> None:
    body = json.dumps({"events": [], **more}, indent=3).encode()
    assert await side.push(body) == (200, {})
    assert side.inbox.kept == [("1", body)]
    answer = await side.raw(
        head(TRANSACTION, f"Content-Length: {len(body)}", "Connection: close", "Content-Type: text/html")
        + body
    )
    assert b"\r\nContent-Type: application/json" in answer
    assert answer.endswith(b"\r\n\r\n{}")


# -- what is written down ----------------------------------------------------------------------


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, at the lowest level, with nothing hidden."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in OURS)]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    yield stream
    root.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    structlog.reset_defaults()


async def test_a78_neither_tokens_nor_messages_are_written_or_answered(
    side: Side, written: io.StringIO
) -> None:
    said = json.dumps({"events": [{"content": {"body": CANARY}}]}).encode()
    side.inbox.failure = RuntimeError(f"cannot insert {CANARY} for {TOKEN}")
    answers = [await side.push(said), await side.push(said + b"x"), await side.push(said, token=CANARY)]
    side.inbox.failure = None
    answers.append(await side.ask("PUT", f"{TRANSACTION}?access_token={TOKEN}", data=said))
    answers.append(await side.ask("GET", f"/_matrix/{CANARY}?{CANARY}"))
    broken = head(TRANSACTION, f"X: {CANARY}\x00", f"Content-Length: {CANARY}")
    assert b" 400 " in (await side.raw(broken)).splitlines()[0]
    assert [status for status, _ in answers] == [503, 400, 403, 200, 404]
    for text in (written.getvalue(), repr(answers)):
        assert CANARY not in text
        assert TOKEN not in text
    assert '"txn_id": "1"' in written.getvalue()
    assert '"kind": "RuntimeError"' in written.getvalue()
    assert "request not understood" in written.getvalue()
