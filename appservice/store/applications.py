"""Applications in the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import structlog
from sqlalchemy import bindparam, delete, func, insert, select, update

from appservice.codec import place_id
from appservice.store import tables
from appservice.store.database import Connection
from spaces.applications import LIVE, Application, State, Way
from spaces.identifiers import PlaceId, UserId

log = structlog.get_logger(__name__)

_CHUNK = 500
a = tables.applications.c
# What is executed for each message is built once.
_IS_ASKING = select(a.number).where(a.person == bindparam("person"), a.state == State.ASKING.value).limit(1)
_NEWEST = (
    select(tables.applications)
    .where(a.person == bindparam("person"), a.place == bindparam("place"))
    .order_by(a.number.desc())
    .limit(1)
)


class StoredApplications:
    """Implements `bot.applications.ports.Applications` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def file(self, application: Application) -> Application:
        result = await self._connection.execute(insert(tables.applications).values(_row(application)))
        key = result.inserted_primary_key
        if key is None:
            raise RuntimeError("the database gave the application no number")
        return Application(**{**_values(application), "number": int(key[0])})

    async def change(self, before: Application, after: Application) -> bool:
        still = (
            a.number == before.number,
            a.state == before.state.value,
            a.answers == json.dumps(before.answers),
        )
        changed = await self._connection.execute(
            update(tables.applications).where(*still).values(_row(after))
        )
        return bool(changed.rowcount)

    async def of_number(self, number: int) -> Application | None:
        rows = await self._read(select(tables.applications).where(a.number == number))
        return rows[0] if rows else None

    async def newest(self, person: UserId, place: PlaceId) -> Application | None:
        rows = await self._read(_NEWEST, {"person": person, "place": place})
        return rows[0] if rows else None

    async def live_of(self, person: UserId) -> Sequence[Application]:
        return await self._read(_live().where(a.person == person))

    async def is_asking(self, person: UserId) -> bool:
        return (await self._connection.execute(_IS_ASKING, {"person": person})).first() is not None

    async def live(self) -> Sequence[Application]:
        return await self._read(_live())

    async def open_at(self, places: Collection[PlaceId]) -> Sequence[Application]:
        found: list[Application] = []
        for chunk in _chunks(sorted(places)):
            waiting = select(tables.applications).where(a.place.in_(chunk), a.state == State.OPEN.value)
            found += await self._read(waiting)
        return sorted(found, key=lambda application: application.number)

    async def count_since(self, place: PlaceId, since: float) -> int:
        query = select(func.count()).select_from(tables.applications)
        query = query.where(a.place == place, a.since >= since, a.state != State.ASKING.value)
        return int((await self._connection.execute(query)).scalar_one())

    async def _read(self, query: Any, values: Any = None) -> list[Application]:
        """One that cannot be read is left alone, so that all others are served."""
        found: list[Application] = []
        for row in (await self._connection.execute(query, values or {})).mappings():
            try:
                found.append(_application(row))
            except (ValueError, TypeError, KeyError) as error:
                log.error("row_set_aside", table="applications", reason=type(error).__name__)
        return found


async def forget(connection: Connection, *, before: float) -> None:
    """Forget what was decided or taken back before that time, with what the applicant answered."""
    await connection.execute(delete(tables.applications).where(a.decided_at < before))


def _live() -> Any:
    waiting = a.state.in_([state.value for state in LIVE])
    return select(tables.applications).where(waiting).order_by(a.number)


def _values(application: Application) -> dict[str, Any]:
    return asdict(application)


def _row(application: Application) -> dict[str, Any]:
    values = _values(application)
    del values["number"]
    values["questions"] = json.dumps(application.questions)
    values["answers"] = json.dumps(application.answers)
    return {**values, "state": application.state.value, "way": application.way.value}


def _application(row: Any) -> Application:
    decided_by = row["decided_by"]
    return Application(
        **{
            **row,
            "place": place_id(row["place"]),
            "person": UserId(row["person"]),
            "state": State(row["state"]),
            "way": Way(row["way"]),
            "questions": tuple(json.loads(row["questions"])),
            "answers": tuple(json.loads(row["answers"])),
            "decided_by": UserId(decided_by) if decided_by else None,
        }
    )


def _chunks(items: list[PlaceId]) -> Iterator[list[PlaceId]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
