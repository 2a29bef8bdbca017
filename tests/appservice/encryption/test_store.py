"""What is remembered for encryption, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.store import encryption
from appservice.store.database import Database
from appservice.store.encryption import Place, Rotation
from spaces.identifiers import EventId, RoomId
from tests.appservice.stage import ALICE, BEN

pytestmark = pytest.mark.both_databases

ROOM = RoomId("!encrypted")
ONE, TWO = EventId("$one"), EventId("$two")


@pytest.mark.parametrize(
    ("content", "rotation"),
    [
        ({}, Rotation()),
        ({"rotation_period_msgs": 50, "rotation_period_ms": 3_600_000}, Rotation(50, 3600.0)),
        ({"rotation_period_msgs": 0, "rotation_period_ms": -1}, Rotation()),
        ({"rotation_period_msgs": True, "rotation_period_ms": "9"}, Rotation()),
        ({"rotation_period_msgs": 2**60}, Rotation(2**31 - 1)),
        ({"rotation_period_msgs": 1, "rotation_period_ms": 1}, Rotation(10, 3600.0)),
    ],
)
async def test_a_rooms_own_rotation_is_kept_if_it_is_one(
    database: Database, content: dict[str, Any], rotation: Rotation
) -> None:
    async with database.writing() as connection:
        assert await encryption.rotation_of(connection, ROOM) is None
        await encryption.note_room(connection, ROOM, Rotation.of(content))
        assert await encryption.rotation_of(connection, ROOM) == rotation
        await encryption.note_room(connection, ROOM, Rotation(1))
        assert await encryption.rotation_of(connection, ROOM) == Rotation(1)


async def test_one_place_of_a_session_belongs_to_one_event_also_when_it_is_long_forgotten(
    database: Database,
) -> None:
    async with database.writing() as connection:

        async def is_replayed(index: int, event: EventId, session: str = "s", sender: str = "device") -> bool:
            return await encryption.is_replayed(
                connection, Place(session, sender, index), event, forgotten_before=100
            )

        assert not await is_replayed(5, ONE)
        for index, at in ((5, 10.0), (9, 20.0), (12, 150.0)):
            await encryption.note_deciphered(
                connection, Place("s", "device", index), ONE if index == 5 else TWO, at
            )
        assert not await is_replayed(5, ONE)
        assert await is_replayed(5, TWO)
        assert not await is_replayed(5, TWO, "another session")
        assert not await is_replayed(5, TWO, sender="another device")
        assert not await is_replayed(11, ONE)  # it has come late
        await encryption.forget(connection, before=100)
        assert await is_replayed(12, ONE)
        assert not await is_replayed(13, ONE)


async def test_of_a_session_that_is_long_silent_the_last_place_is_remembered_and_all_before_it_is_passed(
    database: Database,
) -> None:
    async with database.writing() as connection:
        for index in range(3):
            await encryption.note_deciphered(
                connection, Place("s", "device", index), EventId(f"${index}"), 10.0
            )
        await encryption.forget(connection, before=100)
        for index, replayed in ((0, True), (1, True), (2, True), (3, False)):
            found = await encryption.is_replayed(
                connection, Place("s", "device", index), ONE, forgotten_before=100
            )
            assert found is replayed, index


async def test_the_last_complaint_to_each_person_is_remembered(database: Database) -> None:
    async with database.writing() as connection:
        assert await encryption.last_complaint(connection, ALICE) is None
        await encryption.note_complaint(connection, ALICE, 10.0)
        await encryption.note_complaint(connection, ALICE, 20.0)
        assert await encryption.last_complaint(connection, ALICE) == 20.0
        assert await encryption.last_complaint(connection, BEN) is None
