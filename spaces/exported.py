"""What one server hands to another when a tree of networks moves (PRODUCT O3), as values.

The places keep the ids of the server that they come from; the one that takes them in gives them its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from spaces.errors import Refusal
from spaces.hierarchy import descendants
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.listings import Listing
from spaces.market import Posting
from spaces.network import Banned, Coordinator, Group, Link, Network, Pause, Share, Status
from spaces.occasions import Occasion
from spaces.sentences import Sentence
from spaces.stories import Levels, Story


def plainly(lines: Iterable[str]) -> Sentence:
    """English below each other, as it is: what is said at the command line alone is not translated."""
    told = {f"_{number}": line for number, line in enumerate(lines)}
    return Sentence("\n".join(f"{{{name}}}" for name in told), told)


class NotExported(Refusal):
    """Nothing is exported; `problems` say why, in English, for the command line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(plainly(self.problems))


@dataclass(frozen=True)
class Export:
    """Networks of `server` with their groups (`tree`), and what belongs to them.

    `members` are in the rooms of the places, the bot not among them. Of postings only what stands is here,
    of stories only what was taken, of occasions only what is ahead. `codes_left` is how many codes
    still let people in at `server`, and do not come along. `made_at` is in seconds since 1970.
    """

    server: str
    made_at: float = 0.0
    tree: Landscape = field(default_factory=Landscape)
    members: Mapping[PlaceId, frozenset[UserId]] = field(default_factory=dict)
    listings: tuple[Listing, ...] = ()
    postings: tuple[Posting, ...] = ()
    stories: tuple[tuple[Story, Levels], ...] = ()
    occasions: tuple[Occasion, ...] = ()
    codes_left: int = 0


@dataclass(frozen=True)
class Cutting:
    """Part of a landscape, with nothing in it that leads out. `left` tells in English what stays behind."""

    tree: Landscape
    left: tuple[str, ...] = ()


def cutting(landscape: Landscape, top: NetworkId | None = None) -> Cutting:
    """All active networks with their groups, or `top` and what is below it.

    Links and shares come along where both ends do and both sides have agreed. Raises `NotExported` where
    `top` is not active.
    """
    inside = _inside(landscape, top)
    groups = {g.id: g for n in inside for g in landscape.groups_of(n) if g.status is Status.ACTIVE}
    links = [ln for ln in landscape.links.values() if ln.holds and {ln.parent, ln.child} <= inside]
    shares = [s for s in landscape.shares.values() if s.holds and s.group in groups and s.network in inside]
    tree = Landscape().having(
        *(replace(landscape.networks[network], paused=Pause.NONE) for network in sorted(inside)),
        *(replace(groups[group], paused=Pause.NONE) for group in sorted(groups)),
        *_with_one_way_up(links),
        *(Share(share.group, share.network) for share in shares),
        *(Coordinator(c.network, c.user) for c in _named_in(landscape, inside)),
        *(Banned(b.place, b.who, at=b.at) for b in _bans_in(landscape, {*inside, *groups})),
    )
    return Cutting(tree, tuple(_staying(landscape, tree, everything=top is None)))


def _inside(landscape: Landscape, top: NetworkId | None) -> set[NetworkId]:
    if top is None:
        return {n.id for n in landscape.networks.values() if n.status is Status.ACTIVE}
    if landscape.networks[top].status is not Status.ACTIVE:
        name = landscape.networks[top].name
        raise NotExported([f"“{name}” is not active. Restore it first: `network restore`."])
    return {top, *descendants(landscape, top)}


def _with_one_way_up(links: Collection[Link]) -> Iterator[Link]:
    """The same, one of each child's canonical: the one that was, else the first."""
    first: dict[NetworkId, Link] = {}
    for link in sorted(links, key=lambda ln: (not ln.canonical, ln.parent)):
        first.setdefault(link.child, link)
    for link in links:
        yield Link(link.parent, link.child, canonical=first[link.child] is link)


def _named_in(landscape: Landscape, inside: Collection[NetworkId]) -> Iterator[Coordinator]:
    return (c for c in landscape.coordinators.values() if c.network in inside and not c.former)


def _bans_in(landscape: Landscape, inside: Collection[PlaceId]) -> Iterator[Banned]:
    """Those of the places themselves: an admin's rules stay with the admin."""
    return (ban for ban in landscape.bans.values() if ban.place in inside and not ban.rule)


# -- what stays behind ------------------------------------------------------------------------------


def _staying(landscape: Landscape, tree: Landscape, *, everything: bool) -> Iterator[str]:
    yield from _links_that_stay(landscape, tree)
    yield from _shares_that_stay(landscape, tree)
    for network in landscape.networks.values():
        near = everything or not tree.networks.keys().isdisjoint(landscape.all_parents(network.id))
        if near and network.id not in tree.networks and network.status is not Status.ACTIVE:
            yield f"“{network.name}” is {network.status.value} and stays here{_mend(network)}."
    for group in landscape.groups.values():
        if group.home in tree.networks and group.id not in tree.groups:
            home = tree.networks[group.home].name
            yield f"“{group.name}” of “{home}” is {group.status.value} and stays here{_mend(group)}."


def _mend(place: Network | Group) -> str:
    return "; restore it first to take it along" if place.status is Status.ARCHIVED else ""


def _links_that_stay(landscape: Landscape, tree: Landscape) -> Iterator[str]:
    for (parent, child), link in landscape.links.items():
        if (parent, child) in tree.links or child not in tree.networks:
            continue
        above, below = landscape.networks[parent].name, landscape.networks[child].name
        if not link.holds:
            yield f"“{below}” under “{above}” still waits for a yes: that does not come along."
        elif tree.all_parents(child):
            others = ", ".join(f"“{tree.networks[p].name}”" for p in tree.all_parents(child))
            yield f"“{below}” is under “{above}” too, which stays here: it keeps {others} alone."
        elif parent not in tree.networks:
            yield f"“{below}” is under “{above}”, which stays here: it will be at the top."


def _shares_that_stay(landscape: Landscape, tree: Landscape) -> Iterator[str]:
    for (group, network), share in landscape.shares.items():
        if (group, network) in tree.shares or not (group in tree.groups or network in tree.networks):
            continue
        shared, lister = landscape.groups[group].name, landscape.networks[network].name
        home = landscape.networks[landscape.groups[group].home].name
        if not share.holds:
            yield f"“{shared}” with “{lister}” still waits for a yes: that does not come along."
        elif group in tree.groups:
            yield f"“{shared}” is listed by “{lister}” too, which stays here: it comes along without that."
        else:
            yield f"“{lister}” lists “{shared}” of “{home}”, which stays here: it comes along without it."


def tops(tree: Landscape) -> tuple[Network, ...]:
    """The networks of an export that are under none of it, by name."""
    found = (n for n in tree.networks.values() if not tree.all_parents(n.id))
    return tuple(sorted(found, key=lambda network: (network.name.casefold(), network.id)))


def places_in(tree: Landscape) -> frozenset[PlaceId]:
    """All networks and groups of an export."""
    return frozenset[PlaceId]({*tree.networks, *tree.groups})


def is_group_in(tree: Landscape, place: PlaceId) -> bool:
    return GroupId(place) in tree.groups
