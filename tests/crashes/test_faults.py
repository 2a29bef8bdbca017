"""What a homeserver may do to a creation, and what must come of it all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from appservice.applying import Applied, Applying
from appservice.engine import Foundation
from appservice.homeserver import Homeserver, Identity, Unreachable
from appservice.places import Places
from appservice.provisioning import MARKER, AliasConflict, Ghost, Provisioner
from spaces.actions import CreateRoom, StateEvent
from spaces.blueprint import Blueprint, WantedGroup, WantedNetwork
from spaces.identifiers import NetworkId, UserId
from spaces.network import Access, Kind
from spaces.power_levels import RoomKind, power_levels
from tests.clock import Clock
from tests.fake import FakeHomeserver, Fault, Registration
from tests.hedgerow import settings_for

ALICE = UserId("@alice:hs.test")
PLACE = NetworkId("n.abcdefghijklmnop")
ALIAS = f"#{PLACE.alias_localpart}:hs.test"


def blueprint(groups: int = 1, access: Access = Access.PRIVATE) -> Blueprint:
    wanted = tuple(WantedGroup(f"Group {n}") for n in range(groups))
    return Blueprint((WantedNetwork("Quiet", Kind.NETWORK, access, coordinators=(ALICE,), groups=wanted),))


async def apply(fake: FakeHomeserver, database: str, wanted: Blueprint) -> Applied:
    fake.add_user(ALICE)
    foundation = Foundation(settings_for(fake.base_url, fake.registration, database))
    try:
        await foundation.lay()
        applying = Applying(foundation, wanted)
        undertaking = await applying.apply()
        assert undertaking is not None
        return await asyncio.wait_for(applying.watch(undertaking, lambda _: None), 60)
    finally:
        await foundation.database.close()


def state_of(fake: FakeHomeserver, marker: str) -> dict[str, Any]:
    return {kind: event.content for (kind, key), event in fake.room_of(marker).state.items() if not key}


@pytest.fixture
async def plain() -> AsyncIterator[FakeHomeserver]:
    async with FakeHomeserver(Registration()) as fake:
        yield fake


# -- a creation without a clear end -----------------------------------------------------------------

UNCLEAR = {
    "the answer is lost": Fault.reset(acts=True),
    "nothing was done": Fault.reset(acts=False),
    "502 in HTML after it was done": Fault.bad_gateway(acts=True),
    "502 in HTML": Fault.bad_gateway(acts=False),
    "504 after it was done": Fault.gateway_timeout(),
    "an answer without a room": Fault.empty_answer(),
}


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR.keys())
async def test_a26_after_a_creation_without_a_clear_end_it_looks_before_it_asks_again(
    plain: FakeHomeserver, service_database: str, fault: Fault
) -> None:
    plain.script("POST /createRoom", fault)
    assert (await apply(plain, service_database, blueprint())).failed == ()
    rooms = plain.rooms_by_marker()
    assert [len(ids) for ids in rooms.values()] == [1] * 4
    first = next(i for i, call in enumerate(plain.calls) if call.name == "POST /createRoom")
    alias = plain.calls[first].body["room_alias_name"]
    about_it = [
        c for c in plain.calls[first + 1 :] if alias in c.path or c.body.get("room_alias_name") == alias
    ]
    assert about_it[0].method == "GET"


async def test_a29_a_half_made_room_is_completed_before_anyone_is_invited(
    plain: FakeHomeserver, service_database: str
) -> None:
    plain.script("POST /createRoom", Fault.half_made(413))
    assert (await apply(plain, service_database, blueprint())).failed == ()
    marker = next(c for c in plain.calls if c.name == "POST /createRoom").body["creation_content"][MARKER]
    state = state_of(plain, marker)
    assert state["m.room.join_rules"] == {"join_rule": "invite"}
    assert state["m.room.guest_access"] == {"guest_access": "forbidden"}
    assert state["m.room.power_levels"]["users"] == {ALICE: 50}
    room = plain.room_of(marker).room_id
    here = [c for c in plain.calls if c.params.get("room_id") == room]
    kinds = [c.params.get("type") or c.name for c in here]
    invited = kinds.index("POST /rooms/{room_id}/invite")
    assert kinds.index("m.room.power_levels") < invited
    assert kinds.index("m.room.join_rules") < invited
    looks = [i for i, kind in enumerate(kinds) if kind == "GET /rooms/{room_id}/state"]
    assert kinds.index("m.room.join_rules") < max(look for look in looks if look < invited)


# -- the alias is not what it should be -------------------------------------------------------------


@pytest.fixture
async def bot(plain: FakeHomeserver) -> AsyncIterator[Homeserver]:
    identity = Identity(plain.base_url, UserId(plain.bot), plain.registration.as_token, "DEVICE")
    homeserver = Homeserver(identity)
    await homeserver.register()
    await homeserver.make_device("test")
    yield homeserver
    await homeserver.close()


def creation() -> CreateRoom:
    shut = StateEvent("m.room.join_rules", {"join_rule": "invite"})
    unnamed = StateEvent("m.room.canonical_alias", {})
    levels = power_levels(RoomKind.SPACE, "12", UserId("@hedgerow:hs.test"), (ALICE,))
    return CreateRoom(PLACE, (shut, unnamed), levels, space=True, version="12")


async def test_a27_a_ghost_is_waited_for_and_then_freed_and_the_room_is_made_once(
    plain: FakeHomeserver, bot: Homeserver
) -> None:
    plain.ghost_alias(ALIAS)
    clock = Clock()
    provisioner = Provisioner(bot, Places("hs.test"), clock)
    for _ in range(4):
        with pytest.raises(Ghost):
            await provisioner.make(creation(), tried=True)
        clock.seconds += 19.9
    assert [c for c in plain.calls if c.method == "DELETE"] == []
    clock.seconds += 1
    room = await provisioner.make(creation(), tried=True)
    assert plain.rooms_by_marker() == {PLACE: [room]}
    assert plain.world.aliases[ALIAS][0] == room


@pytest.mark.parametrize("nothing", [[], {}, [{"type": "m.room.name"}], None], ids=str)
async def test_a27_a_room_of_which_nothing_is_told_is_no_ghost_and_keeps_its_alias(
    plain: FakeHomeserver, bot: Homeserver, nothing: Any
) -> None:
    room = await Provisioner(bot, Places("hs.test"), Clock()).make(creation(), tried=False)
    plain.script("GET /rooms/{room_id}/state", Fault(200, nothing), times=None)
    clock = Clock()
    provisioner = Provisioner(bot, Places("hs.test"), clock)
    for _ in range(5):
        with pytest.raises(Unreachable):
            await provisioner.make(creation(), tried=True)
        clock.seconds += 60
    plain.clear_script()
    assert await provisioner.make(creation(), tried=True) == room
    assert plain.rooms_by_marker() == {PLACE: [room]}


async def test_a28_a_room_of_someone_else_behind_the_alias_is_refused_and_never_written_to(
    plain: FakeHomeserver, bot: Homeserver
) -> None:
    mallory = plain.add_user("@mallory:hs.test")
    await plain.squat(
        ALIAS, mallory, creation_content={MARKER: PLACE}, preset="public_chat", invite=[bot.user]
    )
    stranger = plain.world.aliases[ALIAS][0]
    await bot.join(plain.room(ALIAS).room_id)  # so that the bot can read it
    before = len(plain.calls)
    with pytest.raises(AliasConflict, match="none of Hedgerow's"):
        await Provisioner(bot, Places("hs.test"), Clock()).make(creation(), tried=False)
    assert all(c.method == "GET" or c.name == "POST /createRoom" for c in plain.calls[before:])
    assert plain.rooms_by_marker() == {PLACE: [stranger]}


async def test_a28_a_room_of_ours_with_another_mark_behind_the_alias_is_refused(
    plain: FakeHomeserver, bot: Homeserver
) -> None:
    room = await bot.create_room({"creation_content": {MARKER: "n.other"}, "preset": "private_chat"})
    assert room is not None
    await bot.put_alias(ALIAS, room)
    with pytest.raises(AliasConflict):
        await Provisioner(bot, Places("hs.test"), Clock()).make(creation(), tried=True)


async def test_a_room_that_lost_its_alias_is_found_by_its_mark(
    plain: FakeHomeserver, bot: Homeserver
) -> None:
    provisioner = Provisioner(bot, Places("hs.test"), Clock())
    room = await provisioner.make(creation(), tried=False)
    await bot.delete_alias(ALIAS)
    assert await provisioner.make(creation(), tried=True) == room
    assert plain.world.aliases[ALIAS][0] == room


async def test_a_name_that_another_room_has_is_told_at_once_and_all_else_goes_on(
    plain: FakeHomeserver, service_database: str
) -> None:
    wanted, mallory = blueprint(access=Access.PUBLIC), plain.add_user("@mallory:hs.test")
    await plain.squat("#hedge_quiet:hs.test", mallory, preset="public_chat")
    applied = await apply(plain, service_database, wanted)
    assert any(
        "#hedge_quiet:hs.test points to a room that is none of Hedgerow's" in why for why in applied.failed
    )
    assert sum(call.name == "PUT /directory/room" for call in plain.calls) < 10, (
        "it is not tried again and again"
    )
    network = next(room for room in plain.rooms_by_marker() if room.startswith("n."))
    assert state_of(plain, network)["m.room.join_rules"]["join_rule"] == "public"
    assert plain.room_of(network).membership(ALICE) == "invite"
    del plain.world.aliases["#hedge_quiet:hs.test"]
    assert (await apply(plain, service_database, wanted)).failed == ()
    assert state_of(plain, network)["m.room.canonical_alias"]["alias"] == "#hedge_quiet:hs.test"


# -- limits -----------------------------------------------------------------------------------------


async def test_a30_a_homeserver_that_limits_creations_is_asked_hardly_more_often_than_needed(
    plain: FakeHomeserver, service_database: str
) -> None:
    limit = plain.limit("POST /createRoom", burst=10, seconds=0.2)
    assert (await apply(plain, service_database, blueprint(47))).failed == ()
    assert len(plain.rooms_by_marker()) == 50
    assert limit.refused > 0
    assert len(plain.calls) <= 1.1 * (len(plain.calls) - limit.refused)


async def test_a_room_that_is_told_to_wait_holds_up_no_other(
    plain: FakeHomeserver, service_database: str
) -> None:
    def first_group(call: object) -> bool:
        body = getattr(call, "body", {})
        return any(e.get("content") == {"name": "Group 0"} for e in body.get("initial_state", ()))

    plain.script(first_group, Fault.too_many(retry_after_ms=1500))
    assert (await apply(plain, service_database, blueprint(6))).failed == ()
    names = [
        next(e["content"]["name"] for e in call.body["initial_state"] if e["type"] == "m.room.name")
        for call in plain.calls
        if call.name == "POST /createRoom"
    ]
    assert names.count("Group 0") == 2
    assert names[-1] == "Group 0"


async def test_what_the_homeserver_refuses_is_given_up_with_its_reason_and_can_be_asked_again(
    plain: FakeHomeserver, service_database: str
) -> None:
    plain.script("POST /createRoom", Fault.error(400, "M_BAD_JSON"), times=1)
    applied = await apply(plain, service_database, blueprint())
    assert len(applied.failed) == 1
    assert "Quiet" in applied.failed[0]
    assert plain.rooms_by_marker() == {}
    assert (await apply(plain, service_database, blueprint())).failed == ()
    assert len(plain.rooms_by_marker()) == 4
