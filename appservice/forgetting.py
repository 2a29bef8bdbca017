"""`my data` and `forget me` at the edge: what is held, and how it goes.

asked ──▶ roles ended, listings and stories gone, what was posted redacted, out of the rooms
  ──all that delivered──▶ the bot leaves the direct room ──▶ every table, the keys, the file itself

What cannot be delivered is given up after `_AT_THE_LATEST_SECONDS`, so that within a day nothing is left.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from appservice.audit import HEDGEROW
from appservice.retracting import redact_posts_with
from appservice.speech import notice
from appservice.store import erasing, holding, market, rooms, stories
from appservice.store.erasing import Erasure
from appservice.stories import end_all_of
from bot.privacy.ports import Outlook
from bot.reply import say
from spaces import changes
from spaces.actions import EndDirect, Leave, Say, SendFile, SetState, StateEvent
from spaces.forgetting import LETTERS, STUB_LETTERS, stub_of, without_person
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId
from spaces.power_levels import users_in
from spaces.reconcile import POWER_LEVELS, may_keep_up, project_room
from spaces.sentences import Sentence

if TYPE_CHECKING:
    from appservice.encryption import Encryption
    from appservice.work import UnitOfWork
    from appservice.works import Works

log = structlog.get_logger(__name__)

FORMS = ("json", "txt")
_DAY_SECONDS = 86_400.0
_AT_THE_LATEST_SECONDS = 20 * 3600.0
_THERE = ("join", "invite", "knock")


class KeptPrivacy:
    """Implements `bot.privacy.ports.Privacy` within one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._connection = work.connection

    @property
    def backups_until(self) -> float:
        return self._work.now + self._work.surroundings.backups_kept_days * _DAY_SECONDS

    async def outlook(self, user: UserId) -> Outlook:
        held = await holding.held_on(self._connection, user)
        orphaned = last_of(self._work, user)
        places = await _places_with(self._work, user)
        banned = sum(ban.who == user for ban in self._work.landscape.bans.values())
        return Outlook(holding.counts_of(held), orphaned, len(places), banned)

    async def hand_over(self, user: UserId, room: RoomId | None, said: EventId) -> None:
        here = room or await self._work.direct_room_of(user)
        language = await self._work.language_of(user)
        for form in FORMS:
            carried = notice(say("Everything that I keep about you"), person=user, language=language)
            self._work.put(SendFile(here, f"data:{said}:{form}", {**carried, "language": language}, form))

    async def forget(self, user: UserId, *, stays: bool) -> None:
        await begin(self._work, Erasure(user, fresh_stub(), self._work.now, begun=True, stays=stays))


def fresh_stub() -> str:
    """At random: nobody can work out from it who it was."""
    return stub_of("".join(secrets.choice(LETTERS) for _ in range(STUB_LETTERS)))


def last_of(work: UnitOfWork, user: UserId) -> tuple[NetworkId, ...]:
    """The networks that they alone look after, by name."""
    landscape = work.landscape
    alone = (n for n in landscape.coordinated_by(user) if landscape.coordinators_of(n) == (user,))
    return tuple(sorted(alone, key=lambda n: landscape.networks[n].name.casefold()))


async def _places_with(work: UnitOfWork, user: UserId) -> list[PlaceId]:
    """The places in whose rooms they are, or to which they are invited."""
    found = await rooms.places_of(work.connection, user)
    return sorted(place for place, how in found if how in _THERE and not place.is_direct)


# -- at once --------------------------------------------------------------------------------------------


async def begin(work: UnitOfWork, one: Erasure) -> None:
    """What others see of them is gone with this commit, and the rest of it in Matrix is on its way."""
    await erasing.keep(work.connection, replace(one, begun=True))
    theirs = await stories.of_author(work.connection, one.user)
    await redact_posts_with(work, [story.number for story in theirs], one.stub)
    await end_all_of(work, one.user)
    await _step_down(work, one.user)
    for place in await market.rooms_of(work.connection, one.user):
        work.put(Leave(place))
    await erasing.erase_what_is_shown(work.connection, one.user)
    for place in await _places_with(work, one.user):
        await _take_power(work, place, one.user)
        if not one.stays:
            await work.remove(place, one.user, reason="")


async def _step_down(work: UnitOfWork, user: UserId) -> None:
    """They look after nothing any more; where nobody does, the members are told that they can nominate."""
    for network in sorted(work.landscape.coordinated_by(user)):
        landscape = changes.step_down(work.landscape, network, user)
        await work.change(landscape, what=f"coordinator remove {user}", about=network)


async def _take_power(work: UnitOfWork, place: PlaceId, user: UserId) -> None:
    """The room names them no longer among those with a power of their own."""
    maker, found = work.surroundings.maker, await work.expected_of(place)
    levels = found.state.get(POWER_LEVELS, {}) if found is not None else {}
    if found is None or user not in users_in(levels) or not may_keep_up(found, maker.bot):
        return
    left = {**levels, "users": {name: level for name, level in levels["users"].items() if name != user}}
    step = SetState(place, StateEvent(POWER_LEVELS[0], left))
    work.put(step)
    without = {name: level for name, level in found.overrides.items() if name != user}
    work.expect(place, project_room(replace(found, overrides=without), [step], maker))


def not_sent(work: UnitOfWork, action: SendFile, reason: Sentence) -> None:
    """Tell them that a file did not go out."""
    person, language = UserId(action.content["person"]), action.content["language"]
    told = say(
        "I could not send you the file with your data: {reason}. Ask for it again later.", reason=reason
    )
    said = Say(action.room, f"{action.said}:not sent", notice(told, person=person, language=language))
    work.put(said)


# -- in time --------------------------------------------------------------------------------------------


class Forgetting:
    """The tick that forgets who asked for it. `now` gives seconds; `encryption` is None where it is off."""

    def __init__(self, works: Works, now: Callable[[], float], encryption: Encryption | None = None) -> None:
        self._works = works
        self._now = now
        self._encryption = encryption

    async def look(self) -> None:
        async with self._works.database.reading() as connection:
            waiting = await erasing.erasures(connection)
            is_to_compact = await erasing.is_to_compact(connection)
        if is_to_compact:
            await erasing.compact(self._works.database)
        for one in waiting:
            await self._go_on(one)

    async def _go_on(self, one: Erasure) -> None:
        if not one.begun:
            async with self._works.begin(HEDGEROW) as work:
                await begin(work, one)
            return
        async with self._works.database.reading() as connection:
            is_late = self._now() - one.asked_at > _AT_THE_LATEST_SECONDS
            if not is_late and await erasing.is_waited_for(connection, one.user):
                return
            direct = await erasing.direct_rooms(connection, one.user)
        if direct and not is_late:
            async with self._works.begin(HEDGEROW) as work:
                work.put(*(EndDirect(room, one.user) for room in direct))
            return
        await self._forget(one)

    async def _forget(self, one: Erasure) -> None:
        """The rest of it, in one commit; the keys before it, so that a crash on the way repeats it all."""
        devices = [] if self._encryption is None else self._encryption.forget_person(one.user)
        async with self._works.begin(HEDGEROW) as work:
            work.forget(without_person(work.landscape, one.user))
            await erasing.erase_what_is_shown(work.connection, one.user)
            await erasing.erase(work.connection, one, devices)
        log.info("person_forgotten")
        await erasing.compact(self._works.database)
