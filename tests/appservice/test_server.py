"""What the server answers to a homeserver, and to someone who is none."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

import appservice
from appservice.server import Server, build_watch
from tests.appservice.side import BASE, BOT, EMPTY, TOKEN, TRANSACTION, Counted, Health, Side, head, running


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    async with running() as started:
        yield started


def _routes(side: Side) -> Iterator[tuple[str, str]]:
    """Method and path of every route that the application has, with “x” for each variable part."""
    for route in side.app().router.routes():
        assert route.resource is not None
        pattern = route.resource.get_info().get("pattern")
        names = pattern.groupindex if pattern else ()
        yield route.method, str(route.resource.url_for(**dict.fromkeys(names, "x")))


def _guarded(side: Side) -> list[tuple[str, str]]:
    return [(method, path) for method, path in _routes(side) if path.startswith("/_matrix/")]


# -- tokens ------------------------------------------------------------------------------------


async def test_a1_nothing_under_matrix_is_served_without_a_token(side: Side) -> None:
    unknown = [("GET", f"{BASE}/nonsense"), ("PATCH", TRANSACTION), ("GET", "/%5Fmatrix/x")]
    for method, path in [*_guarded(side), *unknown]:
        status, answer = await side.ask(method, path, token=None, data=EMPTY)
        assert (status, answer["errcode"]) == (401, "M_MISSING_TOKEN"), path
    assert side.inbox.kept == []
    assert side.pings.heard == []


async def test_a1_an_escaped_path_does_not_go_round_the_token(side: Side) -> None:
    status, _ = await side.push(EMPTY, token=None)
    assert status == 401
    status, _ = await side.ask("PUT", "/%5Fmatrix/%61pp/v1/transactions/1", token=None, data=EMPTY)
    assert status == 401
    assert side.inbox.kept == []


@pytest.mark.parametrize(
    "token",
    ["", "wrong", TOKEN[:-1], TOKEN[1:], TOKEN + "x", TOKEN.upper(), f"{TOKEN} {TOKEN}", "tökén", "令牌"],
)
async def test_a2_nothing_under_matrix_is_served_with_a_wrong_token(side: Side, token: str) -> None:
    guarded = _guarded(side)
    assert len(guarded) == 9
    for method, path in guarded:
        status, answer = await side.ask(method, path, token=token, data=EMPTY)
        assert (status, answer["errcode"]) == (403, "M_FORBIDDEN"), path
    assert side.inbox.kept == []
    assert side.pings.heard == []


async def test_a2_bytes_that_are_no_utf8_are_a_wrong_token(side: Side) -> None:
    start = f"GET {BASE}/users/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ".encode()
    answer = await side.raw(start + b"\xff\xfe\r\n\r\n")
    assert b" 403 " in answer.splitlines()[0]
    assert b"M_FORBIDDEN" in answer


ODD_HEADERS = [
    *(f"Basic {TOKEN}", TOKEN, f"Bearer{TOKEN}", "Bearer"),
    *(f"Bearer\t{TOKEN}", f"bearer {TOKEN}", f"BEARER {TOKEN}"),
]


@pytest.mark.parametrize("header", ODD_HEADERS)
async def test_a2_the_token_in_any_other_form_is_refused(side: Side, header: str) -> None:
    status, answer = await side.push(EMPTY, token=None, headers={"Authorization": header})
    assert (status, answer["errcode"]) == (403, "M_FORBIDDEN")


async def test_a2_only_the_watch_routes_need_no_token_and_they_tell_no_names(side: Side) -> None:
    rest = {path for _, path in set(_routes(side)) - set(_guarded(side))}
    assert rest == {"/live", "/ready", "/metrics"}
    assert await side.ask("GET", "/live", token=None) == (200, {})
    assert await side.ask("GET", "/ready", token=None) == (200, {"database": True, "ping": True})
    async with side.client.get(f"http://127.0.0.1:{side.server.port}/metrics") as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert await answer.text() == "hedgerow_events_total 5\n"


@pytest.mark.parametrize(
    ("token", "query", "allowed", "status"),
    [
        (TOKEN, "wrong", True, 403),
        ("wrong", TOKEN, True, 403),
        (TOKEN, "wrong", False, 403),
        ("wrong", TOKEN, False, 403),
        (TOKEN, TOKEN, True, 200),
        (None, TOKEN, True, 200),
        (None, "wrong", True, 403),
        (None, "", True, 403),
        (None, "%ff%fe", True, 403),
        (None, TOKEN, False, 401),
        (None, f"{TOKEN}&access_token=wrong", True, 403),
        (None, f"wrong&access_token={TOKEN}", True, 403),
    ],
)
async def test_a3_a_token_in_the_query_counts_only_if_allowed_and_must_match_the_header(
    token: str | None, query: str, allowed: bool, status: int
) -> None:
    async with running(legacy_query_auth=allowed) as side:
        found, _ = await side.ask("PUT", f"{TRANSACTION}?access_token={query}", token=token, data=EMPTY)
        assert found == status
        assert len(side.inbox.kept) == (status == 200)


def test_a4_tokens_are_compared_in_constant_time_and_nowhere_else() -> None:
    source = (Path(appservice.__path__[0]) / "gate.py").read_text()
    guard = next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and node.name == "Guard"
    )
    calls = [ast.unparse(node.func) for node in ast.walk(guard) if isinstance(node, ast.Call)]
    assert "hmac.compare_digest" in calls
    assert [node for node in ast.walk(guard) if isinstance(node, ast.Compare)] == []


async def test_a_server_is_not_built_with_an_empty_token(side: Side) -> None:
    with pytest.raises(ValueError, match="hs_token"):
        side.app(hs_token="")


# -- paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_matrix", 404),
        ("GET", "/_matrix/app/v1/nonsense", 404),
        ("PUT", "/_matrix/app/v2/transactions/1", 404),
        ("PUT", "/transactions/1", 404),
        ("GET", f"/users/{BOT}", 404),
        ("PUT", f"{TRANSACTION}/", 404),
        ("PUT", f"{BASE}/transactions/", 404),
        ("PUT", f"{BASE}//transactions/1", 404),
        ("PUT", f"/{TRANSACTION}", 404),
        ("PUT", f"{BASE}/x/../transactions/1", 404),
        ("PUT", f"{BASE}/x/%2e%2e/transactions/1", 404),
        ("PUT", f"{BASE}/transactions%2F1", 404),
        ("GET", "/", 404),
        ("GET", "/live/", 404),
        ("GET", TRANSACTION, 405),
        ("POST", TRANSACTION, 405),
        ("GET", f"{BASE}/ping", 405),
        ("PUT", f"{BASE}/rooms/x", 405),
        ("OPTIONS", f"{BASE}/users/x", 405),
        ("POST", "/live", 405),
    ],
)
async def test_a5_an_unknown_path_or_method_is_unrecognised(
    side: Side, method: str, path: str, status: int
) -> None:
    found, answer = await side.ask(method, path, data=EMPTY)
    assert (found, answer["errcode"]) == (status, "M_UNRECOGNIZED")
    assert set(answer) == {"errcode", "error"}
    assert side.inbox.kept == []


async def test_a5_a_wrong_method_is_told_the_right_one(side: Side) -> None:
    answer = await side.raw(head(method="POST"))
    assert b"\r\nAllow: PUT\r\n" in answer


# -- transactions ------------------------------------------------------------------------------


async def test_a8_the_same_transaction_is_taken_each_time_it_comes(side: Side) -> None:
    answers = [await side.push(EMPTY) for _ in range(100)]
    answers += await asyncio.gather(*(side.push(EMPTY) for _ in range(20)))
    assert answers == [(200, {})] * 120
    assert side.inbox.kept == [("1", EMPTY)] * 120


async def test_a12_what_could_not_be_kept_is_not_acknowledged(side: Side) -> None:
    for failure in (OSError("disk full"), RuntimeError("database is locked"), TimeoutError()):
        side.inbox.failure = failure
        status, answer = await side.push(EMPTY)
        assert (status, answer["errcode"]) == (503, "M_UNKNOWN")
        assert "disk" not in answer["error"]
    side.inbox.failure = None
    assert await side.push(EMPTY) == (200, {})
    assert side.inbox.kept == [("1", EMPTY)]


async def test_a12_nothing_is_acknowledged_before_it_is_kept(side: Side) -> None:
    side.inbox.may_go_on.clear()
    pushing = asyncio.create_task(side.push(EMPTY))
    await side.inbox.asked.wait()
    assert not pushing.done()
    side.inbox.may_go_on.set()
    assert await pushing == (200, {})


@pytest.mark.parametrize("txn_id", ["x" * 256, "%00", "a%0Ab"])
async def test_a_transaction_id_that_no_homeserver_makes_is_refused(side: Side, txn_id: str) -> None:
    status, answer = await side.ask("PUT", f"{BASE}/transactions/{txn_id}", data=EMPTY)
    assert (status, answer["errcode"]) == (400, "M_INVALID_PARAM")
    assert side.inbox.kept == []


async def test_a_transaction_id_is_handed_over_as_it_was_meant(side: Side) -> None:
    await side.ask("PUT", f"{BASE}/transactions/a%2Fb%7Bc%7D", data=EMPTY)
    assert side.inbox.kept == [("a/b{c}", EMPTY)]


# -- queries, pings, third parties -------------------------------------------------------------


async def test_a19_no_user_and_no_room_is_made_for_a_question(side: Side) -> None:
    unknown = [
        quote(BOT),
        "@x:hs.test",
        "nonsense",
        "@hedgerow:evil.test",
        "@" + "x" * 300,
        "%00",
        "%23a%2Fb",
        "%7B%7D",
        "%ff",
    ]
    for kind in ("users", "rooms"):
        for name in (*unknown, f"%23hedge_arts:hs.test{kind}"):
            status, answer = await asyncio.wait_for(side.ask("GET", f"{BASE}/{kind}/{name}"), 5)
            assert (status, answer["errcode"]) == (404, "M_NOT_FOUND"), name
            assert "hedge_arts" not in answer["error"]


async def test_a20_an_alias_is_answered_while_a_transaction_is_being_kept(side: Side) -> None:
    side.inbox.may_go_on.clear()
    pushing = asyncio.create_task(side.push(EMPTY))
    await side.inbox.asked.wait()
    asked = [side.ask("GET", f"{BASE}/rooms/%23hedge_arts%3Ahs.test") for _ in range(20)]
    answers = await asyncio.wait_for(asyncio.gather(*asked), 5)
    assert {status for status, _ in answers} == {404}
    side.inbox.may_go_on.set()
    await pushing


async def test_a21_the_protocol_is_described_by_the_networks_that_were_given(side: Side) -> None:
    status, answer = await side.ask("GET", f"{BASE}/thirdparty/protocol/hedgerow")
    assert status == 200
    assert answer == {
        "user_fields": [],
        "location_fields": [],
        "icon": "",
        "field_types": {},
        "instances": [{"network_id": "n.aaaa", "desc": "Arts UK", "fields": {}}],
    }
    status, answer = await side.ask("GET", f"{BASE}/thirdparty/protocol/irc")
    assert (status, answer["errcode"]) == (404, "M_NOT_FOUND")
    for path in ("user", "location", "user/hedgerow", "location/hedgerow?alias=x"):
        assert await side.ask("GET", f"{BASE}/thirdparty/{path}") == (200, [])


async def test_a22_a_ping_is_heard_with_the_right_token_only(side: Side) -> None:
    body = b'{"transaction_id":"abc"}'
    status, answer = await side.ask("POST", f"{BASE}/ping", token="wrong", data=body)
    assert (status, answer["errcode"]) == (403, "M_FORBIDDEN")
    assert side.pings.heard == []
    assert await side.ask("POST", f"{BASE}/ping", data=body) == (200, {})
    assert await side.ask("POST", f"{BASE}/ping", data=b"{}") == (200, {})
    assert side.pings.heard == ["abc", None]
    status, answer = await side.ask("POST", f"{BASE}/ping", data=b'{"transaction_id":5}')
    assert (status, answer["errcode"]) == (400, "M_BAD_JSON")


# -- watching, starting and stopping -----------------------------------------------------------


async def test_a22_the_server_is_live_and_not_ready_while_a_part_is_missing(side: Side) -> None:
    side.health.parts = {"database": True, "homeserver": False}
    assert await side.ask("GET", "/ready", token=None) == (503, {"database": True, "homeserver": False})
    assert await side.ask("GET", "/live", token=None) == (200, {})


async def test_the_watch_routes_can_have_an_address_of_their_own() -> None:
    server = Server(build_watch(Health(), Counted()))
    await server.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as client:
        for path, status in (("/live", 200), ("/ready", 200), ("/metrics", 200), (TRANSACTION, 404)):
            async with client.get(path) as answer:
                assert answer.status == status
    await server.stop()


async def test_routes_that_nobody_watches_are_not_there() -> None:
    async with running(health=None, metrics=None) as side:
        for path in ("/live", "/ready", "/metrics"):
            status, answer = await side.ask("GET", path)
            assert (status, answer["errcode"]) == (404, "M_UNRECOGNIZED")


async def test_stopping_waits_for_the_transaction_under_way(side: Side) -> None:
    side.inbox.may_go_on.clear()
    pushing = asyncio.create_task(side.push(EMPTY))
    await side.inbox.asked.wait()
    stopping = asyncio.create_task(side.server.stop())
    await asyncio.sleep(0.01)
    side.inbox.may_go_on.set()
    assert await pushing == (200, {})
    await stopping
    assert len(side.inbox.kept) == 1


@pytest.mark.parametrize("turns", range(5))
async def test_who_connects_just_when_it_stops_is_not_left_waiting(turns: int) -> None:
    server = Server(build_watch(Health(), None))
    await server.start("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", server.port)) as caller:
        caller.setblocking(False)
        for _ in range(turns):  # of the loop: until it is seen, accepted, and served
            await asyncio.sleep(0)
        await server.stop()
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.get_running_loop().sock_recv(caller, 1) == b""


async def test_an_address_that_is_taken_is_an_error_at_the_start(side: Side) -> None:
    second = Server(side.app())
    with pytest.raises(OSError, match="address already in use"):
        await second.start("127.0.0.1", side.server.port)
