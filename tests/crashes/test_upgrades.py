"""P3, H6: stopped at any call while a room is upgraded, by the bot or by a person, it ends the same."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.crashes.moments import Moment, gone_on, watched
from tests.crashes.test_command import homeserver, settings
from tests.crashes.test_lifecycle import quiet, said
from tests.databases import Databases
from tests.fake import FakeHomeserver, FakeUser
from tests.hedgerow import ADMIN, running

BEN = "@ben:hs.test"
_KINDS = (
    "m.room.create",
    "m.room.name",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.tombstone",
    "m.room.member",
    "m.space.child",
    "m.space.parent",
)
Prepared = tuple[FakeUser, str, str]


def room_called(fake: FakeHomeserver, name: str) -> str:
    [found] = [
        room_id
        for room_id, room in fake.world.rooms.items()
        if (content := room.content("m.room.name")) and content["name"] == name
    ]
    return found


def plain(text: str) -> str:
    """What is said, at once or as an edit, without the links, which differ between homeservers."""
    return re.sub(r" \(https://matrix.to/[^)]*\)", "", text.removeprefix("* "))


async def at_rest(fake: FakeHomeserver) -> None:
    calm, seen = 0, -1
    while calm < 8:
        await asyncio.sleep(0.04)
        calm = calm + 1 if len(fake.calls) == seen else 0
        seen = len(fake.calls)


async def arts(fake: FakeHomeserver) -> tuple[FakeUser, str]:
    """Arts, private, with its kit; Ben is in its Space and in welcome."""
    admin, ben = fake.add_user(ADMIN), fake.add_user(BEN)
    room = await admin.create_dm(fake.bot)
    admin.send(room, "network create Arts --access private")
    await quiet(fake, room, 1)
    space = room_called(fake, "Arts")
    admin.join(space)
    admin.invite(space, BEN)
    ben.join(space)
    ben.join(room_called(fake, "Arts: welcome"))
    await at_rest(fake)
    return admin, room


async def own(fake: FakeHomeserver) -> Prepared:
    admin, room = await arts(fake)
    admin.send(room, "network upgrade arts --version 11")
    [*_, preview] = await quiet(fake, room, 2)
    assert "Arts would get a new room, in room version 11 instead of 12." in plain(preview)
    return admin, room, ""


async def by_hand(fake: FakeHomeserver) -> Prepared:
    """A room that the admin has made in their client, and that has become a group."""
    admin, room = await arts(fake)
    space = room_called(fake, "Arts")
    allow = [{"type": "m.room_membership", "room_id": space}]
    rules = {"type": "m.room.join_rules", "content": {"join_rule": "restricted", "allow": allow}}
    made = await admin.create_room(name="Sketches", room_version="9", initial_state=[rules])
    levels = fake.room(made).content("m.room.power_levels")
    admin.set_state(made, "m.room.power_levels", {**levels, "users": {ADMIN: 100, fake.bot: 100}})
    admin.set_state(space, "m.space.child", {"via": ["hs.test"]}, made)
    fake.add_user(BEN).join(made)
    await quiet(fake, room, 2)
    await at_rest(fake)
    return admin, room, made


async def say_yes(fake: FakeHomeserver, prepared: Prepared) -> None:
    admin, room, _ = prepared
    admin.send(room, "yes")


async def upgrade(fake: FakeHomeserver, prepared: Prepared) -> None:
    admin, _, made = prepared
    old = fake.room(made)
    kept = ("m.room.join_rules", "m.room.power_levels", "m.room.name")
    state = [{"type": kind, "content": old.content(kind)} for kind in kept]
    await admin.upgrade(made, room_version="11", initial_state=state)


def end_state(fake: FakeHomeserver) -> Any:
    """What stands in all rooms but the direct one, with the rooms by their order instead of their ids."""
    named = {i: name["name"] for i, room in fake.world.rooms.items() if (name := room.content("m.room.name"))}
    ours = sorted(named, key=named.__getitem__)  # and those of one name in the order in which they were made
    found = {}
    for n, room_id in enumerate(ours):
        room = fake.room(room_id)
        state = [
            [kind, key, e.content.get("membership") or e.content]
            for (kind, key), e in room.state.items()
            if kind in _KINDS and e.content
        ]
        aliases = fake.world.aliases_of(room_id)
        listed = sorted(str(name) for name, rooms in fake.world.listed.items() if room_id in rooms)
        found[n] = [state, aliases, bool(listed), len(said(fake, room_id))]
    text = json.dumps(found, sort_keys=True, default=str)
    for n, room_id in enumerate(ours):
        text = text.replace(room_id, f"room {n}")
    for marker in fake.rooms_by_marker():
        text = text.replace(marker, marker[:2])
    text = re.sub(r"(#hedge_[ng])\.\.[0-9a-f]{16}", r"\1 lock", text)
    return {
        room: [sorted(state, key=str), sorted(aliases), *rest]
        for room, (state, aliases, *rest) in json.loads(text).items()
    }


CASES: dict[str, tuple[Callable[[FakeHomeserver], Awaitable[Prepared]], Any, int]] = {
    "by the bot": (own, say_yes, 1),
    "by hand": (by_hand, upgrade, 1),
}


@dataclass(frozen=True)
class Undisturbed:
    """What it comes to, what is said of it, and what a kill at each of its calls would have left."""

    end: Any
    answers: list[str]
    told_before: int
    room: str
    moments: list[Moment]


async def undisturbed(databases: Databases, database: str, case: str) -> Undisturbed:
    prepare, act, answers = CASES[case]
    async with homeserver() as fake, running(settings(fake, database)):
        prepared = await asyncio.wait_for(prepare(fake), 30)
        room = prepared[1]
        told = len(said(fake, room))
        with watched(fake, databases, database) as moments:
            await act(fake, prepared)
            await asyncio.wait_for(quiet(fake, room, told + answers), 30)
            await at_rest(fake)
        return Undisturbed(end_state(fake), [*map(plain, said(fake, room)[told:])], told, room, moments)


@pytest.mark.parametrize("case", CASES)
async def test_p3_stopped_at_any_call_of_an_upgrade_there_is_one_new_room_and_one_word(
    databases: Databases, service_database: str, case: str
) -> None:
    run = await undisturbed(databases, service_database, case)
    assert len(run.answers) == 1, run.answers
    assert len(run.moments) > 8
    for moment in run.moments:
        async with gone_on(moment, homeserver(), databases, settings) as fake:
            await asyncio.wait_for(quiet(fake, run.room, run.told_before + CASES[case][2]), 30)
            await at_rest(fake)
            found = end_state(fake)
            assert found.keys() == run.end.keys(), moment
            for room in run.end:
                for there, wanted in zip(found[room], run.end[room], strict=True):
                    assert there == wanted, f"{moment}, room {room}"
            assert [*map(plain, said(fake, run.room)[run.told_before :])] == run.answers, moment


async def test_h6_an_upgraded_space_lets_its_members_in_by_the_new_one_and_they_lose_nothing(
    service_database: str,
) -> None:
    async with homeserver() as fake, running(settings(fake, service_database)):
        prepared = await own(fake)
        old, welcome = room_called(fake, "Arts"), room_called(fake, "Arts: welcome")
        await say_yes(fake, prepared)
        [*_, answer] = await quiet(fake, prepared[1], 3)
        assert (
            plain(answer) == "Arts has a new room, in room version 11. 2 members of the old room are invited."
        )
        await at_rest(fake)
        new = fake.room(old).content("m.room.tombstone")["replacement_room"]
        assert fake.room(new).content("m.room.create")["predecessor"]["room_id"] == old
        assert fake.world.aliases_of(old) == []
        allow = fake.room(welcome).content("m.room.join_rules")["allow"]
        assert [rule["room_id"] for rule in allow] == [new]
        ben = fake.add_user(BEN)
        assert new in ben.invites()
        ben.join(new)
        ben.join(room_called(fake, "Arts: news"))


async def test_a_version_that_the_homeserver_does_not_offer_leaves_all_as_it_was(
    service_database: str,
) -> None:
    async with homeserver() as fake, running(settings(fake, service_database)):
        admin, room = await arts(fake)
        before = end_state(fake)
        admin.send(room, "network upgrade arts --version 99")
        await quiet(fake, room, 2)
        admin.send(room, "yes")
        [*_, answer] = await quiet(fake, room, 3)
        assert "Your homeserver does not support this room version" in answer
        assert end_state(fake) == before
        admin.send(room, "network upgrade arts --version 11")
        [*_, preview] = await quiet(fake, room, 4)
        assert "Shall I?" in preview, "it may be asked for again"
