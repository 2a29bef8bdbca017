"""Offers and wants with the store: found, expired, asked about, and the room of the two."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from appservice.market import Stall
from appservice.store import audit, market, tables
from appservice.store.database import Database
from appservice.store.numbers import free_numbers
from bot.directory.searching import Question, search
from spaces.actions import Action, CreateRoom, Invite, Leave, MarkDirect
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.market import LASTS_DAYS, Posting, State
from spaces.nearness import Nearness
from spaces.network import Access
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BEN, BOT, PlayedRooms, Stage, member, message, says, text_of
from tests.appservice.yard import DAY, ROOMS, SAM, told

on_both = pytest.mark.both_databases


class Fair:
    """Arts, which Alice looks after and where Ben and Sam are, with the bot's direct rooms."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.events = 0
        self.arts = NetworkId("")

    @built_once
    async def begin(self, access: Access = Access.PRIVATE) -> Fair:
        for who, room in ROOMS.items():
            await self.stage.knows(room, who)
        self.arts = await self.stage.found("Arts", access=access)
        await self.rooms.settle_all()
        for who in (BEN, SAM):
            await self.moves(who, "join")
        return self

    async def moves(self, who: UserId, how: str, place: PlaceId | None = None) -> list[Action]:
        self.events += 1
        room = self.stage.places.room(place or self.arts)
        self.rooms.set(room, "m.room.member", {"membership": how}, key=who, by=who)
        await self.stage.hears(member(f"fair{self.events}", who, how, room=room))
        return await self.rooms.settle_all()

    async def say(self, who: UserId, text: str, **more: Any) -> list[Action]:
        self.events += 1
        said = message(f"fair{self.events}", text, sender=who, room_id=ROOMS[who], **more)
        await self.stage.hears(said)
        return await self.rooms.settle_all()

    async def answer(self, who: UserId, text: str, **more: Any) -> str:
        return told(await self.say(who, text, **more), who)[-1]

    async def reacts(self, who: UserId, key: str, on: str) -> list[Action]:
        self.events += 1
        relates = {"rel_type": "m.annotation", "event_id": on, "key": key}
        event = {"event_id": f"$r{self.events}", "type": "m.reaction", "room_id": ROOMS[who], "sender": who}
        await self.stage.hears({**event, "content": {"m.relates_to": relates}})
        return await self.rooms.settle_all()

    async def posts(self, who: UserId, text: str) -> int:
        """The number of what they offer or want."""
        said = await self.answer(who, text)
        return int(said.partition(":")[2].split()[1].rstrip(":"))

    async def asks(self, who: UserId, number: int, owner: UserId) -> tuple[int, str]:
        """The number of the ask, and the event by which its owner was told."""
        [asked] = told(await self.say(who, f"ask {number}"), owner)
        ask = int(asked.partition("ask accept ")[2].split()[0])
        return ask, f"$said-tell:{owner}:ask {ask}"

    async def ticks(self) -> list[Action]:
        stall = Stall(self.stage.works, self.stage.clock)
        await stall.look()
        await stall.look_round()
        return await self.rooms.settle_all()

    async def posting(self, number: int) -> Posting:
        async with self.stage.database.reading() as connection:
            [found] = await market.numbered(connection, [number])
        return found

    async def finds(self, who: UserId, word: str) -> list[str]:
        """The numbers of what they would be suggested for a want of that word."""
        async with self.stage.work() as work:
            sight = work.directory.sight_of(await work.standing_of(who))
            question = Question(word, frozenset({ListingKind.OFFER, ListingKind.WANT}))
            answer = await search(work.directory, sight, Nearness(work.landscape, sight), question)
        return [hit.entry.key for hit in answer.hits]


@pytest.fixture
async def fair(stage: Stage) -> Fair:
    return await Fair(stage).begin()


async def test_who_wants_it_is_shown_the_offer_and_nobody_else_is_told(fair: Fair) -> None:
    number = await fair.posts(ALICE, "offer A long ladder --terms lend")
    done = await fair.say(BEN, "want Ladders for a weekend")
    assert f"offer {number}: “A long ladder” (a loan), in Arts" in told(done, BEN)[0]
    assert [said.room for said in says(done)] == [ROOMS[BEN]]
    assert all(str(ALICE) not in text_of(said) for said in says(done))


async def test_numbers_are_random_and_none_that_is_taken(fair: Fair) -> None:
    number = await fair.posts(ALICE, "offer A long ladder")
    assert 10_000 <= number < 100_000
    drawn = iter([number, 7])
    async with fair.stage.database.reading() as connection:
        assert await free_numbers(connection, lambda _: next(drawn)) == [7]


@on_both
async def test_both_are_invited_to_one_room_once_both_have_said_yes(fair: Fair) -> None:
    number = await fair.posts(ALICE, "offer A long ladder")
    ask, event = await fair.asks(BEN, number, ALICE)
    done = await fair.reacts(ALICE, "✅", event)
    [made] = [action for action in done if isinstance(action, CreateRoom)]
    assert [a.user for a in done if isinstance(a, Invite)] == [ALICE, BEN]
    assert not [a for a in done if isinstance(a, MarkDirect)]
    [line] = [text_of(said) for said in says(done) if said.room == made.room]
    assert "“A long ladder”" in line
    assert str(ALICE) in line
    assert str(BEN) in line
    assert "They say yes" in told(done, BEN)[0]
    again = await fair.say(ALICE, f"ask accept {ask}")
    assert not [action for action in again if isinstance(action, CreateRoom)]


async def test_the_bot_leaves_the_room_to_the_two_when_both_have_answered(fair: Fair) -> None:
    number = await fair.posts(ALICE, "offer A long ladder")
    _, event = await fair.asks(BEN, number, ALICE)
    done = await fair.reacts(ALICE, "✅", event)
    [place] = [PlaceId(action.room) for action in done if isinstance(action, CreateRoom)]
    assert not [a for a in await fair.moves(BEN, "join", place) if isinstance(a, Leave)]
    assert [a.room for a in await fair.moves(ALICE, "join", place) if isinstance(a, Leave)] == [place]
    fair.stage.clock.seconds += 15 * DAY
    assert await fair.ticks() == []


async def test_the_bot_waits_two_weeks_for_the_answer_to_an_invitation(fair: Fair) -> None:
    number = await fair.posts(ALICE, "offer A long ladder")
    _, event = await fair.asks(BEN, number, ALICE)
    done = await fair.reacts(ALICE, "✅", event)
    [place] = [PlaceId(action.room) for action in done if isinstance(action, CreateRoom)]
    fair.stage.clock.seconds += 14 * DAY - 1
    assert await fair.ticks() == []
    fair.stage.clock.seconds += 2
    assert await fair.ticks() == [Leave(place)]
    assert await fair.ticks() == []


async def test_a_reply_with_a_bare_word_answers_the_ask_that_it_replies_to(fair: Fair) -> None:
    number = await fair.posts(ALICE, "offer A long ladder")
    _, first = await fair.asks(BEN, number, ALICE)
    await fair.asks(SAM, number, ALICE)
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
    done = await fair.say(ALICE, "No", content=reply)
    assert "rather not" in told(done, BEN)[0]
    assert told(done, SAM) == []
    done = await fair.reacts(BEN, "✅", first)
    assert not done, "it was not they who were asked"


async def test_who_made_it_stands_nowhere_until_both_have_said_yes(fair: Fair) -> None:
    done = await fair.say(ALICE, "offer A long ladder")
    number = int(told(done, ALICE)[0].partition("close ")[2].split()[0])
    done = await fair.say(BEN, f"ask {number}")
    assert str(BEN) not in told(done, ALICE)[0]
    assert all(str(ALICE) not in text for text in told(done, BEN))
    async with fair.stage.database.reading() as connection:
        entries = await audit.page(connection, [fair.arts], before=None, most=20, unbound=False)
    noted = [entry for entry in entries if str(number) in entry.what]
    assert [entry.who for entry in noted] == ["hedgerow"]


@on_both
async def test_one_question_before_the_end_and_none_after_it(fair: Fair) -> None:
    number, clock = await fair.posts(ALICE, "offer A long ladder"), fair.stage.clock
    clock.seconds += (LASTS_DAYS - 7) * DAY - 60
    assert await fair.ticks() == []
    clock.seconds += 61
    [question] = told(await fair.ticks(), ALICE)
    assert f"renew {number}" in question
    assert "7 days" in question
    assert (await fair.posting(number)).remind_at is None
    assert await fair.ticks() == []
    clock.seconds += 7 * DAY
    assert await fair.finds(BEN, "ladder") == []
    assert await fair.ticks() == []
    assert f"renew {number}" in await fair.answer(ALICE, "mine")
    assert "Renewed" in await fair.answer(ALICE, f"renew {number}")
    assert await fair.finds(BEN, "ladder") == [str(number)]


async def test_after_an_outage_nobody_is_asked_of_what_has_expired(fair: Fair) -> None:
    await fair.posts(ALICE, "offer A long ladder")
    fair.stage.clock.seconds += LASTS_DAYS * DAY
    assert await fair.ticks() == []


@pytest.mark.parametrize("how", ["leave", "ban"])
async def test_who_leaves_or_is_banned_offers_nothing_there_any_more(fair: Fair, how: str) -> None:
    number = await fair.posts(BEN, "offer A long ladder")
    await fair.asks(SAM, number, BEN)
    assert await fair.finds(ALICE, "ladder") == [str(number)]
    done = await fair.moves(BEN, how)
    assert await fair.finds(ALICE, "ladder") == []
    assert (await fair.posting(number)).state is State.LEFT
    assert "has ended, without an answer" in told(done, SAM)[0]
    assert told(done, BEN) == []
    assert "no member there any more" in await fair.answer(BEN, "mine")


@on_both
async def test_who_was_lost_without_our_hearing_of_it_is_seen_by_the_tick(fair: Fair) -> None:
    number = await fair.posts(BEN, "offer A long ladder")
    async with fair.stage.database.writing() as connection:
        m = tables.memberships
        await connection.execute(update(m).where(m.c.user == BEN).values(membership="leave"))
    await fair.ticks()
    assert (await fair.posting(number)).state is State.LEFT


async def test_what_a_coordinator_bans_with_the_bot_ends_too(fair: Fair) -> None:
    number = await fair.posts(BEN, "offer A long ladder")
    await fair.say(ALICE, f"ban {BEN} --in arts")
    await fair.say(ALICE, "yes")
    assert (await fair.posting(number)).state is State.LEFT


@on_both
async def test_what_has_long_ended_leaves_its_network_and_nothing_else(fair: Fair) -> None:
    kept, closed = (
        await fair.posts(ALICE, "offer A long ladder"),
        await fair.posts(ALICE, "offer A short one"),
    )
    await fair.asks(BEN, closed, ALICE)
    await fair.asks(BEN, kept, ALICE)
    await fair.say(ALICE, f"close {closed} --met")
    fair.stage.clock.seconds += 30 * DAY + 1
    async with fair.stage.database.writing() as connection:
        await market.forget(connection, now=fair.stage.clock())
        rows = {row.number: row for row in await connection.execute(select(tables.postings))}
        asks = (await connection.execute(select(tables.posting_asks.c.posting))).scalars().all()
    assert (rows[closed].owner, rows[closed].text) == ("", "")
    assert (rows[closed].state, rows[closed].network) == ("met", fair.arts)
    assert rows[kept].text == "A long ladder"
    assert asks == [kept]
    fair.stage.clock.seconds += LASTS_DAYS * DAY
    async with fair.stage.database.writing() as connection:
        await market.forget(connection, now=fair.stage.clock())
        rows = {row.number: row for row in await connection.execute(select(tables.postings))}
        found = (await connection.execute(select(tables.directory.c.kind))).scalars().all()
    assert (rows[kept].owner, rows[kept].text, rows[kept].state) == ("", "", "closed")
    assert "offer" not in found


async def test_a_stranger_to_a_hidden_network_is_answered_as_of_what_is_not_there(stage: Stage) -> None:
    fair = await Fair(stage).begin(Access.INVITE)
    number = await fair.posts(ALICE, "offer A long ladder")
    await fair.moves(SAM, "leave")
    unknown = await fair.answer(SAM, "ask 7")
    assert (await fair.answer(SAM, f"ask {number}")).replace(str(number), "7") == unknown
    assert await fair.finds(SAM, "ladder") == []


async def test_who_may_not_see_it_any_more_is_not_brought_together(stage: Stage) -> None:
    fair = await Fair(stage).begin(Access.INVITE)
    number = await fair.posts(ALICE, "offer A long ladder")
    ask, _ = await fair.asks(SAM, number, ALICE)
    await fair.moves(SAM, "leave")
    done = await fair.say(ALICE, f"ask accept {ask}")
    assert "does not wait for an answer any more" in told(done, ALICE)[0]
    assert not [action for action in done if isinstance(action, CreateRoom)]


async def test_a_second_process_makes_no_second_room(fair: Fair, database: Database) -> None:
    number = await fair.posts(ALICE, "offer A long ladder")
    ask, _ = await fair.asks(BEN, number, ALICE)
    fair.events += 1
    said = message(f"fair{fair.events}", f"ask accept {ask}", room_id=ROOMS[ALICE])
    waiting = await fair.stage.hears(said)
    [made] = [action for action in waiting if isinstance(action, CreateRoom)]
    assert await fair.stage.hears(said) == waiting
    [kept] = [a for a in await Stage(database).waiting() if isinstance(a, CreateRoom)]
    assert kept == made
    assert kept.room.startswith("d.")
    assert BOT not in [a.user for a in waiting if isinstance(a, Invite)]
