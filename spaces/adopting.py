"""Rooms and Spaces that others have made: who may have them brought in, and what becomes of them.

The power of who asks counts, never the bot's: whoever could say in that very room where it belongs
(`m.space.parent`) may bring it in. What is read of a room may be of any kind; what is not as the
specification has it counts as not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spaces.actions import Content
from spaces.changes import Ids, check_name, check_topic, create_group, create_network
from spaces.errors import Malformed, Refusal
from spaces.identifiers import GroupId, NetworkId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.power_levels import BOT, COORDINATOR, creators_stand_above, users_in

MOST_ROOMS = 50
DEEPEST = 6
_RESTRICTED_FROM = 8
_RULER = 10**9
_ACCESS = {
    "public": Access.PUBLIC,
    "restricted": Access.PRIVATE,
    "knock_restricted": Access.PRIVATE,
}


class Why(StrEnum):
    """Why a room is not brought in."""

    SHUT = "shut"  # the bot cannot get in, or is not to say what is there
    TALK = "talk"  # the bot and one person talk there alone
    GONE = "gone"  # it was given up for another room
    OURS = "ours"  # it is a place already
    POWERLESS = "powerless"  # who asks has not the power there
    MANY = "many"  # a Space with too many rooms
    DEEP = "deep"  # a Space with Spaces in Spaces too deep


@dataclass(frozen=True, slots=True)
class Outside:
    """A room of others, as it was read. `creators` are those who stand above all levels (version 12 on)."""

    room: RoomId
    version: str = "1"
    name: str = ""
    topic: str = ""
    alias: str = ""
    is_space: bool = False
    join_rule: str = "invite"
    encrypted: bool = False
    joined: frozenset[UserId] = frozenset()
    levels: Content | None = None
    creators: frozenset[UserId] = frozenset()
    replaced_by: str = ""

    @property
    def called(self) -> str:
        """What people call it, as far as it tells: by its name, or by its alias."""
        return self.name or self.alias[1:].partition(":")[0].replace("-", " ") or "Room"


def outside(room: RoomId, events: Iterable[Mapping[str, Any]]) -> Outside:
    """What the state of a room tells of it."""
    contents: dict[str, Mapping[str, Any]] = {}
    joined: set[UserId] = set()
    maker: set[UserId] = set()
    others: set[UserId] = set()
    for event in events:
        kind, key, content = event.get("type"), event.get("state_key"), event.get("content")
        if not isinstance(kind, str) or not isinstance(content, dict):
            continue
        if kind == "m.room.member" and content.get("membership") == "join":
            joined |= _users([key])
        elif key == "":
            contents[kind] = content
            if kind == "m.room.create":
                maker, others = (
                    _users([event.get("sender")]),
                    _users(_listed(content.get("additional_creators"))),
                )
    made = contents.get("m.room.create", {})
    version = _text(made, "room_version") or "1"
    levels = contents.get("m.room.power_levels")
    above = creators_stand_above(version)
    if levels is None:
        levels = {"users": dict.fromkeys(maker, BOT)}
    return Outside(
        room=room,
        version=version,
        name=_kept(check_name, _text(contents.get("m.room.name", {}), "name")),
        topic=_kept(check_topic, _text(contents.get("m.room.topic", {}), "topic")),
        alias=_text(contents.get("m.room.canonical_alias", {}), "alias"),
        is_space=made.get("type") == "m.space",
        join_rule=_text(contents.get("m.room.join_rules", {}), "join_rule") or "invite",
        encrypted=bool(_text(contents.get("m.room.encryption", {}), "algorithm")),
        joined=frozenset(joined),
        levels=levels,
        creators=frozenset(maker | others) if above else frozenset(),
        replaced_by=_text(contents.get("m.room.tombstone", {}), "replacement_room"),
    )


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _users(values: Iterable[object]) -> set[UserId]:
    found: set[UserId] = set()
    for value in values:
        try:
            found |= {UserId.parse(value)} if isinstance(value, str) else set()
        except Malformed:
            continue
    return found


def _kept(check: Any, text: str) -> str:
    """`text` as a name or topic of ours; nothing where it can be none."""
    try:
        return str(check(text)) if text.strip() else ""
    except Refusal:
        return ""


# -- who may --------------------------------------------------------------------------------------


def power_of(room: Outside, user: UserId) -> int:
    """Their level in the room; above all others for those who made it, from version 12 on."""
    if user in room.creators:
        return _RULER
    everyone = (room.levels or {}).get("users_default", 0)
    return users_in(room.levels).get(user, everyone if type(everyone) is int else 0)


def level_needed(room: Outside) -> int:
    """The level at which somebody may say where the room belongs: never below a coordinator's."""
    levels = room.levels or {}
    events = levels.get("events")
    named = events.get("m.space.parent") if isinstance(events, Mapping) else None
    found = named if type(named) is int else levels.get("state_default", 50)
    return max(COORDINATOR, found if type(found) is int else 50)


def why_not(room: Outside, by: UserId) -> Why | None:
    """Why `by` may not have the room brought in. Who is not in it learns nothing of it."""
    if by not in room.joined:
        return Why.SHUT
    if room.replaced_by:
        return Why.GONE
    return Why.POWERLESS if power_of(room, by) < level_needed(room) else None


def with_power(room: Outside, level: int, *, but: Collection[UserId] = ()) -> tuple[UserId, ...]:
    """Who is in the room with at least that level, the highest first."""
    users = [user for user in room.joined if user not in but and power_of(room, user) >= level]
    return tuple(sorted(users, key=lambda user: (-power_of(room, user), user)))


def lacks_power(room: Outside, bot: UserId) -> bool:
    """Whether the bot lacks the level that it needs to look after the room."""
    return users_in(room.levels).get(bot, 0) < BOT


def who_can_grant(room: Outside, bot: UserId) -> tuple[UserId, ...]:
    """Who can give the bot its level: nobody gives a higher one than their own."""
    events = (room.levels or {}).get("events")
    named = events.get("m.room.power_levels") if isinstance(events, Mapping) else None
    return with_power(room, max(BOT, named if type(named) is int else BOT), but=(bot,))


# -- what becomes of it -----------------------------------------------------------------------------


def access_in(room: Outside, home: Access) -> Access:
    """Who gets into it as a group of a network that is `home`: as before, but no further than its home.

    Before version 8 a room knows no members of other rooms.
    """
    word = _ACCESS.get(room.join_rule, Access.INVITE)
    if word is Access.PUBLIC and home is not Access.PUBLIC:
        word = Access.PRIVATE
    is_old = room.version.isdecimal() and int(room.version) < _RESTRICTED_FROM
    return Access.INVITE if is_old and word is Access.PRIVATE else word


def with_room(landscape: Landscape, ids: Ids, room: Outside, home: NetworkId) -> tuple[Landscape, GroupId]:
    """The room as a group of `home`. Raises `Conflict` where that is not active."""
    return create_group(
        landscape,
        ids,
        name=room.called,
        home=home,
        access=access_in(room, landscape.networks[home].access),
        encrypted=room.encrypted,
        topic=room.topic,
    )


def coordinators_in(space: Outside, by: UserId, bot: UserId) -> tuple[UserId, ...]:
    """Who looks after the network that a Space becomes: who asked, then all who have the power in it."""
    named = {*users_in(space.levels), *space.creators}  # not everyone, where everyone has that level
    others = (user for user in with_power(space, COORDINATOR, but=(bot,)) if user in named)
    return tuple(dict.fromkeys((by, *others)))


def with_space(
    landscape: Landscape,
    ids: Ids,
    space: Outside,
    *,
    under: NetworkId,
    by: UserId,
    coordinators: Iterable[UserId],
) -> tuple[Landscape, NetworkId]:
    """The Space as a network under `under`, without a kit. Raises `Conflict` where that is not active."""
    return create_network(
        landscape,
        ids,
        name=space.called,
        access=_ACCESS.get(space.join_rule, Access.INVITE),
        topic=space.topic,
        under=[under],
        agreed=[under],
        by=by,
        coordinators=coordinators,
        has_kit=False,
    )


@dataclass(frozen=True, slots=True)
class Below:
    """A room as the hierarchy of a Space shows it to the bot. Who is in one of `allowed` gets in."""

    room: RoomId
    name: str
    is_space: bool = False
    is_public: bool = False
    allowed: frozenset[RoomId] = frozenset()
    children: tuple[RoomId, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """What would become of the rooms below a Space; `shut` and `ours` are only counted."""

    groups: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    shut: int = 0
    ours: int = 0
    depth: int = 0

    @property
    def why_not(self) -> Why | None:
        """Why that is too much to be done at once."""
        if self.depth > DEEPEST:
            return Why.DEEP
        return Why.MANY if len(self.groups) + len(self.networks) > MOST_ROOMS else None


def below(
    rooms: Iterable[Mapping[str, Any]], space: RoomId | None = None, listed: tuple[RoomId, ...] = ()
) -> tuple[Below, ...]:
    """The rooms in an answer of `/hierarchy`.

    `space` lists these, whatever it says: a homeserver that keeps no statistics of rooms tells of none.
    """
    found: list[Below] = []
    for room in rooms:
        room_id, name = room.get("room_id"), room.get("name")
        if not isinstance(room_id, str):
            continue
        links = (link for link in _listed(room.get("children_state")) if isinstance(link, dict))
        keys = (link.get("state_key") for link in links if link.get("type") == "m.space.child")
        children = tuple(RoomId(key) for key in keys if isinstance(key, str) and key.startswith("!"))
        called = _kept(check_name, name if isinstance(name, str) else "") or "Room"
        found.append(
            Below(
                RoomId(room_id),
                called,
                is_space=room.get("room_type") == "m.space",
                is_public=room.get("join_rule") == "public",
                allowed=_rooms(_listed(room.get("allowed_room_ids"))),
                children=children,
            )
        )
    if space is not None:
        told = [child for room in found if room.room == space for child in room.children]
        found = [room for room in found if room.room != space]
        found.append(Below(space, "Room", is_space=True, children=tuple(dict.fromkeys((*told, *listed)))))
    return tuple(found)


def _rooms(values: Iterable[object]) -> frozenset[RoomId]:
    return frozenset(RoomId(value) for value in values if isinstance(value, str))


def planned(space: RoomId, rooms: Iterable[Below], ours: Mapping[RoomId, bool]) -> Planned:
    """What would become of all that is below `space`, each room once, loops or not.

    The bot may be told of rooms by being in them, and who asks may not know them: only what lets everyone
    in, or the members of a Space here, is named. `ours` are rooms that are places already, and whether who
    asks may know of them.
    """
    known = {room.room: room for room in rooms}
    groups: list[str] = []
    networks: list[str] = []
    shut = mine = depth = 0
    queue, seen, spaces = [(space, 0)], {space}, {space}
    for here, level in queue:
        depth = max(depth, level)
        for child in known[here].children if here in known else ():
            found = known.get(child)
            if child in seen:
                continue
            seen.add(child)
            if child in ours:
                mine, shut = mine + ours[child], shut + (not ours[child])
            elif found is None or not (found.is_public or found.allowed & spaces):
                shut += 1
            elif found.is_space:
                spaces.add(child)
                networks.append(found.name)
                queue.append((child, level + 1))
            else:
                groups.append(found.name)
    return Planned(tuple(groups), tuple(networks), shut, mine, depth)


def names_of(rooms: Iterable[Below]) -> Collection[RoomId]:
    """Every room that is named there, seen or not."""
    return {name for room in rooms for name in (room.room, *room.children)}
