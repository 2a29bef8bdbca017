"""Paths, roles and changes by hand in rooms of version 9, which Element makes, to 12 (H4, H5, R1, R2).

In version 9 the group is one that somebody made by hand; of the others Hedgerow has made it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.second_client import Json, Refused, SecondClient
from tests.synapse.home import BOT, SERVER, Home, user
from tests.synapse.talking import Talk, Village, without_links

_SEEN_WITHIN_SECONDS = 10.0
_TAKEN_OUT_WITHIN_SECONDS = 30.0
_OFTEN = "appservice.app:_PATHS_SECONDS=0.5"
_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {"name": "Weavers", "coordinators": [user("wyn")], "groups": [{"name": "Looms"}]},
        {"name": "Spinners", "coordinators": [user("wyn")]},
    ]
}
_LEVELS, _RULES = "m.room.power_levels", "m.room.join_rules"
_CHILD = "m.space.child"
_VIA: Json = {"via": [SERVER]}


@dataclass
class Place:
    """A village, the rooms in it by their names, and the group that is of the version in question."""

    village: Village
    version: str
    rooms: dict[str, str]
    group: str
    slug: str

    @property
    def room(self) -> str:
        return self.rooms[self.group]

    @property
    def weavers(self) -> list[str]:
        """All rooms of Weavers that the bot may look after."""
        return [room for name, room in self.rooms.items() if "Spinners" not in name]


@pytest.fixture(scope="module")
def place(home: Home, room_version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    of_ours = {"HEDGEROW_ROOMS__VERSION": "10" if room_version == "9" else room_version}
    directory = tmp_path_factory.mktemp(f"by hand in {room_version}")
    with Village.of(home, directory, _BLUEPRINT, settings=of_ours, patched=_OFTEN) as village:
        yield asyncio.run(_settled(village, room_version))


async def _settled(village: Village, version: str) -> Place:
    """Wyn, who coordinates both networks, is in all rooms, and adds one to Weavers by hand."""
    rooms = {name: room.id for name, room in (await village.home.landscape()).items()}
    async with village.talking("wyn") as (wyn,):
        for name in sorted(rooms, key=lambda name: name not in ("Weavers", "Spinners")):
            await wyn.person.join(rooms[name], via=[SERVER])
        await wyn.ask("network describe weavers --grace 0d")
        made = await _made_by_hand(wyn.person, rooms["Weavers"], version)
        await soon(lambda: heard(wyn, "Carding is a group of Weavers now, but I have no power in it."))
        await _until_told(wyn, "made Carding (by hand, in a Matrix client)")
        await lift(wyn.person, made, {BOT: 100})
        await soon(lambda: _needs(wyn.person, made, "invite", 50))
    rooms["Carding"] = made
    group = "Carding" if version == "9" else "Looms"
    return Place(village, version, rooms, group, f"weavers/{group.casefold()}")


async def _made_by_hand(person: SecondClient, space: str, version: str) -> str:
    """As Element makes one in a Space, "visible to space members"."""
    rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
    initial = [
        {"type": _RULES, "state_key": "", "content": rule},
        {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
        {"type": "m.space.parent", "state_key": space, "content": {**_VIA, "canonical": True}},
    ]
    made = await person.create_room(
        name="Carding", room_version=version, preset="private_chat", initial_state=initial
    )
    await person.set_state(space, _CHILD, _VIA, made)
    return made


# -- what is seen through people's own clients ------------------------------------------------------


async def soon(is_so: Callable[[], Awaitable[Any]], within: float = _SEEN_WITHIN_SECONDS) -> None:
    """Wait until it is so. Raises `TimeoutError` where a change by hand is not seen in time."""
    async with asyncio.timeout(within):
        while True:
            if await is_so():
                return
            await asyncio.sleep(0.1)


async def heard(talk: Talk, words: str) -> bool:
    """Whether the bot has said that to them alone."""
    return any(words in without_links(body) for body in await talk.person.bodies(talk.room_id, BOT))


async def lift(person: SecondClient, room: str, levels: dict[str, int]) -> None:
    content = await person.content(room, _LEVELS)
    await person.set_state(room, _LEVELS, {**content, "users": {**content["users"], **levels}})


async def _needs(person: SecondClient, room: str, key: str, level: int) -> bool:
    return bool((await person.content(room, _LEVELS)).get(key) == level)


async def _level_of(who: str, room: str, seen_by: SecondClient) -> int:
    return int((await seen_by.content(room, _LEVELS))["users"].get(who, 0))


async def _levels_of(who: str, rooms: list[str], seen_by: SecondClient) -> set[int]:
    return {await _level_of(who, room, seen_by) for room in rooms}


async def _until_told(talk: Talk, *said: str, within: float = _SEEN_WITHIN_SECONDS) -> None:
    """Until their audit log says all of that. The bot does not answer without end, so not too often."""
    told = ""
    try:
        async with asyncio.timeout(within):
            while not all(words in told for words in said):
                await asyncio.sleep(0.5)
                told = await talk.ask("audit weavers")
    except TimeoutError as late:
        raise AssertionError([words for words in said if words not in told]) from late


async def _is(talk: Talk, room: str, who: Talk, membership: str) -> bool:
    return (await talk.person.members(room)).get(who.user_id) == membership


# -- paths ------------------------------------------------------------------------------------------


async def test_h4_who_has_lost_the_last_path_is_told_and_taken_out_and_nobody_else(place: Place) -> None:
    """One other was invited by name, and one has a second network that the group is shared with."""
    async with place.village.talking("wyn", "pam", "two", "sam") as (wyn, pam, two, sam):
        weavers = place.rooms["Weavers"]
        await pam.ask("help")
        said = await wyn.ask(f"group share {place.slug} --with spinners")
        assert "Spinners" in said
        await two.person.join(place.rooms["Spinners"], via=[SERVER])
        await wyn.person.invite(place.room, sam.user_id)
        for one in (pam, two, sam):
            await one.person.join(weavers, via=[SERVER])
            await one.person.join(place.room, via=[SERVER])
        for one in (sam, two, pam):
            await one.person.leave(weavers)
        await soon(lambda: _is(sam, place.room, pam, "leave"), within=_TAKEN_OUT_WITHIN_SECONDS)
        assert await heard(pam, f"lets its members into {place.group}.\nSo you are taken out there.")
        assert {await _is(wyn, place.room, one, "join") for one in (two, sam)} == {True}
        with pytest.raises(Refused, match="M_FORBIDDEN"):
            await pam.person.join(place.room, via=[SERVER])
        await two.person.leave(place.rooms["Spinners"])
        await soon(lambda: _is(sam, place.room, two, "leave"), within=_TAKEN_OUT_WITHIN_SECONDS)
        assert await _is(wyn, place.room, sam, "join")


# -- roles ------------------------------------------------------------------------------------------


async def test_r1_a_coordinator_has_50_in_each_room_and_what_one_group_has_by_hand_stays(
    place: Place,
) -> None:
    async with place.village.talking("wyn") as (wyn,):
        mia, kit = user("mia"), user("kit")
        await lift(wyn.person, place.room, {kit: 50})
        await _until_told(wyn, f"set the level of {kit} in {place.group} from 0 to 50")
        await wyn.ask(f"coordinator add {mia} --in weavers")
        await wyn.ask("group create Shuttles --in weavers")
        shuttles = (await place.village.home.landscape())["Shuttles"].id
        rooms = [*place.weavers, await wyn.person.join(shuttles, via=[SERVER])]
        assert await _levels_of(mia, rooms, wyn.person) == {50}
        assert await _levels_of(mia, [place.rooms["Spinners"]], wyn.person) == {0}
        await wyn.ask(f"coordinator remove {mia} --in weavers")
        assert await _levels_of(mia, rooms, wyn.person) == {0}
        with_power = [room for room in rooms if await _level_of(kit, room, wyn.person)]
        assert with_power == [place.room]
        assert await _level_of(kit, place.room, wyn.person) == 50


# -- by hand ----------------------------------------------------------------------------------------


async def test_h5_what_a_coordinator_does_by_hand_is_kept_and_in_the_audit_log(place: Place) -> None:
    async with place.village.talking("wyn", "kim", "bea") as (wyn, kim, bea):
        group, weavers, ivy = place.room, place.rooms["Weavers"], user("ivy")
        for one in (kim, bea):
            await one.person.join(weavers, via=[SERVER])
            await one.person.join(group, via=[SERVER])
        await wyn.person.set_state(group, "m.room.name", {"name": "Warp"})
        await wyn.person.set_state(group, "m.room.topic", {"topic": "On Mondays"})
        await wyn.person.set_state(group, "m.room.avatar", {"url": f"mxc://{SERVER}/loom"})
        await wyn.person.invite(group, ivy)
        await wyn.person.kick(group, kim.user_id)
        ban = {"user_id": bea.user_id, "reason": "spam"}
        await wyn.person.call("POST", f"/_matrix/client/v3/rooms/{group}/ban", ban)
        await wyn.person.set_state(weavers, _CHILD, {}, group)
        told = (
            f"renamed {place.group} to Warp",
            "gave Warp the topic “On Mondays”",
            "changed the picture of Warp",
            f"invited {ivy} to Warp",
            "took kim out of Warp",
            f"banned {bea.user_id} from Warp",
            "took Warp off the list of its network",
        )
        await _until_told(wyn, *told)
        await place.village.hedge.until_delivered()
        there = await wyn.person.state(group)
        shown = {kind: there[kind, ""]["content"] for kind in ("m.room.name", "m.room.avatar")}
        assert shown == {"m.room.name": {"name": "Warp"}, "m.room.avatar": {"url": f"mxc://{SERVER}/loom"}}
        assert there["m.room.topic", ""]["content"]["topic"] == "On Mondays"
        members = await wyn.person.members(group)
        assert [members[one] for one in (ivy, kim.user_id, bea.user_id)] == ["invite", "leave", "ban"]
        assert group not in [room["room_id"] for room in await wyn.person.hierarchy(weavers)]
        assert (await wyn.ask("show weavers")).count("Warp") == 1, "it is a group of theirs all the same"
        await wyn.person.set_state(weavers, _CHILD, _VIA, group)
        await wyn.ask(f"group rename warp --to {place.group}")
        assert (await wyn.person.content(group, "m.room.name"))["name"] == place.group
        assert await wyn.person.content(weavers, _CHILD, group) == _VIA


async def test_h5_what_opens_a_room_is_put_back_and_told_once_unless_it_is_paused(place: Place) -> None:
    async with place.village.talking("wyn") as (wyn,):
        await _opens_levels(wyn, place.room)
        await soon(lambda: _is_closed(wyn, place.room))
        await soon(lambda: _put_back_in(wyn, place.group))
        [said] = await _put_back_in(wyn, place.group)
        assert "The level needed to invite: 50" in said
        assert "The level that everyone has: 0" in said
        await wyn.person.set_state(place.rooms["Carding"], _RULES, {"join_rule": "public"})
        await soon(lambda: _is_restricted(wyn, place.rooms["Carding"]))
        await soon(lambda: heard(wyn, "Who may join: members of its networks"))
        if place.group == "Looms":
            with pytest.raises(Refused, match="M_FORBIDDEN"):
                await wyn.person.set_state(place.room, _RULES, {"join_rule": "public"})
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
    levels = await talk.person.content(room, _LEVELS)
    await talk.person.set_state(room, _LEVELS, {**levels, "invite": 0, "users_default": 50})


async def _is_closed(talk: Talk, room: str) -> bool:
    levels = await talk.person.content(room, _LEVELS)
    return bool(levels["invite"] == 50 and levels["users_default"] == 0)


async def _is_restricted(talk: Talk, room: str) -> bool:
    return bool((await talk.person.content(room, _RULES))["join_rule"] == "restricted")


async def test_h5_what_was_changed_while_the_bot_was_away_is_treated_the_same(place: Place) -> None:
    async with place.village.talking("wyn", "kay", "moe") as (wyn, kay, moe):
        weavers = place.rooms["Weavers"]
        await moe.person.join(weavers, via=[SERVER])
        await moe.person.join(place.room, via=[SERVER])
        await soon(lambda: _members_are(wyn, "weavers", moe))
        assert await place.village.hedge.stop() == 0
        await wyn.person.set_state(weavers, "m.room.topic", {"topic": "Wool"})
        await lift(wyn.person, weavers, {kay.user_id: 50})
        await wyn.person.kick(place.room, moe.user_id)
        await _opens_levels(wyn, place.room)
        await wyn.person.set_state(place.rooms["Carding"], _RULES, {"join_rule": "public"})
        await place.village.hedge.start()
        await soon(lambda: _is_closed(wyn, place.room))
        await soon(lambda: _is_restricted(wyn, place.rooms["Carding"]))
        await _until_told(
            wyn,
            "gave Weavers the topic “Wool”",
            f"made {kay.user_id} a coordinator of Weavers",
            f"took moe out of {place.group}",
        )
        await place.village.hedge.until_delivered()
        assert await _levels_of(kay.user_id, place.weavers, wyn.person) == {50}
        assert await _is(wyn, place.room, moe, "leave")


async def _members_are(talk: Talk, network: str, other: Talk) -> bool:
    return "You are in Weavers." in await other.ask("whoami")


# -- succession -------------------------------------------------------------------------------------


async def test_r2_three_members_find_somebody_when_the_last_coordinator_has_left(place: Place) -> None:
    async with place.village.talking("wyn", "sal", "una", "vic", "new") as (wyn, sal, una, vic, new):
        spinners, welcome = (place.rooms[name] for name in ("Spinners", "Spinners: welcome"))
        for one in (sal, una, vic):
            await one.person.join(spinners, via=[SERVER])
        await sal.person.join(welcome, via=[SERVER])
        xan = await sal.person.join(place.rooms["Spinners: news"], via=[SERVER])
        for one in (sal, una, vic):
            await one.ask("whoami")
        await wyn.person.leave(spinners)
        await soon(lambda: _is_said(sal, welcome, "Nobody looks after Spinners any more."))
        await new.person.join(spinners, via=[SERVER])
        mia = user("mia")
        async with place.village.home.people("mia") as (client,):
            await client.join(spinners, via=[SERVER])
        said = await sal.ask(f"nominate {mia} --in spinners")
        assert "2 more members have to agree" in said
        assert "you have a say in it in 7 days" in await new.ask(f"second {mia} --in spinners")
        assert "one more member has to agree" in await una.ask(f"second {mia} --in spinners")
        said = await vic.ask(f"second {mia} --in spinners")
        assert said.endswith("looks after Spinners from now on.")
        assert await _levels_of(mia, [spinners, welcome, xan], sal.person) == {50}
        assert await _levels_of(wyn.user_id, [spinners, welcome, xan], sal.person) == {0}
        await soon(lambda: _is_said(sal, welcome, "looks after Spinners from now on."))


async def _is_said(talk: Talk, room: str, words: str) -> bool:
    return any(words in without_links(body) for body in await talk.person.bodies(room, BOT))
