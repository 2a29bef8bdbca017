"""The audit log of one unit of work: what it does is noted, and written when all of it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from appservice.store import audit
from appservice.store.database import Connection
from bot.audit.ports import Entry, Source
from spaces.differences import Changed, by_network, concerned, difference, home_of
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape

HEDGEROW = "hedgerow"


@dataclass(frozen=True, slots=True)
class _Noted:
    entry: Entry
    networks: tuple[NetworkId, ...]


class Trail:
    """Implements `bot.audit.ports.AuditLog`, and gathers what is to be written into it."""

    def __init__(
        self, connection: Connection, now: Callable[[], float], who: str, source: Source | None = None
    ) -> None:
        self._connection = connection
        self._now = now
        self._who = who
        self._source = source or _source_of(who)
        self._noted: list[_Noted] = []

    # -- looking ---------------------------------------------------------------------------------

    async def page(
        self, networks: Collection[NetworkId], *, before: int | None, most: int, unbound: bool = False
    ) -> Sequence[Entry]:
        return await audit.page(self._connection, networks, before=before, most=most, unbound=unbound)

    async def entry(self, number: int, networks: Collection[NetworkId] | None) -> Entry | None:
        return await audit.entry(self._connection, number, networks)

    async def changes_of(self, user: UserId, *, most: int) -> Sequence[Entry]:
        return await audit.changes_of(self._connection, user, most=most)

    # -- noting ----------------------------------------------------------------------------------

    def changed(
        self,
        before: Landscape,
        after: Landscape,
        *,
        what: str,
        about: PlaceId,
        by: str = "",
        undoes: int | None = None,
    ) -> None:
        """A change: an entry; for a blueprint one for each network that it touches.

        `by` is who did it by hand in a Matrix client, or on whose behalf it is done otherwise.
        """
        done = difference(before, after)
        apart = by_network(after, done) if self._source is Source.BLUEPRINT else {}
        parts = [(PlaceId(network), part) for network, part in apart.items()] or [(about, done)]
        for place, part in parts:
            was, is_now = _described(before, place), _described(after, place)
            entry = self._entry(what, place, part, by, undoes, was, is_now)
            self._noted.append(_Noted(entry, (*_home(after, place), *concerned(after, part))))

    def noted(
        self,
        landscape: Landscape,
        what: str,
        about: PlaceId | RoomId,
        done: tuple[Changed, ...] = (),
        undoes: int | None = None,
        by: str = "",
        before: str | None = None,
        after: str | None = None,
    ) -> None:
        """Something that changes no landscape."""
        networks = (*_home(landscape, about), *concerned(landscape, done))
        entry = self._entry(what, about, done, by, undoes, before, after)
        self._noted.append(_Noted(entry, networks))

    def _entry(
        self,
        what: str,
        about: str,
        done: tuple[Changed, ...],
        by: str,
        undoes: int | None,
        before: str | None,
        after: str | None,
    ) -> Entry:
        source = self._source
        if by:
            source = Source.HEDGEROW if by == HEDGEROW else Source.HAND
        who = by or self._who
        return Entry(0, self._now(), who, source, what, about, done, undoes, before or "", after or "")

    async def write(self) -> None:
        for noted in self._noted:
            await audit.write(self._connection, noted.entry, noted.networks)
        self._noted = []


def _source_of(who: str) -> Source:
    if who == HEDGEROW:
        return Source.HEDGEROW
    return Source.CHAT if who.startswith("@") else Source.COMMAND_LINE


def _home(landscape: Landscape, about: str) -> tuple[NetworkId, ...]:
    place = PlaceId(about)
    if place in landscape.networks or place in landscape.groups:
        return (home_of(landscape, place),)
    return ()


def _described(landscape: Landscape, about: PlaceId) -> str | None:
    found: Any = landscape.networks.get(NetworkId(about)) or landscape.groups.get(GroupId(about))
    return None if found is None else f"{found.name} · {found.access} · {found.status} · {found.topic}"
