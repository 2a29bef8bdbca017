"""Archive, restore, release: what is kept of a place, what comes back, what is left to its people (P6, P7).

`spaces/changes.py` puts a place to sleep and wakes it. Here is what is remembered of it meanwhile, what
of that is not there any more when it wakes, and how a place is handed over to those who look after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from spaces.actions import Action, Content, LetGo, RemoveAlias, SetState, StateEvent, Withdraw
from spaces.consent import archived, released, settled
from spaces.errors import Conflict
from spaces.identifiers import ALIAS_PREFIX, GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Group, Network, Purpose, Status
from spaces.power_levels import RoomKind, beside_its_maker, creators_stand_above, released_levels
from spaces.reconcile import CANONICAL_ALIAS, POWER_LEVELS, FoundRoom, may_keep_up

# -- what is remembered ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomKept:
    """Of one room: the localparts of its aliases, and the power level of each person who had one."""

    aliases: frozenset[str] = frozenset()
    levels: Mapping[UserId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What held when a place was archived: links as (parent, child), shares, coordinators, rooms."""

    links: frozenset[tuple[NetworkId, NetworkId]] = frozenset()
    shares: frozenset[tuple[GroupId, NetworkId]] = frozenset()
    coordinators: frozenset[UserId] = frozenset()
    rooms: Mapping[PlaceId, RoomKept] = field(default_factory=dict)


def snapshot(landscape: Landscape, place: PlaceId, rooms: Mapping[PlaceId, FoundRoom]) -> Snapshot:
    """What holds now of `place`, and of `rooms`, which are its own."""
    shares = {(g, n) for g in _groups_in(landscape, place) for n in landscape.shares_of(g)}
    links: set[tuple[NetworkId, NetworkId]] = set()
    if place.is_network:
        network = NetworkId(place)
        links |= {(parent, network) for parent in landscape.parents(network)}
        links |= {(network, child) for child in landscape.children(network)}
        shares |= {(group, network) for group in landscape.shared_with(network)}
    kept = {here: RoomKept(room.aliases, levels_in(room)) for here, room in rooms.items()}
    people = frozenset(landscape.looking_after(place))
    return Snapshot(frozenset(links), frozenset(shares), people, kept)


def levels_in(room: FoundRoom) -> Mapping[UserId, int]:
    """The power level of each person who has one of their own in the room."""
    users = room.state.get(POWER_LEVELS, {}).get("users")
    found = users.items() if isinstance(users, Mapping) else ()
    return {UserId(user): level for user, level in found if type(level) is int}


def with_levels(room: FoundRoom, kept: RoomKept, former: Collection[UserId]) -> FoundRoom:
    """`room` as if those had their level who had one when it was kept and whose role was not taken back."""
    levels = room.state.get(POWER_LEVELS, {})
    before = {user: level for user, level in kept.levels.items() if user not in former}
    users = {**before, **levels_in(room)}
    return replace(room, state={**room.state, POWER_LEVELS: {**levels, "users": users}})


def own_places(landscape: Landscape, place: PlaceId) -> tuple[PlaceId, ...]:
    """The place, and the groups of a network."""
    return (place, *(g for g in _groups_in(landscape, place) if g != place))


def _groups_in(landscape: Landscape, place: PlaceId) -> tuple[GroupId, ...]:
    if place.is_network:
        return tuple(group.id for group in landscape.groups_of(NetworkId(place)))
    return (GroupId(place),)


# -- what does not come back ----------------------------------------------------------------------


class Why(StrEnum):
    GONE = "gone"  # taken back meanwhile
    ASLEEP = "asleep"  # the other end is archived: it comes back with that one


@dataclass(frozen=True, slots=True)
class LostLink:
    """`other` is the network at the other end: `above` it, below it, or (None) one that lists a group."""

    other: NetworkId
    above: bool | None
    why: Why


def lost_links(kept: Snapshot, landscape: Landscape, place: PlaceId) -> tuple[LostLink, ...]:
    """What held of `place` when it was archived, and does not now that it is awake again."""
    lost: list[LostLink] = []
    for parent, child in sorted(kept.links):
        if parent in landscape.parents(child):
            continue
        other, above = (parent, True) if child == place else (child, False)
        lost.append(LostLink(other, above, _why((parent, child) in landscape.links)))
    for group, network in sorted(kept.shares):
        if group not in landscape.groups or network in landscape.shares_of(group):
            continue
        other = landscape.groups[group].home if network == place else network
        lost.append(LostLink(other, None, _why((group, network) in landscape.shares)))
    return tuple(lost)


def _why(is_there: bool) -> Why:
    return Why.ASLEEP if is_there else Why.GONE


def lost_coordinators(kept: Snapshot, landscape: Landscape, place: PlaceId) -> tuple[UserId, ...]:
    return tuple(sorted(kept.coordinators.difference(landscape.looking_after(place))))


# -- releasing ------------------------------------------------------------------------------------


def release(landscape: Landscape, place: PlaceId) -> Landscape:
    """The place on its way out of our hands: linked to and shared with nothing of ours any more.

    A network takes its groups along; networks below it stay ours. Raises `Conflict` for what is archived
    or only proposed, for one that is being released already, and for a kit group.
    """
    found = landscape.place(place)
    _check_releasable(landscape, found)
    if isinstance(found, Group):
        gone = landscape.all_shares_of(found.id)
        return landscape.lacking(*gone).having(replace(found, status=Status.RELEASED))
    groups = landscape.groups_of(found.id)
    shares = [s for s in landscape.shares.values() if s.network == found.id]
    shares += [s for g in groups for s in landscape.all_shares_of(g.id)]
    links = [ln for ends, ln in landscape.links.items() if found.id in ends]
    children = landscape.all_children(found.id)
    leaving = [replace(group, status=Status.RELEASED) for group in groups]
    landscape = landscape.lacking(*links, *shares)
    landscape = landscape.having(replace(found, status=Status.RELEASED), *leaving)
    for child in children:
        landscape = settled(landscape, child)
    return landscape


def _check_releasable(landscape: Landscape, found: Network | Group) -> None:
    status = landscape.status_of(found.id)
    home = landscape.networks[found.home] if isinstance(found, Group) else found
    if status is Status.RELEASED:
        raise released(found)
    if home.status is Status.ARCHIVED:
        raise archived(home)
    if status is Status.ARCHIVED:
        raise Conflict("“{place}” is archived. Restore it first.", place=found.name)
    if status is Status.PROPOSED:
        raise Conflict("“{place}” is not made yet, so there is nothing to release.", place=found.name)
    if isinstance(found, Group) and found.is_kit:
        raise Conflict(
            "“{group}” is part of what “{home}” starts with. Release the whole network: "
            "`network release {slug}`.",
            group=found.name,
            home=home.name,
            slug=home.slug,
        )


def without(landscape: Landscape, place: PlaceId) -> Landscape:
    """The landscape as if the place had never been; only the short names stay given."""
    gone = {place, *_groups_in(landscape, place)}
    return replace(
        landscape,
        networks={k: v for k, v in landscape.networks.items() if k not in gone},
        groups={k: v for k, v in landscape.groups.items() if k not in gone},
        links={k: v for k, v in landscape.links.items() if gone.isdisjoint(k)},
        shares={k: v for k, v in landscape.shares.items() if gone.isdisjoint(k)},
        coordinators={k: v for k, v in landscape.coordinators.items() if k[0] not in gone},
    )


def parting(
    landscape: Landscape, places: Iterable[PlaceId], rooms: Mapping[PlaceId, FoundRoom], bot: UserId
) -> list[Action]:
    """What hands `rooms` over to the coordinators of `places`, which go together; the last is that we leave.

    Join rules and history stay as they are. Our aliases go, since nobody else could ever change them.
    """
    going = frozenset(places)
    actions: list[Action] = []
    for place in sorted(going & rooms.keys()):
        room, coordinators = rooms[place], landscape.looking_after(place)
        if not may_keep_up(room, bot):
            actions.append(LetGo(place, coordinators, is_theirs=True))
            continue
        actions += _shown_no_more(place, room)
        actions += _cut_off(place, room, going)
        levels = _handed_over(landscape, place, room, bot)
        if room.state.get(POWER_LEVELS) != levels:
            actions.append(SetState(place, StateEvent(POWER_LEVELS[0], levels)))
        actions.append(LetGo(place, coordinators))
    return actions


def _handed_over(landscape: Landscape, place: PlaceId, room: FoundRoom, bot: UserId) -> Content:
    """The levels of the room once its coordinators rule it, beside whoever has made it."""
    found = room.state.get(POWER_LEVELS)
    unnamed = room.creator if creators_stand_above(room.version) else None
    people = [user for user in landscape.looking_after(place) if user != unnamed]
    levels = released_levels(_kind(landscape, place), room.version, bot, people, found)
    if room.creator is None:
        return levels
    beside = beside_its_maker(levels, found)
    users = {user: level for user, level in beside["users"].items() if user != unnamed}
    return {**beside, "users": users}


def _shown_no_more(place: PlaceId, room: FoundRoom) -> list[Action]:
    ours = sorted({*room.aliases, place.alias_localpart})
    alias = str(room.state.get(CANONICAL_ALIAS, {}).get("alias", ""))
    shown = bool(alias) and (room.creator is None or alias.startswith(f"#{ALIAS_PREFIX}"))
    return [
        *(Withdraw(place, under) for under in sorted(room.published)),
        *([SetState(place, StateEvent(CANONICAL_ALIAS[0], {}))] if shown else ()),
        *(RemoveAlias(place, alias) for alias in ours),
    ]


def _cut_off(place: PlaceId, room: FoundRoom, going: frozenset[PlaceId]) -> list[Action]:
    """Links to rooms of ours that do not go along."""
    return [
        SetState(place, StateEvent(kind, {}, other))
        for (kind, other), content in sorted(room.state.items())
        if kind in ("m.space.child", "m.space.parent")
        and content
        and isinstance(other, PlaceId)
        and other not in going
    ]


def _kind(landscape: Landscape, place: PlaceId) -> RoomKind:
    found = landscape.place(place)
    if isinstance(found, Network):
        return RoomKind.SPACE
    return RoomKind.NEWS if found.purpose is Purpose.NEWS else RoomKind.TALK
