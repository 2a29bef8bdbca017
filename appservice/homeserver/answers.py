"""What the homeserver answers: read, held against what it has to be, and what goes wrong as exceptions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

_LONGEST_WAIT_SECONDS = 600.0

Shape = type[dict[str, Any]] | type[list[Any]] | Mapping[str, type]


class HomeserverError(Exception):
    """The homeserver said no: `status` is HTTP's, `errcode` Matrix's or empty, `said` the whole answer."""

    def __init__(
        self, status: int, errcode: str, message: str, said: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status} {errcode}: {message}")
        self.status = status
        self.errcode = errcode
        self.message = message
        self.said = said or {}

    @property
    def is_final(self) -> bool:
        """Whether saying it again is of no use: a 4xx but 408, 409 and 429, from a Matrix server."""
        return 400 <= self.status < 500 and self.status not in (408, 409, 429) and bool(self.errcode)


class Limited(HomeserverError):
    """429: come back in `wait` seconds, or None where the homeserver does not say."""

    def __init__(self, errcode: str, message: str, wait: float | None) -> None:
        super().__init__(429, errcode, message)
        self.wait = wait


class Unreachable(HomeserverError):
    """No answer, or none that can be read: whether it was done is not known."""

    def __init__(self, message: str) -> None:
        super().__init__(0, "", message)


class TooLarge(Exception):
    """A file has more bytes than anybody asked for."""


class Disowned(Unreachable):
    """It does not take us for the bot: it does not know the token or the device."""

    def __init__(self, status: int, errcode: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.errcode = errcode

    @property
    def is_final(self) -> bool:
        return False


_ABOUT_US = frozenset(
    {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_UNKNOWN_DEVICE", "M_USER_DEACTIVATED", "M_UNRECOGNIZED"}
)


def read(status: int, headers: Mapping[str, str], text: str) -> Any:
    """The JSON object or array of a 2xx answer. Raises `HomeserverError` for all else."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if status == 429:
        raise _limited(headers, body if isinstance(body, dict) else {})
    if not 200 <= status < 300:
        said = body if isinstance(body, dict) else {}
        errcode, message = str(said.get("errcode", "")), str(said.get("error", ""))[:200]
        if status == 401 or errcode in _ABOUT_US:
            raise Disowned(status, errcode, message)
        raise HomeserverError(status, errcode, message, said)
    if not isinstance(body, (dict, list)):
        raise Unreachable("an answer that is not JSON")
    return body


def _limited(headers: Mapping[str, str], body: Mapping[str, Any]) -> Limited:
    """`Retry-After` counts, or `retry_after_ms` where that is the same before it was rounded up to seconds:
    at a homeserver that lets ten calls through in one, a whole second would be ten times too long."""
    wait, exact = _seconds(headers.get("Retry-After"), 1.0), _seconds(body.get("retry_after_ms"), 1000.0)
    if wait is None or (exact is not None and math.ceil(exact) == wait):
        wait = exact
    return Limited(str(body.get("errcode", "M_LIMIT_EXCEEDED")), str(body.get("error", ""))[:200], wait)


def _seconds(value: object, unit: float) -> float | None:
    """`value / unit` within 0 and ten minutes; None for what is no number."""
    is_number = isinstance(value, (int, float, str)) and not isinstance(value, bool)
    try:
        number = float(str(value)) / unit if is_number else math.nan
    except ValueError:
        return None
    return min(number, _LONGEST_WAIT_SECONDS) if number > 0 and math.isfinite(number) else None


def fits(answer: object, shape: Shape) -> bool:
    """Whether it is what it has to be at least: of that type, or an object with these members."""
    if isinstance(shape, type):
        return isinstance(answer, shape)
    return isinstance(answer, dict) and all(isinstance(answer.get(key), kind) for key, kind in shape.items())


def is_id(value: object, sigil: str) -> bool:
    """Whether it is an id that every database keeps."""
    return isinstance(value, str) and value.startswith(sigil) and value.isprintable() and len(value) <= 255


def id_in(answer: Mapping[str, Any], key: str, sigil: str) -> str:
    """The id that `answer` names under `key`. Raises `Unreachable` where there is none."""
    if not is_id(answer.get(key), sigil):
        raise Unreachable(f"an answer without a {key}")
    return str(answer[key])
