"""What is logged, and that no secret ever is."""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import structlog

from appservice import logs
from appservice.homeserver import HomeserverError

SECRET = "zq7canary-77aa"
AWKWARD = 'zq7"w\\örd/ü 1'
Written = Callable[[], str]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """All that went to standard error so far; the state of all loggers is put back afterwards."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", *logs.OURS, "nio", "apscheduler")}
    for module, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
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


class Unwritable:
    """Nothing that JSON can have as a key."""


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
    assert text.count(logs.COVER) >= 5
    assert "zq7" not in text


def test_a78_a_crash_is_told_without_its_secrets(written: Written) -> None:
    logs.hide(SECRET)
    logs.configure()
    try:
        _fail(SECRET)
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
    assert "stopped by an error" in written()
    assert "in _fail" in written()
    assert written().endswith("\nRuntimeError\n")
    assert SECRET not in written()


def test_a78_a_line_that_cannot_be_written_is_not_printed_as_it_is(written: Written) -> None:
    logs.configure("INFO", "json")
    structlog.get_logger("appservice.x").info("told", thing={Unwritable(): SECRET})
    assert written() == "a line from appservice.x could not be logged\n"


def test_a_short_secret_is_covered_where_it_stands_as_one_and_not_where_it_is_a_word(
    written: Written,
) -> None:
    logs.hide("hedgerow")
    url = "postgresql://hedgerow:hedgerow@127.0.0.1/hedgerow"
    assert logs.covered(f"start `hedgerow run` at {url}; password='hedgerow'") == (
        "start `hedgerow run` at postgresql://hedgerow:[hidden]@127.0.0.1/hedgerow; password='[hidden]'"
    )


def test_a_secret_that_begins_another_leaves_nothing_of_it(written: Written) -> None:
    logs.hide("a-b", "a-b-c")
    assert logs.covered("a-b-c a-b") == f"{logs.COVER} {logs.COVER}"


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_traceback_shows_no_local_variables(written: Written, format: logs.Format) -> None:
    logs.configure("DEBUG", format)
    message = "what " + "somebody said"
    try:
        _fail(str(len(message)))
    except RuntimeError:
        structlog.get_logger("bot.x").exception("failed")
    assert "in test_a_traceback_shows_no_local_variables" in written()
    assert message not in written()


@pytest.mark.parametrize("format", ["text", "json"])
def test_of_exceptions_their_kinds_and_codes_are_told_and_never_their_texts(
    written: Written, format: logs.Format
) -> None:
    logs.configure("DEBUG", format)
    try:
        try:
            raise sqlite3.IntegrityError(f"{SECRET} is there already")
        except sqlite3.Error as error:
            raise ExceptionGroup(
                SECRET, [OSError(28, SECRET), HomeserverError(403, "M_FORBIDDEN", SECRET)]
            ) from error
    except ExceptionGroup:
        structlog.get_logger("appservice.x").exception("failed")
    for told in ("IntegrityError", "OSError: ENOSPC", "HomeserverError: 403 M_FORBIDDEN", "ExceptionGroup"):
        assert told in written()
    assert SECRET not in written()


def test_a_chain_of_exceptions_that_has_no_end_is_told_once_around(written: Written) -> None:
    logs.configure()
    first, second = RuntimeError("one"), KeyError("two")
    first.__context__, second.__context__ = second, first
    structlog.get_logger("appservice.x").error("failed", exc_info=first)
    assert written().count("RuntimeError") == written().count("KeyError") == 1


def test_of_what_libraries_say_only_the_words_before_what_they_quote_are_told(written: Written) -> None:
    logs.configure("INFO", "json")
    theirs = logging.getLogger("asyncio")
    theirs.error(f"Task exception was never retrieved\nfuture: <Task exception=KeyError({SECRET!r})>")
    theirs.error("Exception in callback Bot.hear('%s')", SECRET)
    theirs.warning(f"“{SECRET}” is odd")
    lines = [json.loads(line)["event"] for line in written().splitlines()]
    assert lines == ["Task exception was never retrieved", "Exception in callback Bot.hear", ""]


def test_what_is_raised_where_nobody_can_catch_it_is_told_without_its_text(written: Written) -> None:
    logs.configure()
    thread = threading.Thread(target=_fail, args=(SECRET,))
    thread.start()
    thread.join()
    assert "lost an error" in written()
    assert written().endswith("\nRuntimeError\n")


def test_each_line_of_json_is_one_object_with_its_time_level_and_logger(written: Written) -> None:
    logs.configure("INFO", "json")
    structlog.get_logger("appservice.x").info("transaction kept", txn_id="7")
    logging.getLogger("aiohttp").warning("two\nlines")
    first, second = (json.loads(line) for line in written().splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {"event": "transaction kept", "level": "info", "logger": "appservice.x", "txn_id": "7"}
    assert (second["event"], second["level"], second["logger"]) == ("two", "warning", "aiohttp")


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
