"""Whether a record is as the UK profile asks, and if not, a sentence that says where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from spaces.hsds import Record, schema_of
from spaces.open_referral import is_uuid

_SCHEMES = frozenset({"http", "https", "urn", "mailto", "tel"})
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_TYPES = {"string": "text", "number": "a number", "array": "a list", "object": "an object"}
_FORMATS = {
    "uuid": "a UUID",
    "uri": "an address such as https://example.org",
    "email": "an email address",
    "date-time": "a time such as 2024-05-01T09:30:00Z",
}


def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or is_uuid(value)


def _is_email(value: object) -> bool:
    return not isinstance(value, str) or _EMAIL.fullmatch(value) is not None


def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    apart = parts.scheme not in ("http", "https") or bool(parts.hostname)
    return parts.scheme in _SCHEMES and apart and not any(c.isspace() for c in value)


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


FORMATS = FormatChecker(())
"""The formats that are looked at, each as the profile means it."""

for _name, _check in (("uuid", _is_uuid), ("email", _is_email), ("uri", _is_uri), ("date-time", _is_moment)):
    FORMATS.checks(_name, raises=ValueError)(_check)


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(kind), format_checker=FORMATS)


def fault_of(record: Record, kind: str) -> str | None:
    """What is wrong with a `service` or an `organization`, the outermost first; None: nothing."""
    errors = sorted(
        _validator(kind).iter_errors(record), key=lambda error: (len(error.path), str(error.path))
    )
    return _sentence(errors[0]) if errors else None


def _sentence(error: ValidationError) -> str:
    at = _where(error.absolute_path)
    if error.validator == "required":
        name = next(name for name in error.validator_value if name not in error.instance)
        return f"`{at}.{name}` is missing." if at else f"`{name}` is missing."
    if error.validator == "enum":
        return f"`{at}` must be {', '.join(error.validator_value)}."
    if error.validator == "format":
        return f"`{at}` must be {_FORMATS[error.validator_value]}."
    return f"`{at}` must be {_TYPES[error.validator_value]}." if at else "It must be an object."


def _where(path: Iterable[str | int]) -> str:
    """As in `schedules[2].interval`; the first of a list is 1."""
    said = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return said.lstrip(".")
