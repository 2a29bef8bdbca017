"""The new room is a place's room now: the bot looks after it, and all that named the old one names it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

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
from bot.upgrades.words import goes_on, moved
from spaces import upgrades
from spaces.actions import Action, Ban, Invite, MoveAlias, ReadBack, SetState, StateEvent, Withdraw
from spaces.errors import Malformed
from spaces.identifiers import NetworkId, PlaceId, RoomId, UserId
from spaces.network import Status
from spaces.power_levels import users_in
from spaces.reach import doors
from spaces.reconcile import POWER_LEVELS, FoundRoom, may_keep_up, may_let_in, project_room
from spaces.upgrades import TOMBSTONE
from spaces.wanted import wanted_room

if TYPE_CHECKING:
    from appservice.readback import Read
    from appservice.work import UnitOfWork

_CHILD = "m.space.child"
_THERE = ("join", "invite")


def is_followed(work: UnitOfWork, place: PlaceId) -> bool:
    """Whether the room of `place` may be replaced by another: those of people are not."""
    landscape = work.landscape
    is_there = place in landscape.networks or place in landscape.groups
    return is_there and landscape.status_of(place) is not Status.RELEASED


def as_user(text: str) -> UserId | None:
    """Who it is, or None where nobody can have that name."""
    try:
        return UserId.parse(text)
    except Malformed:
        return None


async def take_place(work: UnitOfWork, upgrade: Upgrade, read: Read) -> None:
    """The room that was read is the place's from now on; nothing leads there until it is closed."""
    place, old, new = upgrade.place, upgrade.old, upgrade.new
    before = await work.expected_of(place) or FoundRoom("1")
    found = replace(read.found, members=read.members, overrides=before.overrides, aliases=before.aliases)
    await store.replace_room(work.connection, place, new)
    await store.save(work.connection, replace(upgrade, state=store.MOVED, at=work.now))
    await rooms.save_memberships(work.connection, new, read.members, read.names, now=work.now)
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


async def came_along(work: UnitOfWork, place: PlaceId, before: str | None) -> bool:
    """Whether who joins a network now was perhaps in its old room: they need no greeting."""
    return before == "invite" and await store.done_lately(work.connection, place, now=work.now) > 0


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
    naming = [other for other in await store.naming(work.connection, place) if is_followed(work, other)]
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
    spoken = languages.spoken_in(landscape, landscape.network_at(upgrade.place))
    words = in_language(goes_on(), words_in(spoken or work.surroundings.language))
    tombstone = {"body": plain(words), "replacement_room": str(upgrade.new)}
    yield SetState(upgrade.old, StateEvent(TOMBSTONE[0], tombstone))
    if upgrade.levels:
        levels = upgrades.shut(json.loads(upgrade.levels))
        yield SetState(upgrade.old, StateEvent(POWER_LEVELS[0], levels))


async def _report(work: UnitOfWork, upgrade: Upgrade, found: FoundRoom, invited: int) -> None:
    bot = work.surroundings.maker.bot
    if (who := as_user(upgrade.by)) is not None:
        document = moved(
            named(work.landscape, upgrade.place),
            who,
            found.version,
            invited,
            above=upgrades.stands_above(found),
            powerless=None if may_keep_up(found, bot) else bot,
            lets_in=may_let_in(found, bot),
            for_good=not upgrades.may_renew(found, bot),
        )
        await tell(work, upgrade, document, said=f"upgraded:{upgrade.event}")


async def tell(work: UnitOfWork, upgrade: Upgrade, document: Document, *, said: str) -> None:
    """The coordinators, and who has done it if they are none."""
    await tell_coordinators(work, upgrade.place, document, said=said)
    who = as_user(upgrade.by)
    if who not in work.landscape.looking_after(upgrade.place):
        await tell_where_they_talk(work, [who], document, said=said)
