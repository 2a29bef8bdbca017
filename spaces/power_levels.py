"""Who has which power in each kind of room, as one table (PRODUCT: levels).

Contents are those of `m.room.power_levels` and written whole: an override replaces the homeserver's
map. In room version 12 the creator stands above all levels and may not be named in `users`
(MSC4289); up to 11 the bot is in `users` at 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
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
    kind: RoomKind,
    version: str,
    bot: UserId,
    coordinators: Iterable[UserId],
    *,
    archived: bool = False,
    made_by_others: bool = False,
) -> Content:
    """The whole content for a room of `kind`. The bot has its own level, a coordinator or not.

    In a room that was `made_by_others` the bot stands above nothing and is named whatever the version.
    """
    above = creators_stand_above(version) and not made_by_others
    users: dict[str, int] = {} if above else {bot: BOT}
    users |= {user: COORDINATOR for user in coordinators if user != bot}
    if kind is RoomKind.DIRECT:
        return {"users": users, "users_default": 0, "events_default": 0, "state_default": 50, "invite": 50}
    quiet = kind in (RoomKind.SPACE, RoomKind.NEWS)
    tombstone = 150 if above else 100
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


def users_in(levels: Content | None) -> dict[str, int]:
    """The levels of single people in a content of any making; what is no level is not there."""
    users = levels.get("users") if levels is not None else None
    found = users.items() if isinstance(users, Mapping) else ()
    return {user: level for user, level in found if isinstance(user, str) and type(level) is int}


def settle(
    wanted: Content,
    found: Content | None,
    former: Iterable[UserId],
    overrides: Mapping[UserId, int] = MappingProxyType({}),
) -> Content:
    """`wanted` with the `users` that coordinators have set by hand.

    Only `users` belongs to the coordinators. A level found there stays, but the bot's own; a
    coordinator who is missing gets theirs; who is one no longer, and still has theirs, loses it.
    `overrides` are levels that somebody gave for this room alone, 0 for who was to have none.
    """
    users: dict[str, int] = dict(wanted["users"])
    by_hand = users_in(found)
    for user, level in by_hand.items():
        if users.get(user) != BOT and level < BOT:
            users[user] = level
    for user in former:
        if user not in wanted["users"] and users.get(user) == COORDINATOR and user not in overrides:
            del users[user]
    for user, level in overrides.items():
        if users.get(user) == BOT or level >= BOT:
            continue
        users[user] = level
        if not level and user not in by_hand:
            del users[user]
    return {**wanted, "users": users}


def beside_its_maker(settled: Content, found: Content | None) -> Content:
    """`settled` for a room that somebody else has made: what stands level with the bot, or above, stays.

    A level can be changed only from above it; without this the homeserver would refuse all the rest.
    """
    if found is None:
        return settled
    users = {user: level for user, level in users_in(found).items() if level >= BOT}
    events = found.get("events")
    shut = {
        kind: level
        for kind, level in (events.items() if isinstance(events, Mapping) else ())
        if type(level) is int and level > BOT
    }
    rest = {key: level for key, level in found.items() if type(level) is int and level > BOT}
    return {
        **settled,
        **rest,
        "users": settled["users"] | users,
        "events": settled["events"] | shut,
    }
