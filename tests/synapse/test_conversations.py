"""Dialogues on a real Synapse, one after the other, seen by people's own clients.

All of them with `--every-dialogue`, else one of each kind that is tried on Synapse nowhere else; the others
are held at the fake homeserver.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from appservice.demo.synapse import free_port
from tests.databases import Files
from tests.dialogues import SERVER, Dialogue, dialogues_for, held_on_synapse
from tests.homes import Home, SynapseHome
from tests.registration import Registration
from tests.stages import Stages

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stages]:
    """One Synapse for all of them."""
    directory = tmp_path_factory.mktemp("conversations")
    registration = Registration(url=f"http://127.0.0.1:{free_port()}", server_name=SERVER)
    home = SynapseHome(directory, free_port(), registration)

    @asynccontextmanager
    async def opened(_: bytes | None) -> AsyncIterator[Home]:
        yield home.anew()

    await home.synapse.start()
    stages = Stages(opened, Files(directory))
    yield stages
    await stages.close()
    await home.synapse.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialogue" in metafunc.fixturenames:
        every = metafunc.config.getoption("--every-dialogue")
        held = dialogues_for("synapse") if every else held_on_synapse()
        metafunc.parametrize("dialogue", held, ids=lambda dialogue: dialogue.name)


async def test_the_dialogue_goes_as_written_on_synapse(stages: Stages, dialogue: Dialogue) -> None:
    async with stages.playing(dialogue) as stage:
        await dialogue.play(stage)
