"""Every dialogue once more, with the whole service at the fake homeserver, by people's own clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from appservice.demo.synapse import free_port
from tests.dialogues import Dialogue, dialogues_for
from tests.fake import FakeHomeserver, Registration
from tests.service_stage import FakeHome, playing


@pytest.mark.parametrize("dialogue", dialogues_for("fake"), ids=lambda dialogue: dialogue.name)
async def test_the_dialogue_goes_as_written_with_the_whole_service(
    dialogue: Dialogue, tmp_path: Path
) -> None:
    registration = Registration(url=f"http://127.0.0.1:{free_port()}", server_name="example.org")
    async with (
        FakeHomeserver(registration) as fake,
        playing(FakeHome(fake), tmp_path / "h.db", dialogue) as stage,
    ):
        await dialogue.play(stage)
