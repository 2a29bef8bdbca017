"""Who may see, enter, do what: the one place that decides (PRODUCT: who finds it, who may do what).

What somebody may not see is, in every answer, what does not exist: `spaces/unseen.py` has the
one sentence for both, of nothing but what was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Any

from spaces.bans import is_banned
from spaces.deeds import Deed, refusal_at_top, refusal_within
from spaces.directory import Entry, Seen
from spaces.errors import Forbidden
from spaces.grouping import kept
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Group, Network, Status
from spaces.sentences import Sentence
from spaces.unseen import Kind, is_kind, unknown
from spaces.wanted import join_rules

__all__ = [
    "Deed",
    "Sight",
    "Sights",
    "Standing",
    "coordinates",
    "is_member",
    "may",
    "may_enter",
    "may_find",
    "may_see",
    "member_of",
    "networks_found",
    "require",
    "require_sight",
    "visible",
]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a person. `joined` and `invited` are places by live membership of their rooms."""

    user: UserId
    is_admin: bool = False
    is_local: bool = True
    joined: frozenset[PlaceId] = frozenset()
    invited: frozenset[PlaceId] = frozenset()


# -- seeing ---------------------------------------------------------------------------------------


def may_see(landscape: Landscape, standing: Standing, place: PlaceId) -> bool:
    """Whether this person may know that `place` exists. An admin may: the caller writes that into the audit.

    An id that no place has is seen by nobody.
    """
    found = landscape.place_at(place)
    if found is None or standing.is_admin:
        return found is not None
    if isinstance(found, Group):
        return _sees_group(landscape, standing, found)
    return _sees_network(landscape, standing, found)


def visible(landscape: Landscape, standing: Standing) -> Iterator[PlaceId]:
    """Every place that this person may see, networks before groups."""
    for places in (landscape.networks, landscape.groups):
        yield from (place for place in places if may_see(landscape, standing, place))


def is_member(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether they have joined the Space or one of its groups, or coordinate it."""
    return coordinates(landscape, standing, network) or not standing.joined.isdisjoint(
        landscape.places_of(network)
    )


def member_of(landscape: Landscape, standing: Standing) -> list[NetworkId]:
    """The networks of which they are a member, in the order in which these were made."""
    joined = {network for place in standing.joined if (network := landscape.network_at(place))}
    return sorted(joined | landscape.coordinated_by(standing.user), key=landscape.position_of)


def coordinates(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether they are a coordinator of this very network; being one of a parent is nothing here."""
    return network in landscape.coordinated_by(standing.user)


def _sees_network(landscape: Landscape, standing: Standing, network: Network) -> bool:
    if network.status is Status.PROPOSED:
        ends = (network.id, *landscape.all_parents(network.id))
        return any(coordinates(landscape, standing, n) for n in ends)
    if network.access is Access.PUBLIC or _is_of(landscape, standing, network.id):
        return True
    if network.access is Access.PRIVATE and network.ask:
        return True
    found_from_above = network.access is Access.PRIVATE or network.listed
    if found_from_above and any(
        is_member(landscape, standing, n) for n in landscape.agreed_parents(network.id)
    ):
        return True
    return _is_asked_about(landscape, standing, network.id)


def _is_of(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """A member, or somebody who is invited to the Space or to one of its groups."""
    return is_member(landscape, standing, network) or not standing.invited.isdisjoint(
        landscape.places_of(network)
    )


def _is_asked_about(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether they coordinate the other end of a waiting link, or the home of a group to be shared here."""
    ends = {end for link in landscape.proposals_of(network) for end in (link.parent, link.child)}
    waiting = (share for share in landscape.proposed_shares_of(network) if share.network == network)
    ends |= {landscape.groups[share.group].home for share in waiting}
    return not landscape.coordinated_by(standing.user).isdisjoint(ends)


def _sees_group(landscape: Landscape, standing: Standing, group: Group) -> bool:
    if group.id in standing.joined or group.id in standing.invited:
        return True
    home = landscape.networks[group.home]
    if coordinates(landscape, standing, home.id):
        return True
    if home.status is Status.PROPOSED:
        return _sees_network(landscape, standing, home)
    if group.is_kit:
        return home.access is Access.PUBLIC or _is_of(landscape, standing, home.id)
    asked_by_all = group.access is Access.PRIVATE and group.ask  # its short name tells that of its home
    if group.access is Access.PUBLIC or (asked_by_all and _sees_network(landscape, standing, home)):
        return True
    return _sees_closed_group(landscape, standing, group)


def _sees_closed_group(landscape: Landscape, standing: Standing, group: Group) -> bool:
    shares = landscape.all_shares_of(group.id)
    open_to: list[NetworkId] = []
    if group.access is Access.PRIVATE:
        open_to = [group.home, *(share.network for share in shares if share.holds)]
    elif group.listed:
        open_to = [group.home]
    if any(is_member(landscape, standing, network) for network in open_to):
        return True
    return any(coordinates(landscape, standing, share.network) for share in shares if not share.holds)


def may_enter(landscape: Landscape, standing: Standing, place: PlaceId) -> bool:
    """Whether the homeserver would let them in now: by the join rule, an invitation, or being there."""
    if place not in landscape.networks and place not in landscape.groups:
        return False
    if landscape.status_of(place) is Status.PROPOSED or is_banned(landscape, place, standing.user):
        return False
    if place in standing.joined or place in standing.invited:
        return True
    rules = join_rules(landscape, landscape.place(place))
    return rules["join_rule"] == "public" or any(
        entry["room_id"] in standing.joined for entry in rules.get("allow", ())
    )


# -- the directory --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may find: what belongs to these places for all who may see them, or for members.

    An admin finds what anybody else would, and places that are proposed or archived are in no directory.
    `everybodys` are those among `finds` that the store knows to be found by everybody.
    """

    user: UserId
    finds: Set[PlaceId]
    member_of: frozenset[NetworkId]
    everybodys: Set[PlaceId] = frozenset()


def may_find(sight: Sight, entry: Entry) -> bool:
    """Whether this entry is for them; the store says the same in SQL (`store/directory.py`)."""
    match entry.seen:
        case Seen.EVERYONE:
            return True
        case Seen.FINDERS:
            return entry.place in sight.finds or entry.owner == sight.user
        case Seen.MEMBERS:
            return entry.place in sight.member_of or entry.owner == sight.user
    return entry.owner == sight.user


def networks_found(landscape: Landscape, sight: Sight) -> frozenset[NetworkId]:
    """The networks that somebody with this sight finds."""
    return frozenset(network for network in landscape.networks if network in sight.finds)


class _Everybodys(Set[PlaceId]):
    """The places that a stranger finds. Whether a place is one is worked out when that is asked: nobody needs
    all of them for one answer.
    """

    def __init__(self, landscape: Landscape) -> None:
        self._landscape = landscape

    def __contains__(self, place: object) -> bool:
        land = self._landscape
        is_there = isinstance(place, str) and (place in land.networks or place in land.groups)
        return is_there and land.is_everybodys(PlaceId(str(place)))

    def __iter__(self) -> Iterator[PlaceId]:
        land = self._landscape
        for places in (land.networks, land.groups):
            yield from (place for place in places if land.is_everybodys(place))

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Set[Any]:
        return frozenset(it)


class _Finds(_Everybodys):
    """These and, `besides`, what somebody finds because of what they are in."""

    def __init__(self, everybodys: _Everybodys, besides: frozenset[PlaceId]) -> None:
        self._everybodys, self._besides = everybodys, besides

    def __contains__(self, place: object) -> bool:
        return place in self._besides or place in self._everybodys

    def __iter__(self) -> Iterator[PlaceId]:
        yield from self._besides
        yield from self._everybodys

    def __len__(self) -> int:
        return len(self._besides) + len(self._everybodys)

    def __bool__(self) -> bool:
        return bool(self._besides) or bool(self._everybodys)

    def __sub__(self, other: Set[Any]) -> Set[PlaceId]:
        return self._besides if other is self._everybodys else frozenset(self).difference(other)


class Sights:
    """What each may find in one landscape."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.everybodys = _Everybodys(landscape)
        """The places that a stranger finds."""

    def of(self, standing: Standing) -> Sight:
        plain = replace(standing, is_admin=False)
        theirs = self._networks_of(plain)
        return Sight(
            standing.user,
            _Finds(self.everybodys, frozenset(self._seen(plain, self._around(theirs)))),
            frozenset(n for n in theirs if self._is_open(n) and is_member(self.landscape, plain, n)),
            self.everybodys,
        )

    def besides(self, standing: Standing) -> frozenset[PlaceId]:
        """What somebody who is no admin may see and not everybody finds, but for archives."""
        around = self._around(self._networks_of(standing))
        return frozenset(place for place in around if may_see(self.landscape, standing, place))

    def _seen(self, standing: Standing, places: frozenset[PlaceId]) -> Iterator[PlaceId]:
        return (p for p in places if self._is_open(p) and may_see(self.landscape, standing, p))

    def _is_open(self, place: PlaceId) -> bool:
        return self.landscape.status_of(place) is Status.ACTIVE

    def _networks_of(self, standing: Standing) -> frozenset[NetworkId]:
        """Networks that they are of, or of a group of which they are."""
        places = standing.joined | standing.invited
        found = {n for place in places if (n := self.landscape.network_at(place))}
        return self.landscape.coordinated_by(standing.user) | found

    def _around(self, networks: frozenset[NetworkId]) -> frozenset[PlaceId]:
        return frozenset[PlaceId]().union(*(_near(self.landscape, network) for network in networks))


@kept
def _near(landscape: Landscape, network: NetworkId) -> frozenset[PlaceId]:
    """All that may be seen because of being of this network, is no archive's, and not everybody finds: what
    is in it, below, or shared.
    """
    ends = {end for link in landscape.proposals_of(network) for end in (link.parent, link.child)}
    proposed = landscape.proposed_shares_of(network)
    ends |= {share.network for share in proposed}
    shared = {*landscape.all_shared_with(network), *(share.group for share in proposed)}
    near = {network, *ends, *landscape.all_children(network)}
    places = frozenset[PlaceId]().union(shared, *(landscape.places_of(n) for n in near))
    there = (place for place in places if landscape.place_at(place))
    return frozenset(p for p in there if not landscape.is_everybodys(p) and _is_awake(landscape, p))


def _is_awake(landscape: Landscape, place: PlaceId) -> bool:
    statuses = (landscape.status_of(place), landscape.status_of(landscape.network_of(place)))
    return Status.ARCHIVED not in statuses


# -- doing ----------------------------------------------------------------------------------------


def may(
    landscape: Landscape,
    standing: Standing,
    deed: Deed,
    place: PlaceId | None = None,
    *,
    open_creation: bool = False,
) -> bool:
    """Whether this person may do `deed` to `place` (a group's rights are those of its home network).

    Without a place only `CREATE_TOP` has a meaning: admins, and with `open_creation` all local people.
    """
    if deed is Deed.CREATE_TOP:
        return standing.is_admin or (open_creation and standing.is_local)
    network = landscape.network_at(place)
    if network is None:
        return False
    if coordinates(landscape, standing, network) or (deed is Deed.AUDIT and standing.is_admin):
        return True
    orphaned = not landscape.coordinators_of(network)
    return deed is Deed.COORDINATE and standing.is_admin and orphaned


def require(
    landscape: Landscape,
    standing: Standing,
    deed: Deed,
    place: PlaceId | None = None,
    *,
    open_creation: bool = False,
    typed: str = "",
    kind: Kind = "any",
) -> None:
    """Raise `Forbidden` unless they may; for what they may not see, the `Unknown` of what does not exist.

    `typed` and `kind` are what was typed for the place and what it should have been (`spaces.finding`).
    """
    if deed is not Deed.CREATE_TOP:
        place = require_sight(landscape, standing, place, typed, kind=kind)
    if not may(landscape, standing, deed, place, open_creation=open_creation):
        raise Forbidden(_refusal(landscape, standing, deed, place, open_creation))


def require_sight(
    landscape: Landscape, standing: Standing, place: PlaceId | None, typed: str, *, kind: Kind = "any"
) -> PlaceId:
    """`place` if they may see it. None, a hidden one and one of the wrong kind raise the same `Unknown`.

    For places found by the caller, say by room ID or link; `find_place` has done it already.
    """
    if place is None or not is_kind(place, kind) or not may_see(landscape, standing, place):
        raise unknown(kind, typed)
    return place


def _refusal(
    landscape: Landscape, standing: Standing, deed: Deed, place: PlaceId | None, open_creation: bool
) -> Sentence:
    network = landscape.network_at(place)
    if deed is Deed.CREATE_TOP or place is None or network is None:
        return refusal_at_top(open_creation=open_creation)
    names_network = may_see(landscape, standing, network)
    return refusal_within(landscape, deed, place, network, names_network=names_network)
