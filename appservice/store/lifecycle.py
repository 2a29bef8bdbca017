"""What held when a place was archived, and the forgetting of one that is ours no longer."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import structlog
from sqlalchemy import delete, select

from appservice.codec import place_id
from appservice.store import activity, indexing, listings, tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.lifecycle import RoomKept, Snapshot

log = structlog.get_logger(__name__)


async def keep(connection: Connection, place: PlaceId, kept: Snapshot) -> None:
    await upsert(connection, tables.snapshots, [{"place": place, "body": _to_json(kept)}])


async def kept(connection: Connection, place: PlaceId) -> Snapshot | None:
    """What was kept of it. What cannot be read is as if nothing had been."""
    t = tables.snapshots.c
    body = (await connection.execute(select(t.body).where(t.place == place))).scalar()
    try:
        return None if body is None else _from_json(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.error("row_set_aside", table="snapshots", place=place, reason=type(error).__name__)
        return None


async def drop(connection: Connection, place: PlaceId) -> None:
    await connection.execute(delete(tables.snapshots).where(tables.snapshots.c.place == place))


async def forget_room(connection: Connection, place: PlaceId, *, but: int) -> None:
    """Forget the room of a place, who was in it, and what was still to be done there but for one action."""
    r, o = tables.rooms.c, tables.outbox.c
    room = (await connection.execute(select(r.room_id).where(r.place == place))).scalar()
    await connection.execute(delete(tables.rooms).where(r.place == place))
    await activity.forget_room(connection, place)
    if room is not None:
        for table in (tables.memberships, tables.conversations, tables.encrypted_rooms, tables.awaited):
            await connection.execute(delete(table).where(table.c.room_id == RoomId(room)))
    here = (o.room == place, o.status == "waiting", o.seq != but)
    await connection.execute(delete(tables.outbox).where(*here))


async def forget_words(connection: Connection, places: Collection[PlaceId]) -> None:
    """Forget what the audit log tells of these places, and what any feature keeps of them."""
    await indexing.forget_places(connection, places)
    await listings.forget_places(connection, places)
    for place in places:
        for table in tables.metadata.sorted_tables:
            for column in table.columns:
                if column.info == tables.NAMES_A_PLACE:
                    await connection.execute(delete(table).where(column == place))
        await drop(connection, place)


def _to_json(kept: Snapshot) -> str:
    rooms: dict[str, Any] = {
        place: {"aliases": sorted(room.aliases), "levels": dict(room.levels.items())}
        for place, room in kept.rooms.items()
    }
    plain: dict[str, Any] = {
        "links": sorted(kept.links),
        "shares": sorted(kept.shares),
        "coordinators": sorted(kept.coordinators),
        "rooms": rooms,
    }
    return json.dumps(plain)


def _from_json(plain: Any) -> Snapshot:
    rooms = {
        place_id(place): RoomKept(
            frozenset(room["aliases"]), {UserId(user): int(level) for user, level in room["levels"].items()}
        )
        for place, room in plain["rooms"].items()
    }
    return Snapshot(
        frozenset((NetworkId(parent), NetworkId(child)) for parent, child in plain["links"]),
        frozenset((GroupId(group), NetworkId(network)) for group, network in plain["shares"]),
        frozenset(map(UserId, plain["coordinators"])),
        rooms,
    )
