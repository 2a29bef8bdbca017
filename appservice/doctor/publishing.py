"""Whether public rooms can stand in the room directory, and those that should do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appservice.doctor.visit import Visit, not_now
from appservice.findings import Finding
from appservice.homeserver import HomeserverError, quoted
from appservice.store import rooms
from spaces.identifiers import NetworkId, RoomId

_ABOUT = "publishing"
_NOWHERE = "hedgerow-doctor"
_MOST = 5  # directories that are looked into
_PAGE = 1000


async def look(visit: Visit) -> Sequence[Finding]:
    """Take a room that does not exist out of a directory that does not, then read those that do.

    Hedgerow publishes in directories of its own (`directory/list/appservice`), which Synapse lets every
    application service do; the plain room directory, with its `room_list_publication_rules`, it never uses.
    """
    room = f"!{_NOWHERE}:{visit.homeserver.server}"
    path = f"/_matrix/client/v3/directory/list/appservice/{_NOWHERE}/{quoted(room)}"
    try:
        await visit.homeserver.call("PUT", path, {"visibility": "private"}, seconds=15)
    except HomeserverError as error:
        return [_refused(error)]
    try:
        missing = await _missing(visit)
    except HomeserverError as error:
        return [not_now(_ABOUT, error)]
    if missing:
        count = f"{missing} public rooms do" if missing > 1 else "one public room does"
        found = f"{count} not stand in the room directory"
        mend = (
            "`enable_room_list_search: false` in homeserver.yaml turns the directory off: take it out, and "
            "restart the homeserver. Just after a room was made public, wait a minute and look again."
        )
        return [Finding("look", _ABOUT, found, mend)]
    return [Finding("ok", _ABOUT, "public rooms can stand in Hedgerow's directories of rooms")]


def _refused(error: HomeserverError) -> Finding:
    if error.status in (403, 404):
        found = "the homeserver has no room directories of application services, or not for Hedgerow"
        mend = "nothing has to be done: what is public is found with `find` and by its links all the same."
        return Finding("look", _ABOUT, found, mend)
    return not_now(_ABOUT, error)


async def _missing(visit: Visit) -> int:
    """How many rooms are published by us, and not listed."""
    published = await _published(visit)
    missing = 0
    for network in sorted(published)[:_MOST]:
        missing += len(published[network] - await _listed(visit, network))
    return missing


async def _published(visit: Visit) -> Mapping[NetworkId, set[RoomId]]:
    """Which rooms stand in which network's directory, as the database has it."""
    found: dict[NetworkId, set[RoomId]] = {}
    if not (visit.has_tables and visit.is_known):
        return found
    async with visit.database.reading() as connection:
        made = {
            row.place: row.room_id for row in await rooms.all_rooms(connection) if row.room_id and row.ready
        }
        expected = await rooms.expected(connection, list(made), ())
    for place, room in expected.items():
        for network in room.published:
            found.setdefault(network, set()).add(made[place])
    return found


async def _listed(visit: Visit, network: NetworkId) -> set[RoomId]:
    """The rooms in that network's directory, at most a thousand."""
    asked = {
        "limit": _PAGE,
        "third_party_instance_id": f"{visit.settings.homeserver.appservice_id}|{network}",
    }
    answer = await visit.ask("POST", "/_matrix/client/v3/publicRooms", asked)
    chunk = answer.get("chunk") if isinstance(answer, dict) else None
    listed = chunk if isinstance(chunk, list) else []
    return {RoomId(room["room_id"]) for room in listed if isinstance(room, dict) and "room_id" in room}
