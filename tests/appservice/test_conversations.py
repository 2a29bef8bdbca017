"""Dialogues once more, with the whole service at the fake homeserver, by people's own clients.

But for those that are held on Synapse (`tests/synapse/test_conversations.py`): these, too, with
`--every-dialogue`, and with `--every-database`, since on Synapse they are held on SQLite alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from appservice.demo.synapse import free_port
from tests.databases import Databases
from tests.dialogues import Dialogue, dialogues_for, held_on_synapse
from tests.fake import FakeHomeserver, Registration
from tests.homes import FakeHome, Home
from tests.stages import Stages

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def _opened(kept: bytes | None) -> AsyncIterator[Home]:
    registration = Registration(url=f"http://127.0.0.1:{free_port()}", server_name="example.org")
    fake = FakeHomeserver(registration)
    if kept:
        fake.go_on_from(kept)
    async with fake:
        yield FakeHome(fake)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stages(databases: Databases) -> AsyncIterator[Stages]:
    stages = Stages(_opened, databases)
    yield stages
    await stages.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialogue" in metafunc.fixturenames:
        options = map(metafunc.config.getoption, ("--every-dialogue", "--every-database"))
        elsewhere = [] if any(options) else held_on_synapse()
        held = [one for one in dialogues_for("fake") if one not in elsewhere]
        metafunc.parametrize("dialogue", held, ids=lambda dialogue: dialogue.name)


async def test_the_dialogue_goes_as_written_with_the_whole_service(
    stages: Stages, dialogue: Dialogue
) -> None:
    async with stages.playing(dialogue) as stage:
        await dialogue.play(stage)
