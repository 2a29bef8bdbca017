"""New networks and groups near a reader, each in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot.digests.around import MOST, Nearby
from bot.digests.items import Item, Reader, Section
from bot.directory.lines import Told, told
from bot.networks.phrases import link, links
from bot.networks.rules import Named, named
from spaces.access import may_find
from spaces.bans import is_banned
from spaces.directory import Entry
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.nearness import Near
from spaces.network import Kind
from spaces.sentences import Sentence, counted, sentence


@dataclass(frozen=True, slots=True)
class Fresh:
    """A network or a group that has come, as it stands in the directory; `by` whom, if by one person."""

    entry: Entry
    place: PlaceId
    by: UserId | None = None


def new_places(landscape: Landscape, reader: Reader, fresh: Sequence[Fresh]) -> list[Item]:
    """What of it is news to the reader, the nearest first, in the order given.

    The groups of a network that is told of are told with it.
    """
    seen = [one for one in fresh if may_find(reader.sight, one.entry)]
    return list(islice(_News(landscape, reader, seen).items(), MOST))


class _News:
    def __init__(self, landscape: Landscape, reader: Reader, seen: Sequence[Fresh]) -> None:
        self._landscape = landscape
        self._reader = reader
        self._seen = seen
        self._near = Nearby(landscape, reader)

    def items(self) -> Iterator[Item]:
        near = self._near_among(self._networks())
        near |= self._near_among(one for one in self._groups() if self._home(one) not in near)
        with_it = Counter(PlaceId(self._home(one)) for one in self._seen if one.place.is_group)
        rank = {one: 2 * near[one.place] + one.place.is_group for one in self._seen if one.place in near}
        for one in sorted(rank, key=rank.__getitem__):
            line = _line(self._told(one), self._landscape, with_it[one.place])
            yield Item(Section.PLACES, f"place {one.place}", (line,), -float(rank[one]))

    def _near_among(self, places: Iterable[Fresh]) -> dict[PlaceId, Near]:
        nearness = ((one.place, self._nearness(one)) for one in places)
        return {place: near for place, near in nearness if near < Near.WIDER}

    def _networks(self) -> Iterator[Fresh]:
        """Those that the reader is not in, neither in their Space nor in one of their groups."""
        mine = self._reader.sight.member_of
        return (
            one for one in self._seen if one.place.is_network and one.place not in mine and self._may_be(one)
        )

    def _groups(self) -> Iterator[Fresh]:
        joined = self._reader.standing.joined
        return (
            one for one in self._seen if one.place.is_group and one.place not in joined and self._may_be(one)
        )

    def _may_be(self, one: Fresh) -> bool:
        """Whether it may be news: not to who has made it, nor to who is kept out of it."""
        user = self._reader.user
        return user is None or (one.by != user and not is_banned(self._landscape, one.place, user))

    def _nearness(self, one: Fresh) -> Near:
        """A network directly under one of the reader's is as near as what is in that one."""
        if one.place.is_network:
            here = NetworkId(one.place)
            above = self._near.nearest(self._landscape.parents(here))
            return above if above is Near.OWN else self._near.of(here)
        return self._near.nearest(self._listing(one))

    def _home(self, one: Fresh) -> NetworkId:
        return self._landscape.groups[GroupId(one.place)].home

    def _listing(self, one: Fresh) -> list[NetworkId]:
        """The networks in which a group stands, its home first."""
        return [self._home(one), *self._landscape.shares_of(GroupId(one.place))]

    def _told(self, one: Fresh) -> Told:
        shown = told(self._landscape, self._reader.sight, one.entry)
        if one.place.is_network:
            return shown
        return replace(shown, above=tuple(self._named(self._listing(one))))

    def _named(self, networks: Sequence[NetworkId]) -> Iterator[Named]:
        return (named(self._landscape, n) for n in networks if n in self._reader.sight.finds)


# -- the line -------------------------------------------------------------------------------------------


def _line(shown: Told, landscape: Landscape, groups: int) -> Sentence:
    """Such as “Arts & Health, a new network in Somerset, with 3 groups – `join arts-health`”."""
    assert shown.place is not None
    facts = _facts(shown, landscape)
    if groups:
        facts = counted("{facts}, with one group", "{facts}, with {count} groups", groups, facts=facts)
    return sentence("{facts} – `join {slug}`", facts=facts, slug=shown.place.slug)


def _facts(shown: Told, landscape: Landscape) -> Sentence:
    assert shown.place is not None
    network = landscape.networks.get(NetworkId(shown.place.id))
    bare, within = _WORDS[network.kind if network else None]
    if network is not None and network.kind is Kind.BRIDGE and len(shown.above) > 1:
        within = _BETWEEN
    chosen = within if shown.above else bare
    return replace(chosen, parts={"place": link(shown.place), "networks": links(shown.above)})


_WORDS = {
    Kind.NETWORK: (
        sentence("{place}, a new network"),
        sentence("{place}, a new network in {networks}"),
    ),
    Kind.ECOSYSTEM: (
        sentence("{place}, a new ecosystem"),
        sentence("{place}, a new ecosystem in {networks}"),
    ),
    Kind.BRIDGE: (
        sentence("{place}, a new bridge"),
        sentence("{place}, a new bridge in {networks}"),
    ),
    None: (
        sentence("{place}, a new group"),
        sentence("{place}, a new group in {networks}"),
    ),
}
"""What each kind of network is told of with, and under None a group: alone, and with where it belongs."""
_BETWEEN = sentence("{place}, a new bridge between {networks}")
