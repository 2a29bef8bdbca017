"""One room takes the place of another (upgrades): whom the bot follows, and what the new room is like.

A tombstone in the old room names the new one, and the new one's `m.room.create` names the old one as its
predecessor. Only where both agree, and whoever did it may, is it the same place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spaces.actions import Content, Renew, StateEvent
from spaces.errors import Malformed
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.power_levels import BOT, RoomKind, creators_stand_above, power_levels, settle, users_in
from spaces.reconcile import (
    CANONICAL_ALIAS,
    JOIN_RULES,
    POWER_LEVELS,
    FoundRoom,
    Maker,
    StateKey,
    may_keep_up,
)
from spaces.wanted import WantedRoom

TOMBSTONE: StateKey = ("m.room.tombstone", "")
MOST_IN_A_DAY = 10
_CHILD = "m.space.child"
_LEVEL_OF_STATE = 50


# -- the old room -----------------------------------------------------------------------------------


def replacement_in(content: Content | None) -> RoomId | None:
    """The room that a tombstone names, or None where it names none."""
    named = content.get("replacement_room") if content else None
    try:
        return RoomId.parse(named) if isinstance(named, str) else None
    except Malformed:
        return None


def may_replace(who: UserId, found: FoundRoom, coordinators: Collection[UserId]) -> bool:
    """Whether the room is theirs to replace: the level for it is theirs, and so is the room, or the network.

    Whose the room is: who has made it, who stands level with the bot, and who coordinates the network.
    """
    levels = found.state.get(POWER_LEVELS)
    own = users_in(levels).get(who, 0)
    made_it = who == found.creator
    above_all = made_it and creators_stand_above(found.version)
    return (above_all or own >= level_to_replace(levels)) and (made_it or own >= BOT or who in coordinators)


def level_to_replace(levels: Content | None) -> int:
    """The level that a tombstone takes in a room of these power levels."""
    events = levels.get("events") if levels else None
    named = events.get(TOMBSTONE[0]) if isinstance(events, Mapping) else None
    usual = levels.get("state_default") if levels else None
    return next((level for level in (named, usual) if type(level) is int), _LEVEL_OF_STATE)


# -- the new room -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Origin:
    """What a room's `m.room.create` says: who has made it, in place of which, which version, Space or not."""

    creator: str = ""
    predecessor: str = ""
    version: str = "1"
    is_space: bool = False


def origin_in(state: Iterable[Mapping[str, Any]]) -> Origin:
    """The origin of the room of these state events; what cannot be read is as if it were not there."""
    for event in state:
        content = event.get("content")
        if event.get("type") == "m.room.create" and event.get("state_key") == "":
            said: Mapping[str, Any] = content if isinstance(content, dict) else {}
            before = said.get("predecessor")
            named = before.get("room_id") if isinstance(before, dict) else ""
            return Origin(
                str(event.get("sender")),
                named if isinstance(named, str) else "",
                str(said.get("room_version", "1")),
                said.get("type") == "m.space",
            )
    return Origin()


def is_successor(origin: Origin, place: PlaceId, old: RoomId, trusted: Collection[str]) -> bool:
    """Whether a room of that origin is the one after `old`, made by one of `trusted`, and of its kind."""
    return origin.predecessor == old and origin.creator in trusted and origin.is_space == place.is_network


def stands_above(found: FoundRoom) -> UserId | None:
    """Who has made the room and stands above all levels in it, the bot's too; None if nobody does."""
    return found.creator if found.creator and creators_stand_above(found.version) else None


# -- others that name it ----------------------------------------------------------------------------


def as_named_before(room: FoundRoom, place: PlaceId, old: RoomId) -> FoundRoom:
    """Another room as it is: what it says of `place` is about that place's old room.

    So it differs from what it should be, and is put right. What somebody took off its list stays off.
    """

    def renamed(value: Any) -> Any:
        match value:
            case PlaceId():
                return str(old) if value == place else value
            case Mapping():
                return {key: renamed(part) for key, part in value.items()}
            case tuple() | list():
                return [renamed(part) for part in value]
            case _:
                return value

    def key_of(key: StateKey) -> StateKey:
        stays_off = key in room.by_hand and not room.state.get(key)
        return key if key[1] != place or stays_off else (key[0], str(old))

    state = {key_of(key): renamed(content) for key, content in room.state.items()}
    by_hand = frozenset(key for key in room.by_hand if key[1] != place or key_of(key) == key)
    return replace(room, state=state, by_hand=by_hand)


def lists(room: FoundRoom, key: str) -> bool:
    """Whether that room lists a room or place of that key as a child."""
    return bool(room.state.get((_CHILD, key)))


def without_moving(
    found: FoundRoom, before: FoundRoom | None, moving: Mapping[PlaceId, str]
) -> tuple[FoundRoom, frozenset[StateKey]]:
    """A Space as it was read, with what it lists of places that move as it was before; and these entries.

    Clients that upgrade a room change the Spaces above it as well. `moving` are the places whose rooms
    are being replaced, with the new rooms.
    """
    theirs = {(_CHILD, key) for place, room in moving.items() for key in (place, room)}
    theirs &= {*found.state, *(before.state if before else ())}
    was: Mapping[StateKey, Content] = before.state if before else {}
    state = {key: content for key, content in found.state.items() if key not in theirs}
    state |= {key: was[key] for key in theirs if key in was}
    by_hand = (found.by_hand - theirs) | (before.by_hand & theirs if before else frozenset())
    return replace(found, state=state, by_hand=by_hand), frozenset(theirs)


# -- the bot's own ----------------------------------------------------------------------------------


def may_renew(found: FoundRoom, bot: UserId) -> bool:
    """Whether the bot may put a tombstone into the room; in one of its own all levels are beneath it."""
    if not may_keep_up(found, bot):
        return False
    levels = found.state.get(POWER_LEVELS)
    needed = level_to_replace(levels)
    return (found.creator is None and creators_stand_above(found.version)) or needed <= users_in(levels).get(
        bot, 0
    )


def renewal(
    wanted: WantedRoom, found: FoundRoom, maker: Maker, *, old: RoomId, version: str, by: UserId
) -> Renew:
    """What makes the room of a place anew: closed, and with the levels that people have in the old one."""
    levels = power_levels(wanted.kind, version, maker.bot, wanted.coordinators, archived=wanted.archived)
    levels = settle(levels, found.state.get(POWER_LEVELS), (*wanted.former, maker.bot), found.overrides)
    state = {**wanted.state, CANONICAL_ALIAS: {}}
    if state[JOIN_RULES].get("join_rule") == "public":
        state[JOIN_RULES] = {"join_rule": "invite"}
    events = tuple(StateEvent(kind, content, key) for (kind, key), content in state.items())
    space = wanted.kind is RoomKind.SPACE
    return Renew(wanted.place, old, by, events, levels, space, version)


def shut(levels: Content | None) -> Content:
    """The levels of an old room that the bot has left behind: who is there reads, and says nothing more."""
    there = dict(levels or {})

    def at_least(name: str) -> int:
        level = there.get(name)
        return max(level, _LEVEL_OF_STATE) if type(level) is int else _LEVEL_OF_STATE

    return {**there, "events_default": at_least("events_default"), "invite": at_least("invite")}
