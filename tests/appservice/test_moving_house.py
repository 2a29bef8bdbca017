"""A tree of networks leaves one server's store and comes into another's, with what belongs to it."""

from __future__ import annotations

import asyncio
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from appservice.exporting import Exported, Exporting, write
from appservice.importing import Begun, Importing, Wishes
from appservice.people_moved import people_in_table, read_people
from appservice.store import calendar, codes, listings, market, rooms, stories, tables
from appservice.store.database import Database
from config.export_file import parsed, read_export
from config.export_writing import text_of
from spaces import changes
from spaces.codes import Code
from spaces.directory import ListingKind
from spaces.export_checks import ExportRefused
from spaces.exported import Export, NotExported
from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.listings import Listing
from spaces.market import Posting, State
from spaces.network import Access
from spaces.occasions import Occasion
from spaces.stories import Level, Step, Story, stands
from tests.appservice.stage import ADMIN, ALICE, BEN, BOT, FAR, PlayedRooms, Stage

DAY = 86_400.0
OLD_ADA, OLD_BEN = UserId("@ada:old.test"), UserId("@ben:old.test")


@pytest.fixture
def stage(database: Database) -> Stage:
    """The server that takes the tree in."""
    return Stage(database)


async def lived_in(stage: Stage) -> dict[str, Any]:
    """County over Arts, which has a group for invited people, and one of everything that comes along."""
    county = await stage.found("County")
    async with stage.work() as work:
        landscape, arts = changes.create_network(
            work.landscape, work.ids, name="Arts", under=[county], agreed=[county], coordinators=[ALICE, FAR]
        )
        landscape, jury = changes.create_group(
            landscape, work.ids, name="Jury", home=arts, access=Access.INVITE
        )
        await work.change(landscape, what="founded", about=arts)
    await PlayedRooms(stage).settle_all()
    welcome = next(g.id for g in landscape.groups_of(arts) if g.name == "welcome")
    now = stage.clock()
    async with stage.work() as work:
        for place, user in ((arts, ALICE), (arts, BEN), (welcome, FAR), (jury, BEN), (county, ALICE)):
            room = await rooms.room_of(work.connection, place)
            assert room is not None
            await rooms.save_memberships(work.connection, room, {user: "join", BOT: "join"}, now=now)
        mill = Listing(10001, ListingKind.ORGANISATION, arts, "Mill", stewards=(BEN,))
        lunch = Listing(10002, ListingKind.SERVICE, arts, "Lunch", by=10001, confirmed_at=now)
        await listings.keep(work.connection, [mill, lunch])
        await market.keep(
            work.connection, Posting(10003, ListingKind.WANT, arts, BEN, "A ladder", now, now + DAY)
        )
        story = Story(10004, welcome, RoomId("!r"), EventId("$e"), BEN, now, BEN, "The mill is open.", "Ben")
        await stories.keep(work.connection, story)
        await stories.keep_level(work.connection, Level(10004, arts, Step.TAKEN, now, decided_by=ALICE))
        await stories.keep_level(work.connection, Level(10004, county, Step.TAKEN, now, arts, "Flour again"))
        fair = Occasion(10005, arts, BEN, "Fair", "Square", now + DAY, None, "Europe/London", now, now)
        await calendar.keep(work.connection, fair)
        await codes.keep(work.connection, Code(10006, arts, ALICE, now + DAY, uses_left=5), "digest", now)
        await codes.keep(work.connection, Code(10007, arts, ALICE, now - DAY), "another digest", now)
    return {"county": county, "arts": arts, "jury": jury}


async def exported(stage: Stage, top: str | None = None) -> Exported:
    return await Exporting(stage.works, top).export()


def from_old(export: Export) -> Export:
    """The same as if it came from old.test: with people of that server."""
    text = text_of(replace(export, server="old.test"))
    return parsed(text.replace(":hs.test", ":old.test").replace("@alice", "@ada").encode())


async def take_in(stage: Stage, export: Export, **wishes: Any) -> Begun:
    importing = Importing(stage.works, export, Wishes(**wishes))
    seen, begun = await importing.preview(), await importing.run()
    assert len(seen.came.made) == len(begun.outlook.came.made)
    return begun


async def landscape_of(stage: Stage) -> Landscape:
    return await stage.works.landscape()


def named(landscape: Landscape, name: str) -> NetworkId:
    return next(network.id for network in landscape.networks.values() if network.name == name)


async def count(stage: Stage) -> dict[str, int]:
    """How many rows each table has."""
    found = {}
    async with stage.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            how_many = await connection.execute(select(func.count()).select_from(table))
            found[table.name] = int(how_many.scalar_one())
    return found


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Export:
    """What the old server hands over."""
    file = tmp_path_factory.mktemp("old") / "old.db"
    file.write_bytes(migrated_file.read_bytes())
    return from_old(asyncio.run(_export_of_a_lived_in(f"sqlite+aiosqlite:///{file}")))


async def _export_of_a_lived_in(url: str) -> Export:
    database = Database(url)
    try:
        stage = Stage(database)
        await lived_in(stage)
        return (await exported(stage)).export
    finally:
        await database.close()


# -- out ----------------------------------------------------------------------------------------------


def test_o3_the_file_is_for_its_owner_alone_and_never_written_over(export: Export, tmp_path: Path) -> None:
    write(tmp_path / "tree.json", export)
    assert stat.S_IMODE((tmp_path / "tree.json").stat().st_mode) == 0o600
    assert read_export(tmp_path / "tree.json") == export
    with pytest.raises(NotExported, match="is there already"):
        write(tmp_path / "tree.json", export)
    with pytest.raises(NotExported, match="cannot be written"):
        write(tmp_path / "nowhere" / "tree.json", export)


async def test_o3_a_tree_takes_along_what_is_its_own_and_tells_what_stays(stage: Stage) -> None:
    lived = await lived_in(stage)
    before = await count(stage)
    everything, arts = await exported(stage), await exported(stage, "arts")
    assert await count(stage) == before
    assert everything.left[0] == "One code that lets people in does not come along: make new ones there."
    assert set(arts.export.tree.networks) == {lived["arts"]}
    assert set(everything.export.tree.networks) == {lived["county"], lived["arts"]}
    assert arts.left[0] == "“Arts” is under “County”, which stays here: it will be at the top."
    [(_, levels)] = arts.export.stories
    assert set(levels) == {lived["arts"]}
    people = {user for users in everything.export.members.values() for user in users}
    assert people == {ALICE, BEN, FAR}
    text = text_of(everything.export)
    assert "digest" not in json.loads(text)
    assert BOT not in text
    assert "decided_by" not in text


# -- in -----------------------------------------------------------------------------------------------


@pytest.mark.both_databases
async def test_o3_everything_comes_in_once_and_the_second_time_changes_nothing(
    stage: Stage, export: Export
) -> None:
    begun = await take_in(stage, export, renamed={OLD_BEN: BEN}, invite=True)
    assert begun.undertaking is not None
    landscape = await landscape_of(stage)
    arts, county = named(landscape, "Arts"), named(landscape, "County")
    assert (landscape.parents(arts), landscape.slug_of(arts)) == ((county,), "arts")
    async with stage.database.reading() as connection:
        mill, lunch = await listings.of(connection, [arts])
        [posting] = await market.of(connection, BEN)
        [story] = await stories.of_author(connection, BEN)
        levels = (await stories.levels_of(connection, [story.number]))[story.number]
        [fair] = await calendar.ahead(connection, [arts], stage.clock())
    assert (mill.name, mill.stewards, lunch.by) == ("Mill", (BEN,), mill.number)
    assert (posting.state, posting.text, posting.network) == (State.LEFT, "A ladder", arts)
    assert (story.byline, story.text, landscape.groups[story.group].name) == (
        "Ben",
        "The mill is open.",
        "welcome",
    )
    assert levels[county].headline == "Flour again"
    assert all(stands(landscape, story, levels, network) for network in (arts, county))
    assert (fair.name, fair.owner, fair.event) == ("Fair", BEN, None)
    before, waiting = await count(stage), await stage.waiting()
    again = await take_in(stage, export, renamed={OLD_BEN: BEN}, invite=True)
    assert not again.outlook.is_new
    assert await count(stage) == before
    assert await stage.waiting() == waiting
    assert again.undertaking == begun.undertaking


async def test_o3_people_are_invited_only_when_that_is_said_and_coordinators_first(
    stage: Stage, export: Export
) -> None:
    played = PlayedRooms(stage)
    quiet = await take_in(stage, export)
    await played.settle_all()
    landscape = await landscape_of(stage)
    assert {c.user for c in landscape.coordinators.values()} == {ADMIN}
    assert quiet.outlook.left_behind == (OLD_ADA, OLD_BEN)
    assert quiet.outlook.people == 1
    said = await take_in(stage, export, renamed={OLD_ADA: ALICE, OLD_BEN: BEN}, invite=True)
    asked = invited(await played.settle_all(), await landscape_of(stage))
    assert set(asked) == {
        ("County", ALICE),
        ("Arts", ALICE),
        ("Arts", FAR),
        ("Arts", BEN),
        ("Jury", ALICE),
        ("Jury", FAR),
        ("Jury", BEN),
    }
    assert len(asked) == len(set(asked))
    assert asked.index(("Arts", FAR)) < asked.index(("Arts", BEN))
    assert said.outlook.named == {ALICE: ("Arts", "County"), FAR: ("Arts",)}
    assert said.outlook.invited == 1
    again = await take_in(stage, export, renamed={OLD_ADA: ALICE, OLD_BEN: BEN}, invite=True)
    assert not again.outlook.is_new
    assert again.undertaking is None
    assert not invited(await played.settle_all(), await landscape_of(stage))


def invited(done: Any, landscape: Landscape) -> list[tuple[str, UserId]]:
    """Whom the bot has invited to what."""
    return [
        (landscape.place(a.room).name, a.user)
        for a in done
        if type(a).__name__ == "Invite" and isinstance(a.room, (NetworkId, GroupId))
    ]


async def test_o3_who_has_said_no_is_not_asked_again_by_a_second_import(stage: Stage, export: Export) -> None:
    played = PlayedRooms(stage)
    wishes = {"renamed": {OLD_BEN: BEN}, "invite": True}
    await take_in(stage, export, **wishes)
    await played.settle_all()
    arts = named(await landscape_of(stage), "Arts")
    async with stage.work() as work:
        await work.invitations.decline(arts, BEN)
        room = await rooms.room_of(work.connection, arts)
        assert room is not None
        await rooms.save_memberships(work.connection, room, {BEN: "leave"}, now=stage.clock())
    stage.clock.seconds += DAY
    await take_in(stage, export, **wishes)
    assert ("Arts", BEN) not in invited(await stage.waiting(), await landscape_of(stage))
    stage.clock.seconds += 90 * DAY
    await take_in(stage, export, **wishes)
    assert ("Arts", BEN) in invited(await stage.waiting(), await landscape_of(stage))


async def test_o3_what_somebody_took_away_here_does_not_come_back(stage: Stage, export: Export) -> None:
    await take_in(stage, export)
    arts = named(await landscape_of(stage), "Arts")
    async with stage.work() as work:
        await listings.forget(work.connection, await listings.of(work.connection, [arts]))
    again = await take_in(stage, export)
    assert not again.outlook.is_new
    async with stage.database.reading() as connection:
        assert not await listings.of(connection, [arts])


async def test_o3_a_preview_writes_nothing_and_a_refused_import_neither(stage: Stage, export: Export) -> None:
    await stage.found("Arts")
    before = await count(stage)
    for do in (
        Importing(stage.works, export, Wishes()).preview,
        Importing(stage.works, export, Wishes()).run,
    ):
        with pytest.raises(ExportRefused, match=r"“arts” of “Arts” is taken here"):
            await do()
    county = await stage.found("Shire")
    more = await count(stage)
    outlook = await Importing(stage.works, export, Wishes(under="shire")).preview()
    assert len(outlook.came.made) == 7
    assert await count(stage) == more != before
    await take_in(stage, export, under="shire", by=ALICE)
    landscape = await landscape_of(stage)
    assert landscape.parents(named(landscape, "County")) == (county,)
    assert sorted(n.slug for n in landscape.networks.values() if n.name == "Arts") == ["arts", "arts-county"]


async def test_o3_without_an_admin_somebody_has_to_be_named(database: Database, export: Export) -> None:
    alone = Stage(database, admins=())
    with pytest.raises(ExportRefused, match="Say --by @you:server"):
        await Importing(alone.works, export, Wishes()).preview()
    await take_in(alone, export, by=BEN)
    assert {c.user for c in (await landscape_of(alone)).coordinators.values()} == {BEN}


# -- who has moved ------------------------------------------------------------------------------------


def test_o3_a_table_says_who_has_moved(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("old,new\n@ada:old.test, @alice:hs.test\n\n", encoding="utf-8-sig")
    assert read_people(tmp_path / "people.csv") == {OLD_ADA: ALICE}
    with pytest.raises(ExportRefused) as refused:
        people_in_table("@a:x,@b:y\n@a:x,@c:y\nnobody\n@d:x,e\n")
    assert refused.value.problems == (
        "line 2: @a:x was @b:y in an earlier line.",
        "line 3: “nobody” is not the old and the new Matrix ID, parted by a comma.",
        "line 4: “e” is not a Matrix ID. One looks like @alice:example.org.",
    )
    with pytest.raises(ExportRefused, match="Is a quotation mark left open"):
        people_in_table('old,new\n"@a:x,@b:y\n' + "@ada:old.test,@alice:hs.test\n" * 10_000)
    (tmp_path / "people.csv").write_bytes(b"\xff")
    with pytest.raises(ExportRefused, match="not in UTF-8"):
        read_people(tmp_path / "people.csv")
