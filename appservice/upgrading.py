"""A room takes the place of another: by a person's hand in a client, or made by the bot (PRODUCT: H6).

    a tombstone is seen ──▶ the bot comes into the new room ──▶ both point to each other ──▶ it is the
    (`noticed`)             (`Follow`, performed)              (`followed`)                  place's room
    a command ──▶ the bot makes the new room (`Renew`) ──────────────────────────▲              │
                                                                                               ▼
    what names the old room is changed, its people are invited (`settle_in`) ◀── it is closed and read back

What becomes of the place is in `appservice/replacing.py`. While it moves, the index of rooms knows it by
both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from appservice.replacing import as_user, is_followed, take_place, tell
from appservice.store import rooms
from appservice.store import upgrades as store
from appservice.store.upgrades import Upgrade
from appservice.telling import tell_coordinators
from bot.networks.rules import named
from bot.upgrades.words import asks_to_come_along, does_not_follow
from spaces import upgrades
from spaces.actions import Follow, Leave, ReadBack, Renew
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.reconcile import FoundRoom
from spaces.upgrades import TOMBSTONE

if TYPE_CHECKING:
    from appservice.event import Event
    from appservice.performing import Outcome
    from appservice.readback import Read
    from appservice.work import UnitOfWork

log = structlog.get_logger(__name__)

_CHILD = "m.space.child"
_UNDER_WAY = (store.ANNOUNCED, store.FOLLOWING, store.OUTSIDE)


# -- what is seen -----------------------------------------------------------------------------------


async def announced(work: UnitOfWork, event: Event) -> None:
    """Somebody has put a tombstone into a room: what follows in the Spaces above it belongs to that."""
    new = upgrades.replacement_in(event.content)
    if event.type != TOMBSTONE[0] or event.state_key != "" or new is None or new == event.room:
        return
    place = await work.place_of_room(event.room)
    if place is None or not is_followed(work, place):
        return
    if await store.of_room(work.connection, event.room) is None:
        seen = Upgrade(event.room, place, new, event.sender, event.id, store.ANNOUNCED, work.now)
        await store.save(work.connection, seen)


async def steady(work: UnitOfWork, place: PlaceId, read: Read) -> Read:
    """What was read of a Space, with what it lists of moving rooms as it was: a client may have changed it.

    A room that was taken out, and not read since the start, may be one of them: it is read first.
    """
    if not place.is_network:
        return read
    moving: dict[PlaceId, str] = {row.place: str(row.new) for row in await store.pending(work.connection)}
    before = await work.expected_of(place)
    for child in _taken_out(before, read, work.surroundings.maker.bot):
        if child not in moving and work.surroundings.health.read.get(child) is None:
            moving[child] = ""
            work.put(ReadBack(child))
    if not moving:
        return read
    found, theirs = upgrades.without_moving(read.found, before, moving)
    set_by = {key: by for key, by in read.set_by.items() if key not in theirs}
    return replace(read, found=found, set_by=set_by)


def _taken_out(before: FoundRoom | None, read: Read, bot: UserId) -> list[PlaceId]:
    """The places that a Space listed, and that people have taken out of it.

    What the bot is only going to list has no entry there yet, or one that the bot has emptied itself.
    """
    listed = [key for kind, key in before.state if kind == _CHILD] if before else []
    places = (key for key in listed if isinstance(key, PlaceId))
    gone = [p for p in places if before and upgrades.lists(before, p) and not upgrades.lists(read.found, p)]
    return [p for p in gone if (by := read.set_by.get((_CHILD, p))) is not None and by.sender != bot]


async def noticed(work: UnitOfWork, place: PlaceId, room: RoomId, read: Read) -> bool:
    """Look for a tombstone in the room of `place`; whether it is being left: nothing is done there."""
    kept = await store.of_room(work.connection, room)
    by, new = read.set_by.get(TOMBSTONE), upgrades.replacement_in(read.found.state.get(TOMBSTONE))
    if not is_followed(work, place) or (kept is not None and kept.state == store.RENEWING):
        return False
    if new is None or new == room or by is None or by.sender == work.surroundings.maker.bot:
        if kept is not None:
            await store.drop(work.connection, room)
        return False
    is_known = kept is not None and (kept.new, kept.event) == (new, by.event)
    if kept is not None and is_known and kept.state == store.REFUSED:
        return False
    state = (
        store.OUTSIDE if kept is not None and is_known and kept.state == store.OUTSIDE else store.FOLLOWING
    )
    upgrade = Upgrade(room, place, new, by.sender, by.event, state, work.now)
    who = as_user(by.sender)
    if who is None or not upgrades.may_replace(who, read.found, work.landscape.looking_after(place)):
        await _refuse(work, upgrade)
        return False
    await store.save(work.connection, upgrade)
    await rooms.save_memberships(work.connection, room, read.members, read.names, now=work.now)
    work.put(Follow(new, place, room, who))
    return True


async def _refuse(work: UnitOfWork, upgrade: Upgrade) -> None:
    """Nothing leads to the new room; the coordinators hear of it once."""
    log.warning("upgrade_not_followed", place=upgrade.place)
    await store.save(work.connection, replace(upgrade, state=store.REFUSED))
    await work.note("by hand: upgrade not followed", upgrade.place, after=upgrade.new, by=upgrade.by)
    if (who := as_user(upgrade.by)) is not None:
        said = does_not_follow(named(work.landscape, upgrade.place), who)
        await tell_coordinators(work, upgrade.place, said, said=f"not followed:{upgrade.event}")


# -- the bot comes in -------------------------------------------------------------------------------


async def step_into(work: UnitOfWork, room: RoomId) -> Follow | None:
    """What comes of an invitation to a room that takes the place of another; None for any other room."""
    found = await store.to_room(work.connection, room)
    if found is None or found.state not in _UNDER_WAY or (who := as_user(found.by)) is None:
        return None
    return Follow(room, found.place, found.old, who)


async def is_replacement(work: UnitOfWork, room: RoomId, state: Iterable[Mapping[str, Any]] | None) -> bool:
    """Whether a room that was put into a Space is to take another's place: then it is no group of its own.

    Its predecessor is read, where nothing was heard of it yet.
    """
    if await store.to_room(work.connection, room) is not None:
        return True
    predecessor = upgrades.origin_in(state or ()).predecessor
    place = await work.place_of_room(RoomId(predecessor)) if predecessor else None
    if place is None or not is_followed(work, place):
        return False
    kept = await store.of_room(work.connection, RoomId(predecessor))
    if kept is not None and kept.state == store.REFUSED:
        return False
    work.put(ReadBack(place))
    return True


async def followed(work: UnitOfWork, action: Follow, outcome: Outcome, read: Read | None) -> None:
    """The bot has tried to come into the new room: it takes the place of the old one if all is as it says."""
    kept = await store.of_room(work.connection, action.old)
    is_current = await rooms.room_of(work.connection, action.place) == action.old
    if kept is None or not is_current or kept.new != action.room or kept.state not in _UNDER_WAY:
        if outcome.room is not None:
            work.put(ReadBack(action.place))
    elif outcome.room is None or outcome.state is None or read is None:
        await left_outside(work, action)
    elif await _is_good(work, kept, outcome.state):
        await take_place(work, kept, read)
    else:
        await _refuse(work, kept)
        work.put(ReadBack(action.place))
        if await work.place_of_room(kept.new) is None:
            await rooms.drop_conversation(work.connection, kept.new)
            work.put(Leave(kept.new))


async def left_outside(work: UnitOfWork, action: Follow) -> None:
    """The bot cannot get into the new room: whoever made it, and the coordinators, are asked once."""
    kept = await store.of_room(work.connection, action.old)
    if kept is None or kept.state == store.OUTSIDE:
        return
    await store.save(work.connection, replace(kept, state=store.OUTSIDE))
    said = asks_to_come_along(named(work.landscape, kept.place), work.surroundings.maker.bot)
    await tell(work, kept, said, said=f"come along:{kept.event}")


async def _is_good(work: UnitOfWork, upgrade: Upgrade, state: Iterable[Mapping[str, Any]]) -> bool:
    trusted = {upgrade.by, work.surroundings.maker.bot, *work.landscape.looking_after(upgrade.place)}
    origin = upgrades.origin_in(state)
    if not upgrades.is_successor(origin, upgrade.place, upgrade.old, trusted):
        return False
    if await work.place_of_room(upgrade.new) is not None:
        return False
    often = await store.done_lately(work.connection, upgrade.place, now=work.now)
    return often < upgrades.MOST_IN_A_DAY


async def renewed(work: UnitOfWork, action: Renew, room: RoomId, read: Read) -> None:
    """The bot has made the new room itself."""
    kept = await store.of_room(work.connection, action.old)
    place = PlaceId(action.room)
    is_current = await rooms.room_of(work.connection, place) == action.old and is_followed(work, place)
    if kept is not None and kept.state == store.RENEWING and is_current:
        await take_place(work, replace(kept, new=room), read)
    else:
        work.put(ReadBack(place))


async def not_renewed(work: UnitOfWork, action: Renew) -> None:
    """It could not be made: it may be asked for again."""
    await store.drop(work.connection, action.old)
