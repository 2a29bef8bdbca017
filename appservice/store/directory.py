"""The index of what can be found: written by whoever keeps a listing, read as far as the asker may.

The words of an entry are taken apart in our code and are the same on both databases; SQLite finds
them with FTS5, PostgreSQL with a tsvector. What may be seen is part of each query (`visible_to`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    String,
    and_,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
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
t = tables.directory_trigrams.c
_MOST_WORDS_LIKE = 200
_TEXTS = ("title", "about", "located", "more")
_DAMAGED = 4  # as many trigrams as two letters in the wrong order can spoil

# -- who may see what -----------------------------------------------------------------------------------


def visible_to(sight: Sight, *, sqlite: bool) -> ColumnElement[bool]:
    """`spaces.access.may_find` in SQL."""
    return or_(
        d.seen == Seen.EVERYONE,
        and_(d.seen == Seen.FINDERS, _is_one_of(d.place, sight.finds, sqlite=sqlite)),
        and_(d.seen == Seen.MEMBERS, _is_one_of(d.place, sight.member_of, sqlite=sqlite)),
        d.owner == sight.user,
    )


def _is_one_of(column: ColumnElement[Any], values: Collection[str], *, sqlite: bool) -> ColumnElement[bool]:
    """As one parameter, however many values there are."""
    if sqlite:
        each = func.json_each(json.dumps(sorted(values))).table_valued("value")
        return column.in_(select(each.c.value))
    return column == func.any(cast(sorted(values), ARRAY(String)))


# -- finding --------------------------------------------------------------------------------------------


async def candidates(
    connection: Connection, match: Match, sight: Sight, most: int, now: float
) -> list[Candidate]:
    """At most so many entries that match and that are for them, the newest first."""
    sqlite = connection.dialect.name == "sqlite"
    query = (
        select(tables.directory)
        .where(_matches(match, sqlite=sqlite), visible_to(sight, sqlite=sqlite))
        .where(or_(d.ends_at.is_(None), d.ends_at > now))
        .order_by(d.id.desc())
        .limit(most)
    )
    if match.kinds:
        query = query.where(d.kind.in_(sorted(match.kinds)))
    if match.within is not None:
        query = query.where(_is_one_of(d.network, match.within, sqlite=sqlite))
    return [_candidate(row) for row in await connection.execute(query)]


def _matches(match: Match, *, sqlite: bool) -> ColumnElement[bool]:
    terms = "title_tokens" if match.in_title else ""
    parts = [_clause(match.terms, match.every, terms, sqlite=sqlite)] if match.terms else []
    if match.near:
        parts.append(_clause(match.near, True, "located_tokens", sqlite=sqlite))
    if sqlite:
        found = text("SELECT rowid FROM directory_words WHERE directory_words MATCH :words")
        wanted = found.bindparams(words=" AND ".join(parts)).columns(literal_column("rowid"))
        return d.id.in_(wanted)
    return d.words.op("@@")(cast(" & ".join(parts), TSQUERY))


_WEIGHTS = {"title_tokens": "A", "located_tokens": "B", "": ""}


def _clause(terms: Sequence[Term], every: bool, column: str, *, sqlite: bool) -> str:
    """In FTS5's language or in tsquery's. Tokens are letters and digits only, so nothing needs quoting."""
    if sqlite:
        each = (
            " OR ".join([*(f'"{token}"' for token in x.tokens), *([f'"{x.prefix}"*'] if x.prefix else [])])
            for x in terms
        )
        clause = (" AND " if every else " OR ").join(f"({one})" for one in each)
        return f"({{{column}}} : ({clause}))" if column else f"({clause})"
    mark = _WEIGHTS[column]
    ends = f":{mark}" if mark else ""
    each = (
        " | ".join(
            [*(f"'{token}'{ends}" for token in x.tokens), *([f"'{x.prefix}':*{mark}"] if x.prefix else [])]
        )
        for x in terms
    )
    return "(" + (" & " if every else " | ").join(f"({one})" for one in each) + ")"


async def holds_places(connection: Connection) -> bool:
    """Whether any network or group is in it."""
    kinds = [ListingKind.NETWORK.value, ListingKind.GROUP.value]
    query = select(d.id).where(d.kind.in_(kinds)).limit(1)
    return (await connection.execute(query)).first() is not None


async def parts_of(
    connection: Connection, keys: Collection[tuple[ListingKind, str]], sight: Sight
) -> list[Entry]:
    """All rows of these entries that are for them, in the order of their parts."""
    if not keys:
        return []
    seen = visible_to(sight, sqlite=connection.dialect.name == "sqlite")
    named = tuple_(d.kind, d.key).in_([(kind.value, key) for kind, key in keys])
    query = select(tables.directory).where(named, seen).order_by(d.id)
    return [_entry(row) for row in await connection.execute(query)]


async def words_like(connection: Connection, word: str) -> Sequence[str]:
    """Words in the index that share most of their trigrams with `word`, those that share most first."""
    threes = trigrams_of(word)
    shared = func.count()
    query = (
        select(t.word)
        .where(t.trigram.in_(threes))
        .group_by(t.word)
        .having(shared >= max(len(threes) - _DAMAGED, 1))
        .order_by(shared.desc(), t.word)
        .limit(_MOST_WORDS_LIKE)
    )
    return (await connection.execute(query)).scalars().all()


def _candidate(row: Any) -> Candidate:
    return Candidate(_entry(row), frozenset(row.title_tokens.split()), frozenset(row.tokens.split()))


def _entry(row: Any) -> Entry:
    return Entry(
        ListingKind(row.kind),
        row.key,
        row.title,
        Seen(row.seen),
        place_id(row.place) if row.place else None,
        NetworkId(row.network) if row.network else None,
        UserId(row.owner) if row.owner else None,
        row.part,
        row.about,
        row.located,
        row.more,
        row.stale,
        row.ends_at,
    )


# -- keeping --------------------------------------------------------------------------------------------


async def put(
    connection: Connection, entries: Iterable[Entry], gone: Iterable[tuple[ListingKind, str]] = ()
) -> None:
    """These rows stand instead of all that there were of these entries, and of those that are `gone`."""
    fresh = [_row(entry) for entry in entries]
    keys = {(row["kind"], row["key"]) for row in fresh} | {(kind.value, key) for kind, key in gone}
    before = await _take_away(connection, keys)
    now = vocabulary_of(row[field] for row in fresh for field in _TEXTS)
    if fresh:
        await _add(connection, fresh)
    pairs = [{"trigram": three, "word": word} for word in sorted(now - before) for three in trigrams_of(word)]
    await upsert(connection, tables.directory_trigrams, pairs, replace=False)
    await _forget_words(connection, before - now)


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


async def _add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if connection.dialect.name == "sqlite":
        await connection.execute(insert(tables.directory), rows)
        return
    weighed = "setweight(to_tsvector('simple', :title_words), 'A')"
    located = "setweight(to_tsvector('simple', :located_words), 'B')"
    words = text(f"{weighed} || {located} || to_tsvector('simple', :all_words)")
    adding = insert(tables.directory).values(words=words)
    taken = {"title_words": "title_tokens", "located_words": "located_tokens", "all_words": "tokens"}
    await connection.execute(adding, [{**row, **{k: row[v] for k, v in taken.items()}} for row in rows])


async def _take_away(connection: Connection, keys: Collection[tuple[str, str]]) -> set[str]:
    """Take them out of the index; the words that they were found by."""
    if not keys:
        return set()
    return await _delete(connection, tuple_(d.kind, d.key).in_(sorted(keys)))


async def forget_places(connection: Connection, places: Collection[PlaceId]) -> None:
    """Forget what is found by way of these places, with the words that only it was found by."""
    named = or_(d.place.in_(sorted(places)), d.network.in_(sorted(places)))
    await _forget_words(connection, await _delete(connection, named))


async def _delete(connection: Connection, which: ColumnElement[bool]) -> set[str]:
    rows = (await connection.execute(select(d.id, *(d[field] for field in _TEXTS)).where(which))).all()
    if rows:
        await connection.execute(delete(tables.directory).where(d.id.in_([row.id for row in rows])))
    return vocabulary_of(words for row in rows for words in row[1:])


async def _forget_words(connection: Connection, words: Iterable[str]) -> None:
    """Forget those by which nothing is found any more."""
    sqlite = connection.dialect.name == "sqlite"
    for word in sorted(words):
        match = _matches(Match((Term((word,)),)), sqlite=sqlite)
        if (await connection.execute(select(d.id).where(match).limit(1))).first() is None:
            await connection.execute(delete(tables.directory_trigrams).where(t.word == word))
