"""Everything that is held on one person, from whichever table: only what is theirs of each row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, String, Table, false, or_, select
from sqlalchemy.dialects.postgresql import TSVECTOR

from appservice.store import tables
from appservice.store.database import Connection
from appservice.store.personal import PERSONAL, Kept
from bot.privacy.topics import Topic
from spaces.forgetting import naming, parts_naming
from spaces.identifiers import UserId

_PLAIN = Kept()
SOMEBODY = re.compile(r"@[a-z0-9._=/+-]+:[A-Za-z0-9.-]*[A-Za-z0-9](?::[0-9]{1,5}(?![\w]))?")


@dataclass(frozen=True, slots=True)
class Held:
    """What one row of `table` holds on a person, by column: texts, numbers, or what a JSON column has."""

    topic: Topic
    table: str
    values: Mapping[str, Any]


def rule_of(table: Table) -> Kept:
    return PERSONAL.get(table.name, _PLAIN)


def is_text(column: Column[Any]) -> bool:
    """Whether names can stand there: not in the words of the index, which are taken apart."""
    return isinstance(column.type, String) and not isinstance(column.type, (LargeBinary, TSVECTOR))


def searched(table: Table) -> list[Column[Any]]:
    """The columns that are looked at for names, but for those that are known to hold one."""
    rule = rule_of(table)
    known = {*rule.goes, *rule.signed, *rule.words}
    return [column for column in table.columns if is_text(column) and column.name not in known]


def naming_in(column: ColumnElement[Any], user: UserId) -> ColumnElement[bool]:
    """A wide net: what is found has to be looked at (`naming`)."""
    local = user.partition(":")[0].removeprefix("@")
    return column.contains(local, autoescape=True)


async def held_on(connection: Connection, user: UserId) -> list[Held]:
    """All of it, table by table."""
    found: list[Held] = []
    for table in tables.metadata.sorted_tables:
        rows = (await connection.execute(select(table).where(or_(*_ways(table, user))))).all()
        theirs = [_theirs(table, row._asdict(), user) for row in rows]
        theirs += await _led_to(connection, table, user)
        found += [Held(rule_of(table).topic, table.name, values) for values in theirs if values is not None]
    return found


def _ways(table: Table, user: UserId) -> Iterator[ColumnElement[bool]]:
    """How a row of that table may name them."""
    rule = rule_of(table)
    yield false()
    yield from (table.c[name] == user for name in (*rule.goes, *rule.signed))
    yield from (naming_in(column, user) for column in searched(table))


async def _led_to(connection: Connection, table: Table, user: UserId) -> list[dict[str, Any] | None]:
    """Rows that belong to a row of theirs in another table."""
    rule = rule_of(table)
    if rule.through is None:
        return []
    column, other, key = rule.through
    there = tables.metadata.tables[other]
    names = rule_of(there).goes or rule_of(there).signed
    of_theirs = select(there.c[key]).where(or_(*(there.c[name] == user for name in names)))
    rows = await connection.execute(select(table).where(table.c[column].in_(of_theirs)))
    return [_shown(table, row._asdict(), _columns_but(table, rule.others), user) for row in rows]


def _columns_but(table: Table, names: Sequence[str]) -> list[str]:
    return [column.name for column in table.columns if column.name not in names]


def _theirs(table: Table, row: Mapping[str, Any], user: UserId) -> dict[str, Any] | None:
    """What of the row is theirs; None if nothing is."""
    rule = rule_of(table)
    if any(row[name] == user for name in rule.goes):
        return _shown(table, row, _columns_but(table, (*rule.others, *rule.goes)), user)
    if any(row[name] == user for name in rule.signed):
        return _shown(table, row, rule.deed, user)
    named = {c.name: part for c in searched(table) if (part := _part(row[c.name], user)) is not None}
    if rule.own in named and _is_own(row[rule.own], user):
        named[rule.own] = json.loads(row[rule.own])
    return {**_shown(table, row, rule.beside, user), **named} if named else None


def _shown(table: Table, row: Mapping[str, Any], names: Sequence[str], user: UserId) -> dict[str, Any]:
    """Those columns; in what is not their own text, nobody else is named."""
    words = rule_of(table).words
    texts = {name: row[name] for name in names if row[name] is not None}
    own = {name: _without_others(said, user) for name, said in texts.items() if name not in words}
    return {name: _plain(said) for name, said in {**texts, **own}.items()}


def _without_others(said: Any, user: UserId) -> Any:
    if not isinstance(said, str):
        return said
    return SOMEBODY.sub(lambda found: found[0] if found[0] == user else "@…", said)


def _plain(value: Any) -> Any:
    """A time as a time; what was kept as JSON as what it is."""
    if isinstance(value, float):
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
    if isinstance(value, str) and value[:1] in ("[", "{"):
        return read_json(value)
    return value


def read_json(text: str) -> Any:
    """What it is, or the text itself where that is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _part(text: Any, user: UserId) -> Any:
    if not isinstance(text, str) or naming(user).search(text) is None:
        return None
    return parts_naming(read_json(text) if text[:1] in ("[", "{") else text, user)


def _is_own(text: str, user: UserId) -> bool:
    event = read_json(text)
    return isinstance(event, dict) and event.get("sender") == user


def counts_of(found: Sequence[Held]) -> dict[Topic, int]:
    """How many rows of each kind, in the order in which they are told, without what is another number at
    every word that they say.
    """
    told = [topic for topic in Topic if topic not in (Topic.PASSING, Topic.ACTIVITY)]
    counts = {topic: sum(one.topic is topic for one in found) for topic in told}
    return {topic: count for topic, count in counts.items() if count}
