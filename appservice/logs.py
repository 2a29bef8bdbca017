"""What is written to the log, and what never is.

All lines, ours and the libraries', go to standard error through one handler, which covers every known
secret in the finished text. No line holds what people said, their names, or where they can be reached:
ours hold ids, counts and kinds; of the libraries' only the words before what they put in are told; of an
exception its kind and the way to it, since its text quotes what was at hand. Local variables are not shown.
"""

from __future__ import annotations

import errno
import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

Format = Literal["text", "json"]
COVER = "[hidden]"
OURS = ("spaces", "bot", "config", "appservice")

_WORDS = re.compile(r"[^\n<>()\[\]{}'\"`“‘@!#$]*")
_NO_WORD = 12  # characters, or one that is neither a letter nor a digit
_AS_SECRET = r"(?<=[:='\"]){}(?=[@'\"&,\s]|$)"
_ERRCODE = re.compile(r"M_[A-Z_]+")

_covered: set[str] = set()


def hide(*secrets: str) -> None:
    """Cover each of `secrets` in every line from now on, however JSON, a URL or `repr` would write it."""
    _covered.update(form for secret in secrets if secret for form in _forms(secret))


def covered(text: str) -> str:
    """`text` with `[hidden]` in place of each known secret.

    A short one may be a word that stands for something else: it is covered where a URL, or `repr`, has it.
    """
    for form in sorted(_covered, key=len, reverse=True):
        is_word = form.isalnum() and len(form) < _NO_WORD
        text = re.sub(_AS_SECRET.format(form) if is_word else re.escape(form), COVER, text)
    return text


def configure(level: str = "INFO", format: Format = "text") -> None:
    """Send the log to standard error: `level` is a name of `logging`'s, `format` text or one JSON a line.

    Libraries are heard from WARNING on. nio is not heard at all, since its warnings quote whole
    events; what it cannot do it also returns. Raises `ValueError` for an unknown level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"“{level}” is not a log level. Use DEBUG, INFO, WARNING or ERROR.")
    _configure_libraries(number, format)
    structlog.configure(
        processors=[*_common(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sys.excepthook = _log_crash
    sys.unraisablehook = lambda lost: _log_lost(lost.exc_type, lost.exc_value, lost.exc_traceback)
    threading.excepthook = lambda lost: _log_lost(lost.exc_type, lost.exc_value, lost.exc_traceback)


def _configure_libraries(level: int, format: Format) -> None:
    handler = _CoveringHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_common(), _first_words],
            use_get_message=False,  # the words without what is put into them
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(format)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.getLogger("nio").setLevel(logging.CRITICAL + 1)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(format: Format) -> list[Processor]:
    exceptions = structlog.processors.ExceptionRenderer(_way_of)
    if format == "json":
        return [exceptions, structlog.processors.JSONRenderer()]
    return [exceptions, structlog.dev.ConsoleRenderer(colors=False)]


def _first_words(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Of what a library says, its words up to where it quotes something."""
    found = _WORDS.match(str(line["event"]))
    line["event"] = found[0].strip() if found else ""
    return line


class _CoveringHandler(logging.StreamHandler[TextIO]):
    """Writes lines with the secrets covered."""

    def format(self, record: logging.LogRecord) -> str:
        return covered(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:
        """Without what was to be written, which `logging` would print as it is."""
        sys.stderr.write(f"a line from {record.name} could not be logged\n")


# -- exceptions ----------------------------------------------------------------------------------


def _way_of(exc_info: ExcInfo) -> str:
    """The way to an exception, and to those that it came from: like Python's own, without their texts."""
    return "\n".join(_way_to(error) for error in _chain(exc_info[1]))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """What it came from first. A chain that bites its own tail is told once around."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for each in reversed(found):
        if isinstance(each, BaseExceptionGroup):
            for inner in each.exceptions:
                yield from _chain(inner)
        yield each


def _way_to(error: BaseException) -> str:
    steps = "".join(traceback.format_tb(error.__traceback__))
    facts = " ".join(filter(None, _facts(error)))
    return f"Traceback (most recent call last):\n{steps}{type(error).__qualname__}{facts and f': {facts}'}"


def _facts(error: BaseException) -> Iterator[str]:
    """What can be told of it because it is one of a few words: codes of the system, a database, Matrix."""
    if isinstance(error, OSError):
        yield errno.errorcode.get(error.errno or 0, "")
    for code in (getattr(error, "sqlite_errorname", None), getattr(error, "sqlstate", None)):
        if isinstance(code, str) and code.isascii() and code.replace("_", "").isalnum():
            yield code
    if isinstance(status := getattr(error, "status", None), int):
        yield str(status)
    if _ERRCODE.fullmatch(str(getattr(error, "errcode", ""))):
        yield str(getattr(error, "errcode", ""))


def _log_lost(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """What was raised where nobody could catch it."""
    error = error or kind()
    structlog.get_logger("appservice").error("lost an error", exc_info=(kind, error, trace))


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nothing caught, in the same words as Python's own but covered."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger("appservice").critical("stopped by an error", exc_info=(kind, error, trace))


def _forms(secret: str) -> set[str]:
    """As it is, as it is written once, and as what was written is written again (`repr` inside JSON)."""
    once = _written(secret)
    return {secret, *once, *(again for form in once for again in _written(form))}


def _written(text: str) -> set[str]:
    in_json = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return {*in_json, repr(text)[1:-1], repr(text.encode())[2:-1], quote(text), quote(text, safe="")}
