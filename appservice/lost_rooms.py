"""Rooms that bear our mark and that the database does not know: made after the backup that it goes on from.

They are looked for at the start, before anything is heard or done. `spaces/lost.py` says who gets
them back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from appservice.codec import place_id
from appservice.homeserver import Homeserver, HomeserverError
from appservice.places import Places
from appservice.provisioning import MARKER
from appservice.store import journal, rooms
from appservice.store.backups import RESTORED_MARK
from appservice.store.database import Connection, Database
from appservice.works import Works
from spaces.actions import Join
from spaces.errors import Unavailable
from spaces.identifiers import RoomId, UserId
from spaces.lost import Lost
from spaces.power_levels import COORDINATOR

log = structlog.get_logger(__name__)

_MARK = "strange rooms"


async def kept(connection: Connection) -> tuple[Lost, ...]:
    """Those that were found at the last start and that the database does not know by now."""
    found = [one for one in (await _looked_at(connection)).values() if one is not None]
    if not found:
        return ()
    known = {row.place for row in await rooms.all_rooms(connection) if row.room_id is not None}
    return tuple(one for one in found if one.place not in known)


async def check_looked(database: Database) -> None:
    """Raises `Unavailable` where a backup was brought back and nobody has looked yet."""
    async with database.reading() as connection:
        restored = await journal.mark(connection, RESTORED_MARK)
    if restored is not None:
        raise Unavailable(
            "A backup was brought back, and no service has run since, which first looks for the rooms that "
            "were made after it. Start `hedgerow run`, and then do this again."
        )


async def look(works: Works, homeserver: Homeserver, places: Places) -> tuple[Lost, ...]:
    """Look at the rooms that the bot is in and nobody has looked at yet. Raises `HomeserverError`.

    After a restore, what was said where the bot has come in since is read, too.
    """
    joined = await homeserver.joined_rooms()
    async with works.database.reading() as connection:
        before = await _looked_at(connection)
        talks = {room for room in joined if await rooms.conversation(connection, room) is not None}
    strange = [room for room in joined if not places.knows(room) and room not in talks]
    read = {room: await _read(homeserver, places, room) for room in strange if room not in before}
    found = _told_by_place({room: read[room].lost if room in read else before[room] for room in strange})
    async with works.begin("hedgerow") as work:
        connection = work.connection
        said = {room: one and asdict(one) for room, one in found.items()}
        await journal.set_mark(connection, _MARK, json.dumps(said))
        if await journal.mark(connection, RESTORED_MARK) is not None:
            hosts = ((room, one.host) for room, one in read.items() if one.lost is None)
            work.put(*(Join(room, host, invited=False) for room, host in hosts if host is not None))
        await journal.clear_mark(connection, RESTORED_MARK)
        lost = await kept(connection)
    if lost:
        _tell(lost, found)
    return lost


def _tell(lost: Collection[Lost | None], found: Mapping[RoomId, Lost | None]) -> None:
    log.warning(
        "rooms_of_ours_are_not_known",
        rooms=[room for room, one in found.items() if one in lost],
        mend="they were made after the backup that was brought back: ask for the same once more",
    )


def _told_by_place(found: Mapping[RoomId, Lost | None]) -> dict[RoomId, Lost | None]:
    """A parent that is itself lost is named by its place."""
    of_room: dict[str, str] = {room: one.place for room, one in found.items() if one is not None}
    return {
        room: None if one is None else replace(one, under=of_room.get(one.under, one.under))
        for room, one in found.items()
    }


async def _looked_at(connection: Connection) -> dict[RoomId, Lost | None]:
    said: dict[str, Any] = json.loads(await journal.mark(connection, _MARK) or "{}")
    return {RoomId(room): one and _lost(**one) for room, one in said.items()}


def _lost(place: str, name: str, under: str, people: Sequence[str]) -> Lost:
    return Lost(place_id(place), name, under, tuple(people))


@dataclass(frozen=True, slots=True)
class _Read:
    """What a room says of itself: what is lost, if it is one of ours, or who has made it."""

    lost: Lost | None = None
    host: UserId | None = None


async def _read(homeserver: Homeserver, places: Places, room: RoomId) -> _Read:
    """Nothing where the room cannot be read."""
    try:
        state = await homeserver.state(room)
    except HomeserverError as error:
        if not error.is_final:
            raise
        return _Read()
    created = next((event for event in state if event.get("type") == "m.room.create"), {})
    marker = _content(created).get(MARKER)
    if not isinstance(marker, str) or created.get("sender") != homeserver.user:
        return _Read(host=UserId(str(created.get("sender"))))
    name = next((_content(event).get("name") for event in state if event.get("type") == "m.room.name"), "")
    return _Read(Lost(place_id(marker), str(name), _parent(state, places), _people(state)))


def _parent(state: Sequence[Mapping[str, Any]], places: Places) -> str:
    """The place of the canonical parent, or its room where that is not known."""
    for event in state:
        if event.get("type") == "m.space.parent" and _content(event).get("canonical") is True:
            room = RoomId(str(event.get("state_key")))
            return places.place(room) or room
    return ""


def _people(state: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    levels = next((_content(event) for event in state if event.get("type") == "m.room.power_levels"), {})
    users = levels.get("users")
    given = users.items() if isinstance(users, dict) else ()
    return tuple(sorted(u for u, level in given if isinstance(level, int) and level >= COORDINATOR))


def _content(event: Mapping[str, Any]) -> Mapping[str, Any]:
    content = event.get("content")
    return content if isinstance(content, dict) else {}
