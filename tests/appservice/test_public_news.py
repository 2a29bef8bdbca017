"""What everyone is told of a public network, read from the store, and what they are not."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest

from appservice.public_news import PublicNews
from appservice.store import announcements, calendar, market, stories
from appservice.store.database import Database
from spaces import changes
from spaces.announcements import Announcement, Post
from spaces.directory import ListingKind
from spaces.errors import Conflict, Malformed, Unknown
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId
from spaces.landscape import Landscape
from spaces.market import Posting, State
from spaces.network import Access, Banned, Purpose
from spaces.news import News
from spaces.occasions import Occasion
from spaces.occasions import State as Standing
from spaces.profiles import Field, Profile, shown_to_everyone
from spaces.stories import Ending, Level, Step, Story
from tests.appservice.stage import ALICE, BEN, PlayedRooms, Stage, member

DAY = 86_400.0
SECRET = "xyzzy"
"""Stands in all that nobody may find here."""


class County:
    """Somerset, public, with Arts below it and a hidden network; and a week of which it tells."""

    def __init__(self, database: Database) -> None:
        self.stage = Stage(database)
        self.stage.clock.seconds = 200 * DAY
        self.rooms = PlayedRooms(self.stage)
        self.news = PublicNews(self.stage.works)
        self.somerset = self.arts = self.hidden = NetworkId("")
        self.painting = self.private = GroupId("")

    @property
    def now(self) -> float:
        return self.stage.clock.seconds

    async def begin(self) -> County:
        self.somerset = await self.stage.found("Somerset")
        self.arts = await self._below("Arts", Access.PUBLIC)
        self.hidden = await self._below(f"{SECRET} network", Access.INVITE)
        self.painting = await self._group("Painting", Access.PUBLIC)
        self.private = await self._group(f"{SECRET} group", Access.PRIVATE)
        await self.rooms.settle_all()
        return self

    async def _below(self, name: str, access: Access) -> NetworkId:
        async with self.stage.work() as work:
            above = (self.somerset,)
            land, made = changes.create_network(
                work.landscape,
                work.ids,
                name=name,
                access=access,
                under=above,
                agreed=above,
                coordinators=(ALICE,),
            )
            await work.change(land, what="founded", about=made)
        return made

    async def _group(self, name: str, access: Access) -> GroupId:
        async with self.stage.work() as work:
            land, made = changes.create_group(
                work.landscape, work.ids, name=name, home=self.arts, access=access
            )
            await work.change(land, what="founded", about=made)
        return made

    async def changes(self, change: Any, about: PlaceId, *more: Any, **words: Any) -> None:
        async with self.stage.work() as work:
            await work.change(change(work.landscape, *more, **words), what="changed", about=about)
        await self.rooms.settle_all()

    async def land(self) -> Landscape:
        return await self.stage.works.landscape()

    async def lately(self, slug: str = "somerset") -> News:
        found = await self.news.lately(slug)
        assert found is not None
        return found

    # -- what there is to tell --------------------------------------------------------------------

    async def story(self, number: int, *way: NetworkId, **more: Any) -> Story:
        """Taken by each network of `way`; the first is that of its group."""
        usual: dict[str, Any] = {
            "group": self.painting,
            "author": BEN,
            "text": f"Text {number}",
            "byline": "Ben",
        }
        usual |= {"room": RoomId("!room"), "event": EventId(f"$story{number}"), "may_print": True}
        made = Story(number=number, proposer=ALICE, proposed_at=self.now, **{**usual, **more})
        levels = zip(way, (None, *way), strict=False)
        async with self.stage.database.writing() as connection:
            await stories.keep(connection, made)
            for network, source in levels:
                level = Level(number, network, Step.TAKEN, self.now - DAY, source, f"Headline {number}")
                await stories.keep_level(connection, level)
        return made

    async def announcement(self, number: int, network: NetworkId, **more: Any) -> None:
        """Posted in the news of Somerset."""
        groups = (await self.land()).groups_of(self.somerset)
        place = next(group.id for group in groups if group.purpose is Purpose.NEWS)
        made = Announcement(number, network, ALICE, f"Announcement {number}", self.now - DAY)
        async with self.stage.database.writing() as connection:
            await announcements.keep(connection, replace(made, **more))
            await announcements.keep_posts(connection, [Post(number, self.somerset, place)])

    async def occasion(self, number: int, network: NetworkId, **more: Any) -> None:
        usual = {"name": f"Event {number}", "place": "Hall", "starts_at": self.now + DAY, "ends_at": None}
        usual |= {"zone": "Europe/London", "made_at": self.now - DAY, "changed_at": self.now - DAY}
        async with self.stage.database.writing() as connection:
            await calendar.keep(connection, Occasion(number, network, ALICE, **{**usual, **more}))

    async def posting(self, number: int, network: NetworkId, **more: Any) -> None:
        kind = ListingKind.OFFER if number % 2 else ListingKind.WANT
        made = Posting(number, kind, network, BEN, f"Posting {number}", self.now - DAY, self.now + DAY)
        async with self.stage.database.writing() as connection:
            await market.keep(connection, replace(made, **more))


@pytest.fixture
async def county(database: Database) -> County:
    return await County(database).begin()


@pytest.mark.both_databases
async def test_n5_a_network_tells_of_its_stories_announcements_events_offers_and_places(
    county: County,
) -> None:
    await county.story(1, county.arts, county.somerset)
    await county.announcement(2, county.somerset)
    await county.occasion(3, county.somerset)
    await county.posting(4, county.somerset)
    await county.posting(5, county.somerset)
    news = await county.lately()
    [story] = news.stories
    assert (story.headline, story.text, story.byline) == ("Headline 1", "Text 1", "Ben")
    assert story.way == ("Painting", "Arts", "Somerset")
    assert [(one.text, one.by) for one in news.announcements] == [("Announcement 2", "Somerset")]
    assert [(one.title, one.where) for one in news.occasions] == [("Event 3", "Hall")]
    assert [one.number for one in news.postings] == [5, 4]
    assert [one.alias for one in news.places] == ["#hedge_somerset:hs.test", "#hedge_arts:hs.test"]
    assert news.reach.stewards == ()
    arts = await county.lately("arts")
    assert [one.name for one in arts.places] == ["Arts", "Painting"]
    assert [one.way for one in arts.stories] == [("Painting", "Arts")]
    assert arts.announcements == arts.occasions == arts.postings == ()


async def test_a44_what_is_hidden_or_not_agreed_stands_nowhere(county: County) -> None:
    hidden, somerset = county.hidden, county.somerset
    await county.story(1, county.arts, somerset, may_print=False, text=SECRET)
    await county.story(2, county.arts, somerset, ending=Ending.WITHDRAWN, text=SECRET)
    await county.story(3, county.arts, text="Of Arts alone")
    await county.story(4, county.arts, somerset, text=SECRET, sealed=True)
    await county.announcement(11, hidden, text=SECRET)
    await county.announcement(12, somerset, text=SECRET, by_hand=True)
    await county.announcement(13, somerset, text=SECRET, withdrawn_at=county.now)
    await county.announcement(14, county.arts, text="Of Arts alone")
    async with county.stage.database.writing() as connection:
        await announcements.decline(connection, somerset, county.arts)
    await county.occasion(21, hidden, name=SECRET)
    await county.occasion(22, somerset, name=SECRET, state=Standing.CANCELLED)
    await county.occasion(23, somerset, name=SECRET, starts_at=county.now - 1)
    await county.posting(31, hidden, text=SECRET)
    await county.posting(32, somerset, text=SECRET, state=State.CLOSED)
    await county.posting(33, somerset, text=SECRET, ends_at=county.now - 1)
    for slug in ("somerset", "arts"):
        told = repr(asdict(await county.lately(slug)))
        assert [word for word in (SECRET, ALICE, BEN) if word in told] == []
        assert told.count("Of Arts alone") == (2 if slug == "arts" else 0)
    assert (await county.lately()).tells_something is False


async def test_the_way_a_story_came_names_no_hidden_place(county: County) -> None:
    await county.story(1, county.arts, county.somerset, group=county.private)
    [story] = (await county.lately()).stories
    assert story.way == ("Arts", "Somerset")


async def test_a_banned_author_is_read_no_more_and_offers_nothing(county: County) -> None:
    await county.story(1, county.arts, county.somerset)
    await county.posting(2, county.somerset)
    assert (await county.lately()).tells_something
    banned = Banned(county.somerset, BEN, ALICE, "", county.now)
    await county.changes(lambda land: land.having(banned), county.somerset)
    await county.posting(3, county.somerset)
    assert not (await county.lately()).tells_something


async def test_only_a_public_network_that_is_awake_has_news(county: County) -> None:
    land = await county.land()
    assert await county.news.lately("nothing") is None
    assert await county.news.lately(land.slug_of(county.hidden)) is None
    assert await county.news.lately(land.slug_of(county.painting)) is None
    await county.changes(changes.rename, county.arts, county.stage.works.surroundings.ids, county.arts, "Art")
    assert (await county.lately("arts")).slug == "art"
    await county.changes(changes.archive, county.somerset, county.somerset)
    assert await county.news.lately("somerset") is None


async def test_who_looks_after_it_is_named_only_where_they_show_themselves_to_everyone(
    county: County,
) -> None:
    async with county.stage.work() as work:
        profile = Profile(ALICE, {Field.SKILLS: "pottery", Field.ABOUT: SECRET})
        await work.profiles.keep(shown_to_everyone(profile, [Field.SKILLS]))
    room = county.stage.places.room(county.somerset)
    for number, (name, told) in enumerate(
        (("Alice Example", ("Alice Example",)), ("alice", ()), ("@ben:hs.test", ()))
    ):
        await county.stage.hears(
            member(f"m{number}", ALICE, "join", room=room, content={"displayname": name})
        )
        assert (await county.lately()).reach.stewards == told


async def test_a_paper_tells_of_its_days_alone_in_the_zone_of_the_network(county: County) -> None:
    county.stage.clock.seconds = 1_804_000_000.0  # 2 March 2027, 23:06:40 UTC
    await county.story(1, county.arts, county.somerset)
    first = date(2027, 3, 1)
    found = await county.news.between("Somerset", first, date(2027, 3, 2))
    assert [one.headline for one in found.stories] == ["Headline 1"]
    assert (found.span.start, found.span.end) == (1_803_859_200.0, 1_803_945_600.0)
    assert (await county.news.between("somerset", date(2027, 3, 2), date(2027, 3, 9))).stories == ()
    with pytest.raises(Malformed):
        await county.news.between("somerset", first, first)
    with pytest.raises(Unknown):
        await county.news.between("nothing", first, date(2027, 3, 2))
    with pytest.raises(Conflict) as refused:
        await county.news.between(f"{SECRET} network", first, date(2027, 3, 2))
    assert "is not public" in refused.value.sentence
