"""What is written to the log, and what never is.

All lines, ours and the libraries', go to standard error through one handler, which covers every known
secret in the finished text, tracebacks included. Local variables are never shown: they hold messages.
"""

from __future__ import annotations

import json
import logging
import sys
from types import TracebackType
from typing import Literal, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import Processor

Format = Literal["text", "json"]
COVER = "[hidden]"
OURS = ("spaces", "bot", "config", "appservice")

_covered: set[str] = set()


def hide(*secrets: str) -> None:
    """Cover each of `secrets` in every line from now on, however JSON, a URL or `repr` would write it."""
    _covered.update(form for secret in secrets if secret for form in _forms(secret))


def covered(text: str) -> str:
    """`text` with `[hidden]` in place of each known secret."""
    for form in sorted(_covered, key=len, reverse=True):
        text = text.replace(form, COVER)
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


def _configure_libraries(level: int, format: Format) -> None:
    handler = _CoveringHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_common(),
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
    if format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback  # the default shows local variables
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]


class _CoveringHandler(logging.StreamHandler[TextIO]):
    """Writes lines with the secrets covered."""

    def format(self, record: logging.LogRecord) -> str:
        return covered(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:
        """Without what was to be written, which `logging` would print as it is."""
        sys.stderr.write(f"a line from {record.name} could not be logged\n")


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
