"""Offers and wants, beyond the dialogues: who is shown what, how many, and what is no answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.market.ending import ask_what_still_holds, close_what_was_left
from spaces.directory import ListingKind
from spaces.listings import Listing
from spaces.market import LASTS_DAYS, MOST_ASKS, MOST_OPEN, State
from tests.bot.dialogue import NOW, Stage
from tests.dialogues import person

DAY = 86_400.0
MIA = person("mia")


@pytest.fixture
async def stage() -> Stage:
    """Somerset with Taunton and Wells below it, Far beside it, and Hidden. Mia is in Taunton alone."""
    stage = Stage(["ada"])
    await stage.say("ada", "ecosystem create Somerset")
    for name in ("Taunton", "Wells"):
        await stage.say("ada", f"network create {name} --under somerset")
    await stage.say("ada", "network create Far")
    await stage.say("ada", "network create Hidden --access invite")
    for slug in ("taunton", "wells", "far", "hidden-7f3a"):
        await stage.joins("alice", slug)
    await stage.joins("mia", "taunton")
    return stage


def number_in(answer: str) -> int:
    return int(answer.partition("close ")[2].split()[0])


async def test_suggestions_are_of_the_nearest_network_first_and_three_at_most(stage: Stage) -> None:
    for slug in ("far", "wells", "taunton", "hidden-7f3a"):
        await stage.say("alice", f"offer A ladder and a bucket of paint, {slug} --in {slug}")
    for _ in range(2):
        await stage.say("alice", "offer Ladder --in far")
    said = await stage.say("mia", "want Ladder --in taunton")
    shown = [line.partition("“")[2].partition("”")[0] for line in said.splitlines() if line.startswith("- ")]
    assert shown == [
        "A ladder and a bucket of paint, taunton",
        "A ladder and a bucket of paint, wells",
        "Ladder",
    ]
    assert "These are offered:" in said
    assert stage.told() == []


async def test_nothing_of_ones_own_expired_or_closed_is_suggested(stage: Stage) -> None:
    closed = number_in(await stage.say("alice", "offer A ladder, closed --in taunton"))
    await stage.say("alice", f"close {closed}")
    expired = number_in(await stage.say("alice", "offer A ladder, expired --in taunton"))
    kept = stage.work.market.postings
    kept[expired] = replace(kept[expired], ends_at=NOW.timestamp())
    await stage.say("mia", "offer A ladder of my own")
    assert "ask" not in (await stage.say("mia", "want A ladder")).replace("somebody asks", "")
    said = await stage.say("alice", "want A ladder --in taunton")
    assert "“A ladder of my own”" in said
    assert "expired" not in said


async def test_offers_are_suggested_to_wants_only_and_the_other_way_round(stage: Stage) -> None:
    await stage.say("alice", "offer A ladder --in taunton")
    assert "offer 4" not in (await stage.say("mia", "offer Another ladder")).partition("\n")[2]
    assert "Somebody wants this:" not in await stage.say("mia", "offer Yet another ladder")
    await stage.say("alice", "want The longest ladder --in taunton")
    assert "Somebody wants this:" in await stage.say("mia", "offer A very long ladder")


async def test_who_finds_a_private_network_is_told_so_and_who_is_in_no_room_is_asked(stage: Stage) -> None:
    said = await stage.say("alice", "offer A spade --in hidden-7f3a")
    assert "Who can find Hidden can see it, but not whose it is." in said
    asked = await stage.say("mia", "!hedge offer A spade", "elsewhere")
    assert asked == "In which network?\nReply to this message with it, or with cancel."


async def test_what_not_everyone_in_the_room_may_see_is_not_said_there(stage: Stage) -> None:
    said = await stage.say("alice", "!hedge offer A spade --in hidden-7f3a", "taunton")
    assert said == "Not everyone here may see that. Ask me in a direct message."
    assert not stage.work.market.postings


async def test_the_networks_to_choose_from_are_those_that_one_is_in(stage: Stage) -> None:
    said = await stage.say("alice", "offer A spade")
    assert said.splitlines()[0] == "In which of your networks? far, hidden-7f3a, taunton, wells"
    assert (await stage.say("alice", "wells")).startswith("Noted: offer 48213: “A spade”\nIt stands in Wells")


async def test_one_waits_for_ten_answers_at_most_and_what_has_ended_counts_no_more(stage: Stage) -> None:
    numbers = [
        number_in(await stage.say("alice", f"offer Ladder number {n} --in taunton"))
        for n in range(MOST_ASKS + 1)
    ]
    for number in numbers[:-1]:
        assert (await stage.say("mia", f"ask {number}")).startswith("I ask them")
    assert "You wait for 10 answers" in await stage.say("mia", f"ask {numbers[-1]}")
    assert stage.told() == []
    await stage.say("alice", f"close {numbers[0]}")
    assert (await stage.say("mia", f"ask {numbers[-1]}")).startswith("I ask them")


async def test_one_has_fifty_that_stand_at_most(stage: Stage) -> None:
    for n in range(MOST_OPEN):
        await stage.say("mia", f"offer Song number {n}")
    assert "You have 50 offers and wants that stand" in await stage.say("mia", "offer One more song")
    assert len(stage.work.market.postings) == MOST_OPEN


async def test_a_bare_yes_is_for_a_single_ask_of_today_and_never_for_a_preview(stage: Stage) -> None:
    number = number_in(await stage.say("alice", "offer A ladder --in taunton"))
    await stage.say("mia", f"ask {number}")
    [ask] = stage.work.market.asks.values()
    stage.work.market.asks[ask.number] = replace(ask, asked_at=ask.asked_at - DAY - 1)
    assert (await stage.say("alice", "yes")).startswith("Which one do you mean?")
    assert stage.work.market.together == []
    stage.work.market.asks[ask.number] = ask
    await stage.say("ada", "offer Nothing of that kind --in far")
    assert await stage.say("ada", "yes") == "Nothing waits for a yes or no of yours here."
    assert (await stage.say("alice", "No.")).startswith("All right. I tell them kindly")
    assert stage.work.market.together == []


async def test_a_bare_yes_answers_nothing_where_a_listing_waits_for_one_too(stage: Stage) -> None:
    at, alice = NOW.timestamp(), person("alice")
    mill = Listing(48_999, ListingKind.ORGANISATION, stage.place("taunton"), "Mill Trust", stewards=(alice,))
    await stage.work.listings.keep([mill])
    await stage.work.listings.note_asked([mill], {alice: [mill]}, at)
    number = number_in(await stage.say("alice", "offer A ladder --in taunton"))
    await stage.say("mia", f"ask {number}")
    before = stage.work.listings.kept[mill.number]
    assert (await stage.say("alice", "yes")).startswith("Several things wait for your answer.")
    assert stage.work.listings.kept[mill.number] == before
    assert stage.work.market.together == []
    assert "Mill Trust" in await stage.say("alice", f"yes {mill.number}")
    assert stage.work.listings.kept[mill.number] != before
    assert "waits for you" in await stage.say("alice", "yes")


async def test_who_is_banned_asks_about_nothing_there(stage: Stage) -> None:
    number = number_in(await stage.say("alice", "offer A ladder --in taunton"))
    await stage.say("ada", "ban @mia:example.org --in taunton")
    await stage.say("ada", "yes")
    unknown = await stage.say("mia", "ask 12")
    assert (await stage.say("mia", f"ask {number}")).replace(str(number), "12") == unknown


async def test_met_and_unmet_are_kept_and_not_both_at_once(stage: Stage) -> None:
    first, second = [number_in(await stage.say("mia", f"offer Song {n}, sung")) for n in (1, 2)]
    assert "either" in await stage.say("mia", f"close {first} --met --unmet")
    await stage.say("mia", f"close {first} --met")
    await stage.say("mia", f"close {second} --unmet")
    kept = stage.work.market.postings
    assert (kept[first].state, kept[second].state) == (State.MET, State.UNMET)
    assert "has ended" in await stage.say("mia", f"close {first}")


async def test_one_question_before_the_end_and_what_was_left_behind_ends(stage: Stage) -> None:
    number = number_in(await stage.say("mia", "offer A ladder"))
    soon = NOW.timestamp() + (LASTS_DAYS - 7) * DAY
    for at in (soon - 1, soon, soon + 1):
        await ask_what_still_holds(stage.work, at)
    [(who, question)] = stage.told()
    assert who == MIA
    assert question.splitlines() == [
        f"Does this still hold? Your offer {number}: “A ladder”",
        f"It ends in 7 days. renew {number} keeps it for 60 more days, close {number} ends it.",
    ]
    stage.moves("mia", "taunton", "leave")
    await close_what_was_left(stage.work, soon)
    assert stage.work.market.postings[number].state is State.LEFT
    assert "Only members of “Taunton”" in await stage.say("mia", f"renew {number}")
    await stage.joins("mia", "taunton")
    assert (await stage.say("mia", f"renew {number}")).startswith("Renewed")
