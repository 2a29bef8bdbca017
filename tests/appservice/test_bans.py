"""Bans in the rooms: put everywhere they hold, ended everywhere, and made by hand as well as by command."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.store import bans as kept
from spaces.actions import Action, Ban, Join, Leave, ReadBack, Remove, Unban
from spaces.bans import is_banned
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId
from spaces.network import EVERYWHERE
from tests.appservice.built import built_once
from tests.appservice.stage import (
    ADMIN,
    ALICE,
    BEN,
    DIRECT,
    FAR,
    SHARED,
    PlayedRooms,
    Stage,
    member,
    message,
    says,
    text_of,
)

pytestmark = pytest.mark.both_databases

EVE = UserId("@eve:hs.test")


class Town:
    """Arts, which Alice looks after, and Crafts, which Ben does; an admin has a direct room, too."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.arts = self.crafts = NetworkId("")
        self._numbers = iter(range(1000))

    @built_once
    async def open(self) -> Town:
        await self.stage.knows(SHARED, ADMIN)
        self.arts = await self.stage.found("Arts", by=(ALICE,))
        self.crafts = await self.stage.found("Crafts", by=(BEN,))
        await self.rooms.settle_all()
        return self

    def room(self, place: PlaceId) -> RoomId:
        return self.stage.places.room(place)

    async def says(self, text: str, *, admin: bool = False) -> list[Action]:
        """What is done because of it."""
        who: dict[str, Any] = {"sender": ADMIN, "room_id": SHARED} if admin else {"room_id": DIRECT}
        await self.stage.hears(message(next(self._numbers), text, **who))
        return await self.rooms.settle_all()

    async def sees(self, place: PlaceId, user: UserId, how: str, **more: Any) -> list[Action]:
        self.rooms.set(self.room(place), "m.room.member", {"membership": how}, key=user, by=user)
        await self.stage.hears(member(next(self._numbers), user, how, room=self.room(place), **more))
        return await self.rooms.settle_all()

    def membership(self, place: PlaceId, user: UserId) -> str | None:
        found = self.rooms.state[self.room(place)].get(("m.room.member", user))
        return None if found is None else str(found["content"]["membership"])

    async def places(self, network: NetworkId) -> set[PlaceId]:
        return set((await self.stage.works.landscape()).places_of(network))


@pytest.fixture
async def town(stage: Stage) -> Town:
    return await Town(stage).open()


def bans_in(actions: list[Action]) -> set[tuple[str, UserId]]:
    return {(str(action.room), action.user) for action in actions if isinstance(action, Ban)}


async def test_s1_a_ban_is_put_into_every_room_once_though_nobody_is_there(town: Town) -> None:
    await town.says("ban @eve:hs.test --in arts --reason Selling")
    done = await town.says("yes")
    assert bans_in(done) == {(str(place), EVE) for place in await town.places(town.arts)}
    assert {action.reason for action in done if isinstance(action, Ban)} == {"Selling"}
    assert town.membership(town.arts, EVE) == "ban"
    assert bans_in(await town.says("ban @eve:hs.test --in arts")) == set()
    assert not is_banned(await town.stage.works.landscape(), town.crafts, EVE)


async def test_s1_a_group_that_is_made_later_is_closed_to_them(town: Town) -> None:
    await town.says("ban @eve:hs.test --in arts")
    await town.says("yes")
    done = await town.says("group create Painting --in arts")
    [(place, who)] = bans_in(done)
    assert who == EVE
    assert place.startswith("g.")


async def test_s1_one_command_ends_it_everywhere(town: Town) -> None:
    await town.sees(town.arts, EVE, "join")
    await town.says("ban @eve:hs.test --in arts")
    await town.says("yes")
    await town.says("undo")
    done = await town.says("yes")
    ended = {action.room for action in done if isinstance(action, Unban)}
    assert ended == await town.places(town.arts)
    assert town.membership(town.arts, EVE) == "leave"
    assert not (await town.stage.works.landscape()).bans


async def test_a_ban_that_waits_is_replaced_by_its_end(town: Town) -> None:
    """Before the rooms have heard of it, it is taken back: what is delivered is the end alone."""
    await town.stage.hears(message(1, "ban @eve:hs.test --in arts"), message(2, "yes"))
    waiting = await town.stage.hears(message(3, "unban @eve:hs.test --in arts"))
    assert not [action for action in waiting if isinstance(action, Ban)]
    await town.rooms.settle_all()
    assert town.membership(town.arts, EVE) in (None, "leave")


async def test_who_was_let_in_by_hand_where_the_network_bans_them_is_put_out_again(town: Town) -> None:
    await town.says("ban @eve:hs.test --in arts")
    await town.says("yes")
    [group, *_] = [place for place in await town.places(town.arts) if place.is_group]
    done = await town.sees(group, EVE, "leave", sender=ALICE)
    assert bans_in(done) == {(str(group), EVE)}


async def test_h5_a_ban_by_hand_from_the_space_is_one_from_the_network_and_its_end_ends_it(
    town: Town,
) -> None:
    done = await town.sees(town.arts, EVE, "ban", sender=ALICE, content={"reason": "Selling"})
    assert bans_in(done) == {(str(p), EVE) for p in await town.places(town.arts) if p != town.arts}
    [one] = (await town.stage.works.landscape()).bans_of(town.arts)
    assert (one.by, one.reason) == (ALICE, "Selling")
    done = await town.sees(town.arts, EVE, "leave", sender=ALICE)
    assert {a.room for a in done if isinstance(a, Unban)} == await town.places(town.arts)
    assert not (await town.stage.works.landscape()).bans


async def test_h5_who_is_taken_out_of_the_space_by_hand_is_taken_out_of_its_groups_as_by_kick(
    town: Town,
) -> None:
    [group, other, space] = sorted(await town.places(town.arts))
    for place in (group, space):
        await town.sees(place, EVE, "join")
    await town.sees(town.crafts, EVE, "join")
    content = {"reason": "Selling"}
    done = await town.sees(town.arts, EVE, "leave", sender=ALICE, content=content)
    gone = {action.room: action.reason for action in done if isinstance(action, Remove)}
    assert gone == {group: "Selling"}, "and not out of another one, or another network"
    [log] = says(await town.says("audit arts"))
    assert "took @eve:hs.test out of Arts" in text_of(log)
    for who, by in ((EVE, BEN), (EVE, EVE)):
        await town.sees(town.arts, who, "join")
        await town.sees(other, who, "join")
        done = await town.sees(town.arts, who, "leave", sender=by)
        assert not [action for action in done if isinstance(action, Remove)]


async def test_a55_a_ban_by_hand_of_who_does_not_look_after_it_is_theirs_alone(town: Town) -> None:
    assert bans_in(await town.sees(town.arts, EVE, "ban", sender=BEN)) == set()
    assert not (await town.stage.works.landscape()).bans


async def test_s1_a_rule_meets_who_is_there_who_comes_and_who_invites_the_bot(town: Town) -> None:
    await town.sees(town.arts, FAR, "join")
    await town.says("ban @*:elsewhere.test", admin=True)
    done = await town.says("yes", admin=True)
    assert bans_in(done) == {(str(place), FAR) for place in await town.places(town.arts)}
    other = UserId("@other:elsewhere.test")
    done = await town.sees(town.crafts, other, "join")
    assert bans_in(done) == {(str(place), other) for place in await town.places(town.crafts)}
    invited = member(1, "@hedgerow:hs.test", "invite", room="!theirs", sender=other)
    waiting = await town.stage.hears(invited)
    assert [a for a in waiting if isinstance(a, Leave)]
    assert not [a for a in waiting if isinstance(a, Join)]
    await town.rooms.settle_all()
    done = await town.says("unban @*:elsewhere.test", admin=True)
    ended = {(a.room, a.user) for a in done if isinstance(a, Unban)}
    assert ended == {(place, FAR) for place in await town.places(town.arts)} | {
        (place, other) for place in await town.places(town.crafts)
    }


async def test_a_rule_is_applied_to_who_came_while_nobody_listened(town: Town) -> None:
    await town.says("ban @*:elsewhere.test", admin=True)
    await town.says("yes", admin=True)
    town.rooms.set(town.room(town.arts), "m.room.member", {"membership": "join"}, key=FAR, by=FAR)
    await town.stage.put(ReadBack(town.arts))
    done = await town.rooms.settle_all()
    assert bans_in(done) == {(str(place), FAR) for place in await town.places(town.arts)}


async def test_a_rule_finds_whom_it_means_and_no_look_alike(town: Town) -> None:
    await town.sees(town.arts, FAR, "join")
    await town.sees(town.arts, UserId("@f_r:elsewhere.test"), "join")
    async with town.stage.database.reading() as connection:
        assert await kept.present(connection, "@f_r:elsewhere.test") == [(town.arts, "@f_r:elsewhere.test")]
        assert len(await kept.present(connection, "@f?r:ELSEWHERE.test")) == 2
        assert await kept.present(connection, "@%") == []


async def test_a_kick_takes_out_of_every_room_and_undo_invites_again(town: Town) -> None:
    await town.sees(town.arts, EVE, "join")
    await town.says("kick @eve:hs.test --in arts")
    await town.says("yes")
    assert town.membership(town.arts, EVE) == "leave"
    await town.says("undo")
    await town.says("yes")
    assert town.membership(town.arts, EVE) == "invite"
    await town.says("undo")
    assert "You have changed nothing" in text_of(says(town.rooms.done)[-1])


async def test_the_bans_survive_a_restart(town: Town) -> None:
    await town.says("ban @eve:hs.test --in arts")
    await town.says("yes")
    await town.says("ban @*:elsewhere.test", admin=True)
    await town.says("yes", admin=True)
    again = Stage(town.stage.database)
    landscape = await again.works.landscape()
    assert set(landscape.bans) == {(town.arts, EVE), (EVERYWHERE, "@*:elsewhere.test")}
    assert is_banned(landscape, town.crafts, FAR)
