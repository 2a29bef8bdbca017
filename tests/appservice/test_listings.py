"""Whether listings still hold, with the whole store: asked once, answered by a word or ✅, else marked."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from appservice.listings import Confirming
from appservice.store import directory, lifecycle, listings, tables
from appservice.store.database import Database
from spaces import changes
from spaces.access import Sight
from spaces.actions import Action
from spaces.by_hand import RolesChanged, with_roles
from spaces.directory import ListingKind
from spaces.identifiers import UserId
from spaces.listings import Listing
from tests.appservice.stage import ALICE, BEN, Stage, says
from tests.appservice.yard import DAY, ROOMS, RUTH, SAM, Yard, told

FAR = UserId("@far:elsewhere.test")
STILL = "Is what the directory says of"


class Shelf(Yard):
    """Listings of Yard, which Alice and Ben look after; Sam is a stranger of this server."""

    async def lists(self, name: str, *, stewards: tuple[UserId, ...] = (ALICE,)) -> int:
        """A new listing of Yard's; its number."""
        async with self.stage.work() as work:
            number = await work.listings.free_number()
            now = self.stage.clock.seconds
            made = Listing(number, ListingKind.ORGANISATION, self.yard, name, stewards=stewards)
            await work.listings.keep([replace(made, made_at=now, confirmed_at=now)])
        return number

    async def after(self, days: float) -> list[Action]:
        """What is done when it is looked after so much later."""
        self.stage.clock.seconds += days * DAY
        await Confirming(self.stage.works, self.stage.clock).look()
        return await self.rooms.settle_all()

    async def kept(self, number: int) -> Listing:
        async with self.stage.database.reading() as connection:
            [found] = await listings.numbered(connection, [number])
        return found

    async def is_marked(self, number: int) -> bool:
        """Whether it is stale wherever it shows."""
        sight = Sight(ALICE, frozenset({self.yard}), frozenset())
        async with self.stage.database.reading() as connection:
            [entry] = await directory.parts_of(
                connection, [(ListingKind.ORGANISATION, str(number))], sight, 0.0
            )
        assert entry.stale == (await self.kept(number)).stale
        return entry.stale

    def question_to(self, who: UserId) -> str:
        """The event by which they were last asked."""
        asked = [
            said
            for said in says(self.rooms.done)
            if "listings asked" in said.said and said.room == ROOMS[who]
        ]
        return f"$said-{asked[-1].said}"


@pytest.fixture
async def shelf(stage: Stage) -> Shelf:
    found = Shelf(stage)
    await found.begin()
    return found


def asked(done: list[Action], who: UserId) -> list[str]:
    return [text for text in told(done, who) if text.startswith(STILL)]


# -- asked --------------------------------------------------------------------------------------------


async def test_a_listing_is_asked_about_once_after_half_a_year_and_marked_after_two_weeks(
    shelf: Shelf,
) -> None:
    number = await shelf.lists("Mill Trust")
    assert asked(await shelf.after(179), ALICE) == []
    done = await shelf.after(1)
    [question] = asked(done, ALICE)
    assert f"Mill Trust (listing {number})" in question
    assert asked(done, BEN) == []
    assert says(done)[0].content["reminds"] == ALICE
    assert await shelf.after(1) == []
    assert not await shelf.is_marked(number)
    assert asked(await shelf.after(13), ALICE) == []
    assert await shelf.is_marked(number)
    assert await shelf.after(400) == [], "who has not answered is not asked again"


async def test_after_an_outage_of_months_there_is_one_question(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust")
    assert len(asked(await shelf.after(400), ALICE)) == 1
    assert not await shelf.is_marked(number), "there was no time to answer"


async def test_all_that_is_due_to_one_person_is_one_question(shelf: Shelf) -> None:
    for n in range(25):
        await shelf.lists(f"Stall {n}")
    shelf.stage.clock.seconds += 10 * DAY
    later = await shelf.lists("Later")
    shelf.stage.clock.seconds += 10 * DAY
    await shelf.lists("Much later")
    [question] = asked(await shelf.after(160), ALICE)
    assert question.count("(organisation)") == 20
    assert "And 6 more." in question
    assert (await shelf.kept(later)).asked_at is not None
    assert asked(await shelf.after(10), ALICE) == []
    assert len(asked(await shelf.after(10), ALICE)) == 1


async def test_the_first_steward_who_can_be_reached_is_asked_else_the_coordinators(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust", stewards=(FAR, SAM, RUTH))
    done = await shelf.after(180)
    assert [len(asked(done, who)) for who in (SAM, RUTH, ALICE, BEN)] == [1, 0, 0, 0]
    imported = await shelf.lists("Kiln", stewards=())
    unreachable = await shelf.lists("Rope Walk", stewards=(FAR,))
    done = await shelf.after(180)
    assert [len(asked(done, who)) for who in (SAM, RUTH, ALICE, BEN)] == [0, 0, 1, 1]
    for one in (imported, unreachable):
        assert str(one) in asked(done, BEN)[0]
    assert await shelf.is_marked(number)


async def test_where_nobody_can_be_asked_it_is_marked_all_the_same(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust", stewards=(FAR,))
    async with shelf.stage.work() as work:
        landscape = with_roles(work.landscape, shelf.yard, RolesChanged(demoted=(ALICE, BEN)))
        await work.change(landscape, what="nobody looks after it", about=shelf.yard)
    await shelf.rooms.settle_all()
    assert [said for said in says(await shelf.after(180)) if "asked" in said.said] == []
    await shelf.after(14)
    assert await shelf.is_marked(number)


async def test_of_what_is_archived_nobody_is_asked(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust")
    async with shelf.stage.work() as work:
        await work.change(changes.archive(work.landscape, shelf.yard), what="archive", about=shelf.yard)
    await shelf.rooms.settle_all()
    assert await shelf.after(200) == []
    assert (await shelf.kept(number)).asked_at is None


# -- answered -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", ["yes", "Yes!", "ie", "yes {number}", "confirm {number}", "edit {number} --place Bath"]
)
async def test_an_answer_makes_it_fresh_for_half_a_year(shelf: Shelf, answer: str) -> None:
    number = await shelf.lists("Mill Trust")
    await shelf.after(180)
    await shelf.after(13)
    done = await shelf.say(ALICE, answer.format(number=number))
    assert "Mill Trust" in told(done, ALICE)[0]
    assert await shelf.after(14) == []
    assert not await shelf.is_marked(number)
    assert len(asked(await shelf.after(180), ALICE)) == 1


async def test_a_late_yes_takes_the_mark_away_at_once(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust")
    await shelf.after(180)
    await shelf.after(15)
    assert await shelf.is_marked(number)
    await shelf.say(ALICE, "yes")
    assert not await shelf.is_marked(number)


async def test_a_yes_that_comes_after_a_month_answers_nothing(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust")
    await shelf.after(180)
    await shelf.after(31)
    assert told(await shelf.say(ALICE, "yes"), ALICE) == ["Nothing waits for a yes or no of yours here."]
    assert await shelf.is_marked(number)


async def test_a_yes_answers_the_last_question_and_that_alone(shelf: Shelf) -> None:
    first = await shelf.lists("Mill Trust")
    shelf.stage.clock.seconds += 20 * DAY
    second = await shelf.lists("Kiln")
    await shelf.after(160)
    await shelf.after(20)
    assert told(await shelf.say(ALICE, "yes"), ALICE) == [
        f"Thank you. Kiln (listing {second}) is still right."
    ]
    assert await shelf.is_marked(first)


async def test_a_yes_to_what_was_shown_since_is_no_answer_to_the_question(shelf: Shelf) -> None:
    number, other = await shelf.lists("Mill Trust"), await shelf.lists("Kiln")
    await shelf.after(180)
    await shelf.say(ALICE, f"remove listing {other}")
    assert "Kiln" in told(await shelf.say(ALICE, "yes"), ALICE)[0]
    assert (await shelf.kept(number)).asked_at is not None
    await shelf.say(ALICE, f"remove listing {number}")
    shelf.stage.clock.seconds += 3600
    assert "more than ten minutes old" in told(await shelf.say(ALICE, "yes"), ALICE)[0]
    assert (await shelf.kept(number)).asked_at is not None


async def test_who_was_not_asked_says_nothing_with_a_yes(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust")
    await shelf.after(180)
    for who in (BEN, SAM):
        assert told(await shelf.say(who, "yes"), who) == ["Nothing waits for a yes or no of yours here."]
    assert (await shelf.kept(number)).asked_at is not None


async def test_who_is_steward_no_longer_says_nothing_with_a_yes(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust", stewards=(SAM,))
    await shelf.after(180)
    await shelf.say(ALICE, f"steward remove {SAM} --of {number}")
    assert told(await shelf.say(SAM, "yes"), SAM) == ["Nothing waits for a yes or no of yours here."]
    await shelf.reacts(SAM, "✅", shelf.question_to(SAM))
    assert (await shelf.kept(number)).asked_at is not None


async def test_a_reaction_on_the_question_answers_it_after_a_restart_too(
    shelf: Shelf, database: Database
) -> None:
    number, other = await shelf.lists("Mill Trust"), await shelf.lists("Kiln")
    await shelf.after(180)
    await shelf.reacts(BEN, "✅", shelf.question_to(ALICE))
    await shelf.reacts(ALICE, "👍", shelf.question_to(ALICE))
    assert (await shelf.kept(number)).asked_at is not None
    again = await shelf.restarted(database)
    done = await again.reacts(ALICE, "✅", shelf.question_to(ALICE))
    assert re.search("Mill Trust.*\n.*Kiln|Kiln.*\n.*Mill Trust", told(done, ALICE)[0])
    assert (await shelf.kept(number)).asked_at is None
    assert (await shelf.kept(other)).asked_at is None


async def test_a_reaction_on_an_older_question_answers_that_one_alone(shelf: Shelf) -> None:
    first = await shelf.lists("Mill Trust")
    shelf.stage.clock.seconds += 20 * DAY
    second = await shelf.lists("Kiln")
    await shelf.after(160)
    older = shelf.question_to(ALICE)
    await shelf.after(20)
    await shelf.reacts(ALICE, "✅", older)
    assert (await shelf.kept(first)).asked_at is None
    assert (await shelf.kept(second)).asked_at is not None


async def test_a_cross_on_the_question_shows_what_removing_would_do(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust")
    await shelf.after(180)
    done = await shelf.reacts(ALICE, "❌", shelf.question_to(ALICE))
    assert "Mill Trust would be taken out" in told(done, ALICE)[0]
    assert await shelf.kept(number)
    await shelf.say(ALICE, "yes")
    async with shelf.stage.database.reading() as connection:
        assert await listings.numbered(connection, [number]) == []


async def test_what_was_removed_since_is_not_answered_for(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust")
    await shelf.after(180)
    await shelf.say(ALICE, f"remove listing {number}")
    await shelf.say(ALICE, "yes")
    assert told(await shelf.reacts(ALICE, "✅", shelf.question_to(ALICE)), ALICE) == []
    assert told(await shelf.say(ALICE, "yes"), ALICE) == ["Nothing waits for a yes or no of yours here."]


# -- forgotten ----------------------------------------------------------------------------------------


async def words_in(database: Database) -> set[str]:
    async with database.reading() as connection:
        return set((await connection.execute(select(tables.directory_trigrams.c.word))).scalars())


@pytest.mark.both_databases
async def test_with_a_network_its_listings_go_and_the_words_they_were_found_by(shelf: Shelf) -> None:
    number = await shelf.lists("Windmill Trust")
    async with shelf.stage.work() as work:
        theirs = Listing(55_555, ListingKind.SERVICE, shelf.garden, "Trust walks", by=number)
        await work.listings.keep([theirs])
    await shelf.after(180)
    assert "windmill" in await words_in(shelf.stage.database)
    async with shelf.stage.database.writing() as connection:
        await lifecycle.forget_words(connection, [shelf.yard])
        assert await listings.of(connection, [shelf.yard]) == []
        assert [one.by for one in await listings.of(connection, [shelf.garden])] == [None]
        asked = (await connection.execute(select(tables.listing_questions.c.network))).scalars().all()
        assert asked == [shelf.garden]
        assert (await connection.execute(select(tables.directory.c.key))).scalars().all().count(
            str(number)
        ) == 0
    words = await words_in(shelf.stage.database)
    assert "windmill" not in words
    assert {"trust", "walks"} <= words, "what others are found by stays"


@pytest.mark.both_databases
async def test_who_is_forgotten_is_steward_of_nothing(shelf: Shelf) -> None:
    number = await shelf.lists("Mill Trust", stewards=(SAM, ALICE))
    await shelf.after(180)
    async with shelf.stage.database.writing() as connection:
        await listings.forget_person(connection, SAM)
        assert await listings.stewarded_by(connection, SAM) == []
        assert await listings.asked_of(connection, SAM) == []
    assert (await shelf.kept(number)).stewards == (ALICE,)


@pytest.mark.both_databases
async def test_a_steward_is_one_by_the_whole_of_their_id(shelf: Shelf) -> None:
    await shelf.lists("Mill Trust", stewards=(UserId("@sam_x:hs.test"),))
    mine = await shelf.lists("Kiln", stewards=(UserId("@sam%:hs.test"), SAM))
    async with shelf.stage.database.reading() as connection:
        assert [one.number for one in await listings.stewarded_by(connection, SAM)] == [mine]
        assert await listings.stewarded_by(connection, UserId("@sam")) == []
        assert await listings.stewarded_by(connection, UserId("@samxx:hs.test")) == []


@pytest.mark.both_databases
async def test_very_many_are_asked_about_at_once(shelf: Shelf) -> None:
    async with shelf.stage.work() as work:
        many = [Listing(n, ListingKind.ORGANISATION, shelf.yard, "Stall") for n in range(10_000, 11_200)]
        await work.listings.keep(many)
    [question] = asked(await shelf.after(200), BEN)
    assert "And 1180 more." in question
    async with shelf.stage.database.reading() as connection:
        assert len(await listings.asked_of(connection, BEN)) == 1200
    assert "There is more" in told(await shelf.say(BEN, "yes"), BEN)[0]
    assert not await shelf.is_marked(11_000)
