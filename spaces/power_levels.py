"""Who has which power in each kind of room, as one table (PRODUCT: levels).

Contents are those of `m.room.power_levels` and written whole: an override replaces the homeserver's
map. In room version 12 the creator stands above all levels and may not be named in `users`
(MSC4289); up to 11 the bot is in `users` at 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from spaces.actions import Content
from spaces.identifiers import UserId

COORDINATOR = 50
BOT = 100
_CREATORS_STAND_ABOVE = 12
_OFFERED = ("12", "11", "10")


class RoomKind(StrEnum):
    SPACE = "space"
    TALK = "talk"
    NEWS = "news"
    DIRECT = "direct"


_FROM_50 = (
    "m.room.name",
    "m.room.topic",
    "m.room.avatar",
    "m.room.pinned_events",
    "m.room.canonical_alias",
    "m.space.child",
    "m.room.power_levels",
)
_FROM_100 = (
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.encryption",
    "m.room.server_acl",
    "m.space.parent",
)


def creators_stand_above(version: str) -> bool:
    """Whether the creator of a room of this version has power without end (MSC4289)."""
    return not version.isdecimal() or int(version) >= _CREATORS_STAND_ABOVE


def choose_version(wished: str, offered: Iterable[str], default: str) -> str | None:
    """The room version for new rooms, or None where the homeserver offers none from 10 on.

    `wished` is a version or `auto`: 12 where offered, else the homeserver's default, else 11 or 10.
    """
    available = set(offered)
    wanted = ("12", default, *_OFFERED) if wished == "auto" else (wished,)
    good = (v for v in wanted if v in available and v.isdecimal() and int(v) >= 10)
    return next(good, None)


def power_levels(
    kind: RoomKind, version: str, bot: UserId, coordinators: Iterable[UserId], *, archived: bool = False
) -> Content:
    """The whole content for a new room of `kind`. The bot has its own level, a coordinator or not."""
    users: dict[str, int] = {} if creators_stand_above(version) else {bot: BOT}
    users |= {user: COORDINATOR for user in coordinators if user != bot}
    if kind is RoomKind.DIRECT:
        return {"users": users, "users_default": 0, "events_default": 0, "state_default": 50, "invite": 50}
    quiet = kind in (RoomKind.SPACE, RoomKind.NEWS)
    tombstone = 150 if creators_stand_above(version) else 100
    events: dict[str, int] = dict.fromkeys(_FROM_50, 50) | dict.fromkeys(_FROM_100, 100)
    events |= {"m.room.tombstone": tombstone, "m.reaction": 0, "m.room.redaction": 0}
    content: dict[str, Any] = {
        "users": users,
        "users_default": 0,
        "events": events,
        "events_default": 50 if quiet else 0,
        "state_default": 50,
        "invite": 50,
        "kick": 50,
        "ban": 50,
        "redact": 50,
        "notifications": {"room": 50},
    }
    return _closed_down(content) if archived else content


def _closed_down(content: dict[str, Any]) -> dict[str, Any]:
    """Only the bot says or changes anything there; taking back what one has said oneself stays allowed."""
    events = content["events"] | dict.fromkeys((*_FROM_50, "m.reaction"), 100)
    return content | {"events": events, "events_default": 100, "state_default": 100, "invite": 100}


def released_levels(
    kind: RoomKind, version: str, bot: UserId, coordinators: Iterable[UserId], found: Content | None
) -> Content:
    """The levels of a room whose coordinators rule it alone from now on: 100 is enough for everything."""
    levels = settle(power_levels(kind, version, bot, ()), found, ())
    ruling = dict.fromkeys((user for user in coordinators if user != bot), BOT)
    return {
        **levels,
        "users": {**levels["users"], **ruling},
        "events": {**levels["events"], "m.room.tombstone": BOT},
    }


def settle(wanted: Content, found: Content | None, former: Iterable[UserId]) -> Content:
    """`wanted` with the `users` that coordinators have set by hand.

    Only `users` belongs to the coordinators. A level found there stays, but the bot's own; a
    coordinator who is missing gets theirs; who is one no longer, and still has theirs, loses it.
    """
    users: dict[str, int] = dict(wanted["users"])
    by_hand = found.get("users") if found is not None else None
    for user, level in by_hand.items() if isinstance(by_hand, Mapping) else ():
        if users.get(user) != BOT and type(level) is int and level < BOT:
            users[user] = level
    for user in former:
        if user not in wanted["users"] and users.get(user) == COORDINATOR:
            del users[user]
    return {**wanted, "users": users}
