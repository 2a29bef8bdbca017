"""New places, and offers and wants, from the store to a digest's lines."""

from __future__ import annotations

import pytest

from appservice.newsroom import sources_of
from appservice.store import arrivals, lifecycle, market
from bot.digests.items import Item, Period, Reader
from bot.reply import plain_text
from spaces import changes
from spaces.arrivals import Arrival
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.market import Posting, State, ended, lasting
from spaces.nearness import Nearness
from spaces.network import Access, Kind
from tests.appservice.stage import ALICE, BEN, Stage
from tests.appservice.yard import DAY, SAM

on_both = pytest.mark.both_databases


async def came(stage: Stage) -> dict[PlaceId, Arrival]:
    async with stage.database.reading() as connection:
        found = await arrivals.between(connection, 0.0, stage.clock() + 1)
    return {one.place: one for one in found}


async def names(stage: Stage) -> list[str]:
    landscape = await stage.works.landscape()
    return sorted(landscape.place(place).name for place in await came(stage))


async def with_group(stage: Stage, home: NetworkId, name: str = "Painting") -> PlaceId:
    """Made by hand by Ben, and seen later."""
    async with stage.works.begin("hedgerow") as work:
        landscape, group = changes.create_group(work.landscape, work.ids, name=name, home=home)
        await work.change(landscape, what="by hand: group create", about=group, by=BEN)
    return group


async def items(stage: Stage, period: Period, user: UserId | None, *joined: PlaceId) -> list[Item]:
    async with stage.works.preview("test") as work:
        standing = await work.standing_of(user or UserId("@all:hs.test"))
        standing = standing.__class__(standing.user, joined=frozenset(joined))
        sight = work.directory.sight_of(standing)
        reader = Reader(user, standing, sight, sight.member_of, Nearness(work.landscape, sight))
        return [item for source in sources_of(work) for item in await source.items(reader, period)]


async def lines(stage: Stage, period: Period, user: UserId | None, *joined: PlaceId) -> list[str]:
    return [plain_text(item.line) for item in await items(stage, period, user, *joined)]


# -- when places came -----------------------------------------------------------------------------------


@on_both
async def test_a_network_and_a_group_come_when_they_are_made_by_who_makes_them(stage: Stage) -> None:
    arts = await stage.found("Arts")
    stage.clock.seconds += 60
    group = await with_group(stage, arts)
    now = stage.clock()
    assert await came(stage) == {arts: Arrival(arts, now - 60, ALICE), group: Arrival(group, now, BEN)}
    async with stage.database.reading() as connection:
        assert [one.place for one in await arrivals.between(connection, now - 60, now)] == [arts]
        assert [one.place for one in await arrivals.between(connection, now, now + 1)] == [group]


async def test_what_is_restored_or_changed_does_not_come_again(stage: Stage) -> None:
    arts = await stage.found("Arts")
    group = await with_group(stage, arts)
    before = await came(stage)
    both = (
        (changes.archive, group),
        (changes.archive, arts),
        (changes.restore, arts),
        (changes.restore, group),
    )
    for change, place in both:
        stage.clock.seconds += 60
        async with stage.work() as work:
            await work.change(change(work.landscape, place), what="test", about=place)
    async with stage.work() as work:
        landscape = changes.describe(work.landscape, work.ids, group, listed=True, access=Access.INVITE)
        await work.change(landscape, what="describe", about=group)
    assert await came(stage) == before


async def test_what_was_there_before_comes_not_even_when_it_is_restored(stage: Stage) -> None:
    arts = await stage.found("Arts")
    async with stage.database.writing() as connection:
        await lifecycle.forget_words(connection, [arts])
    for change in (changes.archive, changes.restore):
        async with stage.work() as work:
            await work.change(change(work.landscape, arts), what="test", about=arts)
    assert await came(stage) == {}


async def test_a_bridge_comes_once_its_parents_have_agreed(stage: Stage) -> None:
    arts, health = await stage.found("Arts"), await stage.found("Health", by=(BEN,))
    async with stage.works.begin(ALICE) as work:
        landscape, both = changes.create_network(
            work.landscape,
            work.ids,
            name="Both",
            kind=Kind.BRIDGE,
            under=(arts, health),
            agreed=(arts,),
            coordinators=(ALICE,),
        )
        await work.change(landscape, what="bridge", about=both)
    assert await names(stage) == ["Arts", "Health"]
    async with stage.works.begin(BEN) as work:
        await work.change(changes.accept(work.landscape, health, both), what="accept", about=both)
    assert await names(stage) == ["Arts", "Both", "Health"]


async def test_a_preview_brings_nothing_and_nobody_what_is_made_at_the_command_line(stage: Stage) -> None:
    for begin in (stage.works.preview, stage.works.begin):
        assert await came(stage) == {}
        async with begin("operator") as work:
            landscape, made = changes.create_network(work.landscape, work.ids, name="Arts")
            await work.change(landscape, what="founded", about=made)
    assert await came(stage) == {made: Arrival(made, stage.clock(), None)}


@on_both
async def test_who_made_it_is_forgotten_with_them_and_the_place_with_its_release(stage: Stage) -> None:
    arts = await stage.found("Arts")
    async with stage.database.writing() as connection:
        await arrivals.forget_person(connection, ALICE)
    assert await came(stage) == {arts: Arrival(arts, stage.clock(), None)}
    async with stage.database.writing() as connection:
        await lifecycle.forget_words(connection, [arts])
    assert await came(stage) == {}


# -- what is told ---------------------------------------------------------------------------------------


@on_both
async def test_a_digest_tells_of_what_came_in_its_period_as_it_is_when_it_is_sent(stage: Stage) -> None:
    county = await stage.found("Somerset")
    stage.clock.seconds += 60
    start = stage.clock()
    arts = await stage.found("Arts")
    async with stage.work() as work:
        linked = changes.link(work.landscape, county, arts, parent_agrees=True, child_agrees=True)
        await work.change(linked, what="link", about=arts)
    await with_group(stage, arts)
    group = await with_group(stage, county, "Walking")
    period = Period(start, start + 60)
    assert await lines(stage, period, SAM, county) == [
        "Arts, a new network in Somerset – join arts",
        "Walking, a new group in Somerset – join somerset/walking",
    ]
    assert await lines(stage, period, BEN, county) == ["Arts, a new network in Somerset – join arts"]
    assert await lines(stage, period, None, county) == await lines(stage, period, SAM, county)
    assert await lines(stage, Period(start - 60, start), SAM, county) == []
    async with stage.work() as work:
        await work.change(changes.archive(work.landscape, group), what="archive", about=group)
    assert await lines(stage, period, SAM, county) == ["Arts, a new network in Somerset – join arts"]


async def post(stage: Stage, network: NetworkId, number: int, **more: object) -> Posting:
    values = {"owner": BEN, "made_at": stage.clock(), "ends_at": stage.clock() + 60 * DAY, **more}
    made = Posting(number, ListingKind.OFFER, network, text=f"Ladder {number}", **values)
    async with stage.work() as work:
        await work.market.keep(made)
    return made


@on_both
async def test_offers_of_the_period_that_still_stand_are_told_and_ones_own_before_they_end(
    stage: Stage,
) -> None:
    arts = await stage.found("Arts")
    now = stage.clock()
    await post(stage, arts, 1, made_at=now - 8 * DAY)
    standing = await post(stage, arts, 2, made_at=now - 7 * DAY)
    await post(stage, arts, 3, made_at=now - DAY, ends_at=now)
    await post(stage, arts, 4, made_at=now)
    period = Period(now - 7 * DAY, now)
    assert await lines(stage, period, SAM, arts) == ["“Ladder 2”, offered in Arts – ask 2"]
    async with stage.work() as work:
        await work.market.keep(ended(standing, State.REMOVED, now))
    assert await lines(stage, period, SAM, arts) == []
    await post(stage, arts, 6, owner=SAM, made_at=now - 8 * DAY, ends_at=now + 8 * DAY, remind_at=now + DAY)
    mine = await post(stage, arts, 5, owner=SAM, made_at=now - 8 * DAY)
    async with stage.database.writing() as connection:
        await market.keep(connection, lasting(mine, now - 8 * DAY, now + 2 * DAY))
    [line] = await lines(stage, period, SAM, arts)
    assert line.startswith("Your offer 5: “Ladder 5” in Arts stands until")
    assert await lines(stage, period, BEN, arts) == []
    assert await lines(stage, period, None, arts) == []
