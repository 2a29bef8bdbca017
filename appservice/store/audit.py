"""The audit log in its tables: an entry, the networks that it concerns, and the difference it made."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import structlog
from sqlalchemy import ColumnElement, exists, insert, select

from appservice.store import tables
from appservice.store.database import Connection
from appservice.store.landscape import value_of
from bot.audit.ports import Entry, Source
from spaces.differences import Changed, Presence, Value
from spaces.identifiers import NetworkId, UserId
from spaces.network import Banned, Coordinator, Group, Link, Network, Share

log = structlog.get_logger(__name__)

_KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind for kind in (Network, Group, Link, Share, Coordinator, Banned, Presence)
}

a = tables.audit.c
n = tables.audit_networks.c
_ENTRY = (a.id, a.at, a.who, a.source, a.what, a.about, a.difference, a.undoes, a.before, a.after)


async def write(
    connection: Connection,
    entry: Entry,
    networks: Collection[NetworkId],
    *,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Keep an entry, which gets its number here. `before` and `after` describe the place that it is about."""
    values = {
        "at": entry.at,
        "who": entry.who,
        "what": entry.what,
        "about": entry.about,
        "before": before,
        "after": after,
        "source": entry.source.value,
        "difference": to_json(entry.changed) if entry.changed else None,
        "undoes": entry.undoes,
    }
    kept = await connection.execute(insert(tables.audit).values(values))
    number = int((kept.inserted_primary_key or (0,))[0])
    if networks:
        rows = [{"network": network, "entry": number} for network in dict.fromkeys(networks)]
        await connection.execute(insert(tables.audit_networks), rows)


async def page(
    connection: Connection,
    networks: Collection[NetworkId],
    *,
    before: int | None,
    most: int,
    unbound: bool,
) -> list[Entry]:
    """At most so many entries of these networks, newest first, those before that number."""
    of_any = exists().where(n.entry == a.id)
    ours: ColumnElement[bool] = a.id.in_(select(n.entry).where(n.network.in_(list(networks))))
    query = select(*_ENTRY).where(ours | ~of_any if unbound else ours)
    if before is not None:
        query = query.where(a.id < before)
    rows = await connection.execute(query.order_by(a.id.desc()).limit(most))
    return [_entry(row) for row in rows]


async def entry(connection: Connection, number: int, networks: Collection[NetworkId] | None) -> Entry | None:
    query = select(*_ENTRY).where(a.id == number)
    if networks is not None:
        query = query.where(a.id.in_(select(n.entry).where(n.network.in_(list(networks)))))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _entry(row)


async def changes_of(connection: Connection, user: UserId, *, most: int) -> Sequence[Entry]:
    """What `user` changed in chat, newest first, without what undoes something or is undone."""
    query = select(*_ENTRY).where(
        a.who == user, a.source == Source.CHAT.value, a.difference.is_not(None), a.undoes.is_(None)
    )
    rows = (await connection.execute(query.order_by(a.id.desc()).limit(most))).all()
    return [_entry(row) for row in rows if not await _is_undone(connection, row.id)]


async def _is_undone(connection: Connection, number: int) -> bool:
    """Whether the last that was said of it took it back, and was not taken back itself."""
    query = select(a.id).where(a.undoes == number).order_by(a.id.desc()).limit(1)
    undoing = (await connection.execute(query)).scalar()
    return undoing is not None and not await _is_undone(connection, int(undoing))


def _entry(row: Any) -> Entry:
    return Entry(
        row.id,
        row.at,
        row.who,
        _source(row.source, row.who),
        row.what,
        row.about,
        from_json(row.difference) if row.difference else (),
        row.undoes,
        row.before or "",
        row.after or "",
    )


def _source(kept: str, who: str) -> Source:
    """Entries of an older version say nothing of it."""
    if kept in set(Source):
        return Source(kept)
    return {"operator": Source.COMMAND_LINE, "hedgerow": Source.HEDGEROW}.get(who, Source.CHAT)


# -- as JSON ----------------------------------------------------------------------------------------


def to_json(changed: Iterable[Changed]) -> str:
    """`[[kind, before, after], …]`, each value an object of its fields, or null."""
    return json.dumps([[type(one.value).__name__, _plain(one.before), _plain(one.after)] for one in changed])


def _plain(value: Value | None) -> dict[str, Any] | None:
    return None if value is None else asdict(value)


def from_json(text: str) -> tuple[Changed, ...]:
    """What `to_json` made. A difference that cannot be read is none: it is shown, but not undone."""
    try:
        return tuple(
            Changed(_rich(_KINDS[kind], before), _rich(_KINDS[kind], after))
            for kind, before, after in json.loads(text)
        )
    except (ValueError, TypeError, KeyError) as error:
        log.error("row_set_aside", table="audit", reason=type(error).__name__)
        return ()


def _rich(kind: type[Any], fields: Mapping[str, Any] | None) -> Any:
    return None if fields is None else value_of(kind, fields)
