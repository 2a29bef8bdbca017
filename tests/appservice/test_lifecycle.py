"""Archive, restore and release with the store and the whole service, on a homeserver in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

import bot.lifecycle.releasing
from appservice.app import Hedgerow
from appservice.applying import watch
from appservice.demo.synapse import free_port
from appservice.engine import Foundation
from appservice.parting import NobodyThere, let_go
from appservice.releasing import Outlook, ReleasingAll
from appservice.store import lifecycle as store
from appservice.store import rooms, tables
from appservice.store.database import Database
from spaces import changes
from spaces.identifiers import GroupId, NetworkId, RoomId
from spaces.lifecycle import RoomKept, Snapshot
from tests.appservice.stage import ALICE, BEN, BOT, Stage
from tests.fake import FakeHomeserver, FakeUser, Registration
from tests.hedgerow import ADMIN, running, settings_for
from tests.waiting import nothing_waits

on_both = pytest.mark.both_databases

ROOM = RoomId("!r")
_LASTING = {"slugs", "events", "transactions", "outbox", "undertakings", "marks"}


# -- the store --------------------------------------------------------------------------------------


@on_both
async def test_p6_what_was_kept_is_read_again_and_what_cannot_be_read_is_nothing(database: Database) -> None:
    arts, talk = NetworkId("n.aaaaaaaaaaaaaaaa"), GroupId("g.aaaaaaaaaaaaaaaa")
    kept = Snapshot(
        frozenset({(arts, NetworkId("n.bbbbbbbbbbbbbbbb"))}),
        frozenset({(talk, arts)}),
        frozenset({ALICE}),
        {arts: RoomKept(frozenset({"hedge_arts"}), {ALICE: 50, BEN: 60}), talk: RoomKept()},
    )
    async with database.writing() as connection:
        assert await store.kept(connection, arts) is None
        await store.keep(connection, arts, Snapshot())
        await store.keep(connection, arts, kept)
        assert await store.kept(connection, arts) == kept
        await connection.execute(tables.snapshots.update().values(body="[]"))
        assert await store.kept(connection, arts) is None
        await store.drop(connection, arts)
        assert (await connection.execute(select(tables.snapshots))).all() == []


@on_both
async def test_p5_a_move_that_waits_is_still_one_after_a_restart(database: Database) -> None:
    stage = Stage(database)
    arts, health = await stage.found("Arts"), await stage.found("Health")
    async with stage.work() as work:
        landscape, child = changes.create_network(
            work.landscape, work.ids, name="Bristol", under=[arts], agreed=[arts]
        )
        landscape = changes.move(landscape, child, health, parent_agrees=False, child_agrees=True)
        await work.change(landscape, what="moved", about=child)
    read = await Stage(database).works.landscape()
    assert read == landscape
    assert read.links[health, child].instead_of == arts


# -- leaving ----------------------------------------------------------------------------------------


class OneRoom:
    """A homeserver with one room, and what was asked of it."""

    user = BOT

    def __init__(self, levels: Mapping[str, Any], **members: str) -> None:
        self.levels, self.did = levels, list[Any]()
        self.members = {BOT: "join", **{f"@{name}:hs.test": how for name, how in members.items()}}

    async def state(self, room: RoomId) -> list[dict[str, Any]]:
        there = [
            {"type": "m.room.member", "state_key": who, "content": {"membership": how}}
            for who, how in self.members.items()
        ]
        return [*there, {"type": "m.room.power_levels", "state_key": "", "content": self.levels}]

    async def put_state(self, room: RoomId, kind: str, key: str, content: Mapping[str, Any]) -> None:
        self.did.append(content)

    async def leave(self, room: RoomId, reason: str = "") -> None:
        self.did.append("left")


async def test_p7_the_bot_takes_its_own_power_along_where_it_has_one() -> None:
    twelve = OneRoom({"users": {ALICE: 100}}, alice="join")
    await let_go(twelve, ROOM, [ALICE])
    assert twelve.did == ["left"]
    eleven = OneRoom({"users": {ALICE: 100, BOT: 100}, "ban": 50}, alice="join")
    await let_go(eleven, ROOM, [BEN, ALICE])
    assert eleven.did == [{"users": {ALICE: 100}, "ban": 50}, "left"]


@pytest.mark.parametrize(
    ("levels", "alice"),
    [
        ({"users": {ALICE: 100}}, "invite"),
        ({"users": {ALICE: 100}}, "leave"),
        ({"users": {ALICE: 50}}, "join"),
        ({"users": {ALICE: "100"}}, "join"),
        ({"users": []}, "join"),
        ({}, "join"),
        ({"users": {BEN: 100}}, "join"),
    ],
)
async def test_p7_the_bot_stays_where_no_coordinator_with_all_power_is(levels: Any, alice: str) -> None:
    room = OneRoom(levels, alice=alice, ben="join")
    with pytest.raises(NobodyThere):
        await let_go(room, ROOM, [ALICE])
    assert room.did == []


async def test_p7_a_room_that_was_left_already_is_let_go() -> None:
    room = OneRoom({})
    room.members[BOT] = "leave"
    await let_go(room, ROOM, [ALICE])
    assert room.did == []


# -- the whole service ------------------------------------------------------------------------------


@dataclass
class House:
    fake: FakeHomeserver
    service: Hedgerow
    admin: FakeUser
    direct: str

    async def quiet(self) -> None:
        """Until nothing waits any more."""
        async with asyncio.timeout(30):
            calm = 0
            while calm < 3:
                await self.fake.pushed()
                calm = calm + 1 if await nothing_waits(self.service) else 0
                await asyncio.sleep(0.03)

    async def ask(self, text: str) -> str:
        before = len(self.admin.messages(self.direct))
        self.admin.send(self.direct, text)
        await self.quiet()
        said = [body for who, body in self.admin.messages(self.direct)[before:] if who == self.fake.bot]
        return said[-1].removeprefix("* ")

    async def make(self, *commands: str) -> None:
        """Say these, and come in wherever the bot invites or the rules allow."""
        for command in commands:
            assert "Shall I" not in await self.ask(command)
        for place in self.room_ids():
            self.admin.join(place)
        await self.quiet()

    def room_ids(self) -> list[str]:
        return [i for m, ids in self.fake.rooms_by_marker().items() if m[:2] in ("n.", "g.") for i in ids]

    async def room(self, slug: str) -> Any:
        landscape = await self.service.engine.works.landscape()
        home, _, group = slug.partition("/")
        place = landscape.slugs[f"{landscape.slugs[home]}/{group}" if group else home]
        return self.fake.room_of(place)

    async def kept_of(self, word: str) -> list[str]:
        """The tables that hold it still, but for those that forget by themselves and the names given."""
        async with self.service.foundation.database.reading() as connection:
            found = []
            for table in tables.metadata.sorted_tables:
                rows = [tuple(row) for row in await connection.execute(select(table))]
                if table.name not in _LASTING and word.casefold() in str(rows).casefold():
                    found.append(table.name)
            return found


@pytest.fixture
def version() -> str:
    return "12"


@pytest.fixture
async def house(service_database: str, version: str) -> AsyncIterator[House]:
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as fake:
        admin = fake.add_user(ADMIN)
        made = settings_for(fake.base_url, fake.registration, service_database, rooms={"version": version})
        async with running(made) as service:
            house = House(fake, service, admin, await admin.create_dm(fake.bot))
            await house.quiet()
            yield house
            fake.release()


@pytest.mark.parametrize("words", [("network restore crafts",), ("undo", "yes")], ids=["restore", "undo"])
async def test_p6_restored_it_has_its_former_aliases_and_what_people_were_given_by_hand(
    house: House, words: tuple[str, ...]
) -> None:
    fake, server = house.fake, "hs.test"
    await house.make(
        "network create Arts", "network rename arts --to Crafts", "group create Talk --in crafts"
    )
    crafts, talk = (await house.room("crafts")).room_id, await house.room("crafts/talk")
    given = {**talk.content("m.room.power_levels")}
    house.admin.set_state(talk.room_id, "m.room.power_levels", given | {"users": {ADMIN: 50, BEN: 40}})
    await house.quiet()
    assert await house.ask("network archive crafts")
    assert "is archived" in await house.ask("yes")
    aliases = [f"#hedge_{slug}:{server}" for slug in ("arts", "crafts")]
    assert not set(aliases) & set(fake.world.aliases_of(crafts))
    notices = [body for who, body in house.admin.messages(talk.room_id) if who == fake.bot]
    assert [n.partition(":")[0] for n in notices] == ["This network is archived"]
    answers = [await house.ask(said) for said in words]
    assert "All is as it was." in answers[-1]
    assert set(aliases) <= set(fake.world.aliases_of(crafts))
    assert talk.content("m.room.power_levels") == given | {"users": {ADMIN: 50, BEN: 40}}
    assert await house.kept_of("hedge_arts") == ["rooms"]


@pytest.mark.parametrize("version", ["11", "12"])
async def test_p7_what_is_released_belongs_to_its_people_and_is_forgotten(house: House) -> None:
    await house.make("network create Zebra --topic Zebras", "group create Zebu --in zebra --access invite")
    made = [house.fake.room(i) for i in house.room_ids()]
    assert len(made) == 4
    preview = await house.ask("network release zebra")
    assert "over to @admin:hs.test, with all power in it" in preview
    assert await house.ask("yes") == (
        "Zebra belongs to @admin:hs.test alone now. I have left it, and forgotten what I held on it."
    )
    for room in made:
        assert room.membership(house.fake.bot) == "leave"
        assert room.content("m.room.power_levels")["users"] == {ADMIN: 100}
        assert house.fake.world.aliases_of(room.room_id) == []
        assert room.content("m.room.canonical_alias") == {}
        house.admin.set_state(room.room_id, "m.room.join_rules", {"join_rule": "knock"})
        house.admin.send(room.room_id, "ours")
    await house.quiet()
    assert await house.kept_of("zeb") == []
    assert "is made" in await house.ask("network create Zebra")


async def test_p7_where_the_last_coordinator_goes_meanwhile_the_bot_stays_and_it_can_be_said_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.make("network create Arts")

    async def looks_well(*_: object) -> None: ...

    monkeypatch.setattr(bot.lifecycle.releasing, "check_ruled", looks_well)
    news = await house.room("arts/news")
    house.admin.leave(news.room_id)
    await house.quiet()
    await house.ask("network release arts")
    assert "no coordinator is in it with power 100, so I stay" in await house.ask("yes")
    assert news.membership(house.fake.bot) == "join"
    assert (await house.room("arts")).membership(house.fake.bot) == "leave"
    assert "is being released" in await house.ask("group create Talk --in arts")
    house.fake.world.set_membership(house.fake.bot, news, ADMIN, {"membership": "invite"})
    house.admin.join(news.room_id)
    await house.quiet()
    await house.ask("network release arts")
    assert "alone now" in await house.ask("yes")
    assert news.membership(house.fake.bot) == "leave"
    assert await house.kept_of("arts") == []


async def test_p7_all_that_can_be_is_released_at_once_and_what_goes_together_stays_linked(
    house: House,
) -> None:
    await house.make("ecosystem create Somerset", "network create Arts --under somerset")
    await house.ask("network create Health")  # nobody comes in there
    somerset, arts = await house.room("somerset"), await house.room("arts")
    releasing = ReleasingAll(house.service.foundation)
    outlook = await releasing.look()
    assert (outlook.names, outlook.rooms) == (("Arts", "Somerset"), 5)
    [hindered] = outlook.hindered
    assert hindered.startswith("Health: I leave a room only when somebody is there who can rule it")
    assert await releasing.release() is not None
    house.service.engine.outbox.wake()
    await house.quiet()
    assert somerset.content("m.space.child", arts.room_id)["via"] == ["hs.test"]
    assert arts.content("m.space.parent", somerset.room_id)["canonical"] is True
    assert {room.membership(house.fake.bot) for room in (somerset, arts)} == {"leave"}
    landscape = await house.service.engine.works.landscape()
    assert [n.name for n in landscape.networks.values()] == ["Health"]
    assert (await releasing.look()).names == ()


async def test_p7_all_is_released_without_a_service_as_well(service_database: str) -> None:
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as fake:
        admin = fake.add_user(ADMIN)
        made = settings_for(fake.base_url, fake.registration, service_database)
        async with running(made) as service:
            house = House(fake, service, admin, await admin.create_dm(fake.bot))
            await house.make("network create Arts")
            rooms_made = house.room_ids()
        foundation = Foundation(made)
        await foundation.lay()
        undertaking = await ReleasingAll(foundation).release()
        assert undertaking is not None
        applied = await watch(foundation, undertaking, lambda progress: None)
        assert (applied.total > 9, applied.failed) == (True, ())
        assert {fake.room(room).membership(fake.bot) for room in rooms_made} == {"leave"}
        assert (await ReleasingAll(foundation).look()) == Outlook((), 0, ())
        await foundation.database.close()


@on_both
async def test_p7_nothing_that_waits_for_a_released_room_is_left(database: Database) -> None:
    stage = Stage(database)
    arts = await stage.found("Arts")
    async with stage.work() as work:
        await rooms.set_room(work.connection, arts, ROOM)
        await rooms.save_memberships(work.connection, ROOM, {ALICE: "join"}, now=0.0)
    assert [a.room for a in await stage.waiting()].count(arts) > 1
    async with stage.work() as work:
        await store.forget_room(work.connection, arts, but=0)
        assert await rooms.place_of(work.connection, ROOM) is None
        assert await rooms.members(work.connection, ROOM) == {}
    assert arts not in {action.room for action in await stage.waiting()}
