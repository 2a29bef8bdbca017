"""What help gives as an example is said in a dialogue, where its answer can be read as well."""

from __future__ import annotations

from tests.bot.dialogue import Stage, no_templates
from tests.dialogues import dialogues_for


def test_every_example_of_help_is_said_in_a_dialogue() -> None:
    said = {text for dialogue in dialogues_for("memory") for _, text in (*dialogue.given, *dialogue.said)}
    commands = Stage([], no_templates).conversation.commands
    examples = [example for command in commands for example in command.examples]
    assert len(examples) > 20
    assert [example for example in examples if example not in said] == []


def test_there_are_at_least_forty_dialogues() -> None:
    assert len(dialogues_for("memory")) >= 40
    assert len(dialogues_for("fake")) >= 40
    assert len(dialogues_for("synapse")) >= 40
    assert sum(dialogue.is_of_several for dialogue in dialogues_for("synapse")) >= 30
