"""The index of what can be found, read as far as the asker may. `indexing.py` keeps it.

The words of an entry are taken apart in our code and are the same on both databases; SQLite finds
them with FTS5, PostgreSQL with a tsvector. What may be seen is part of each query (`visible_to`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection
from bot.directory.ports import Candidate, Match, Term
from bot.directory.words import trigrams_of
from spaces.access import Sight
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, PlaceId, UserId

d = tables.directory.c
o = tables.directory_open.c
t = tables.directory_trigrams.c
_MOST_LETTERS_OFF = 2
_SHOWN = tuple(d[field.name] for field in fields(Entry))
_words = table("directory_words", column("rowid"))
_DAMAGED = 4  # as many trigrams as two letters in the wrong order can spoil

# -- who may see what -----------------------------------------------------------------------------------


def visible_to(sight: Sight, *, sqlite: bool) -> ColumnElement[bool]:
    """`spaces.access.may_find` in SQL."""
    return or_(
        d.seen == Seen.EVERYONE,
        and_(d.seen == Seen.FINDERS, _is_found(sight, sqlite=sqlite)),
        and_(d.seen == Seen.MEMBERS, is_one_of(d.place, sight.member_of, sqlite=sqlite)),
        d.owner == sight.user,
    )


def _is_found(sight: Sight, *, sqlite: bool) -> ColumnElement[bool]:
    """What everybody finds stands in a table: to send it with each statement takes longer than the rest."""
    own = is_one_of(d.place, sight.finds - sight.everybodys, sqlite=sqlite)
    return or_(d.place.in_(select(o.place)), own) if sight.everybodys else own


def is_one_of(column: ColumnElement[Any], values: Collection[str], *, sqlite: bool) -> ColumnElement[bool]:
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
        query = query.where(is_one_of(d.network, match.within, sqlite=sqlite))
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


MARKS = {"title_tokens": "=", "located_tokens": "@", "": ""}
"""What stands before words of a column in the tsvector; in FTS5 columns are columns."""


def _clause(terms: Sequence[Term], every: bool, column: str, *, sqlite: bool) -> str:
    """Tokens are letters and digits only, so nothing in them needs quoting."""
    either, both = (" OR ", " AND ") if sqlite else (" | ", " & ")
    mark = "" if sqlite else MARKS[column]
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
