"""Bridges and links on a real homeserver: asked for, agreed to, entered from either side, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Json, Refused
from tests.synapse.home import SERVER, Home, user
from tests.synapse.talking import Talk, Village, answers, names

_LEVELS = 7  # the first one and six below it


def _nested(level: int) -> dict[str, Any]:
    below = {"networks": [_nested(level + 1)]} if level < _LEVELS else {}
    return {"name": f"Level {level}", "kind": "ecosystem", "coordinators": [user("lena")], **below}


_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Arts", "coordinators": [user("ann")]},
        {"name": "Health", "coordinators": [user("hal")]},
        {"name": "Hospice", "access": "private", "coordinators": [user("hal")]},
        _nested(1),
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("bridges"), _BLUEPRINT) as village:
        yield village


async def _enter(talk: Talk, *rooms: str) -> None:
    for room in rooms:
        await talk.person.join(room, via=[SERVER])


async def _is_refused(talk: Talk, *rooms: str) -> None:
    for room in rooms:
        with pytest.raises(Refused) as refusal:
            await talk.person.join(room, via=[SERVER])
        assert (refusal.value.status, refusal.value.errcode) == (403, "M_FORBIDDEN")


async def _asked(talk: Talk, asks: Talk, command: str) -> tuple[str, str]:
    """What `asks` is answered to `command`, and what the bot then asks `talk` in their direct message."""
    before = await talk.person.say(talk.room_id, "whoami")
    await talk.answer_to(before)
    said = await asks.ask(command)
    return said, (await answers(talk.person, talk.room_id, before, count=2))[-1]


# -- bridges ----------------------------------------------------------------------------------------


async def test_a48_a_bridge_waits_for_a_coordinator_of_each_parent(village: Village) -> None:
    async with village.talking("ann", "hal") as (ann, hal):
        told, question = await _asked(ann, hal, "bridge create Arts & Care --between Hospice and arts")
        assert told.startswith("Arts & Care will be a bridge between Hospice and Arts.")
        assert "It waits for the yes of Arts. I have asked @ann:hs.test." in told
        assert question.startswith("@hal:hs.test would like to make Arts & Care, a bridge")
        assert "With your yes: Everyone who joins Arts or a network that you cannot see" in question
        assert "Arts & Care" not in await village.home.landscape()
        slug = question.rpartition("bridge decline ")[2].strip(".")
        agreed, news = await _asked(hal, ann, f"bridge accept {slug}")
        assert agreed.startswith("You have agreed for Arts. Arts & Care is made.")
        assert news == "@ann:hs.test agreed: Arts & Care under Arts. It is done."
    rooms = await village.home.landscape()
    bridge, parents = rooms["Arts & Care"], (rooms["Arts"], rooms["Hospice"])
    rule = bridge.content("m.room.join_rules")
    assert rule["join_rule"] == "restricted"
    assert {one["room_id"] for one in rule["allow"]} == {parent.id for parent in parents}
    assert all(bridge.id in parent.all_of("m.space.child") for parent in parents)
    canonical = [content["canonical"] for content in bridge.all_of("m.space.parent").values()]
    assert sorted(canonical) == [False, True]


async def test_a_declined_bridge_is_never_made(village: Village) -> None:
    async with village.talking("ann", "hal") as (ann, hal):
        _, question = await _asked(hal, ann, "bridge create Noise --between arts and health")
        slug = question.rpartition("bridge decline ")[2].strip(".")
        declined, news = await _asked(ann, hal, f"bridge decline {slug}")
        assert declined == "You have declined Noise for Health, and it will not be made."
        assert news == "@hal:hs.test declined: Noise, a bridge, under Health."
        assert (await hal.ask(f"bridge accept {slug}")).startswith("I know no network")
    assert "Noise" not in await village.home.landscape()


async def test_members_of_either_parent_are_let_in_and_unlinking_one_leaves_the_others_alone(
    village: Village,
) -> None:
    async with village.talking("ann", "hal", "pam", "ned", "sam") as (ann, hal, pam, ned, sam):
        _, question = await _asked(hal, ann, "bridge create Singing --between arts and health")
        await hal.ask(f"bridge accept {question.rpartition('bridge decline ')[2].strip('.')}")
        await ann.ask("group create Choir --in Singing")
        rooms = await village.home.landscape()
        bridge, choir = rooms["Singing"].id, rooms["Choir"].id
        await _enter(pam, rooms["Arts"].id)
        await _enter(ned, rooms["Health"].id)
        for member in (pam, ned):
            await _is_refused(member, choir)
            await _enter(member, bridge, choir)
        await _is_refused(sam, bridge, choir, rooms["Singing: welcome"].id)
        told = await pam.person.hierarchy(rooms["Arts"].id)
        assert "Singing" in names(told)
        slug = (await ann.ask("show Singing")).splitlines()[0].rpartition(": ")[2]
        preview = await hal.ask(f"network unlink {slug} --from health")
        assert preview.startswith("Singing would no longer be under Health")
        assert "Singing" in names(await ned.person.hierarchy(rooms["Health"].id))
        said = await hal.ask("yes")
        assert said == "Singing is no longer under Health. It is still under Arts."
        assert "Singing" not in names(await ned.person.hierarchy(rooms["Health"].id))
        assert [(await pam.person.members(room))[pam.user_id] for room in (bridge, choir)] == ["join"] * 2
        await _is_refused(sam, bridge)
        await _enter(sam, rooms["Health"].id)
        await _is_refused(sam, bridge, choir)
        await sam.person.leave(rooms["Health"].id)
        await _enter(sam, rooms["Arts"].id)
        await _enter(sam, bridge, choir)
    parents = (await village.room("Singing")).all_of("m.space.parent")
    assert parents == {rooms["Arts"].id: {"via": [SERVER], "canonical": True}}


async def test_who_coordinates_both_parents_says_it_once(village: Village) -> None:
    async with village.talking("hal") as (hal,):
        said = await hal.ask("bridge create Night Nurses --between health and Hospice")
        assert said.startswith("Night Nurses is made, under Health and Hospice.")
    rooms = await village.home.landscape()
    assert rooms["Night Nurses"].id in rooms["Health"].all_of("m.space.child")
    assert rooms["Night Nurses"].id in rooms["Hospice"].all_of("m.space.child")


# -- links ------------------------------------------------------------------------------------------


async def test_a_link_is_made_when_the_other_side_agrees_and_goes_when_either_takes_it_back(
    village: Village,
) -> None:
    async with village.talking("ann", "hal", "ada") as (ann, hal, ada):
        await ada.ask("network create Drumming")
        await ada.ask(f"coordinator add {user('hal')} --in drumming")
        told, question = await _asked(ann, hal, "network link drumming --under arts")
        assert "It waits for the yes of Arts." in told
        assert "@hal:hs.test would like to put Drumming under Arts." in question
        arts = (await village.room("Arts")).id
        assert "Drumming" not in names(await ann.person.hierarchy(arts))
        assert "is now under Arts" in await ann.ask("network link drumming --under arts")
        assert "Drumming" in names(await ann.person.hierarchy(arts))
        up: Json = {"via": [SERVER], "canonical": True}
        assert (await village.room("Drumming")).all_of("m.space.parent") == {arts: up}
        await hal.ask("network unlink drumming --from arts")
        await hal.ask("yes")
        assert "Drumming" not in names(await ann.person.hierarchy(arts))
        assert (await village.room("Drumming")).all_of("m.space.parent") == {}


async def test_ecosystems_nest_six_deep_and_a_loop_is_refused_with_its_path(village: Village) -> None:
    async with village.talking("lena", "zoe") as (lena, zoe):
        top = (await village.room("Level 1")).id
        told = await zoe.person.hierarchy(top)
        assert names(told) >= {f"Level {n}" for n in range(1, _LEVELS + 1)}
        await lena.ask("help")
        refused = lena.ask("network link level-1 --under level-7")
        assert await village.writes_of(_said(refused, "level-1 → level-2 → level-3")) == []
    assert (await village.room("Level 1")).all_of("m.space.parent") == {}


async def _said(answer: Any, part: str) -> None:
    text = await answer
    assert "would close a loop" in text
    assert part in text
