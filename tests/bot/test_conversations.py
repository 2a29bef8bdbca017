"""Every dialogue of tests/conversations is held with the bot, word for word."""

from __future__ import annotations

import pytest

from config.blueprints import template
from tests.bot.dialogue import Stage
from tests.dialogues import Dialogue, dialogues_for


@pytest.mark.parametrize("dialogue", dialogues_for("memory"), ids=lambda dialogue: dialogue.name)
async def test_the_dialogue_goes_as_written(dialogue: Dialogue) -> None:
    stage = Stage(dialogue.admins, template)
    await dialogue.set_up(stage)
    await dialogue.play(stage)
