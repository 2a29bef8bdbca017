"""Names and topics of people are shown as they are: never markup, never a mention."""

from __future__ import annotations

import pytest

from bot.render import render
from tests.bot.dialogue import Stage, person

MARKUP = "<b>Bold</b> & <a href='https://example.org'>x</a>"


@pytest.mark.parametrize(
    "command",
    [
        "show {name}",
        "tree",
        "whoami",
        "network create {name}",
        "network rename {name} --to {name}!",
        "network describe {name} --topic {name}",
        "group create {name} --in {name}",
        "join {name}",
        "coordinator add @bob:example.org --in {name}",
    ],
)
async def test_a34_markup_in_a_name_stays_text(command: str) -> None:
    stage = Stage(["ada"])
    await stage.say("ada", f'network create "{MARKUP}"')
    assert stage.writes
    stage.moves("ada", stage.work.landscape.slug_of(next(iter(stage.work.landscape.networks))), "join")
    await stage.say("ada", command.format(name=f'"{MARKUP}"'))
    content = render(stage.work.answers[-1], lambda place: None)
    assert "<b>" not in content["formatted_body"]
    assert "<a" not in content["formatted_body"]
    assert "<b>Bold</b>" in content["body"]
    assert content["m.mentions"] == {}


async def test_a_question_names_its_asker_without_mentioning_them() -> None:
    stage = Stage(["ada"], open_creation=True)
    await stage.say("ada", "network create Arts")
    await stage.say("sam", "network create Sailing")
    await stage.say("sam", "network link sailing --under arts")
    [(user, document)] = stage.work.told
    assert user == person("ada")
    assert render(document, lambda place: None)["m.mentions"] == {}
