"""The landscape in tables: loaded whole, saved by its difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import structlog
from sqlalchemy import Table, and_, delete, insert, select, update

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection, upsert
from appservice.store.fence import Fence
from spaces.identifiers import GroupId, NetworkId, Slug, UserId
from spaces.landscape import Landscape
from spaces.network import (
    EVERYWHERE,
    Access,
    Banned,
    Coordinator,
    Digest,
    Group,
    Kind,
    Link,
    Network,
    Pause,
    Purpose,
    Share,
    Status,
)

log = structlog.get_logger(__name__)

_CASTS: Mapping[str, Any] = {
    "slug": Slug,
    "home": NetworkId,
    "kind": Kind,
    "access": Access,
    "status": Status,
    "purpose": Purpose,
    "paused": Pause,
    "digest": Digest,
    "parent": NetworkId,
    "child": NetworkId,
    "network": NetworkId,
    "group": GroupId,
    "user": UserId,
    "place": place_id,
}
_TABLES: tuple[tuple[str, Table, type[Any]], ...] = (
    ("networks", tables.networks, Network),
    ("groups", tables.groups, Group),
    ("links", tables.links, Link),
    ("shares", tables.shares, Share),
    ("coordinators", tables.coordinators, Coordinator),
    ("bans", tables.bans, Banned),
)
REVISION = "landscape"
"""The mark that is another one after each change."""
_READ_REVISION = select(tables.marks.c.value).where(tables.marks.c.name == REVISION)
_LOCK_REVISION = _READ_REVISION.with_for_update()


class LandscapeStore:
    """Loads and saves; what was loaded is kept until another process changes it."""

    def __init__(self) -> None:
        self._revision = -1
        self._kept = Landscape()

    async def load(
        self, connection: Connection, *, for_writing: bool = False, fence: Fence | None = None
    ) -> Landscape:
        """The landscape as it stands. With `for_writing` no one else changes it before the commit.

        A `fence` is asked in the same statement: raises `Fenced` where another process acts.
        """
        if fence is not None:
            revision = int(await fence.locked_mark(connection, REVISION))
        else:
            revision = await _revision(connection, for_writing=for_writing)
        if revision == self._revision:
            return self._kept
        loaded = await _load(connection)
        self.keep(loaded, revision)
        return loaded

    async def save(self, connection: Connection, before: Landscape, after: Landscape) -> int:
        """Write what differs, in a transaction that has loaded `for_writing`; its revision.

        Call `keep` with it once it is committed.
        """
        for name, table, _ in _TABLES:
            await _save_difference(connection, table, name, before, after)
        given = after.differing(before, "slugs")
        new = [{"slug": slug, "place": after.slugs[slug]} for slug in given if slug in after.slugs]
        await upsert(connection, tables.slugs, new)
        revision = await _revision(connection) + 1
        revised = update(tables.marks).where(tables.marks.c.name == REVISION)
        await connection.execute(revised.values(value=str(revision)))
        return revision

    def keep(self, after: Landscape, revision: int) -> None:
        """The saved landscape is committed."""
        self._kept, self._revision = after, revision


async def _revision(connection: Connection, *, for_writing: bool = False) -> int:
    query = _LOCK_REVISION if for_writing else _READ_REVISION
    return int((await connection.execute(query)).scalar_one())


async def _load(connection: Connection) -> Landscape:
    loaded = {name: [v async for v in _rows(connection, table, cls)] for name, table, cls in _TABLES}
    networks = {n.id: n for n in loaded["networks"]}
    groups = {g.id: g for g in loaded["groups"] if g.home in networks}
    given = (await connection.execute(select(tables.slugs))).all()
    return Landscape(
        networks=networks,
        groups=groups,
        links={(x.parent, x.child): x for x in loaded["links"] if {x.parent, x.child} <= networks.keys()},
        shares={
            (s.group, s.network): s for s in loaded["shares"] if s.group in groups and s.network in networks
        },
        coordinators={(c.network, c.user): c for c in loaded["coordinators"] if c.network in networks},
        slugs={row.slug: place_id(row.place) for row in given},
        bans={(b.place, b.who): b for b in loaded["bans"] if b.place in {EVERYWHERE, *networks, *groups}},
    )


async def _rows(connection: Connection, table: Table, cls: type[Any]) -> Any:
    """Every row that can be read. One that cannot is logged and left alone, so that all others are served."""
    for row in (await connection.execute(select(table))).mappings():
        try:
            yield value_of(cls, dict(row))
        except (ValueError, TypeError) as error:
            log.error("row_set_aside", table=table.name, reason=type(error).__name__)


def value_of(cls: type[Any], fields: Mapping[str, Any]) -> Any:
    """The value of these fields as they are kept. Raises `ValueError` or `TypeError`."""
    return cls(**{name: _cast(cls, name, value) for name, value in fields.items()})


def _cast(cls: type[Any], name: str, value: Any) -> Any:
    if name == "id":
        return NetworkId(value) if cls is Network else GroupId(value)
    if name == "asked_by":
        return UserId(value) if value else None
    if name == "instead_of":
        return NetworkId(value) if value else None
    return _CASTS.get(name, lambda same: same)(value)


async def _save_difference(
    connection: Connection, table: Table, part: str, before: Landscape, after: Landscape
) -> None:
    old, new = getattr(before, part), getattr(after, part)
    keys = after.differing(before, part)
    fresh = [asdict(new[key]) for key in keys if key not in old]
    if fresh:
        await connection.execute(insert(table), fresh)
    await upsert(connection, table, [asdict(new[key]) for key in keys if key in old and key in new])
    await _delete(connection, table, [old[key] for key in keys if key not in new])


async def _delete(connection: Connection, table: Table, values: Iterable[Any]) -> None:
    keys = [column.name for column in table.primary_key]
    for value in values:
        match = and_(*(table.c[key] == getattr(value, key) for key in keys))
        await connection.execute(delete(table).where(match))
