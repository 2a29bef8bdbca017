"""The landscape in the store: saved by its difference, loaded equal, and read although a row is broken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete, func, select, update

from appservice.store import tables
from appservice.store.database import Database
from appservice.store.landscape import LandscapeStore
from spaces import changes
from spaces.actions import ReadBack
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator
from tests.appservice.stage import PlayedRooms, Stage, message
from tests.spaces.worlds import BOT, CountedIds, beginnings, changed_landscapes

pytestmark = pytest.mark.both_databases

LANDSCAPE_TABLES = (
    tables.networks, tables.groups, tables.links, tables.shares, tables.coordinators, tables.slugs
)  # fmt: skip


async def save(database: Database, store: LandscapeStore, after: Landscape) -> None:
    """As a unit of work does it: load for writing, save, and keep once committed."""
    async with database.writing() as connection:
        before = await store.load(connection, for_writing=True)
        revision = await store.save(connection, before, after)
    store.keep(after, revision)


async def load(database: Database, store: LandscapeStore | None = None) -> Landscape:
    async with database.reading() as connection:
        return await (store or LandscapeStore()).load(connection)


async def emptied(database: Database) -> None:
    async with database.writing() as connection:
        for table in LANDSCAPE_TABLES:
            await connection.execute(delete(table))


@given(pair=changed_landscapes())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],  # emptied each time
)
async def test_a_landscape_and_what_became_of_it_are_loaded_as_they_were_saved(
    database: Database, pair: tuple[Landscape, Landscape]
) -> None:
    before, after = pair
    await emptied(database)
    store = LandscapeStore()
    for landscape in (before, after):
        await save(database, store, landscape)
        loaded = await load(database)
        assert loaded == landscape
        assert {type(n.access) for n in loaded.networks.values()} <= {Access}


async def test_only_what_differs_is_written(database: Database) -> None:
    ids = CountedIds()
    before = beginnings(ids)
    store = LandscapeStore()
    await save(database, store, before)
    network = next(iter(before.networks))
    async with database.writing() as connection:  # another hand writes into a row that is not concerned
        other = list(before.networks)[1]
        await connection.execute(
            update(tables.networks).where(tables.networks.c.id == other).values(topic="kept")
        )
    await save(database, store, changes.describe(before, ids, network, topic="new"))
    loaded = await load(database)
    assert loaded.networks[network].topic == "new"
    assert loaded.networks[other].topic == "kept"


# -- several who read and write ---------------------------------------------------------------------


async def test_a_second_process_sees_the_change_and_can_go_on_from_it(database: Database) -> None:
    ids, one, two = CountedIds(), LandscapeStore(), LandscapeStore()
    first = beginnings(ids)
    await save(database, one, first)
    assert await load(database, two) == first
    network = next(iter(first.networks))
    second = changes.rename(first, ids, network, "Renamed")
    await save(database, two, second)
    assert await load(database, one) == second
    third = changes.describe(second, ids, network, topic="by the first again")
    await save(database, one, third)
    assert await load(database, two) == third
    assert await load(database) == third


async def test_what_is_loaded_is_kept_as_long_as_nobody_changes_it(database: Database) -> None:
    store = LandscapeStore()
    await save(database, store, beginnings(CountedIds()))
    assert await load(database, store) is await load(database, store)


async def test_a_look_between_a_commit_and_its_being_kept_hides_no_other_process_change(
    database: Database,
) -> None:
    ids, one, two = CountedIds(), LandscapeStore(), LandscapeStore()
    first = beginnings(ids)
    await save(database, one, first)
    network = next(iter(first.networks))
    second = changes.rename(first, ids, network, "Second")
    async with database.writing() as connection:
        before = await one.load(connection, for_writing=True)
        revision = await one.save(connection, before, second)
    assert await load(database, one) == second  # a reader of the same process, before it is kept
    one.keep(second, revision)
    third = changes.rename(second, ids, network, "Third")
    await save(database, two, third)
    assert await load(database, one) == third


async def test_a_slow_reader_takes_no_revision_away_from_a_writer(database: Database) -> None:
    ids, one, two = CountedIds(), LandscapeStore(), LandscapeStore()
    first = beginnings(ids)
    await save(database, one, first)
    await load(database, two)
    second = changes.rename(first, ids, next(iter(first.networks)), "Second")
    async with database.reading() as looking:
        await LandscapeStore().load(looking)
        async with database.writing() as connection:
            before = await one.load(connection, for_writing=True)
            one.keep(before, -1)  # as if a reader that began before had just finished
            await one.save(connection, before, second)
    assert await load(database, two) == second


async def test_what_is_rolled_back_was_never_there(database: Database) -> None:
    stage = Stage(database)
    arts = await stage.found("Arts")
    before = await stage.works.landscape()

    async def fail() -> None:
        async with stage.work() as work:
            renamed = changes.rename(work.landscape, work.ids, arts, "Health")
            await work.change(renamed, what="renamed", about=arts)
            raise RuntimeError("made to fail")

    with pytest.raises(RuntimeError, match="made to fail"):
        await fail()
    assert await stage.works.landscape() == before
    assert await load(database) == before


# -- names ------------------------------------------------------------------------------------------

NAMES = ("Ünïon", "Сад и огород", "芸術", "الفنون", "אמנות", "कला", "Τέχνη", "Արվեստ", "ศิลปะ", "🎨 Arts",
         "𐍈𐌰𐍂𐍄", "O'Brien; DROP TABLE networks;--", '"%_\\', "e\u0301cole", "n.abc")  # fmt: skip


async def test_a32_names_of_every_script_come_back_as_they_were(database: Database) -> None:
    ids, landscape, names = CountedIds(), Landscape(), {}
    for name in NAMES:
        landscape, network = changes.create_network(landscape, ids, name=f"X {name}", coordinators=[BOT])
        names[network] = landscape.networks[network].name
        landscape = changes.describe(landscape, ids, network, topic=name)
    await save(database, LandscapeStore(), landscape)
    loaded = await load(database)
    assert loaded == landscape
    assert {n.id: n.name for n in loaded.networks.values()} == names


# -- rows that cannot be read -----------------------------------------------------------------------


async def broken(database: Database, table: Any, column: str, value: object, **where: str) -> None:
    async with database.writing() as connection:
        condition = [table.c[name] == wanted for name, wanted in where.items()]
        await connection.execute(update(table).where(*condition).values({column: value}))


@pytest.mark.parametrize("column", ["kind", "access", "status"])
async def test_a25_a_network_of_an_unknown_word_is_set_aside_with_all_that_hangs_on_it(
    database: Database, column: str
) -> None:
    landscape = beginnings(CountedIds())
    await save(database, LandscapeStore(), landscape)
    lost, *others = landscape.networks
    await broken(database, tables.networks, column, "of a later version", id=lost)
    loaded = await load(database)
    assert list(loaded.networks) == others
    assert {g.home for g in loaded.groups.values()} == set(others)
    assert all(lost not in key for key in (*loaded.links, *loaded.shares, *loaded.coordinators))
    assert loaded.slugs == landscape.slugs, "its name is still taken"


async def test_a25_a_row_that_was_set_aside_is_left_alone_by_what_is_saved(database: Database) -> None:
    ids = CountedIds()
    landscape = beginnings(ids)
    await save(database, LandscapeStore(), landscape)
    lost, other, *_ = landscape.networks
    await broken(database, tables.networks, "access", "of a later version", id=lost)
    store = LandscapeStore()
    await save(database, store, changes.rename(await load(database, store), ids, other, "Renamed"))
    await broken(database, tables.networks, "access", landscape.networks[lost].access, id=lost)
    loaded = await load(database)
    assert loaded.networks[other].name == "Renamed"
    assert loaded.networks[lost] == landscape.networks[lost]
    assert loaded.groups.keys() == landscape.groups.keys()
    assert loaded.links.keys() == landscape.links.keys()


async def test_a25_a_group_of_an_unknown_purpose_is_set_aside_alone(database: Database) -> None:
    landscape = beginnings(CountedIds())
    await save(database, LandscapeStore(), landscape)
    lost = next(iter(landscape.groups))
    await broken(database, tables.groups, "purpose", "dancing", id=lost)
    loaded = await load(database)
    assert landscape.groups.keys() - loaded.groups.keys() == {lost}
    assert loaded.networks == landscape.networks


async def test_a25_with_a_network_set_aside_commands_are_served_and_its_room_is_left_alone(
    database: Database,
) -> None:
    stage = Stage(database)
    lost, kept = await stage.found("Arts"), await stage.found("Health")
    played = PlayedRooms(stage)
    await played.settle_all()
    await broken(database, tables.networks, "access", "of a later version", id=lost)
    again = Stage(database)
    for place, room in stage.places.all():
        again.places.put(place, room)
    await again.knows(message(1)["room_id"], UserId("@alice:hs.test"))
    assert len(await again.hears(message(1, "show Health"))) == 1
    rooms_again = PlayedRooms(again)
    rooms_again.state, rooms_again.ready = played.state, played.ready
    async with again.work() as work:
        work.put(*(ReadBack(place) for place, _ in again.places.all()))
        await work.settle([kept])
    await rooms_again.settle_all()
    async with database.reading() as connection:
        found = (await connection.execute(select(func.count()).select_from(tables.outbox))).scalar_one()
    assert found <= 1, "nothing of it waits or has failed but the answer"


async def test_someone_who_was_a_coordinator_is_kept_as_such(database: Database) -> None:
    landscape = beginnings(CountedIds())
    network = NetworkId(next(iter(landscape.networks)))
    user = UserId("@gone:hs.test")
    landscape = landscape.having(Coordinator(network, user, former=True))
    await save(database, LandscapeStore(), landscape)
    assert (await load(database)).former_coordinators_of(network) == (user,)
    back = replace(landscape.coordinators[network, user], former=False)
    store = LandscapeStore()
    await load(database, store)
    await save(database, store, landscape.having(back))
    assert (await load(database)).coordinators[network, user] == back
