"""`adopt` in memory: which room is meant, who is refused with which words, and what is done."""

from __future__ import annotations

import pytest

from bot.adopting.targets import Target, target_of
from spaces.adopting import MOST_ROOMS, Below, Outside
from spaces.errors import Malformed
from spaces.identifiers import RoomId, UserId
from tests.bot.adopting.fake import BOT
from tests.bot.dialogue import Stage, no_templates
from tests.dialogues import person

ALICE, BEN = person("alice"), person("ben")
ROOM = RoomId("!choir:example.org")
SHUT = ": I am not let in, or you are not in it."


@pytest.mark.parametrize(
    ("typed", "meant", "via"),
    [
        ("#choir:example.org", "#choir:example.org", ("example.org",)),
        ("`#choir:example.org`", "#choir:example.org", ("example.org",)),
        ("!abc", "!abc", ()),
        ("!abc:example.org", "!abc:example.org", ("example.org",)),
        ("https://matrix.to/#/!abc?via=a.test&via=b.test&via=a.test", "!abc", ("a.test", "b.test")),
        ("https://matrix.to/#/%23choir:example.org", "#choir:example.org", ("example.org",)),
        ("[choir](https://matrix.to/#/#choir:example.org)", "#choir:example.org", ("example.org",)),
        ("https://matrix.to/#/!abc:a.test/$event?via=b.test", "!abc:a.test", ("b.test",)),
        ("matrix:r/choir:example.org", "#choir:example.org", ("example.org",)),
        ("matrix:roomid/abc:a.test?via=b.test", "!abc:a.test", ("b.test",)),
    ],
)
def test_a_room_is_named_by_its_alias_its_id_or_a_link(typed: str, meant: str, via: tuple[str, ...]) -> None:
    assert target_of(typed) == Target(meant, via)


@pytest.mark.parametrize(
    "typed", ["choir", "#choir", "@alice:example.org", "https://matrix.to/#/@a:b.test", "!"]
)
def test_anything_else_is_no_room(typed: str) -> None:
    with pytest.raises(Malformed):
        target_of(typed)


async def town(*rooms: Outside) -> Stage:
    """Alice looks after Arts."""
    stage = Stage(["ada"], no_templates)
    await stage.say("ada", "network create Arts")
    await stage.say("ada", f"coordinator add {ALICE} --in arts")
    stage.work.outsides.extend(rooms)
    return stage


def choir(version: str = "10", *, creator: UserId | None = None, gone: str = "", **levels: int) -> Outside:
    """A room of that version; `alice=100` is her level. Alice and Ben are in it."""
    users = {person(name): level for name, level in levels.items()}
    return Outside(
        ROOM,
        version,
        "Town Choir",
        joined=frozenset({ALICE, BEN}),
        levels={"users": users},
        creators=frozenset({creator} if creator else ()),
        replaced_by=gone,
    )


async def test_who_lacks_the_level_is_told_it_and_who_has_it() -> None:
    stage = await town(choir(alice=10, ben=100))
    said = await stage.say("alice", f"adopt {ROOM} --into arts")
    assert said == (
        "To bring in Town Choir you need level 50 in it, and you have 10.\n"
        f"{BEN} can give it to you, or ask me."
    )
    assert stage.writes == 0


async def test_a_room_given_up_names_the_other_one() -> None:
    stage = await town(choir(alice=100, gone="!new:example.org"))
    said = await stage.say("alice", f"adopt {ROOM} --into arts")
    assert said == (
        "Town Choir was given up for another room. To bring that one in: adopt !new:example.org --into arts."
    )


async def test_p4_who_can_give_the_bot_its_power_is_named_and_above_whom_it_cannot_stand() -> None:
    stage = await town(choir("12", creator=BEN, alice=100))
    said = await stage.say("alice", f"adopt {ROOM} --into arts")
    assert f"{BEN} or {ALICE} can give it to {BOT}." in said
    assert f"I cannot stand above {BEN} there, whatever level I have." in said
    stage = await town(choir("10", alice=50))
    assert f"Nobody who is in it can give it to {BOT}." in await stage.say(
        "alice", f"adopt {ROOM} --into arts"
    )


async def test_with_the_power_nothing_is_asked_for_and_only_who_gets_in_is_said() -> None:
    levels = {"users": {ALICE: 100, BOT: 100}}
    joined = frozenset({ALICE, BOT})
    stage = await town(Outside(ROOM, "10", "Town Choir", joined=joined, levels=levels, join_rule="public"))
    said = await stage.say("alice", f"adopt {ROOM} --into arts")
    assert said == (
        "Town Choir is a group of Arts now, with the one who is in it: arts/town-choir for short.\n"
        "- Everyone can find it and join it.\n"
        f"- Looked after by: {person('ada')} and {ALICE}"
    )
    assert stage.work.changes[-1][0] == f"adopt {ROOM}"


async def test_a_group_of_another_network_is_not_taken_away_from_it() -> None:
    stage = await town(choir(alice=100))
    await stage.say("ada", "network create Health")
    await stage.say("ada", f"coordinator add {ALICE} --in health")
    await stage.say("alice", f"adopt {ROOM} --into arts")
    said = await stage.say("alice", f"adopt {ROOM} --into health")
    assert said.startswith("Town Choir is a group of Arts already. To have Health list it too: group share")
    assert stage.writes == 0


async def test_a58_a_space_with_more_rooms_than_are_brought_in_at_once_is_refused() -> None:
    inside = [RoomId(f"!{n}") for n in range(MOST_ROOMS + 1)]
    levels = {"users": {ALICE: 100}}
    space = Outside(ROOM, "10", "Choirs", is_space=True, joined=frozenset({ALICE}), levels=levels)
    stage = await town(space)
    below = (Below(room, "One", is_public=True) for room in inside)
    stage.work.hierarchies[ROOM] = (Below(ROOM, "Choirs", is_space=True, children=tuple(inside)), *below)
    said = await stage.say("alice", f"adopt {ROOM} --into arts")
    assert said.startswith("Choirs has 51 rooms that I do not have yet, and I bring in at most 50 at once.")


async def test_a_space_that_looks_like_a_network_of_another_name_is_refused() -> None:
    levels = {"users": {ALICE: 100}}
    space = Outside(ROOM, "10", "\u0410rts", is_space=True, joined=frozenset({ALICE}), levels=levels)
    said = await (await town(space)).say("alice", f"adopt {ROOM} --into arts")
    assert "looks just like “Arts”" in said


async def test_a60_a_yes_counts_from_who_was_shown_the_space_and_for_that_network_by_any_name() -> None:
    levels = {"users": {ALICE: 100}}
    space = Outside(ROOM, "10", "Choirs", is_space=True, joined=frozenset({ALICE}), levels=levels)
    stage = await town(space)
    await stage.say("ada", f"adopt {ROOM} --into arts")
    assert "Nothing waits" in await stage.say("ada", "yes")
    assert "Shall I?" in await stage.say("alice", f"adopt {ROOM} --into arts")
    assert "Nothing waits" in await stage.say("ada", "yes")
    await stage.say("ada", "network rename arts --to Music")
    assert (await stage.say("alice", "yes")).startswith("Choirs is a network under Music now")
