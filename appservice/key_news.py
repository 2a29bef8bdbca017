"""What the homeserver has for the bot's device, from `/sync` or from a transaction: the same, spelt twice.

`/sync` is Client-Server API, “Extensions to /sync”; in transactions it is MSC2409 and MSC3202.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

_KIND = "signed_curve25519"
_MSC3202 = "org.matrix.msc3202"


@dataclass(frozen=True, slots=True)
class KeyNews:
    """Key messages, whose devices may have changed, how many one-time keys are left, if that is told."""

    messages: Sequence[Mapping[str, Any]] = ()
    changed: frozenset[str] = frozenset()
    one_time_keys: int | None = None
    wants_fallback_key: bool = False

    @classmethod
    def of_sync(cls, answer: Mapping[str, Any]) -> Self:
        """Of an answer to `/sync`. It names the key counts each time, and 0 by leaving it out."""
        unused = answer.get("device_unused_fallback_key_types")
        return cls(
            _messages(_inside(answer, "to_device", "events")),
            _changed(answer.get("device_lists")),
            _count(answer.get("device_one_time_keys_count")),
            isinstance(unused, list) and _KIND not in unused,
        )

    @classmethod
    def of_transaction(cls, body: Mapping[str, Any], user: str, device: str) -> Self:
        """Of a transaction. Messages come for every device of the bot's: only those for `device` count."""
        messages = _messages(body.get("de.sorunome.msc2409.to_device", body.get("to_device")))
        unused = _inside(body, f"{_MSC3202}.device_unused_fallback_key_types", user, device)
        return cls(
            [one for one in messages if (one.get("to_user_id"), one.get("to_device_id")) == (user, device)],
            _changed(body.get(f"{_MSC3202}.device_lists")),
            _count(_inside(body, f"{_MSC3202}.device_one_time_keys_count", user, device)),
            isinstance(unused, list) and _KIND not in unused,
        )

    def __bool__(self) -> bool:
        told = self.one_time_keys is not None
        return told or bool(self.messages or self.changed or self.wants_fallback_key)


def _inside(value: object, *path: str) -> object:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _messages(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _changed(lists: object) -> frozenset[str]:
    """Whoever we no longer share a room with may change without our being told."""
    told = (_inside(lists, name) for name in ("changed", "left"))
    return frozenset(
        user for users in told if isinstance(users, list) for user in users if isinstance(user, str)
    )


def _count(counts: object) -> int | None:
    if not isinstance(counts, dict):
        return None
    count = counts.get(_KIND, 0)
    return count if type(count) is int else None
