"""The index of what can be found: written by whoever keeps a listing, read as far as the asker may.

The words of an entry are taken apart in our code and are the same on both databases; SQLite finds
them with FTS5, PostgreSQL with a tsvector. What may be seen is part of each query (`visible_to`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from bot.directory.ports import Candidate, Match, Term
from bot.directory.words import tokens_of, trigrams_of, vocabulary_of
from spaces.access import Sight
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, PlaceId, UserId

d = tables.directory.c
o = tables.directory_open.c
t = tables.directory_trigrams.c
_MOST_LETTERS_OFF = 2
_PORTION = 2000  # rows that are written together
_T = TypeVar("_T")
_TEXTS = ("title", "about", "located", "more")
_SHOWN = tuple(d[field.name] for field in fields(Entry))
_words = table("directory_words", column("rowid"))
_DAMAGED = 4  # as many trigrams as two letters in the wrong order can spoil

# -- who may see what -----------------------------------------------------------------------------------


@lru_cache(maxsize=8)  # one search asks several times
def visible_to(sight: Sight, *, sqlite: bool) -> ColumnElement[bool]:
    """`spaces.access.may_find` in SQL."""
    return or_(
        d.seen == Seen.EVERYONE,
        and_(d.seen == Seen.FINDERS, _is_found(sight, sqlite=sqlite)),
        and_(d.seen == Seen.MEMBERS, _is_one_of(d.place, sight.member_of, sqlite=sqlite)),
        d.owner == sight.user,
    )


def _is_found(sight: Sight, *, sqlite: bool) -> ColumnElement[bool]:
    """What everybody finds stands in a table: to send it with each statement takes longer than the rest."""
    own = _is_one_of(d.place, sight.finds - sight.everybodys, sqlite=sqlite)
    return or_(d.place.in_(select(o.place)), own) if sight.everybodys else own


def _is_one_of(column: ColumnElement[Any], values: Collection[str], *, sqlite: bool) -> ColumnElement[bool]:
    """As one parameter, however many values there are: a long list of them is slow to send and to plan."""
    if not sqlite:
        return column == any_(literal([*values], ARRAY(Text)))
    each = func.json_each(literal(json.dumps([*values]), Text))
    return column.in_(select(each.table_valued("value").c.value))


def _is_still(now: float) -> ColumnElement[bool]:
    return or_(d.ends_at.is_(None), d.ends_at > now)


# -- finding --------------------------------------------------------------------------------------------


async def candidates(
    connection: Connection, match: Match, sight: Sight, most: int, now: float
) -> list[Candidate]:
    """At most so many entries that match and that are for them, the newest first."""
    sqlite = connection.dialect.name == "sqlite"
    query: Select[Any] = (
        select(*_SHOWN, d.title_tokens, d.tokens)
        .where(_is_of(match.kinds), visible_to(sight, sqlite=sqlite))
        .where(_is_still(now))
        .limit(most)
    )
    if match.within is not None:
        query = query.where(_is_one_of(d.network, match.within, sqlite=sqlite))
    rows = await connection.execute(_matching(query, match, sqlite=sqlite))
    return [_candidate(row) for row in rows]


def _is_of(kinds: Collection[ListingKind]) -> ColumnElement[bool]:
    return d.kind.in_(sorted(kinds)) if kinds else true()


def _matching(query: Select[Any], match: Match, *, sqlite: bool) -> Select[Any]:
    """The newest first. FTS5 gives them in that order, one by one, so that it stops at the limit."""
    if not (match.terms or match.near):
        return query.order_by(d.id.desc())
    words = words_for(match, sqlite=sqlite)
    if not sqlite:
        # the + keeps PostgreSQL from going through all entries where few are of these networks
        newest = d.id.desc() if match.within is None else (d.id + 0).desc()
        return query.where(d.words.op("@@")(cast(words, TSQUERY))).order_by(newest)
    # the + keeps SQLite from beginning with the entries
    from_words = _words.join(tables.directory, d.id == literal_column("+directory_words.rowid"))
    found = literal_column("directory_words").op("MATCH")(words)
    return query.select_from(from_words).where(found).order_by(_words.c.rowid.desc())


def words_for(match: Match, *, sqlite: bool) -> str:
    """The words that are looked for, in FTS5's language or in tsquery's."""
    column = "title_tokens" if match.in_title else ""
    parts = [_clause(match.terms, match.every, column, sqlite=sqlite)] if match.terms else []
    if match.near:
        parts.append(_clause(match.near, True, "located_tokens", sqlite=sqlite))
    return (" AND " if sqlite else " & ").join(parts)


_MARKS = {"title_tokens": "=", "located_tokens": "@", "": ""}
"""What stands before words of a column in the tsvector; in FTS5 columns are columns."""


def _clause(terms: Sequence[Term], every: bool, column: str, *, sqlite: bool) -> str:
    """Tokens are letters and digits only, so nothing in them needs quoting."""
    either, both = (" OR ", " AND ") if sqlite else (" | ", " & ")
    mark = "" if sqlite else _MARKS[column]
    each = (either.join(_forms(term, mark, sqlite=sqlite)) for term in terms)
    clause = (both if every else either).join(f"({one})" for one in each)
    return f"({{{column}}} : ({clause}))" if sqlite and column else f"({clause})"


def _forms(term: Term, mark: str, *, sqlite: bool) -> Iterator[str]:
    """What any of which stands for the term. What begins with itself is not looked for twice."""
    for token in term.tokens:
        if not (term.prefix and token.startswith(term.prefix)):
            yield f'"{token}"' if sqlite else f"'{mark}{token}'"
    if term.prefix:
        yield f'"{term.prefix}"*' if sqlite else f"'{mark}{term.prefix}':*"


async def holds_places(connection: Connection) -> bool:
    """Whether any network or group is in it."""
    kinds = [ListingKind.NETWORK.value, ListingKind.GROUP.value]
    query = select(d.id).where(d.kind.in_(kinds)).limit(1)
    return (await connection.execute(query)).first() is not None


async def parts_of(
    connection: Connection, keys: Collection[tuple[ListingKind, str]], sight: Sight, now: float
) -> list[Entry]:
    """All rows of these entries that are for them, in the order of their parts."""
    if not keys:
        return []
    seen = visible_to(sight, sqlite=connection.dialect.name == "sqlite")
    named = tuple_(d.kind, d.key).in_([(kind.value, key) for kind, key in keys])
    query = select(*_SHOWN).where(named, seen, _is_still(now)).order_by(d.id)
    return [_entry(tuple(row)) for row in await connection.execute(query)]


async def words_like(connection: Connection, word: str) -> Sequence[str]:
    """Words in the index that share most of their trigrams with `word`, those that share most first.

    All of them: with a limit, words of one's own could be put in the way of those that are hidden.
    """
    threes, length = trigrams_of(word), len(word)
    shared = func.count()
    query = (
        select(t.word)
        .where(t.trigram.in_(threes))
        .where(func.length(t.word).between(length - _MOST_LETTERS_OFF, length + _MOST_LETTERS_OFF))
        .group_by(t.word)
        .having(shared >= max(len(threes) - _DAMAGED, 1))
        .order_by(shared.desc(), t.word)
    )
    return (await connection.execute(query)).scalars().all()


def _candidate(row: Any) -> Candidate:
    *shown, title, tokens = row
    return Candidate(_entry(shown), frozenset(title.split()), frozenset(tokens.split()))


def _entry(shown: Sequence[Any]) -> Entry:
    kind, key, title, seen, place, network, owner, *rest = shown
    return Entry(
        _KINDS[kind],
        key,
        title,
        _SEEN[seen],
        _place(place) if place else None,
        NetworkId(network) if network else None,
        UserId(owner) if owner else None,
        *rest,
    )


_place = lru_cache(maxsize=8192)(place_id)
_KINDS = {kind.value: kind for kind in ListingKind}
_SEEN = {seen.value: seen for seen in Seen}


# -- what everybody finds -------------------------------------------------------------------------------


async def everybodys(connection: Connection) -> frozenset[PlaceId]:
    return frozenset(_place(place) for place in (await connection.execute(select(o.place))).scalars())


async def open_and_shut(
    connection: Connection, opened: Collection[PlaceId], shut: Collection[PlaceId]
) -> None:
    """From now on everybody finds what is `opened`, and no longer what is `shut`."""
    await upsert(connection, tables.directory_open, [{"place": p} for p in sorted(opened)], replace=False)
    if shut:
        gone = _is_one_of(o.place, shut, sqlite=connection.dialect.name == "sqlite")
        await connection.execute(delete(tables.directory_open).where(gone))


# -- keeping --------------------------------------------------------------------------------------------


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


_MARKED = (("tokens", ""), *((column, mark) for column, mark in _MARKS.items() if column))


async def _take_away(connection: Connection, keys: Collection[tuple[ListingKind, str]]) -> set[str]:
    """Take them out of the index; the words that they were found by."""
    sqlite = connection.dialect.name == "sqlite"
    words: set[str] = set()
    for kind in sorted({kind for kind, _ in keys}):
        theirs = [key for its_kind, key in keys if its_kind == kind]
        words |= await _delete(connection, and_(d.kind == kind, _is_one_of(d.key, theirs, sqlite=sqlite)))
    return words


async def forget_places(connection: Connection, places: Collection[PlaceId]) -> None:
    """Forget what is found by way of these places, with the words that only it was found by."""
    sqlite = connection.dialect.name == "sqlite"
    named = (_is_one_of(place, places, sqlite=sqlite) for place in (d.place, d.network))
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
    named = _is_one_of(t.word, words, sqlite=connection.dialect.name == "sqlite")
    known = (await connection.execute(select(t.word).where(named).distinct())).scalars()
    for portion in _portions(sorted(set(words).difference(known))):
        pairs = [{"trigram": three, "word": word} for word in portion for three in trigrams_of(word)]
        await upsert(connection, tables.directory_trigrams, pairs, replace=False)


async def _forget_words(connection: Connection, words: Collection[str]) -> None:
    """Forget those by which nothing is found any more."""
    sqlite = connection.dialect.name == "sqlite"
    gone = [word for word in sorted(words) if not await _finds_any(connection, word)]
    if gone:
        named = _is_one_of(t.word, gone, sqlite=sqlite)
        await connection.execute(delete(tables.directory_trigrams).where(named))


async def _finds_any(connection: Connection, word: str) -> bool:
    sqlite = connection.dialect.name == "sqlite"
    words = words_for(Match((Term((word,)),)), sqlite=sqlite)
    return (await connection.execute(_ANY[sqlite], {"words": words})).first() is not None


_ANY = {
    True: text("SELECT 1 FROM directory_words WHERE directory_words MATCH :words LIMIT 1"),
    False: text("SELECT 1 FROM directory WHERE words @@ CAST(:words AS tsquery) LIMIT 1"),
}
