"""What is logged, and that no secret ever is."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import structlog

from appservice import logs

SECRET = "zq7canary-77aa"
AWKWARD = 'zq7"w\\örd/ü 1'
Written = Callable[[], str]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """All that went to standard error so far; the state of all loggers is put back afterwards."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", *logs.OURS, "nio", "apscheduler")}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logs, "_covered", set())
    before = ""

    def so_far() -> str:
        nonlocal before
        before += capsys.readouterr().err
        return before

    yield so_far
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    root.handlers = [handler for handler in root.handlers if type(handler).__module__ != logs.__name__]
    structlog.reset_defaults()


def _fail(with_what: str) -> None:
    raise RuntimeError(f"refused: {with_what}")


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
@pytest.mark.parametrize("secret", [SECRET, AWKWARD])
def test_a78_a_secret_is_covered_at_every_level_and_in_every_form(
    written: Written, level: str, format: logs.Format, secret: str
) -> None:
    logs.hide(secret, "")
    logs.configure(level, format)
    ours, theirs = structlog.get_logger("appservice.x"), logging.getLogger("sqlalchemy.pool")
    for tell in (ours.debug, ours.info, ours.warning, ours.error):
        tell(f"with {secret}", token=secret, nested={"a": [secret]}, raw=secret.encode(), url=quote(secret))
    theirs.warning("with %s", secret)
    theirs.error("with %r", {"token": secret})
    try:
        _fail(secret)
    except RuntimeError:
        ours.exception("failed")
        theirs.exception("failed")
    text = written()
    assert text.count(logs.COVER) >= 8
    assert "zq7" not in text


def test_a78_a_crash_is_told_without_its_secrets(written: Written) -> None:
    logs.hide(SECRET)
    logs.configure()
    try:
        _fail(SECRET)
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
    assert "stopped by an error" in written()
    assert "refused: [hidden]" in written()
    assert SECRET not in written()


def test_a78_a_line_that_cannot_be_written_is_not_printed_as_it_is(written: Written) -> None:
    logs.hide(SECRET)
    logs.configure()
    logging.getLogger("aiohttp").warning("%d", SECRET)
    assert written() == "a line from aiohttp could not be logged\n"


def test_a_secret_that_begins_another_leaves_nothing_of_it(written: Written) -> None:
    logs.hide("abc", "abcdef")
    assert logs.covered("abcdef abc") == f"{logs.COVER} {logs.COVER}"


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_traceback_shows_no_local_variables(written: Written, format: logs.Format) -> None:
    logs.configure("DEBUG", format)
    message = "what " + "somebody said"
    try:
        _fail(str(len(message)))
    except RuntimeError:
        structlog.get_logger("bot.x").exception("failed")
    assert "RuntimeError: refused: 18" in written()
    assert message not in written()


def test_each_line_of_json_is_one_object_with_its_time_level_and_logger(written: Written) -> None:
    logs.configure("INFO", "json")
    structlog.get_logger("appservice.x").info("transaction kept", txn_id="7")
    logging.getLogger("aiohttp").warning("two\nlines")
    first, second = (json.loads(line) for line in written().splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {"event": "transaction kept", "level": "info", "logger": "appservice.x", "txn_id": "7"}
    assert (second["event"], second["level"], second["logger"]) == ("two\nlines", "warning", "aiohttp")


def test_libraries_that_write_messages_down_stay_silent_even_at_debug(written: Written) -> None:
    logs.configure("debug")
    logging.getLogger("sqlalchemy.engine").info("INSERT … [parameters: what somebody said]")
    logging.getLogger("aiosqlite").debug("executing what somebody said")
    logging.getLogger("nio.events.misc").error("Error validating event: what somebody said")
    assert written() == ""
    logging.getLogger("appservice.gate.http").debug("heard")
    structlog.get_logger("spaces.x").debug("heard as well")
    assert written().count("heard") == 2


def test_what_is_below_the_level_is_not_written(written: Written) -> None:
    logs.configure("WARNING")
    structlog.get_logger("appservice.x").info("not this")
    structlog.get_logger("appservice.x").warning("but this")
    assert "not this" not in written()
    assert "but this" in written()


def test_an_unknown_level_is_refused_with_those_there_are(written: Written) -> None:
    with pytest.raises(ValueError, match="Use DEBUG, INFO, WARNING or ERROR"):
        logs.configure("LOUD")
