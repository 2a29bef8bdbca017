"""Paths, roles and changes by hand in rooms of version 9, which Element makes, to 12 (H4, H5, R1, R2).

In version 9 the group is one that somebody made by hand; of the others Hedgerow has made it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from tests.second_client import Refused
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Talk, Village, without_links
from tests.synapse.versions import (
    CHILD,
    LEVELS,
    RULES,
    VIA,
    Place,
    enter,
    is_there,
    level_of,
    levels_of,
    lift,
    settled,
    soon,
    until_told,
)

_TAKEN_OUT_WITHIN_SECONDS = 30.0
_OFTEN = "appservice.app:_PATHS_SECONDS=0.5"
_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Weavers", "coordinators": [user("wyn")], "groups": [{"name": "Looms"}]},
        {"name": "Spinners", "coordinators": [user("wyn")]},
    ]
}

Places = Callable[[str], Place]


@pytest.fixture(scope="module")
def places(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """`places(version)`: where Hedgerow makes rooms of that version. One is open at a time."""
    open_now: dict[str, Place] = {}
    with ExitStack() as stack:

        def place_of(version: str) -> Place:
            if version not in open_now:
                open_now.clear()
                stack.close()
                of_ours, directory = {"HEDGEROW_ROOMS__VERSION": version}, tmp_path_factory.mktemp(version)
                opened = Village.of(home, directory, _BLUEPRINT, settings=of_ours, patched=_OFTEN)
                open_now[version] = asyncio.run(settled(stack.enter_context(opened), version))
            return open_now[version]

        yield place_of


@pytest.fixture(scope="module")
def place(places: Places, room_version: str) -> Place:
    return replace(places("10"), group="Carding") if room_version == "9" else places(room_version)


# -- paths ------------------------------------------------------------------------------------------


async def test_h4_who_has_lost_the_last_path_is_told_and_taken_out_and_nobody_else(place: Place) -> None:
    """One other was invited by name, and one has a second network that the group is shared with."""
    weavers, spinners, home = place.rooms["Weavers"], place.rooms["Spinners"], place.village.home
    async with place.village.talking("wyn", "pam") as (wyn, pam), home.people("two", "sam") as (two, sam):
        await pam.ask("help")
        assert "Spinners" in await wyn.ask(f"group share {place.slug} --with spinners")
        await wyn.person.invite(place.room, sam.user_id)
        await enter(two, spinners, weavers, place.room)
        await enter(sam, weavers, place.room)
        await enter(pam.person, weavers, place.room)
        for one in (sam, two, pam.person):
            await one.leave(weavers)
        await soon(lambda: is_there(sam, place.room, pam.person, "leave"), within=_TAKEN_OUT_WITHIN_SECONDS)
        assert await pam.has_heard(f"lets its members into {place.group}.\nSo you are taken out there.")
        assert {await is_there(wyn.person, place.room, one, "join") for one in (two, sam)} == {True}
        with pytest.raises(Refused, match="M_FORBIDDEN"):
            await pam.person.join(place.room, via=[SERVER])
        await two.leave(spinners)
        await soon(lambda: is_there(sam, place.room, two, "leave"), within=_TAKEN_OUT_WITHIN_SECONDS)
        assert await is_there(wyn.person, place.room, sam, "join")


# -- roles ------------------------------------------------------------------------------------------


async def test_r1_a_coordinator_has_50_in_each_room_and_what_one_group_has_by_hand_stays(
    place: Place,
) -> None:
    async with place.village.talking("wyn") as (wyn,), place.village.home.people("mia"):
        mia, kit = user("mia"), user(f"kit-{place.group.casefold()}")
        await lift(wyn.person, place.room, {kit: 50})
        await until_told(wyn, f"changed the power of {kit} in {place.group} from 0 to 50")
        await wyn.ask(f"coordinator add {mia} --in weavers")
        await wyn.ask("group create Shuttles --in weavers")
        below = {
            room.get("name"): room["room_id"] for room in await wyn.person.hierarchy(place.rooms["Weavers"])
        }
        rooms = [*place.weavers, await wyn.person.join(below["Shuttles"], via=[SERVER])]
        assert await levels_of(mia, rooms, wyn.person) == {50}
        assert await levels_of(mia, [place.rooms["Spinners"]], wyn.person) == {0}
        await wyn.ask(f"coordinator remove {mia} --in weavers")
        assert await levels_of(mia, rooms, wyn.person) == {0}
        with_power = [room for room in rooms if await level_of(kit, room, wyn.person)]
        assert with_power == [place.room]
        assert await level_of(kit, place.room, wyn.person) == 50


# -- by hand ----------------------------------------------------------------------------------------


async def test_h5_what_a_coordinator_does_by_hand_is_kept_and_in_the_audit_log(place: Place) -> None:
    home = place.village.home
    async with place.village.talking("wyn") as (wyn,), home.people("kim", "bea") as (kim, bea):
        group, weavers, ivy = place.room, place.rooms["Weavers"], user("ivy")
        for one in (kim, bea):
            await enter(one, weavers, group)
        await wyn.person.set_state(group, "m.room.name", {"name": "Warp"})
        await wyn.person.set_state(group, "m.room.topic", {"topic": "On Mondays"})
        await wyn.person.set_state(group, "m.room.avatar", {"url": f"mxc://{SERVER}/loom"})
        await wyn.person.invite(group, ivy)
        await wyn.person.kick(weavers, kim.user_id)
        ban = {"user_id": bea.user_id, "reason": "spam"}
        await wyn.person.call("POST", f"/_matrix/client/v3/rooms/{group}/ban", ban)
        await wyn.person.set_state(weavers, CHILD, {}, group)
        told = (
            f"renamed {place.group} to Warp",
            "gave Warp the topic “On Mondays”",
            "changed the picture of Warp",
            f"invited {ivy} to Warp",
            f"took {kim.user_id} out of Weavers and took {kim.user_id} out of Warp",
            f"banned {bea.user_id} from Warp",
            "took Warp off the list of a network",
        )
        await until_told(wyn, *told)
        await place.village.hedge.until_delivered()
        there = await wyn.person.state(group)
        shown = {kind: there[kind, ""]["content"] for kind in ("m.room.name", "m.room.avatar")}
        assert shown == {"m.room.name": {"name": "Warp"}, "m.room.avatar": {"url": f"mxc://{SERVER}/loom"}}
        assert there["m.room.topic", ""]["content"]["topic"] == "On Mondays"
        members = await wyn.person.members(group)
        assert [members[one] for one in (ivy, kim.user_id, bea.user_id)] == ["invite", "leave", "ban"]
        assert group not in [room["room_id"] for room in await wyn.person.hierarchy(weavers)]
        assert (await wyn.ask("show weavers")).count("Warp") == 1, "it is a group of theirs all the same"
        await wyn.person.set_state(weavers, CHILD, VIA, group)
        await wyn.ask(f"group rename warp --to {place.group}")
        assert (await wyn.person.content(group, "m.room.name"))["name"] == place.group
        assert await wyn.person.content(weavers, CHILD, group) == VIA


async def test_h5_what_opens_a_room_is_put_back_and_told_once_unless_it_is_paused(place: Place) -> None:
    async with place.village.talking("wyn") as (wyn,):
        await _opens_levels(wyn, place.room)
        await soon(lambda: _is_closed(wyn, place.room))
        await soon(lambda: _put_back_in(wyn, place.group))
        [said] = await _put_back_in(wyn, place.group)
        assert "The level needed to invite: 50" in said
        assert "The level that everyone has: 0" in said
        await wyn.person.set_state(place.rooms["Carding"], RULES, {"join_rule": "public"})
        await soon(lambda: _is_restricted(wyn, place.rooms["Carding"]))
        await soon(lambda: wyn.has_heard("Who may join: members of its networks"))
        if place.group == "Looms":
            with pytest.raises(Refused, match="M_FORBIDDEN"):
                await wyn.person.set_state(place.room, RULES, {"join_rule": "public"})
        assert "I put nothing back" in await wyn.ask(f"pause {place.slug}")
        await _opens_levels(wyn, place.room)
        await wyn.ask("status")
        await place.village.hedge.until_delivered()
        assert not await _is_closed(wyn, place.room)
        assert await wyn.ask(f"resume {place.slug}") == f"I look after {place.group} again."
        await soon(lambda: _is_closed(wyn, place.room))
        await place.village.hedge.until_delivered()
        told = await _put_back_in(wyn, place.group)
        assert len(told) == (2 if place.group == "Carding" else 1), "who resumes knows what is put back"


async def _put_back_in(talk: Talk, name: str) -> list[str]:
    """The messages of what was put back in that room."""
    said = [without_links(body) for body in await talk.person.bodies(talk.room_id, BOT)]
    return [text for text in said if f"changed {name} in a way that I do not keep" in text]


async def _opens_levels(talk: Talk, room: str) -> None:
    levels = await talk.person.content(room, LEVELS)
    await talk.person.set_state(room, LEVELS, {**levels, "invite": 0, "users_default": 50})


async def _is_closed(talk: Talk, room: str) -> bool:
    levels = await talk.person.content(room, LEVELS)
    return bool(levels["invite"] == 50 and levels["users_default"] == 0)


async def _is_restricted(talk: Talk, room: str) -> bool:
    return bool((await talk.person.content(room, RULES))["join_rule"] == "restricted")


async def test_h5_what_was_changed_while_the_bot_was_away_is_treated_the_same(place: Place) -> None:
    weavers, home, version = place.rooms["Weavers"], place.village.home, place.group
    kay = user(f"kay-{place.group.casefold()}")
    async with place.village.talking("wyn") as (wyn,), home.people("moe") as (moe,):
        await enter(moe, weavers, place.room)
        await place.village.hedge.until_delivered()
        assert await place.village.hedge.stop() == 0
        await wyn.person.set_state(weavers, "m.room.topic", {"topic": f"{version} and wool"})
        await lift(wyn.person, weavers, {kay: 50})
        await wyn.person.kick(place.room, moe.user_id)
        await _opens_levels(wyn, place.room)
        await wyn.person.set_state(place.rooms["Carding"], RULES, {"join_rule": "public"})
        await place.village.hedge.start()
        await soon(lambda: _is_closed(wyn, place.room))
        await soon(lambda: _is_restricted(wyn, place.rooms["Carding"]))
        await until_told(
            wyn,
            f"“{version} and wool”",
            f"made {kay} a coordinator of Weavers",
            f"took moe out of {place.group}",
        )
        await place.village.hedge.until_delivered()
        assert await levels_of(kay, place.weavers, wyn.person) == {50}
        assert await is_there(wyn.person, place.room, moe, "leave")


# -- succession -------------------------------------------------------------------------------------


@pytest.mark.parametrize("room_version", ["10", "11", "12"], indirect=True)
async def test_r2_three_members_find_somebody_when_the_last_coordinator_has_left(place: Place) -> None:
    names = ("Spinners", "Spinners: welcome", "Spinners: news")
    [spinners, welcome, _] = rooms = [place.rooms[name] for name in names]
    village, mia = place.village, user("mia")
    async with village.talking("pam", "una", "vic", "new") as (pam, una, vic, new):
        async with village.home.people("wyn", "mia") as (wyn, nominee):
            await enter(pam.person, *rooms)
            for one in (una.person, vic.person, nominee):
                await enter(one, spinners)
            await _until_in_spinners(pam, una, vic)
            await wyn.leave(spinners)
        await soon(lambda: _is_said(pam, welcome, "Nobody looks after Spinners any more."))
        await enter(new.person, spinners)
        assert "2 more members have to agree" in await pam.ask(f"nominate {mia} --in spinners")
        assert "you have a say in it in 7 days" in await new.ask(f"second {mia} --in spinners")
        assert "one more member has to agree" in await una.ask(f"second {mia} --in spinners")
        said = await vic.ask(f"second {mia} --in spinners")
        assert said.endswith("looks after Spinners from now on.")
        assert await levels_of(mia, rooms, pam.person) == {50}
        assert await levels_of(user("wyn"), rooms, pam.person) == {0}
        await soon(lambda: _is_said(pam, welcome, "looks after Spinners from now on."))


async def _until_in_spinners(*people: Talk) -> None:
    """Until the bot has heard that they have come."""
    for one in people:
        assert "Spinners" in await one.ask("whoami")


async def _is_said(talk: Talk, room: str, words: str) -> bool:
    return any(words in without_links(body) for body in await talk.person.bodies(room, BOT))
