"""Whether what the index answers tells of nothing that is hidden: one world, all who ask, each question.

Two things are asked of each answer. All that is in it (hits, their rows, guesses) is for who asks, by the
oracle. And it is the very answer of an index that holds nothing else: so nothing hidden has added to it,
taken from it, or moved it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import create_engine, event, select

from appservice.store import directory, indexing, tables
from bot.directory.ports import Candidate, Match
from bot.directory.searching import Answer, Question, search
from spaces.access import Sight, Sights, Standing, may_find
from spaces.directory import Entry, ListingKind, Seen
from spaces.listings import may_contact
from spaces.nearness import Nearness
from tests.leaks.bare import BareIndex
from tests.leaks.oracle import Oracle, seen_by
from tests.leaks.worlds import NOW, World, questions


class Leak(AssertionError):
    """Something told of what is hidden, or hid what is not."""


@dataclass
class Counted:
    """How much has been judged."""

    answers: int = 0
    rows: int = 0
    hidden: int = 0
    telling: int = 0  # answers in which there was something


class StoredIndex:
    """The index in the database, `now` being NOW."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def candidates(self, match: Match, sight: Sight, most: int) -> Sequence[Candidate]:
        return await directory.candidates(self._connection, match, sight, most, NOW)

    async def parts_of(self, keys: Collection[tuple[ListingKind, str]], sight: Sight) -> Sequence[Entry]:
        return await directory.parts_of(self._connection, keys, sight, NOW)

    async def words_like(self, word: str) -> Sequence[str]:
        return await directory.words_like(self._connection, word)


async def judge(connection: Any, world: World, counted: Counted, *, each: int = 16) -> None:
    """Put all of `world` into the database and let each of its people ask; raises `Leak`.

    The transaction is the caller's, to be rolled back.
    """
    await indexing.put(connection, world.entries)
    sights = Sights(world.landscape)
    await indexing.open_and_shut(connection, sights.everybodys, ())
    for number, person in enumerate(world.askers):
        judged = _Judged(connection, world, person, sights.of(person))
        await judged.rows(counted)
        chance = Random(world.seed + number)
        for question in questions(world, judged.hidden, chance, each):
            await judged.answer(question, counted)


class _Judged:
    def __init__(self, connection: Any, world: World, person: Standing, sight: Sight) -> None:
        self.connection, self.world, self.person, self.sight = connection, world, person, sight
        self.index = StoredIndex(connection)
        self.seen, known = seen_by(world, person)
        self.hidden = [entry for entry in world.entries if entry not in set(self.seen)]
        self.bare = BareIndex(self.seen)
        self.nearness = Nearness(world.landscape, sight)
        self.nearness_of_known = Nearness(known, sight)

    async def rows(self, counted: Counted) -> None:
        """The SQL, the rule and the oracle say the same of every row; so do the listings' contacts."""
        by_sql = await self._by_sql()
        for number, entry in enumerate(self.world.entries):
            by_rule = may_find(self.sight, entry)
            self._same(by_sql[number], by_rule, f"visible_to and may_find: {entry}")
            is_there = entry.ends_at is None or entry.ends_at > NOW
            self._same(by_rule and is_there, entry in self.seen, f"may_find and the oracle: {entry}")
        keys = {(entry.kind, entry.key) for entry in self.world.entries}
        told = set(await self.index.parts_of(keys, self.sight))
        self._same(told - set(self.seen), set(), "rows told by key")
        self._same(told, set(self.seen), "rows told by key")
        self._contacts()
        counted.rows += len(by_sql)
        counted.hidden += len(self.hidden)

    async def _by_sql(self) -> list[bool]:
        sqlite = self.connection.dialect.name == "sqlite"
        clause = directory.visible_to(self.sight, sqlite=sqlite)
        all_ids = select(tables.directory.c.id).order_by(tables.directory.c.id)
        seen = set((await self.connection.execute(all_ids.where(clause))).scalars())
        return [number in seen for number in (await self.connection.execute(all_ids)).scalars()]

    def _contacts(self) -> None:
        oracle = Oracle(self.world.landscape, self.person)
        for listing in self.world.listings:
            may = {
                Seen.EVERYONE: True,
                Seen.FINDERS: True,
                Seen.MEMBERS: oracle.is_member(listing.network),
                Seen.NOBODY: False,
            }[listing.contact_for]
            may = (may and oracle.finds(listing.network)) or self.person.user in listing.stewards
            self._same(may_contact(self.sight, listing), may, f"may_contact and the oracle: {listing}")

    async def answer(self, question: Question, counted: Counted) -> None:
        told = await search(self.index, self.sight, self.nearness, question)
        shown = [entry for hit in told.hits for entry in (hit.entry, *hit.parts)]
        self._within(question, "an entry", set(shown) - set(self.seen))
        self._within(question, "a guess", {word for word in told.guesses if word not in self.bare.shown})
        bare = await search(self.bare, self.sight, self.nearness_of_known, question)
        if told != bare:
            raise Leak(
                f"{self.person} asks {question}\nand is told       {_short(told)}\n"
                f"with nothing hidden {_short(bare)}"
            )
        counted.answers += 1
        counted.telling += bool(told.hits)

    def _within(self, question: Question, what: str, beyond: Iterable[object]) -> None:
        if beyond := set(beyond):
            raise Leak(f"{self.person} asks {question} and is told {what} that is hidden: {beyond}")

    def _same(self, one: object, other: object, what: str) -> None:
        if one != other:
            raise Leak(f"{self.person}: {one} is not {other}, by {what}")


def _short(answer: Answer) -> str:
    hits = [f"{hit.entry.kind}:{hit.entry.title!r} {hit.score:.2f} ({len(hit.parts)})" for hit in answer.hits]
    return f"{', '.join(hits) or 'nothing'}; more: {answer.more}; guesses: {answer.guesses}"


# -- SQLite without waiting -------------------------------------------------------------------------------


class Direct:
    """A connection that answers at once, in the shape of one that is waited for."""

    def __init__(self, connection: SyncConnection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    @property
    def info(self) -> dict[Any, Any]:
        """What the service remembers of a connection."""
        return self._connection.info

    async def execute(self, *statement: Any) -> Any:
        return self._connection.execute(*statement)

    def rollback(self) -> None:
        self._connection.rollback()

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """What is written meanwhile is undone."""
        written = self._connection.begin_nested()
        try:
            yield
        finally:
            written.rollback()


def opened(file: str) -> Direct:
    """The migrated database in `file`, which nothing is written to for good."""
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return Direct(engine.connect())
