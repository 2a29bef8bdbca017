"""The directory for the conversation: what somebody may find, and how networks and groups come into it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from appservice.store import directory, indexing
from appservice.store.database import Connection
from bot.directory.ports import Candidate, Match
from spaces.access import Sight, Sights, Standing
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import GroupId, NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.network import Network, Status


class StoredDirectory:
    """Implements `bot.directory.ports.Directory` within one unit of work; `now` in seconds since 1970."""

    def __init__(
        self,
        connection: Connection,
        landscape: Landscape,
        now: float,
        *,
        is_stored: bool = True,
    ) -> None:
        """`is_stored`: the landscape is as it was committed, and not changed since."""
        self._connection = connection
        self._landscape = landscape
        self._now = now
        self._is_stored = is_stored

    def sight_of(self, standing: Standing) -> Sight:
        sight = Sights(self._landscape).of(standing)
        return sight if self._is_stored else replace(sight, everybodys=frozenset())

    async def candidates(self, match: Match, sight: Sight, most: int) -> Sequence[Candidate]:
        return await directory.candidates(self._connection, match, sight, most, self._now)

    async def parts_of(self, keys: Collection[tuple[ListingKind, str]], sight: Sight) -> Sequence[Entry]:
        return await directory.parts_of(self._connection, keys, sight, self._now)

    async def words_like(self, word: str) -> Sequence[str]:
        return await directory.words_like(self._connection, word)

    async def put(self, entries: Iterable[Entry], gone: Iterable[tuple[ListingKind, str]] = ()) -> None:
        await indexing.put(self._connection, entries, gone)


# -- networks and groups --------------------------------------------------------------------------------


def entries_of(landscape: Landscape, places: Iterable[PlaceId]) -> Iterator[Entry]:
    """How the places among these that are active stand in the directory; a kit is found by its network."""
    for place in places:
        if place in landscape.networks and landscape.status_of(place) is Status.ACTIVE:
            yield _entry(landscape.networks[NetworkId(place)])
        elif place in landscape.groups and landscape.status_of(place) is Status.ACTIVE:
            group = landscape.groups[GroupId(place)]
            if not group.is_kit:
                yield Entry(
                    ListingKind.GROUP,
                    group.id,
                    group.name,
                    Seen.FINDERS,
                    group.id,
                    group.home,
                    about=group.topic,
                    more=group.slug,
                )


def _entry(network: Network) -> Entry:
    return Entry(
        ListingKind.NETWORK,
        network.id,
        network.name,
        Seen.FINDERS,
        network.id,
        network.id,
        about=network.topic,
        more=network.slug,
    )


async def follow(connection: Connection, before: Landscape, after: Landscape) -> None:
    """Bring the directory to what has become of the landscape."""
    networks, groups = after.differing(before, "networks"), after.differing(before, "groups")
    changed = [network for network in networks if network in after.networks]
    gone = [
        place for place in (*networks, *groups) if place not in after.networks and place not in after.groups
    ]
    woken = {g.id for n in changed if _status(before, n) != _status(after, n) for g in after.groups_of(n)}
    places: list[PlaceId] = [*changed, *(group for group in groups if group in after.groups)]
    touched = [*dict.fromkeys((*places, *sorted(woken)))]
    standing = list(entries_of(after, touched))
    away = {*touched, *gone} - {entry.key for entry in standing}
    await indexing.put(connection, standing, [(_kind(place), place) for place in sorted(away)])
    ruled = {*places, *(group.id for network in changed for group in after.groups_of(network))}
    opened = {place for place in ruled if after.is_everybodys(place)}
    await indexing.open_and_shut(connection, opened, {*ruled, *gone} - opened)


async def catch_up(connection: Connection, landscape: Landscape) -> None:
    """At the start: networks and groups made before there was a directory come into it, and what everybody
    finds is looked through once.
    """
    if not await directory.holds_places(connection):
        await follow(connection, Landscape(), landscape)
    known, found = await directory.everybodys(connection), frozenset(Sights(landscape).everybodys)
    await indexing.open_and_shut(connection, found - known, known - found)


def _status(landscape: Landscape, network: NetworkId) -> Status | None:
    return landscape.networks[network].status if network in landscape.networks else None


def _kind(place: PlaceId) -> ListingKind:
    return ListingKind.NETWORK if place.is_network else ListingKind.GROUP
