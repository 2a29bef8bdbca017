"""What is put back is what was built, and where something has happened before all is built anew."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import select

from appservice.store import tables
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, DIRECT, PlayedRooms, Stage, message

pytestmark = pytest.mark.both_databases
_first: dict[bool, Any] = {}


class Shed:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)

    @built_once
    async def begin(self, name: str) -> Shed:
        self.stage.clock.seconds += 5
        self.shed = await self.stage.found(name)
        await self.stage.hears(message(name, "timezone Europe/Paris", room_id=DIRECT))
        await self.rooms.settle_all()
        self.sealed = self.stage.works.surroundings.envelope.sealed(name)
        return self

    async def all(self) -> list[Any]:
        """Whatever there is."""
        found: list[Any] = [
            self.stage.clock.seconds,
            self.shed,
            deepcopy(self.rooms.state),
            self.stage.places.all(),
        ]
        found.append(self.stage.works.surroundings.envelope.opened(self.sealed))
        async with self.stage.database.reading() as connection:
            for table in tables.metadata.sorted_tables:
                rows = await connection.execute(select(table).order_by(*table.primary_key))
                found.append((table.name, rows.all()))
        return found


@pytest.mark.parametrize("turn", range(3))
async def test_each_finds_what_the_first_has_built_whatever_was_done_since(stage: Stage, turn: int) -> None:
    shed = await Shed(stage).begin("Shed")
    found = await shed.all()
    assert found == _first.setdefault(stage.database.is_sqlite, found), turn
    await stage.found("Another one")
    await stage.hears(message(turn, f"network rename shed --to Hut{turn}"))
    done = await shed.rooms.settle_all()
    assert done
    assert (await stage.works.landscape()).networks[shed.shed].name == f"Hut{turn}"
    assert shed.rooms.content(stage.places.room(shed.shed), "m.room.name")["name"] == f"Hut{turn}"


async def test_what_has_happened_before_is_not_lost(stage: Stage) -> None:
    before = await stage.found("Before")
    await Shed(stage).begin("Shed")
    assert before in (await Stage(stage.database).works.landscape()).networks


async def test_what_was_built_otherwise_is_not_put_back(stage: Stage) -> None:
    shed = await Shed(stage).begin("Barn")
    assert (await stage.works.landscape()).networks[shed.shed].name == "Barn"
    assert ALICE in (await stage.works.landscape()).coordinators_of(shed.shed)
