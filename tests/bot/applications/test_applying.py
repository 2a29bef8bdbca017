"""Asking to be let in, in memory: who is asked what, who is turned away, who need not ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.applications.knocking import membership_changed
from bot.applications.reminding import look_after
from spaces import changes
from spaces.applications import AGAIN_AFTER_SECONDS, LONGEST_ANSWER, Application, State
from spaces.identifiers import UserId
from spaces.network import Access
from tests.bot.dialogue import Stage, no_templates
from tests.dialogues import person

QUINN, SAM, MIA = person("quinn"), person("sam"), person("mia")


@pytest.fixture
async def stage() -> Stage:
    """Yard, which Quinn looks after, and where one may ask."""
    stage = Stage([], no_templates)
    landscape, _ = changes.create_network(
        stage.work.landscape,
        stage.work.ids,
        name="Yard",
        access=Access.PRIVATE,
        ask=True,
        coordinators=(QUINN,),
    )
    stage.work.landscape = landscape
    return stage


def kept(stage: Stage) -> list[Application]:
    return list(stage.work.applications.all.values())


async def knocks(stage: Stage, who: UserId, at: float) -> None:
    yard = stage.place(stage.work.landscape.networks[_yard(stage)].slug)
    await membership_changed(stage.work, yard, who, "knock", by=who, reason=None, now=at)


def _yard(stage: Stage) -> object:
    return next(iter(stage.work.landscape.networks))


async def test_a_coordinator_need_not_ask_themselves(stage: Stage) -> None:
    assert "An invitation to Yard waits" in await stage.say("quinn", "join Yard")
    assert kept(stage) == []
    assert stage.work.invited == [(_yard(stage), QUINN)]


async def test_who_is_banned_is_turned_away_as_if_nobody_could_ask(stage: Stage) -> None:
    stage.work.memberships[_yard(stage), SAM] = "ban"
    assert "I cannot let you into Yard." in await stage.say("sam", "join Yard")
    assert kept(stage) == []
    assert stage.told() == []


async def test_who_was_banned_after_asking_is_not_invited(stage: Stage) -> None:
    await stage.say("sam", "join Yard")
    stage.work.memberships[_yard(stage), SAM] = "ban"
    assert "is banned from “Yard”" in await stage.say("quinn", "approve 1")
    assert stage.work.invited == []
    assert kept(stage)[0].state is State.OPEN


async def test_where_nobody_can_ask_it_is_as_before(stage: Stage) -> None:
    stage.work.landscape = changes.describe(stage.work.landscape, stage.work.ids, _yard(stage), ask=False)
    stage.work.memberships[_yard(stage), QUINN] = "leave"
    assert "I know no network or group called “Yard”." in await stage.say("sam", "join Yard")
    assert "I cannot let you into Yard." in await stage.say("quinn", "join Yard")


async def test_who_leaves_the_groups_of_a_network_no_longer_asks_to_join_it(stage: Stage) -> None:
    await stage.say("sam", "join Yard")
    [welcome, *_] = stage.work.landscape.groups_of(_yard(stage))
    stage.work.memberships[welcome.id, SAM] = "join"
    await stage.say("sam", "leave Yard")
    assert "You have left Yard" in await stage.say("sam", "yes")
    assert kept(stage)[0].state is State.WITHDRAWN


async def test_an_answer_that_is_too_long_leaves_the_question_open(stage: Stage) -> None:
    await stage.say("quinn", "network describe Yard --questions Why?")
    await stage.say("sam", "join Yard")
    assert "1000 is the most" in await stage.say("sam", "x" * (LONGEST_ANSWER + 1))
    assert kept(stage)[0].state is State.ASKING
    await stage.say("sam", "x" * LONGEST_ANSWER)
    assert kept(stage)[0].state is State.OPEN


async def test_what_the_bot_has_asked_since_is_answered_first(stage: Stage) -> None:
    await stage.say("quinn", "network describe Yard --questions Why?")
    await stage.say("sam", "join Yard")
    assert "Tell me now" in await stage.say("sam", "show")
    assert "Yard, network" in await stage.say("sam", "Yard")
    assert "is with its coordinators" in await stage.say("sam", "Yard")
    assert kept(stage)[0].answers == ("Yard",)


async def test_the_questions_are_those_of_when_they_asked(stage: Stage) -> None:
    await stage.say("quinn", "network describe Yard --questions Why?")
    await stage.say("sam", "join Yard")
    await stage.say("quinn", 'network describe Yard --questions "What? Who?"')
    assert "is with its coordinators" in await stage.say("sam", "Because")
    assert "- Why? “Because”" in await stage.say("quinn", "requests")


async def test_others_hear_nothing_of_the_questions_and_of_who_asks(stage: Stage) -> None:
    await stage.say("quinn", 'network describe Yard --questions "Why?"')
    stage.work.memberships[_yard(stage), MIA] = "join"
    assert "Why?" not in await stage.say("mia", "show Yard")
    slug = stage.work.landscape.slug_of(_yard(stage))
    assert "Why?" not in await stage.say("quinn", "!hedge show Yard", slug)
    assert "Why?" not in await stage.say(
        "quinn", '!hedge network describe Yard --questions "Why? Who?"', slug
    )


async def test_who_knocks_again_after_a_no_disturbs_nobody_at_once(stage: Stage) -> None:
    await knocks(stage, SAM, 0.0)
    assert len(stage.told()) == 1
    await stage.say("quinn", "deny 1")
    denied = kept(stage)[0].decided_at or 0.0
    stage.forget()
    await knocks(stage, SAM, denied + AGAIN_AFTER_SECONDS - 1)
    assert stage.told() == []
    assert kept(stage)[1].state is State.OPEN


@pytest.mark.parametrize("state", [State.APPROVED, State.DENIED])
async def test_who_decides_in_their_client_is_named_to_the_others(stage: Stage, state: State) -> None:
    await stage.say("sam", "join Yard")
    how = "invite" if state is State.APPROVED else "ban"
    await membership_changed(stage.work, _yard(stage), SAM, how, by=QUINN, reason=None, now=1.0)
    assert (kept(stage)[0].state, kept(stage)[0].decided_by) == (state, QUINN)
    assert stage.work.invited == []


async def test_a_tick_does_nothing_where_nothing_is_due(stage: Stage) -> None:
    await stage.say("sam", "join Yard")
    before = kept(stage)
    stage.forget()
    await look_after(stage.work, before[0].since + 3_600, {person("ada")})
    assert (stage.told(), kept(stage)) == ([], before)
    late = [replace(one, reminded=True) for one in before]
    await look_after(stage.work, before[0].since + 86_400, {person("ada")})
    assert kept(stage) == late
    assert [user for user, _ in stage.told()] == [QUINN]
