"""Who has no path left is told and taken out in time, over the store; and nobody else ever."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from appservice.departing import Departing
from appservice.store import paths as store
from appservice.store import tables
from bot.paths.departing import DAY
from bot.paths.ports import Wish
from spaces import changes
from spaces.actions import Invite, ReadBack, Remove
from spaces.identifiers import GroupId, NetworkId, RoomId, UserId
from spaces.network import Access, Kind
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BOT, PlayedRooms, Stage, member, says, text_of

pytestmark = pytest.mark.both_databases

MIA, SAM, KIT = UserId("@mia:hs.test"), UserId("@sam:hs.test"), UserId("@kit:hs.test")
MIAS_ROOM = RoomId("!mia-and-the-bot")


class Town:
    """Arts and Health, public, with a private bridge between them, and in it a private group, the choir."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.rooms = stage, PlayedRooms(stage)
        self.departing = Departing(stage.works)
        self.arts: NetworkId
        self.health: NetworkId
        self.bridge: NetworkId
        self.choir: GroupId
        self._numbers = iter(range(1, 10_000))

    @built_once
    async def open(self) -> Town:
        await self.departing.begin()
        self.arts, self.health = await self.stage.found("Arts"), await self.stage.found("Health")
        both = (self.arts, self.health)
        async with self.stage.works.begin(ALICE) as work:
            landscape, self.bridge = changes.create_network(
                work.landscape, work.ids, name="Both", kind=Kind.BRIDGE, under=both, agreed=both
            )
            landscape, self.choir = changes.create_group(landscape, work.ids, name="Choir", home=self.bridge)
            await work.change(landscape, what="founded", about=self.bridge)
        await self.rooms.settle_all()
        return self

    async def come(self, user: UserId, *places: NetworkId | GroupId) -> None:
        for place in places:
            await self._moves(user, place, "join")

    async def go(self, user: UserId, place: NetworkId | GroupId) -> None:
        await self._moves(user, place, "leave")

    async def invites(self, by: UserId, user: UserId, place: NetworkId | GroupId) -> None:
        await self._moves(user, place, "invite", sender=by)

    async def _moves(self, user: UserId, place: NetworkId | GroupId, how: str, **more: str) -> None:
        room = self.stage.places.room(place)
        self.rooms.set(
            room, "m.room.member", {"membership": how}, key=user, by=UserId(more.get("sender", user))
        )
        await self.stage.hears(member(f"town{next(self._numbers)}", user, how, room, **more))
        await self.rooms.settle_all()

    async def unlink(self, parent: NetworkId) -> None:
        async with self.stage.works.begin(ALICE) as work:
            landscape = changes.unlink(work.landscape, parent, self.bridge)
            await work.change(landscape, what="unlink", about=self.bridge)
        await self.rooms.settle_all()

    async def set_grace(self, days: int) -> None:
        async with self.stage.works.begin(ALICE) as work:
            landscape = changes.describe(work.landscape, work.ids, self.bridge, grace_days=days)
            await work.change(landscape, what="describe", about=self.bridge)
        await self.rooms.settle_all()

    async def tick(self, days: float = 0.0, *, reads: bool = True) -> None:
        """Time passes; the service looks, reads what it wants to read, and looks again."""
        self.stage.clock.seconds += days * DAY
        for _ in range(3):
            await self.departing.tick()
            if reads:
                await self.rooms.settle_all()

    def where(self, user: UserId) -> dict[str, str]:
        """Of Arts, Health, the bridge and the choir: how they are in each, on the homeserver."""
        named = {"arts": self.arts, "health": self.health, "bridge": self.bridge, "choir": self.choir}
        found: dict[str, str] = {}
        for name, place in named.items():
            state: Mapping[tuple[str, str], object] = self.rooms.state[self.stage.places.room(place)]
            if ("m.room.member", user) in state:
                room = self.stage.places.room(place)
                found[name] = self.rooms.content(room, "m.room.member", user)["membership"]
        return found

    async def leaving(self) -> set[tuple[str, UserId]]:
        async with self.stage.database.reading() as connection:
            t = tables.departures.c
            return {(r.place, UserId(r.user)) for r in await connection.execute(select(t.place, t.user))}

    async def audit(self) -> list[str]:
        async with self.stage.database.reading() as connection:
            return list((await connection.execute(select(tables.audit.c.what))).scalars())

    async def slug(self) -> str:
        return (await self.stage.works.landscape()).networks[self.bridge].slug

    def told(self, user: UserId) -> list[str]:
        mine = [say for say in says(self.rooms.done) if say.content.get("person") == user]
        return [text_of(say) for say in mine]


def _wish(town: Town) -> Wish:
    return Wish(town.bridge, via=town.arts, with_groups=True)


@pytest.fixture
async def town(stage: Stage) -> Town:
    return await Town(stage).open()


async def test_h4_who_loses_the_last_path_is_told_and_goes_after_the_grace_and_no_one_else(
    town: Town,
) -> None:
    await town.stage.knows(MIAS_ROOM, MIA)
    await town.come(MIA, town.health, town.bridge, town.choir)
    await town.come(SAM, town.arts, town.bridge, town.choir)
    await town.come(KIT, town.arts, town.health, town.bridge)
    await town.tick()
    assert await town.leaving() == set()
    await town.unlink(town.health)
    await town.tick()
    assert await town.leaving() == {(town.bridge, MIA)}
    assert town.told(MIA)[1:] == [
        "You are no longer in any network that lets its members into Both.\n"
        "You can stay for 7 days. Then you are taken out there, unless you have joined such a network by "
        f"then or somebody invites you. show {await town.slug()} tells which networks these are."
    ]
    await town.tick(6.9)
    assert town.where(MIA) == {"health": "join", "bridge": "join", "choir": "join"}
    await town.tick(0.2)
    assert town.where(MIA) == {"health": "join", "bridge": "leave", "choir": "join"}
    assert await town.leaving() == {(town.choir, MIA)}
    await town.tick(7)
    assert town.where(MIA) == {"health": "join", "bridge": "leave", "choir": "leave"}
    assert await town.leaving() == set()
    assert town.where(SAM) == {"arts": "join", "bridge": "join", "choir": "join"}
    assert town.where(KIT) == {"arts": "join", "health": "join", "bridge": "join"}
    assert len(town.told(MIA)) == 3
    assert f"took out {MIA}: no path left" in await town.audit()


async def test_h4_who_does_not_talk_with_the_bot_is_taken_out_without_a_word(town: Town) -> None:
    await town.come(SAM, town.health, town.bridge)
    await town.unlink(town.health)
    await town.tick()
    await town.tick(7)
    assert town.where(SAM)["bridge"] == "leave"
    assert town.told(SAM) == []
    [gone] = [one for one in town.rooms.done if isinstance(one, Remove)]
    assert (gone.user, gone.reason) == (SAM, "No network of yours leads here any more.")


async def test_h4_a_path_that_comes_back_in_time_keeps_them(town: Town) -> None:
    await town.come(MIA, town.health, town.bridge)
    await town.unlink(town.health)
    await town.tick()
    assert await town.leaving() == {(town.bridge, MIA)}
    await town.come(MIA, town.arts)
    await town.tick(8)
    assert await town.leaving() == set()
    assert town.where(MIA)["bridge"] == "join"


async def test_a59_who_leaves_the_network_loses_its_groups_and_a_stay_begins_anew(town: Town) -> None:
    await town.come(MIA, town.arts, town.bridge, town.choir)
    await town.go(MIA, town.bridge)
    await town.tick()
    assert await town.leaving() == {(town.choir, MIA)}
    await town.come(MIA, town.bridge)
    await town.tick()
    assert await town.leaving() == set()


async def test_h4_who_was_invited_by_another_stays_until_they_leave(town: Town) -> None:
    await town.invites(ALICE, MIA, town.choir)
    await town.come(MIA, town.choir)
    await town.tick(30)
    assert await town.leaving() == set()
    assert town.where(MIA) == {"choir": "join"}
    await town.go(MIA, town.choir)
    await town.tick()
    async with town.stage.database.reading() as connection:
        assert await store.admitted_to(connection, town.choir) == frozenset()


async def test_h4_an_invitation_by_hand_that_was_not_pushed_is_seen_when_the_room_is_read(
    town: Town,
) -> None:
    room = town.stage.places.room(town.choir)
    town.rooms.set(room, "m.room.member", {"membership": "invite"}, key=MIA, by=ALICE)
    town.rooms.set(room, "m.room.member", {"membership": "invite"}, key=SAM, by=BOT)
    await town.stage.put(ReadBack(town.choir))
    await town.rooms.settle_all()
    await town.tick()
    assert await town.leaving() == {(town.choir, SAM)}


async def test_h4_whom_a_feature_notes_as_invited_by_name_stays_and_an_invitation_under_way_stands(
    town: Town,
) -> None:
    await town.come(MIA, town.choir)
    await town.go(MIA, town.choir)
    async with town.stage.work() as work:
        await work.invite(town.choir, MIA, reason="")
        await work.paths.invited_by_name(town.choir, MIA)
    await town.tick(reads=False)
    await town.rooms.settle_all()
    await town.come(MIA, town.choir)
    await town.tick(30)
    assert town.where(MIA) == {"choir": "join"}


async def test_h4_a_named_coordinator_stays_a_member_when_the_role_is_taken_back(town: Town) -> None:
    async with town.stage.work() as work:
        landscape = changes.add_coordinator(work.landscape, town.bridge, SAM)
        landscape = changes.add_coordinator(landscape, town.bridge, MIA)
        await work.change(landscape, what="named", about=town.bridge)
    await town.rooms.settle_all()
    await town.come(SAM, town.bridge)
    async with town.stage.work() as work:
        landscape = changes.remove_coordinator(work.landscape, town.bridge, SAM)
        await work.change(landscape, what="unnamed", about=town.bridge)
    await town.tick(30)
    assert await town.leaving() == set()


async def test_h4_nobody_goes_while_it_is_not_known_who_is_in_the_networks(town: Town) -> None:
    await town.set_grace(0)
    await town.come(MIA, town.health, town.bridge)
    health = town.stage.works.surroundings.health
    health.homeserver_answers = False
    await town.unlink(town.health)
    await town.tick(30)
    assert await town.leaving() == set()
    health.homeserver_answers = True
    await town.tick(reads=False)
    assert await town.leaving() == set(), "Arts was not read since"
    await town.stage.put(ReadBack(town.arts))
    await town.rooms.settle_all()
    await town.tick(1)
    assert town.where(MIA)["bridge"] == "leave"


async def test_h4_before_anyone_goes_the_rooms_are_read_again(town: Town) -> None:
    """Her joining of Arts was never pushed."""
    await town.come(MIA, town.health, town.bridge)
    await town.unlink(town.health)
    await town.tick()
    room = town.stage.places.room(town.arts)
    town.rooms.set(room, "m.room.member", {"membership": "join"}, key=MIA, by=MIA)
    assert await town.leaving() == {(town.bridge, MIA)}
    await town.tick(8)
    assert await town.leaving() == set()
    assert town.where(MIA)["bridge"] == "join"
    assert not [one for one in town.rooms.done if isinstance(one, Remove)]


async def test_h4_an_invitation_that_a_path_had_led_to_is_taken_back(town: Town) -> None:
    await town.come(MIA, town.health)
    async with town.stage.work() as work:
        await work.invite(town.bridge, MIA, reason="")
    await town.rooms.settle_all()
    await town.unlink(town.health)
    await town.tick()
    await town.tick(7)
    assert town.where(MIA) == {"health": "join", "bridge": "leave"}


async def test_h4_who_was_there_before_the_paths_were_counted_stays(stage: Stage) -> None:
    town = Town(stage)
    await town.open()
    await town.come(MIA, town.choir)
    async with stage.database.writing() as connection:
        await connection.execute(tables.marks.delete().where(tables.marks.c.name == "paths"))
    await town.departing.begin()
    await town.tick(30)
    assert await town.leaving() == set()
    assert town.where(MIA) == {"choir": "join"}


async def test_what_was_wished_for_goes_on_after_a_restart_and_ends_with_a_no(town: Town) -> None:
    async with town.stage.work() as work:
        await work.invite(town.arts, MIA, reason="")
        await work.paths.wish(MIA, _wish(town))
    await town.rooms.settle_all()
    again = Town(town.stage)
    again.rooms, again.arts, again.health = town.rooms, town.arts, town.health
    again.bridge, again.choir = town.bridge, town.choir
    room = town.stage.places.room(town.arts)
    town.rooms.set(room, "m.room.member", {"membership": "join"}, key=MIA, by=MIA)
    await town.stage.put(ReadBack(town.arts))  # her joining was never pushed
    await town.rooms.settle_all()
    await again.tick()
    assert again.where(MIA) == {"arts": "join", "bridge": "invite"}
    await again.go(MIA, town.bridge)
    await again.tick()
    await again.tick(1)
    assert again.where(MIA) == {"arts": "join", "bridge": "leave"}
    async with town.stage.database.reading() as connection:
        assert await store.wishes(connection, MIA) == []


async def test_join_all_brings_the_groups_once_the_space_is_joined(town: Town) -> None:
    async with town.stage.work() as work:
        await work.paths.wish(MIA, _wish(town))
    await town.come(MIA, town.arts)
    assert town.where(MIA) == {"arts": "join", "bridge": "invite"}
    await town.come(MIA, town.bridge)
    assert town.where(MIA) == {"arts": "join", "bridge": "join", "choir": "invite"}
    invited = {one.room for one in town.rooms.done if isinstance(one, Invite) and one.user == MIA}
    assert {g.id for g in (await town.stage.works.landscape()).groups_of(town.bridge)} <= invited


async def test_i4_who_talks_with_the_bot_is_offered_the_groups_once_for_each_joining(town: Town) -> None:
    await town.stage.knows(MIAS_ROOM, MIA)
    await town.come(MIA, town.arts, town.bridge)
    await town.come(SAM, town.arts, town.bridge)
    assert town.told(MIA) == [
        "Welcome to Both. It has these groups:\n1: Choir\n"
        "The numbers of those that you would like, such as 1 2, or all, bring you the invitations. "
        "stop: I offer you no groups any more, in any network."
    ]
    assert town.told(SAM) == []
    await town.come(MIA, town.bridge)  # her name has changed
    assert len(town.told(MIA)) == 1
    async with town.stage.work() as work:
        await work.paths.stop_offers(MIA)
    await town.go(MIA, town.bridge)
    await town.come(MIA, town.bridge)
    assert len(town.told(MIA)) == 1


async def test_i4_a_network_that_says_so_offers_its_groups_to_everyone(town: Town) -> None:
    async with town.stage.work() as work:
        landscape = changes.describe(work.landscape, work.ids, town.bridge, offers_groups=True)
        await work.change(landscape, what="describe", about=town.bridge)
    await town.come(SAM, town.arts, town.bridge)
    [said] = town.told(SAM)
    assert said.startswith("Welcome to Both.")
    assert (await town.stage.works.landscape()).networks[town.bridge].access is Access.PRIVATE
