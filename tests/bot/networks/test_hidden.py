"""The answer about something hidden is word for word the one about something that is not there."""

from __future__ import annotations

import pytest

from tests.bot.dialogue import Stage, person

COMMANDS = [
    "show {x}",
    "tree {x}",
    "join {x}",
    "leave {x}",
    "bridge accept {x}",
    "bridge decline {x}",
    "network rename {x} --to Loud",
    "network describe {x} --topic Loud",
    "network link {x} --under arts",
    "network link arts --under {x}",
    "network unlink {x} --from arts",
    "network create New --under {x}",
    "ecosystem create New --under {x}",
    "bridge create New --between arts and {x}",
    "group create New --in {x}",
    "group rename {x}/painting --to Loud",
    "group describe {x}/painting --topic Loud",
    "coordinator add @bob:example.org --in {x}",
    "coordinator remove @ada:example.org --in {x}",
]


@pytest.mark.parametrize("who", ["sam", "mia"])
@pytest.mark.parametrize("command", COMMANDS)
async def test_a44_hidden_and_not_there_are_answered_alike(command: str, who: str) -> None:
    answers = []
    for hidden in (True, False):
        stage = Stage(["ada"])
        await stage.say("ada", "network create Arts")
        await stage.say("ada", f"coordinator add {person('mia')} --in arts")
        if hidden:
            await stage.say("ada", "network create Quiet --access invite")
            await stage.say("ada", "group create Painting --in Quiet")
        answers.append(await stage.say(who, command.format(x="quiet-7f3a")))
        assert stage.writes == 0
    assert answers[0] == answers[1]
    assert "I know no" in answers[0]


@pytest.mark.parametrize("command", ["show bench", "join quiet-7f3a/bench", "show quiet-7f3a/bench"])
async def test_a44_a_group_that_may_be_asked_for_does_not_tell_of_its_hidden_network(command: str) -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Quiet --access invite")
    made = await stage.say("ada", "group create Bench --in Quiet --ask")
    assert "Everyone can find" not in made
    answer = await stage.say("sam", command)
    assert "I know no" in answer


async def test_a_room_hears_nothing_that_a_stranger_in_it_could_not_see() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts")
    await stage.say("ada", "network create Quiet --access invite")
    await stage.say("ada", "network create Inner --under arts --access private")
    for command in ("tree", "whoami", "status", "tree arts", "show arts"):
        answer = await stage.say("ada", f"!hedge {command}", "elsewhere")
        assert answer
        assert "Quiet" not in answer
        assert "Inner" not in answer
