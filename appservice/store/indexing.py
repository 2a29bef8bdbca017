"""How the index of what can be found is kept: the words of each entry, learnt with it and forgotten with it.

It is read in `directory.py`, which knows what the words of an entry and of a query look like.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, text

from appservice.store import tables
from appservice.store.database import Connection, upsert
from appservice.store.directory import MARKS, is_one_of, words_for
from bot.directory.ports import Match, Term
from bot.directory.words import tokens_of, trigrams_of, vocabulary_of
from spaces.directory import Entry, ListingKind
from spaces.identifiers import PlaceId

d = tables.directory.c
o = tables.directory_open.c
t = tables.directory_trigrams.c
_PORTION = 2000  # rows that are written together
_T = TypeVar("_T")
_TEXTS = ("title", "about", "located", "more")


async def put(
    connection: Connection, entries: Iterable[Entry], gone: Iterable[tuple[ListingKind, str]] = ()
) -> None:
    """These rows stand instead of all that there were of these entries, and of those that are `gone`.

    In a unit of work, of which there is one at a time: two could forget and learn the same word at once.
    """
    fresh = list(entries)
    before = await _take_away(connection, {*((one.kind, one.key) for one in fresh), *gone})
    now: set[str] = set()
    for portion in _portions(fresh):
        await add(connection, [_row(entry) for entry in portion])
        now |= vocabulary_of(getattr(entry, field) for entry in portion for field in _TEXTS)
    await _learn_words(connection, now - before)
    await _forget_words(connection, before - now)


def _portions(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (values[start : start + _PORTION] for start in range(0, len(values), _PORTION))


def _row(entry: Entry) -> dict[str, Any]:
    located = tokens_of(entry.located)
    title = tokens_of(entry.title)
    return {
        "kind": entry.kind.value,
        "key": entry.key,
        "part": entry.part,
        "seen": entry.seen.value,
        "place": entry.place,
        "network": entry.network,
        "owner": entry.owner,
        "title": entry.title,
        "about": entry.about,
        "located": entry.located,
        "more": entry.more,
        "stale": entry.stale,
        "ends_at": entry.ends_at,
        "title_tokens": title,
        "located_tokens": located,
        "tokens": tokens_of(entry.title, entry.about, entry.located, entry.more),
    }


async def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows, without their `words`, which are made of their tokens."""
    if connection.dialect.name == "sqlite":
        await connection.execute(insert(tables.directory), rows)
        return
    words = text("array_to_tsvector(string_to_array(:every_word, ' '))")
    adding = insert(tables.directory).values(words=words)
    await connection.execute(adding, [{**row, "every_word": _marked(row)} for row in rows])


def _marked(row: Mapping[str, Any]) -> str:
    """The words of a row as they stand in the tsvector: all of them, and each column's with its mark."""
    return " ".join(f"{mark}{word}" for field, mark in _MARKED for word in row[field].split())


_MARKED = (("tokens", ""), *((column, mark) for column, mark in MARKS.items() if column))


async def _take_away(connection: Connection, keys: Collection[tuple[ListingKind, str]]) -> set[str]:
    """Take them out of the index; the words that they were found by."""
    sqlite = connection.dialect.name == "sqlite"
    words: set[str] = set()
    for kind in sorted({kind for kind, _ in keys}):
        theirs = [key for its_kind, key in keys if its_kind == kind]
        words |= await _delete(connection, and_(d.kind == kind, is_one_of(d.key, theirs, sqlite=sqlite)))
    return words


async def forget_places(connection: Connection, places: Collection[PlaceId]) -> None:
    """Forget what is found by way of these places, with the words that only it was found by."""
    sqlite = connection.dialect.name == "sqlite"
    named = (is_one_of(place, places, sqlite=sqlite) for place in (d.place, d.network))
    await _forget_words(connection, await _delete(connection, or_(*named)))


async def _delete(connection: Connection, which: ColumnElement[bool]) -> set[str]:
    rows = (await connection.execute(select(*(d[field] for field in _TEXTS)).where(which))).all()
    if rows:
        await connection.execute(delete(tables.directory).where(which))
    return vocabulary_of(words for row in rows for words in row)


async def _learn_words(connection: Connection, words: Collection[str]) -> None:
    """Most are known already."""
    if not words:
        return
    named = is_one_of(t.word, words, sqlite=connection.dialect.name == "sqlite")
    known = (await connection.execute(select(t.word).where(named).distinct())).scalars()
    for portion in _portions(sorted(set(words).difference(known))):
        pairs = [{"trigram": three, "word": word} for word in portion for three in trigrams_of(word)]
        await upsert(connection, tables.directory_trigrams, pairs, replace=False)


async def _forget_words(connection: Connection, words: Collection[str]) -> None:
    """Forget those by which nothing is found any more."""
    sqlite = connection.dialect.name == "sqlite"
    gone = [word for word in sorted(words) if not await _finds_any(connection, word)]
    if gone:
        named = is_one_of(t.word, gone, sqlite=sqlite)
        await connection.execute(delete(tables.directory_trigrams).where(named))


async def _finds_any(connection: Connection, word: str) -> bool:
    sqlite = connection.dialect.name == "sqlite"
    words = words_for(Match((Term((word,)),)), sqlite=sqlite)
    return (await connection.execute(_ANY[sqlite], {"words": words})).first() is not None


_ANY = {
    True: text("SELECT 1 FROM directory_words WHERE directory_words MATCH :words LIMIT 1"),
    False: text("SELECT 1 FROM directory WHERE words @@ CAST(:words AS tsquery) LIMIT 1"),
}


# -- what everybody finds -------------------------------------------------------------------------------


async def open_and_shut(
    connection: Connection, opened: Collection[PlaceId], shut: Collection[PlaceId]
) -> None:
    """From now on everybody finds what is `opened`, and no longer what is `shut`."""
    await upsert(connection, tables.directory_open, [{"place": p} for p in sorted(opened)], replace=False)
    if shut:
        gone = is_one_of(o.place, shut, sqlite=connection.dialect.name == "sqlite")
        await connection.execute(delete(tables.directory_open).where(gone))
