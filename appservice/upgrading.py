"""A room takes the place of another: by a person's hand in a client, or made by the bot (PRODUCT: H6).

    a tombstone is seen ──▶ the bot comes into the new room ──▶ both point to each other ──▶ it is the
    (`noticed`)             (`Follow`, performed)              (`followed`)                  place's room
    a command ──▶ the bot makes the new room (`Renew`) ──────────────────────────▲              │
                                                                                               ▼
    what names the old room is changed, its people are invited (`settle_in`) ◀── it is closed and read back

While it moves, the index of rooms knows the place by both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from appservice import languages
from appservice.store import by_hand, outbox, rooms
from appservice.store import paths as kept_paths
from appservice.store import upgrades as store
from appservice.store.by_hand import Mark
from appservice.store.upgrades import Upgrade
from appservice.telling import tell_coordinators, tell_where_they_talk
from bot.languages import words_in
from bot.networks.rules import named
from bot.reply import Document, in_language, plain
from bot.upgrades.words import asks_to_come_along, does_not_follow, goes_on, moved
from spaces import upgrades
from spaces.actions import (
    Action,
    Ban,
    Follow,
    Invite,
    Leave,
    MoveAlias,
    ReadBack,
    Renew,
    SetState,
    StateEvent,
    Withdraw,
)
from spaces.errors import Malformed
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId
from spaces.network import Status
from spaces.power_levels import users_in
from spaces.reach import doors
from spaces.reconcile import POWER_LEVELS, FoundRoom, may_keep_up, project_room
from spaces.upgrades import TOMBSTONE
from spaces.wanted import wanted_room

if TYPE_CHECKING:
    from appservice.event import Event
    from appservice.performing import Outcome
    from appservice.readback import Read
    from appservice.work import UnitOfWork

log = structlog.get_logger(__name__)

_CHILD = "m.space.child"
_UNDER_WAY = (store.ANNOUNCED, store.FOLLOWING, store.OUTSIDE)
_THERE = ("join", "invite")


# -- what is seen -----------------------------------------------------------------------------------


async def announced(work: UnitOfWork, event: Event) -> None:
    """Somebody has put a tombstone into a room: what follows in the Spaces above it belongs to that."""
    new = upgrades.replacement_in(event.content)
    if event.type != TOMBSTONE[0] or event.state_key != "" or new is None or new == event.room:
        return
    place = await work.place_of_room(event.room)
    if place is None or not _is_followed(work, place):
        return
    if await store.of_room(work.connection, event.room) is None:
        seen = Upgrade(event.room, place, new, event.sender, event.id, store.ANNOUNCED, work.now)
        await store.save(work.connection, seen)


def _is_followed(work: UnitOfWork, place: PlaceId) -> bool:
    landscape = work.landscape
    is_there = place in landscape.networks or place in landscape.groups
    return is_there and landscape.status_of(place) is not Status.RELEASED


async def steady(work: UnitOfWork, place: PlaceId, read: Read) -> Read:
    """What was read of a Space, with what it lists of moving rooms as it was: a client may have changed it.

    A room that was taken out, and not read since the start, may be one of them: it is read first.
    """
    if not place.is_network:
        return read
    moving: dict[PlaceId, str] = {row.place: str(row.new) for row in await store.pending(work.connection)}
    before = await work.expected_of(place)
    for child in _taken_out(before, read.found):
        if child not in moving and work.surroundings.health.read.get(child) is None:
            moving[child] = ""
            work.put(ReadBack(child))
    if not moving:
        return read
    found, theirs = upgrades.without_moving(read.found, before, moving)
    set_by = {key: by for key, by in read.set_by.items() if key not in theirs}
    return replace(read, found=found, set_by=set_by)


def _taken_out(before: FoundRoom | None, found: FoundRoom) -> list[PlaceId]:
    """The places that a Space listed, and does not any more."""
    listed = [key for kind, key in before.state if kind == _CHILD] if before else []
    places = (key for key in listed if isinstance(key, PlaceId))
    return [p for p in places if before and upgrades.lists(before, p) and not upgrades.lists(found, p)]


async def noticed(work: UnitOfWork, place: PlaceId, room: RoomId, read: Read) -> bool:
    """Look for a tombstone in the room of `place`; whether it is being left: nothing is done there."""
    kept = await store.of_room(work.connection, room)
    by, new = read.set_by.get(TOMBSTONE), upgrades.replacement_in(read.found.state.get(TOMBSTONE))
    if not _is_followed(work, place) or (kept is not None and kept.state == store.RENEWING):
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
    who = _user(by.sender)
    if who is None or not upgrades.may_replace(who, read.found, work.landscape.looking_after(place)):
        await _refuse(work, upgrade)
        return False
    await store.save(work.connection, upgrade)
    await rooms.save_memberships(work.connection, room, read.members, read.names)
    work.put(Follow(new, place, room, who))
    return True


def _user(text: str) -> UserId | None:
    try:
        return UserId.parse(text)
    except Malformed:
        return None


async def _refuse(work: UnitOfWork, upgrade: Upgrade) -> None:
    """Nothing leads to the new room; the coordinators hear of it once."""
    log.warning("upgrade_not_followed", place=upgrade.place)
    await store.save(work.connection, replace(upgrade, state=store.REFUSED))
    await work.note("by hand: upgrade not followed", upgrade.place, after=upgrade.new, by=upgrade.by)
    if (who := _user(upgrade.by)) is not None:
        said = does_not_follow(named(work.landscape, upgrade.place), who)
        await tell_coordinators(work, upgrade.place, said, said=f"not followed:{upgrade.event}")


# -- the bot comes in -------------------------------------------------------------------------------


async def step_into(work: UnitOfWork, room: RoomId) -> Follow | None:
    """What comes of an invitation to a room that takes the place of another; None for any other room."""
    found = await store.to_room(work.connection, room)
    if found is None or found.state not in _UNDER_WAY or (who := _user(found.by)) is None:
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
    if place is None or not _is_followed(work, place):
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
        await _take_place(work, kept, read)
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
    await _tell(work, kept, said, said=f"come along:{kept.event}")


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
    is_current = await rooms.room_of(work.connection, place) == action.old and _is_followed(work, place)
    if kept is not None and kept.state == store.RENEWING and is_current:
        await _take_place(work, replace(kept, new=room), read)
    else:
        work.put(ReadBack(place))


async def not_renewed(work: UnitOfWork, action: Renew) -> None:
    """It could not be made: it may be asked for again."""
    await store.drop(work.connection, action.old)


# -- the new room is the place's --------------------------------------------------------------------


async def _take_place(work: UnitOfWork, upgrade: Upgrade, read: Read) -> None:
    place, old, new = upgrade.place, upgrade.old, upgrade.new
    before = await work.expected_of(place) or FoundRoom("1")
    found = replace(read.found, members=read.members, overrides=before.overrides, aliases=before.aliases)
    await store.replace_room(work.connection, place, new)
    await store.save(work.connection, replace(upgrade, state=store.MOVED, at=work.now))
    await rooms.save_memberships(work.connection, new, read.members, read.names)
    await rooms.save_conversation(work.connection, rooms.ConversationRow(old, None, None))
    await by_hand.set_marks(work.connection, place, _marks(read))
    work.surroundings.health.read.pop(place, None)
    work.expect(place, found)
    people = await rooms.members(work.connection, old)
    banned = [user for user, how in sorted(people.items()) if how == "ban" != read.members.get(user)]
    work.put(*(Ban(place, user) for user in banned), *_addresses(work, upgrade, before))
    await _keep_paths(work, place, people, read.members)
    await _note(work, upgrade, before, found)
    await work.settle([place])
    work.put(ReadBack(place))
    if not may_keep_up(found, work.surroundings.maker.bot):
        await settle_in(work, place, new, powerless=True)


def _marks(read: Read) -> dict[tuple[str, str], Mark]:
    """All that was there when the bot came in is dealt with: nobody has changed anything since."""
    marks = {(kind, str(key)): Mark(who.event, {}) for (kind, key), who in read.set_by.items() if who.event}
    if POWER_LEVELS in read.set_by:
        levels = users_in(read.found.state[POWER_LEVELS])
        marks[POWER_LEVELS] = Mark(read.set_by[POWER_LEVELS].event, {"users": levels})
    return marks


def _addresses(work: UnitOfWork, upgrade: Upgrade, before: FoundRoom) -> Iterable[Action]:
    """The aliases come to the new room once it is closed; the opaque one is that of rooms of the bot's."""
    place, old = upgrade.place, upgrade.old
    opaque = {place.alias_localpart} if before.creator is None else set()
    for alias in sorted(before.aliases | opaque):
        yield MoveAlias(place, alias, old)
    for under in sorted(before.published):
        yield Withdraw(old, under)


async def _keep_paths(
    work: UnitOfWork, place: PlaceId, people: Mapping[UserId, str], now: Mapping[UserId, str]
) -> None:
    """Who has joined the old Space, and not the new one yet, loses nothing that it has let them into."""
    members = {user for user, how in people.items() if how == "join" and now.get(user) != "join"}
    landscape = work.landscape
    for inner in (*landscape.networks, *landscape.groups) if place.is_network and members else ():
        if NetworkId(place) in doors(landscape, inner):
            room = await rooms.room_of(work.connection, inner)
            there = await rooms.members(work.connection, room) if room else {}
            for user in sorted(members & {user for user, how in there.items() if how in _THERE}):
                await kept_paths.admit(work.connection, inner, user)


async def _note(work: UnitOfWork, upgrade: Upgrade, before: FoundRoom, found: FoundRoom) -> None:
    what = "by hand: upgrade" if upgrade.event else "upgrade"
    was, is_now = f"{upgrade.old} (version {before.version})", f"{upgrade.new} (version {found.version})"
    await work.note(what, upgrade.place, before=was, after=is_now, by=upgrade.by)


# -- all that names it ------------------------------------------------------------------------------


async def settle_in(
    work: UnitOfWork, place: PlaceId, room: RoomId, *, powerless: bool = False
) -> RoomId | None:
    """The new room is closed: what named the old one names it now, and its people are invited.

    Returns the old room, None where nothing was to be done. `powerless`: nobody knows whether it is
    closed, so only the Spaces above it, which somebody else listed it in or would, show it.
    """
    upgrade = await store.moved_to(work.connection, place, room)
    if upgrade is None:
        return None
    await store.save(work.connection, replace(upgrade, state=store.DONE))
    await _rename(work, upgrade, powerless=powerless)
    people = await rooms.members(work.connection, upgrade.old)
    there = await rooms.members(work.connection, room)
    bot = work.surroundings.maker.bot
    lacking = [u for u, how in sorted(people.items()) if how in _THERE and u not in there and u != bot]
    invites = [Invite(place, user) for user in lacking]
    if invites:  # apart from what somebody waits for: they may take their time
        await outbox.put(work.connection, invites, undertaking=None, now=work.now)
    await store.forget_members(work.connection, upgrade.old)
    found = await work.expected_of(place)
    if upgrade.event and found is not None:
        await _report(work, upgrade, found, len(invites))
    elif not upgrade.event:
        work.put(*_farewell(work, upgrade))
    return upgrade.old


async def _rename(work: UnitOfWork, upgrade: Upgrade, *, powerless: bool) -> None:
    place, old = upgrade.place, upgrade.old
    naming = [other for other in await store.naming(work.connection, place) if _is_followed(work, other)]
    above: list[PlaceId] = []
    for other in naming:
        found = await work.expected_of(other)
        if found is not None:
            work.expect(other, upgrades.as_named_before(found, place, old))
            if upgrades.lists(found, place):
                above.append(other)
                if powerless:
                    await _list_at_once(work, other, upgrade)
    await work.settle(naming)
    for other in above:
        await _put(work, SetState(other, StateEvent(_CHILD, {}, str(old))))


async def _list_at_once(work: UnitOfWork, above: PlaceId, upgrade: Upgrade) -> None:
    """List the new room by its id, as the old one was, without waiting until it is closed."""
    wanted = wanted_room(work.landscape, above, work.surroundings.server)
    found = await work.expected_of(above)
    if wanted is not None and found is not None and (content := wanted.children.get(upgrade.place)):
        work.put(SetState(above, StateEvent(_CHILD, content, str(upgrade.new))))
        state = {**found.state, (_CHILD, upgrade.place): content}
        work.expect(above, replace(found, state=state))


async def _put(work: UnitOfWork, step: SetState) -> None:
    place = PlaceId(step.room)
    found = await work.expected_of(place)
    work.put(step)
    if found is not None:
        work.expect(place, project_room(found, [step], work.surroundings.maker))


def _farewell(work: UnitOfWork, upgrade: Upgrade) -> Iterable[SetState]:
    """What the bot leaves in a room that it has made anew: where it goes on, and that nobody talks there."""
    landscape = work.landscape
    spoken = languages.spoken_in(landscape, languages.network_of(landscape, upgrade.place))
    words = in_language(goes_on(), words_in(spoken or work.surroundings.language))
    tombstone = {"body": plain(words), "replacement_room": str(upgrade.new)}
    yield SetState(upgrade.old, StateEvent(TOMBSTONE[0], tombstone))
    if upgrade.levels:
        levels = upgrades.shut(json.loads(upgrade.levels))
        yield SetState(upgrade.old, StateEvent(POWER_LEVELS[0], levels))


async def _report(work: UnitOfWork, upgrade: Upgrade, found: FoundRoom, invited: int) -> None:
    bot = work.surroundings.maker.bot
    if (who := _user(upgrade.by)) is not None:
        document = moved(
            named(work.landscape, upgrade.place),
            who,
            found.version,
            invited,
            above=upgrades.stands_above(found),
            powerless=None if may_keep_up(found, bot) else bot,
        )
        await _tell(work, upgrade, document, said=f"upgraded:{upgrade.event}")


async def _tell(work: UnitOfWork, upgrade: Upgrade, document: Document, *, said: str) -> None:
    """The coordinators, and who has done it if they are none."""
    await tell_coordinators(work, upgrade.place, document, said=said)
    who = _user(upgrade.by)
    if who not in work.landscape.looking_after(upgrade.place):
        await tell_where_they_talk(work, [who], document, said=said)
