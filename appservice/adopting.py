"""A room that somebody made, and put into a Space of ours, becomes a group, as far as the bot gets in.

Its maker stays who they are there. What the bot needs, and lacks, it asks them for.
"""

from __future__ import annotations

from dataclasses import replace

from appservice.listing import ask_to_be_invited
from appservice.newcomers import is_space
from appservice.performing import Outcome
from appservice.places import Places
from appservice.readback import Read, read_state
from appservice.store import by_hand, rooms
from appservice.store.by_hand import Mark, WishedRoom
from appservice.telling import tell_where_they_talk
from appservice.upgrading import is_replacement
from appservice.work import UnitOfWork
from bot.keeping.added import asks_for_power, became_a_group, is_no_room_for_a_group
from bot.networks.rules import named
from spaces.actions import Leave, ReadBack, TakeIn
from spaces.adopting import outside, with_room
from spaces.identifiers import NetworkId, PlaceId, RoomId
from spaces.network import Status
from spaces.power_levels import users_in
from spaces.reconcile import POWER_LEVELS, may_keep_up


async def taken_in(work: UnitOfWork, places: Places, action: TakeIn, outcome: Outcome) -> None:
    """Make a group of the room that the bot has come into, or tell who added it why there is none."""
    room, network = RoomId(action.room), action.network
    if network not in work.landscape.networks:
        return
    if await is_replacement(work, room, outcome.state):
        await by_hand.drop_wish(work.connection, room)
        return
    if outcome.room is None or outcome.state is None:
        wished = WishedRoom(room, network, action.user)
        await by_hand.wish_room(work.connection, wished, now=work.now)
        await ask_to_be_invited(work, network, action.user, f"{room}:{network}")
        return
    await by_hand.drop_wish(work.connection, room)
    if (place := await work.place_of_room(room)) is not None:
        work.put(ReadBack(place))
    elif is_space(outcome.state):
        work.put(Leave(room))
        said = is_no_room_for_a_group(named(work.landscape, network), room)
        await tell_where_they_talk(work, [action.user], said, said=f"no Space:{room}")
    elif await _is_private(work, room) or work.landscape.networks[network].status is not Status.ACTIVE:
        return
    else:
        await _adopt(work, places, action, outcome)


async def _is_private(work: UnitOfWork, room: RoomId) -> bool:
    """Whether it is where one person talks with the bot alone: that is not for others to read."""
    here = await rooms.conversation(work.connection, room)
    return here is not None and here.person is not None


async def _adopt(work: UnitOfWork, places: Places, action: TakeIn, outcome: Outcome) -> None:
    room, network, by = RoomId(action.room), action.network, action.user
    read = read_state(outcome.state or (), work.surroundings.maker.bot, places)
    found = replace(read.found, members=read.members)
    seen = outside(room, outcome.state or ())
    landscape, group = with_room(work.landscape, work.ids, seen, network)
    await become(work, room, group, read)
    await count_as_listed(work, network, room, group)
    await work.change(landscape, what="by hand: group create", about=group, by=by)
    work.put(ReadBack(group))
    called, home = named(work.landscape, group), named(work.landscape, network)
    await tell_where_they_talk(work, [by], became_a_group(called, home), said=f"a group:{room}")
    if not may_keep_up(found, work.surroundings.maker.bot):
        asked = asks_for_power(called, home, work.surroundings.maker.bot)
        await tell_where_they_talk(work, {found.creator or by, by}, asked, said=f"power:{room}")


async def become(work: UnitOfWork, room: RoomId, place: PlaceId, read: Read) -> None:
    """From now on `room`, which was read just now, is that of `place`; what people have set is known."""
    found = replace(read.found, members=read.members)
    await rooms.save_expected(work.connection, {place: found})
    await rooms.set_room(work.connection, place, room)
    await rooms.drop_conversation(work.connection, room)
    marks = {(kind, str(key)): Mark(who.event, {}) for (kind, key), who in read.set_by.items() if who.event}
    if POWER_LEVELS in read.set_by:
        levels = users_in(found.state[POWER_LEVELS])
        marks[POWER_LEVELS] = Mark(read.set_by[POWER_LEVELS].event, {"users": levels})
    await by_hand.set_marks(work.connection, place, marks)
    work.expect(place, found)


async def count_as_listed(work: UnitOfWork, network: NetworkId, room: RoomId, place: PlaceId) -> None:
    """What stands in the Space under the room's id stands there for `place` from now on."""
    space = await work.expected_of(network)
    if space is None:
        return
    was, key = ("m.space.child", str(room)), ("m.space.child", place)
    state = {key if entry == was else entry: content for entry, content in space.state.items()}
    by_hand_now = frozenset(key if entry == was else entry for entry in space.by_hand)
    work.expect(network, replace(space, state=state, by_hand=by_hand_now))
