"""Making networks, bridges and groups: what is written, who is asked, what is linked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.networks.consulting import ask_coordinators
from bot.reply import Document, PlaceLink
from spaces.blueprint import Blueprint, WantedGroup, WantedNetwork
from spaces.changes import link
from spaces.network import Status
from tests.bot.dialogue import Stage, person


def linked_in(document: Document) -> list[str]:
    return [part.text for block in document.blocks for part in block.line if isinstance(part, PlaceLink)]


async def test_p1_saying_create_again_makes_no_writes_and_answers_with_the_link() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts UK")
    before = stage.work.landscape
    await stage.say("ada", "network create “ARTS  uk”")
    assert stage.writes == 0
    assert stage.work.landscape is before
    assert linked_in(stage.work.answers[-1]) == ["Arts UK"]


async def test_a_network_of_the_same_name_under_another_parent_is_another() -> None:
    stage = Stage(["ada"])
    for command in (
        "network create Arts",
        "network create Bath",
        "network create Choir --under arts",
        "network create Choir --under bath",
    ):
        await stage.say("ada", command)
        assert stage.writes == 1
    assert {"choir", "choir-bath"} <= stage.work.landscape.slugs.keys()


async def test_a_hidden_network_of_that_name_is_not_in_the_way_and_not_told_of() -> None:
    hidden, free = Stage(["ada"], open_creation=True), Stage(["ada"], open_creation=True)
    await hidden.say("ada", "network create Garden --access invite")
    command = "network create Garden --access invite"
    with_one = await hidden.say("sam", command)
    without = await free.say("sam", command)
    assert with_one.replace("7f3b", "7f3a") == without
    assert hidden.writes == 1


async def test_the_creator_is_the_first_coordinator_and_invited() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts UK")
    arts = stage.place("arts-uk")
    assert stage.work.landscape.coordinators_of(arts) == (person("ada"),)
    assert stage.work.memberships[arts, person("ada")] == "invite"


async def test_h2_a_bridge_is_proposed_until_each_parent_has_agreed() -> None:
    stage = Stage(["ada"])
    for name, who in (("A", "ann"), ("B", "ben"), ("C", "cat")):
        await stage.say("ada", f"network create {name}")
        await stage.say("ada", f"coordinator add {person(who)} --in {name}")
        await stage.say("ada", f"leave {name}")
        await stage.say("ada", "yes")
    await stage.say("ann", "bridge create Three --between A and B and C")
    assert [user for user, _ in stage.told()] == [person("ben"), person("cat")]
    bridge = stage.place("three-7f3a")
    await stage.say("ben", "bridge accept Three")
    assert stage.work.landscape.networks[bridge].status is Status.PROPOSED
    await stage.say("cat", "bridge accept Three")
    assert stage.work.landscape.networks[bridge].status is Status.ACTIVE
    assert len(stage.work.landscape.parents(bridge)) == 3


async def test_somebody_who_coordinates_two_of_the_parents_agrees_for_both_at_once() -> None:
    stage = Stage(["ada"])
    for name in ("A", "B", "C"):
        await stage.say("ada", f"network create {name}")
        await stage.say("ada", f"coordinator add {person('ben')} --in {name}")
        await stage.say("ada", f"leave {name}")
        await stage.say("ada", "yes")
    await stage.say("ben", f"coordinator add {person('ann')} --in A")
    await stage.say("ben", "leave A")
    await stage.say("ann", "bridge create Three --between A and B and C")
    assert [user for user, _ in stage.told()] == [person("ben")]
    await stage.say("ben", "bridge accept Three")
    assert stage.work.landscape.networks[stage.place("three-7f3a")].status is Status.ACTIVE
    assert "agreed for B and C" in stage.answer()


async def test_a_parent_without_coordinators_is_named_with_what_to_do() -> None:
    stage = Stage(["ada"], open_creation=True)
    await stage.say("ada", "network create Empty")
    stage.work.landscape = replace(stage.work.landscape, coordinators={})
    await stage.say("ann", "network create Mine")
    answer = await stage.say("ann", "bridge create Both --between Mine and Empty")
    assert "no coordinator at present" in answer
    assert "coordinator add @USER --in empty" in answer
    assert stage.told() == []


TOWN = Blueprint(
    (
        WantedNetwork(
            "Town",
            topic="A town",
            networks=(WantedNetwork("Sports"),),
            groups=(WantedGroup("Lost and found"),),
        ),
    )
)


async def test_a_template_gives_the_network_its_groups_and_networks_below() -> None:
    stage = Stage(["ada"], lambda template: TOWN)
    answer = await stage.say("ada", "network create Wells --template town")
    assert answer.startswith("Wells is made.")
    landscape, wells = stage.work.landscape, stage.place("wells")
    assert [landscape.networks[n].name for n in landscape.children(wells)] == ["Sports"]
    assert "Lost and found" in [group.name for group in landscape.groups_of(wells)]
    assert landscape.coordinators_of(wells) == (person("ada"),)


async def test_a_template_under_a_parent_takes_the_words_that_were_said() -> None:
    stage = Stage(["ada"], lambda template: TOWN)
    await stage.say("ada", "ecosystem create Somerset")
    await stage.say("ada", "network create Wells --under somerset --template town --private --topic A city")
    [wells] = stage.work.landscape.children(stage.place("somerset"))
    found = stage.work.landscape.networks[wells]
    assert (found.name, found.access, found.topic) == ("Wells", "private", "A city")


@pytest.mark.parametrize("under", ["", " --under sailing"])
async def test_a44_a_template_takes_over_no_network_that_is_there_and_hidden(under: str) -> None:
    answers = []
    for access in ("invite", "none"):
        stage = Stage(["ada"], lambda template: TOWN, open_creation=True)
        await stage.say("sam", "network create Sailing")
        if access == "invite":
            await stage.say("ada", "network create Wells --access invite")
        answers.append(await stage.say("sam", f"network create Wells --template town{under}"))
        assert stage.writes == 1
        assert len(stage.work.landscape.coordinated_by(person("sam"))) == 3
    assert answers[0] == answers[1]


async def test_a_template_leaves_no_trace_of_how_it_was_made() -> None:
    stage = Stage(["ada"], lambda template: TOWN)
    await stage.say("ada", "network create Wells --template town")
    assert [slug for slug in stage.work.landscape.slugs if slug.startswith("new")] == []


async def test_what_an_operator_wishes_for_is_put_to_the_coordinators_once() -> None:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts")
    await stage.say("ada", "network create Bath")
    before = stage.work.landscape
    arts, bath = stage.place("arts"), stage.place("bath")
    stage.work.landscape = link(before, arts, bath, parent_agrees=False, child_agrees=True)
    stage.forget()
    await ask_coordinators(stage.work, before)
    await ask_coordinators(stage.work, stage.work.landscape)
    [(user, said)] = stage.told()
    assert user == person("ada")
    assert said.startswith("The operator of this server would like to put Bath under Arts.")
