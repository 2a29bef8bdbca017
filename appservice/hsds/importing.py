"""A file becomes listings of a network: first what would come of it, then all of it in one commit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from appservice.hsds.entries import Incoming, Read, Refused
from appservice.meant import network_meant
from appservice.store import listings
from appservice.store.numbers import free_numbers
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.audit.ports import Source
from spaces.directory import ListingKind
from spaces.errors import Conflict
from spaces.hsds import Record, of_several
from spaces.identifiers import NetworkId
from spaces.landscape import Landscape
from spaces.listings import Listing
from spaces.network import Status
from spaces.open_referral import (
    KINDS,
    changed,
    is_uuid,
    number_of,
    read_record,
    record_of,
    recorded,
    told_by,
    told_of,
)

OPERATOR = "operator"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a file. `absent`: how many of the same source are not in it, and stay."""

    new: tuple[Listing, ...] = ()
    changed: tuple[Listing, ...] = ()
    unchanged: int = 0
    refused: tuple[Refused, ...] = ()
    absent: int = 0

    @property
    def kept(self) -> tuple[Listing, ...]:
        return (*self.new, *self.changed)

    def __str__(self) -> str:
        counts = f"new {len(self.new)}, changed {len(self.changed)}"
        return f"{counts}, unchanged {self.unchanged}, refused {len(self.refused)}"


@dataclass(frozen=True)
class Importing:
    """One file for one network, named by whoever runs the server. `source` tells feeds from each other."""

    works: Works
    network: str
    read: Read
    source: str

    async def preview(self) -> Outcome:
        async with self.works.preview(OPERATOR) as work:
            return await self._outcome(work)

    async def run(self) -> Outcome:
        """Keep what is new or has changed: all in one commit, looked at again within it."""
        async with self.works.begin(OPERATOR, Source.COMMAND_LINE) as work:
            outcome = await self._outcome(work)
            for start in range(0, len(outcome.kept), _AT_ONCE):
                await listings.keep(work.connection, outcome.kept[start : start + _AT_ONCE])
            if outcome.kept:
                what = f"directory import: new {len(outcome.new)}, changed {len(outcome.changed)}"
                await work.note(what, network_named(work.landscape, self.network))
            return outcome

    async def _outcome(self, work: UnitOfWork) -> Outcome:
        network = network_named(work.landscape, self.network)
        here = await listings.of(work.connection, [network])
        server = work.surroundings.server
        named = {n for entry in self.read.entries if (n := number_of(server, entry.source_id)) is not None}
        elsewhere = {one.number for one in await listings.numbered(work.connection, named)}
        elsewhere -= {one.number for one in here}
        plan = _Plan(network, server, self.source, work.now, here, frozenset(elsewhere))
        fresh = [entry for entry in self.read.entries if plan.is_new(entry)]
        numbers = await free_numbers(work.connection, work.ids.listing_number, len(fresh))
        return plan.outcome(self.read, fresh, numbers)


def network_named(landscape: Landscape, typed: str) -> NetworkId:
    """The network that whoever runs the server means. Raises `Unknown`, `Ambiguous` or `Conflict`."""
    network = network_meant(landscape, typed)
    if network.status is not Status.ACTIVE:
        raise Conflict("{network} is not active: nothing of it is in the directory.", network=network.name)
    return network.id


class _Misfit(Exception):
    """Why an entry cannot be taken, seen with what is here."""


@dataclass
class _Plan:
    network: NetworkId
    server: str
    source: str
    now: float
    here: Sequence[Listing]
    elsewhere: frozenset[int]
    numbers: dict[tuple[ListingKind, str], int] = field(default_factory=dict)
    names: dict[str, set[int]] = field(default_factory=dict)

    @cached_property
    def _of_source(self) -> dict[tuple[ListingKind, str], Listing]:
        ours = (one for one in self.here if one.source == self.source and one.source_id)
        return {(one.kind, one.source_id): one for one in ours}

    @cached_property
    def _of_any(self) -> dict[tuple[ListingKind, str], Listing]:
        """Under the ids that are nobody else's."""
        return {(one.kind, one.source_id): one for one in reversed(self.here) if is_uuid(one.source_id)}

    @cached_property
    def _by_number(self) -> dict[int, Listing]:
        return {one.number: one for one in self.here}

    def found(self, kind: ListingKind, its_id: str) -> Listing | None:
        """What is here under this id: of the same source, of another, or one of our own that comes back."""
        for known in (self._of_source, self._of_any):
            if (listing := known.get((kind, its_id))) is not None:
                return listing
        own = self._by_number.get(number_of(self.server, its_id) or 0)
        return own if own is not None and own.kind is kind else None

    def is_new(self, entry: Incoming) -> bool:
        return self.found(entry.kind, entry.source_id) is None

    def outcome(self, read: Read, fresh: Sequence[Incoming], numbers: Sequence[int]) -> Outcome:
        self.numbers = {(one.kind, one.source_id): n for one, n in zip(fresh, numbers, strict=True)}
        self.names = self._names(read)
        new, other, refused, unchanged = [], [], list(read.refused), 0
        for entry in read.entries:
            try:
                was, now = self.found(entry.kind, entry.source_id), self._taken(entry)
            except _Misfit as misfit:
                refused.append(Refused(entry.where, str(misfit)))
                continue
            if was is None:
                new.append(now)
            elif now != was:
                other.append(now)
            else:
                unchanged += 1
        told = {(entry.kind, entry.source_id) for entry in read.entries}
        absent = sum(key not in told for key in self._of_source)
        return Outcome(tuple(new), tuple(other), unchanged, tuple(refused), absent)

    # -- one entry -------------------------------------------------------------------------------

    def _taken(self, entry: Incoming) -> Listing:
        """The listing as it is to be. Raises `_Misfit`."""
        if number_of(self.server, entry.source_id) in self.elsewhere:
            raise _Misfit("It is a listing of this server, in another network.")
        by, was = self._organisation(entry), self.found(entry.kind, entry.source_id)
        if was is None:
            return self._made(entry, by)
        record = self._record(entry, was)
        told = entry.told if entry.record is None else told_of(entry.kind, record)
        now = was if self._is_same(entry, record, was) else changed(was, told, record)
        now = replace(now, by=by if by is not None else was.by)
        return now if now == was else replace(now, confirmed_at=self.now, asked_at=None, stale=False)

    def _made(self, entry: Incoming, by: int | None) -> Listing:
        told, record = entry.told, self._record(entry, None)
        return Listing(
            self.numbers[entry.kind, entry.source_id],
            entry.kind,
            self.network,
            told.name,
            told.about,
            told.place,
            told.contact,
            by=by,
            made_at=self.now,
            confirmed_at=self.now,
            source=self.source,
            source_id=entry.source_id,
            record=json.dumps(record, ensure_ascii=False, sort_keys=True),
        )

    def _record(self, entry: Incoming, was: Listing | None) -> Record:
        before = read_record(was) if was else {}
        if entry.record is None:
            return recorded(entry.kind, before, entry.told, entry.source_id)
        return {**(of_several(before, KINDS[entry.kind]) if entry.brief else {}), **entry.record}

    def _is_same(self, entry: Incoming, record: Record, was: Listing) -> bool:
        """Whether the file has what it had the last time, or what is here now."""
        if entry.record is not None:
            known = (read_record(was), record_of(was, entry.source_id))
            return _content(record) in map(_content, known)
        source = told_of(was.kind, read_record(was)) if was.record else None
        shown = told_of(was.kind, record_of(was, entry.source_id))
        return entry.told in (source, shown, told_by(was))

    def _organisation(self, entry: Incoming) -> int | None:
        """The number of the organisation whose service it is. Raises `_Misfit`."""
        if entry.kind is not ListingKind.SERVICE or not entry.organisation:
            return None
        key = (ListingKind.ORGANISATION, entry.organisation)
        if (found := self.found(*key)) is not None:
            return found.number
        named = (
            {self.numbers[key]} if key in self.numbers else self.names.get(_folded(entry.organisation), set())
        )
        if len(named) == 1:
            return next(iter(named))
        if entry.record is not None:
            return None
        if named:
            raise _Misfit(f"Several organisations are called “{entry.organisation}”: write the id of one.")
        raise _Misfit(f"No organisation is called “{entry.organisation}”, here or in the file.")

    def _names(self, read: Read) -> dict[str, set[int]]:
        names: dict[str, set[int]] = {}
        for name, number in self._named(read):
            names.setdefault(_folded(name), set()).add(number)
        return names

    def _named(self, read: Read) -> Iterator[tuple[str, int]]:
        yield from ((one.name, one.number) for one in self.here if one.kind is ListingKind.ORGANISATION)
        for entry in read.entries:
            number = self.numbers.get((entry.kind, entry.source_id))
            if number is not None and entry.kind is ListingKind.ORGANISATION:
                yield entry.told.name, number


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _content(record: Record) -> Record:
    """When it was last touched is not what it says."""
    return {name: value for name, value in record.items() if name != "last_modified"}
