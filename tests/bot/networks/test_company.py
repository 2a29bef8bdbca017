"""What is answered in a room names only what anybody in that room may see."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.command import Call
from bot.networks.roles import Roles
from bot.ports import Heard
from config.blueprints import template
from spaces.errors import Conflict
from spaces.identifiers import EventId, NetworkId, RoomId
from spaces.network import Access
from tests.bot.dialogue import BOT, Stage, person
from tests.bot.fake_work import FakeWork

HIDDEN = ("Quiet", "quiet")


async def town() -> Stage:
    stage = Stage(["ada"])
    for command in (
        "network create Arts",
        "network create Quiet --access invite",
        "network create Music --under arts",
        "network create Dance --under quiet-7f3a --access private",
    ):
        await stage.say("ada", command)
    return stage


def in_room(command: str) -> str:
    return f"!hedge {command}"


async def test_an_ambiguous_name_is_not_explained_to_the_room() -> None:
    stage = await town()
    await stage.say("ada", "network create Singing --under arts")
    await stage.say("ada", "network create Singing --under quiet-7f3a --access private")
    assert "singing-7f3c" in await stage.say("ada", "network rename Singing --to Choir")
    answer = await stage.say("ada", in_room("network rename Singing --to Choir"), "elsewhere")
    assert answer == "Several have that name; ask me in a direct message."


async def test_the_path_of_a_loop_shows_the_room_dots() -> None:
    stage = await town()
    await stage.say("ada", "network link quiet-7f3a --under music")
    await stage.say("ada", "network create Inner --under quiet-7f3a")
    command = "network link arts --under inner"
    assert "music → quiet-7f3a → inner" in await stage.say("ada", command)
    answer = await stage.say("ada", in_room(command), "elsewhere")
    assert "music → … → inner" in answer
    assert "Quiet" not in answer


@pytest.mark.parametrize(
    "command",
    [
        "network describe dance-7f3b --topic Steps",
        "network link dance-7f3b --under arts",
        "network link dance-7f3b --under music",
    ],
)
async def test_ways_in_name_to_the_room_only_what_it_may_see(command: str) -> None:
    alone = await (await town()).say("ada", command)
    assert "Quiet" in alone or "Dance" in alone
    answer = await (await town()).say("ada", in_room(command), "elsewhere")
    assert "Dance" in answer
    assert not any(hidden in answer for hidden in HIDDEN), answer


async def test_whose_yes_is_waited_for_is_told_to_the_room_only_where_it_may_see_it() -> None:
    for where, shown in ((None, True), ("elsewhere", False)):
        stage = await town()
        await stage.say("ada", f"coordinator add {person('bob')} --in arts")
        await stage.say("ada", f"coordinator add {person('mia')} --in quiet-7f3a")
        await stage.say("ada", "coordinator remove @ada:example.org --in quiet-7f3a")
        stage.moves("bob", "quiet-7f3a", "join")
        command = "bridge create Both --between arts and quiet-7f3a"
        answer = await stage.say("bob", command if where is None else in_room(command), where)
        assert ("@mia" in answer) is shown
        assert "waits for the yes of" in answer


async def test_what_is_there_already_is_told_alone() -> None:
    stage = await town()
    answer = await stage.say("ada", in_room("network create Quiet"), "elsewhere")
    assert answer == "Not everyone here may see that. Ask me in a direct message."
    assert "quiet-7f3a" in await stage.say("ada", "network create Quiet")


@pytest.mark.parametrize("membership", ["invite", "leave"])
async def test_the_way_to_a_place_names_no_hidden_one_to_the_room(membership: str) -> None:
    stage = await town()
    await stage.say("ada", f"coordinator add {person('bob')} --in quiet-7f3a")
    stage.moves("bob", "quiet-7f3a", membership)
    command = "join dance-7f3b"
    answer = await stage.say("bob", in_room(command), "elsewhere")
    assert answer
    assert not any(hidden in answer for hidden in HIDDEN), answer
    assert stage.writes == 0
    assert "Quiet" in await stage.say("bob", command)


async def test_a_lookalike_that_the_room_may_not_see_is_not_named_there() -> None:
    stage = await town()
    await stage.say("ada", "network create Cop --access invite")
    alike = "network create Сор"
    assert "“Cop” (cop-" in await stage.say("ada", alike)
    answer = await stage.say("ada", in_room(alike), "elsewhere")
    assert "looks just like the name of another network" in answer
    assert stage.writes == 0


async def test_the_bot_cannot_be_a_coordinator() -> None:
    stage = await town()
    heard = Heard(person("ada"), RoomId("!d"), EventId("$e"), "", datetime(2030, 5, 1, tzinfo=UTC), True)
    work: FakeWork = stage.work
    call = Call(heard, await work.standing_of(person("ada")), work, bot=BOT)
    with pytest.raises(Conflict, match="is me"):
        await Roles().add(call, BOT, in_=NetworkId(stage.place("arts")))
    assert BOT not in work.landscape.coordinators_of(stage.place("arts"))


async def test_a_group_of_a_network_that_is_not_public_cannot_be_public() -> None:
    stage = await town()
    answer = await stage.say("ada", "group create Open day --in quiet-7f3a --access public")
    assert "“Open day” cannot be public while its network is not" in answer
    await stage.say("ada", "group create Painting --in arts --access public")
    refused = await stage.say("ada", "network describe arts --access invite")
    assert "“Arts” cannot be invite while it has public groups" in refused
    assert "“Painting”" in refused
    assert stage.writes == 0
    await stage.say("ada", "group describe arts/painting --access private")
    await stage.say("ada", "network describe arts --access invite")
    assert stage.work.landscape.networks[stage.place("arts")].access is Access.INVITE


async def test_a_template_for_a_network_that_is_not_public_makes_its_own_groups_private() -> None:
    stage = Stage(["ada"], template)
    answer = await stage.say("ada", "network create Elm Street --template neighbourhood --access invite")
    assert "is made" in answer
    street = next(n.id for n in stage.work.landscape.networks.values() if n.name == "Elm Street")
    groups = [g for g in stage.work.landscape.groups_of(street) if not g.is_kit]
    assert groups
    assert all(g.access is not Access.PUBLIC for g in groups)
