"""Every dialogue of tests/conversations is held with the bot, word for word."""

from __future__ import annotations

import pytest

from tests.bot.dialogue import Dialogue, all_dialogues


@pytest.mark.parametrize("dialogue", all_dialogues(), ids=lambda dialogue: dialogue.name)
async def test_the_dialogue_goes_as_written(dialogue: Dialogue) -> None:
    await dialogue.check()
