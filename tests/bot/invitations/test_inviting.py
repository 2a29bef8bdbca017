"""Bringing people in, as it is said to the bot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.ports import Heard
from spaces.identifiers import EventId, RoomId
from spaces.invitations import Invitation, Result
from tests.bot.dialogue import Stage
from tests.dialogues import person

CROWD = [f"@p{number}:example.org" for number in range(21)]


@pytest.fixture
async def stage() -> Stage:
    stage = Stage(["ada"])
    await stage.say("ada", "network create Arts UK")
    await stage.say("ada", "network create Quiet Garden --access invite")
    await stage.say("ada", "coordinator add @alice:example.org --in arts-uk")
    await stage.joins("alice", "arts-uk")
    return stage


def invited(stage: Stage) -> list[str]:
    return [user for _, user in stage.work.invited]


async def test_more_than_twenty_are_shown_first_and_invited_after_a_yes(stage: Stage) -> None:
    shown = await stage.say("alice", f"invite {', '.join(CROWD)}, bob --to arts-uk")
    assert shown.startswith("I would invite 21 people to Arts UK.\n- one entry is no Matrix ID\n")
    assert shown.endswith("I wait for ten minutes.")
    assert invited(stage) == []
    told = await stage.say("alice", "yes")
    assert told == (
        "21 invitations to Arts UK are out.\n- one entry is no Matrix ID\nOne by one:\n"
        "- “bob” is no Matrix ID. One looks like @alice:example.org."
    )
    assert invited(stage) == CROWD


async def test_twenty_are_invited_at_once(stage: Stage) -> None:
    await stage.say("alice", f"invite {' '.join(CROWD[:20])} --to arts-uk")
    assert invited(stage) == CROWD[:20]


async def test_five_hundred_fit_into_one_message_and_the_answer_to_it_pages(stage: Stage) -> None:
    many = "\n".join([f"Somebody With A Name <@somebody-{n}:example.org>" for n in range(450)])
    wrong = "\n".join(f"word{n}" for n in range(50))
    shown = await stage.say("alice", f"invite --to arts-uk\n{many}\n{wrong}")
    assert shown.startswith("I would invite 450 people to Arts UK.\n- 50 entries are no Matrix IDs\n")
    first = await stage.say("alice", "yes")
    assert first.endswith("There is more: more shows it.")
    assert "“word49”" not in first
    pages = [first]
    while pages[-1].endswith("There is more: more shows it."):
        pages.append(await stage.say("alice", "more"))
    assert all(f"“word{n}” is no" in "\n".join(pages) for n in range(50))
    assert len(invited(stage)) == 450


async def test_a_repeat_touches_failures_only(stage: Stage) -> None:
    bob, cleo = person("bob"), person("cleo")
    stage.work.invitations.nobody.add(cleo)
    told = await stage.say("alice", f"invite {bob}, {cleo} --to arts-uk")
    assert told.splitlines()[:2] == ["One invitation to Arts UK is out.", "- one could not be invited"]
    assert "- @cleo:example.org could not be invited: this server knows nobody of that name." in told
    stage.work.invitations.nobody.clear()
    told = await stage.say("alice", f"invite {bob}, {cleo} --to arts-uk")
    assert invited(stage) == [bob, cleo]
    assert told.splitlines()[:2] == [
        "One invitation to Arts UK is out.",
        "- one was invited before, and has not answered yet",
    ]


async def test_the_list_may_come_in_the_next_message(stage: Stage) -> None:
    asked = await stage.say("alice", "invite --to arts-uk")
    assert "Tell me now, or cancel." in asked
    await stage.say("alice", "@bob:example.org\n@cleo:example.org")
    assert invited(stage) == ["@bob:example.org", "@cleo:example.org"]


async def test_several_places_are_named_with_each_result(stage: Stage) -> None:
    await stage.say("alice", "group create Painting --in arts-uk --access invite")
    await stage.joins("bob", "arts-uk")
    told = await stage.say("alice", "invite @bob:example.org, nobody --to arts-uk, arts-uk/painting")
    assert told == (
        "One invitation to Arts UK and Painting is out.\n- one is there already\n"
        "- one entry is no Matrix ID\n"
        "One by one:\n- “nobody” is no Matrix ID. One looks like @alice:example.org.\n"
        "- @bob:example.org (Arts UK) is there already.\n- @bob:example.org (Painting) is invited."
    )


async def test_in_a_room_only_the_counts_are_told(stage: Stage) -> None:
    await stage.say("alice", "group create Painting --in arts-uk --access public")
    said = "!hedge invite @bob:example.org, nobody --to arts-uk/painting"
    told = await stage.say("alice", said, "arts-uk/painting")
    assert told == (
        "One invitation to Painting is out.\n- one entry is no Matrix ID\n"
        "Ask me in a direct message, and I tell you person by person."
    )


async def test_nothing_of_a_hidden_place_is_told_in_a_room(stage: Stage) -> None:
    await stage.say("ada", "group create Trustees --in arts-uk --access invite")
    said = "!hedge invite @bob:example.org --to arts-uk/trustees"
    assert await stage.say("alice", said, "elsewhere") == (
        "Not everyone here may see that. Ask me in a direct message."
    )
    assert invited(stage) == []


async def test_who_is_banned_is_not_invited(stage: Stage) -> None:
    await stage.invites("ada", "bob", "arts-uk")
    stage.moves("bob", "arts-uk", "ban")
    told = await stage.say("alice", "invite @bob:example.org --to arts-uk")
    assert "is banned there. A coordinator can lift that in their client." in told
    assert invited(stage) == []


async def test_the_bot_itself_is_there_already(stage: Stage) -> None:
    told = await stage.say("alice", "invite @hedgerow:example.org --to arts-uk")
    assert "@hedgerow:example.org is there already." in told


async def test_who_said_no_to_a_group_is_not_asked_again(stage: Stage) -> None:
    await stage.say("alice", "group create Painting --in arts-uk")
    await stage.say("alice", "group create Show --in arts-uk --access invite")
    for name in ("bob", "cleo"):
        await stage.joins(name, "arts-uk/painting")
    await stage.say("bob", "invites")
    told = await stage.say("alice", "invite group arts-uk/painting --to arts-uk/show")
    assert "- @bob:example.org is asked." in told
    assert "- @cleo:example.org is invited." in told, "with whom there is no direct room"
    await stage.say("bob", "invites")
    await stage.say("bob", "decline 1")
    again = await stage.say("alice", "invite group arts-uk/painting --to arts-uk/show")
    assert "@bob:example.org said no on 2030-05-01" in again
    assert stage.told() == []
    forced = await stage.say("alice", "invite group arts-uk/painting --to arts-uk/show --again")
    assert "- @bob:example.org is asked." in forced
    assert await stage.say("bob", "invites") != "Nothing waits for you."


async def test_after_ninety_days_a_no_is_forgotten(stage: Stage) -> None:
    bob, arts = person("bob"), stage.place("arts-uk")
    long_ago = datetime(2030, 1, 30, tzinfo=UTC).timestamp()
    stage.work.invitations.remembered[arts, bob] = Invitation(arts, bob, Result.DECLINED, long_ago, bob)
    assert await stage.say("alice", f"invite {bob} --to arts-uk") == "One invitation to Arts UK is out."


async def test_what_is_archived_or_not_made_yet_takes_nobody_in(stage: Stage) -> None:
    await stage.say("ada", "network create Health UK")
    await stage.say("ada", "coordinator add @bob:example.org --in health-uk")
    await stage.say("ada", "coordinator remove @ada:example.org --in health-uk")
    await stage.say("ada", "yes")
    await stage.say("alice", "bridge create Arts and Health --between arts-uk and health-uk")
    told = await stage.say("alice", "invite @bob:example.org --to arts-and-health-7f3b")
    assert "is not made yet: it waits for a yes." in told


async def test_numbers_are_of_what_was_shown_last(stage: Stage) -> None:
    await stage.say("alice", "group create Painting --in arts-uk --access invite")
    await stage.say("alice", "group create Show --in arts-uk --access invite")
    await stage.say("alice", "invite @bob:example.org --to arts-uk/painting, arts-uk/show")
    shown = await stage.say("bob", "invites")
    assert shown.splitlines()[1:3] == [
        "- 1: an invitation to Painting, asked for by @alice:example.org",
        "- 2: an invitation to Show, asked for by @alice:example.org",
    ]
    await stage.say("bob", "decline 1")
    assert "Show" in await stage.say("bob", "accept 2"), "it keeps its number"
    assert stage.work.memberships[stage.place("arts-uk/painting"), person("bob")] == "leave"


async def test_people_chosen_from_a_clients_list_are_known_by_their_links(stage: Stage) -> None:
    links = '<a href="https://matrix.to/#/@bob:example.org">Bob</a>'
    heard = Heard(
        person("alice"),
        RoomId("!direct-alice"),
        EventId("$pill"),
        "invite Bob --to arts-uk",
        datetime(2030, 5, 1, tzinfo=UTC),
        is_direct=True,
        formatted=f"invite {links} --to arts-uk",
    )
    await stage.conversation.hear(heard, stage.work)
    assert invited(stage) == ["@bob:example.org"]
