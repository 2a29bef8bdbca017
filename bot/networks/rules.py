"""What the commands of networks need worked out from a landscape: names to show, ways in, who is asked.

Pure. Whatever names a place takes a `Standing`, and leaves out what that person may not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from spaces.access import Standing, may_enter, may_see
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.lookalikes import folded
from spaces.network import Access, Group, Link, Network, Share, Status
from spaces.wanted import room_name


@dataclass(frozen=True, slots=True)
class Named:
    """A place by the name people know. One that `is_made` has a room to link to, at once or soon."""

    id: PlaceId
    name: str
    slug: str
    is_made: bool = True


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Who finds a place and who gets in.

    Members of `members_of` get in unasked, those of others too that the person may not see if there
    are `more`; `open_by` is the public network by way of which anyone does.
    """

    access: Access
    ask: bool = False
    listed: bool = False
    members_of: tuple[Named, ...] = ()
    open_by: Named | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A link that waits for the yes of one person's side, or the share of a group (`child`) with `parent`.

    `moves`: the child is to leave its parent of now for it.
    """

    child: Named
    parent: Named
    for_parent: bool
    is_bridge: bool
    is_share: bool = False
    moves: bool = False


def named(landscape: Landscape, place: PlaceId) -> Named:
    found = landscape.place(place)
    made = found.status is not Status.PROPOSED
    return Named(place, room_name(landscape, found), landscape.slug_of(place), made)


def all_named(landscape: Landscape, places: Iterable[PlaceId], standing: Standing) -> tuple[Named, ...]:
    """Those of `places` that the person may see, in the order given."""
    return tuple(named(landscape, p) for p in places if may_see(landscape, standing, p))


def parents_wanted(landscape: Landscape, network: NetworkId) -> tuple[NetworkId, ...]:
    """Parents whose link holds or waits for a yes, but for those that a move would leave."""
    if landscape.networks[network].status is Status.PROPOSED:
        return landscape.all_parents(network)
    waiting = [ln for ln in landscape.proposals_of(network) if ln.child == network]
    left = {ln.instead_of for ln in waiting}
    held = (parent for parent in landscape.parents(network) if parent not in left)
    return (*held, *(ln.parent for ln in waiting))


def ways_in(landscape: Landscape, place: PlaceId, standing: Standing, *, wanted: bool = False) -> WaysIn:
    """Who finds `place` and who gets in, as far as this person may know.

    With `wanted`, once every link that waits has its yes; who is to agree learns that there are `more`.
    """
    found = landscape.place(place)
    doors = doors_of(landscape, found, wanted=wanted)
    shown = all_named(landscape, doors, standing)
    through = (n for door in doors for n in _public_above(landscape, door))
    open_by = next((n for n in through if may_see(landscape, standing, n)), None)
    return WaysIn(
        _word(landscape, found),
        found.ask and _is_home_open(landscape, found),
        found.listed,
        shown,
        None if open_by is None else named(landscape, open_by),
        more=wanted and len(shown) < len(doors),
    )


def _is_home_open(landscape: Landscape, found: Network | Group) -> bool:
    """Whether everyone finds the network that a group belongs to, and so the group that says `--ask`."""
    if isinstance(found, Network):
        return True
    home = landscape.networks[found.home]
    return home.access is Access.PUBLIC or (home.access is Access.PRIVATE and home.ask)


def doors_of(landscape: Landscape, found: Network | Group, *, wanted: bool = False) -> tuple[NetworkId, ...]:
    """The networks above `found`; their members get in where it is private, and see it where it is listed."""
    if isinstance(found, Group):
        waiting = (s.network for s in landscape.all_shares_of(found.id) if wanted and not s.holds)
        return (found.home, *landscape.shares_of(found.id), *waiting)
    return parents_wanted(landscape, found.id) if wanted else landscape.parents(found.id)


def _public_above(landscape: Landscape, network: NetworkId) -> Iterator[NetworkId]:
    """Public networks by way of which a stranger comes to be a member of `network`, nearest first."""
    queue, seen = [network], {network}
    for here in queue:
        if landscape.networks[here].access is Access.PUBLIC:
            yield here
        elif landscape.networks[here].access is Access.PRIVATE:
            fresh = [p for p in landscape.parents(here) if p not in seen]
            seen.update(fresh)
            queue += fresh


def _word(landscape: Landscape, found: Network | Group) -> Access:
    """The access word; the kit takes its network's, and is open to the members where that is not public."""
    if isinstance(found, Group) and found.is_kit:
        home = landscape.networks[found.home].access
        return Access.PUBLIC if home is Access.PUBLIC else Access.PRIVATE
    return found.access


def check_words(access: Access | None, ask: bool, listed: bool) -> None:
    """Raise `Conflict` for an option that would say nothing beside this access (None: public)."""
    if ask and access is not Access.PRIVATE:
        raise Conflict("`--ask` is for what is private. Add `--access private`, or leave `--ask` out.")
    if listed and access is not Access.INVITE:
        raise Conflict("`--listed` is for invitation only. Add `--access invite`, or leave `--listed` out.")


def check_no_lookalike(
    landscape: Landscape, standing: Standing, name: str, audience: Standing | None = None
) -> None:
    """Raise `Conflict` where a reader could not tell `name` from that of another network they may see.

    The other is named if the `audience`, who hears the refusal, may see it too.
    """
    for network in landscape.looking_like(name):
        if folded(network.name) != folded(name) and may_see(landscape, standing, network.id):
            raise _looks_alike(
                name, network if may_see(landscape, audience or standing, network.id) else None
            )


def _looks_alike(name: str, other: Network | None) -> Conflict:
    """The refusal of `name`; None for a network that is not to be named."""
    if other is None:
        return Conflict(
            "“{name}” looks just like the name of another network, in other letters. "
            "Choose a name that people can tell from it.",
            name=name,
        )
    return Conflict(
        "“{name}” looks just like “{other}” ({slug}), in other letters. "
        "Choose a name that people can tell from it.",
        name=name,
        other=other.name,
        slug=other.slug,
    )


def waits_for(link: Link) -> NetworkId:
    """The side of a waiting link that has yet to say yes."""
    return link.child if link.parent_agreed else link.parent


def questions_for(landscape: Landscape, user: UserId) -> tuple[Question, ...]:
    """The links and shares that wait for a yes of `user`, who coordinates the side that is asked."""
    mine = sorted(landscape.coordinated_by(user))
    links = (ln for network in mine for ln in landscape.proposals_of(network) if waits_for(ln) == network)
    shares = (
        share
        for network in mine
        for share in landscape.proposed_shares_of(network)
        if share_waits_for(landscape, share) == network
    )
    return (
        *(question(landscape, link) for link in links),
        *(question_of_share(landscape, share) for share in shares),
    )


def share_waits_for(landscape: Landscape, share: Share) -> NetworkId:
    """The side of a waiting share that has yet to say yes."""
    return landscape.groups[share.group].home if share.network_agreed else share.network


def question_of_share(landscape: Landscape, share: Share) -> Question:
    group, network = named(landscape, share.group), named(landscape, share.network)
    return Question(group, network, for_parent=not share.network_agreed, is_bridge=False, is_share=True)


def question(landscape: Landscape, link: Link) -> Question:
    return Question(
        named(landscape, link.child),
        named(landscape, link.parent),
        for_parent=not link.parent_agreed,
        is_bridge=landscape.networks[link.child].status is Status.PROPOSED,
        moves=link.instead_of is not None,
    )


def first_step(landscape: Landscape, standing: Standing, place: PlaceId) -> PlaceId | None:
    """The nearest place on the way into `place` that the person may enter now: mostly itself."""
    queue, seen = [place], {place}
    for here in queue:
        if may_enter(landscape, standing, here):
            return here
        found = landscape.place(here)
        if _word(landscape, found) is Access.PRIVATE and found.status is Status.ACTIVE:
            fresh = [door for door in doors_of(landscape, found) if door not in seen]
            seen.update(fresh)
            queue += fresh
    return None


def only_as_admin(landscape: Landscape, standing: Standing, place: PlaceId) -> bool:
    """Whether the person sees `place` by being an admin and for no other reason."""
    return standing.is_admin and not may_see(landscape, replace(standing, is_admin=False), place)
