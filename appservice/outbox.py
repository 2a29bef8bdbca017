"""Delivers actions: in order within a room, side by side across rooms.

waiting ──▶ under way ──2xx──▶ what came of it is recorded, in one commit
   ▲            │
   │            ├─ 429 ──────▶ waits as told; holds up its own room alone
   │            ├─ no answer ─▶ waits 2, 4, 8 … 512 s, or until the homeserver answers again
   └────────────┘
                └─ a clear no ▶ kept with its reason, told to who asked, shown in `status`
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

import structlog
from structlog.contextvars import bind_contextvars

from appservice.digests import is_edition, still_holds
from appservice.echoes import LOOK_AFTER_SECONDS
from appservice.encrypted_rooms import CannotEncrypt
from appservice.encryption import NotPrivate
from appservice.files import Unreadable
from appservice.homeserver import HomeserverError, Limited, Unreachable
from appservice.lanes import Entry, Lanes
from appservice.parting import NobodyThere
from appservice.performing import NoSuchUser, Outcome, Performer
from appservice.places import Places, Unplaced
from appservice.provisioning import AliasConflict, Ghost
from appservice.settling import Settler
from appservice.store import outbox, rooms
from appservice.store.database import Connection, StoreError
from appservice.watching import UNWATCHED, Watch
from appservice.works import Works
from spaces.actions import Adopt, CreateRoom, Follow, Invite, Renew, Say, TakeIn
from spaces.identifiers import EventId, PlaceId
from spaces.sentences import Sentence, sentence

log = structlog.get_logger(__name__)

_LONGEST_WAIT_SECONDS = 512.0
_LOOK_SECONDS = 1.0
_PATIENCE_SECONDS = 0.1
_MUCH_EVERY_SECONDS = 0.1
_MOST_UNWRITTEN = 20
_MOST_TRIES = 12
_TRIES_LEFT = 3
_TRIES_ALONE = 3  # after so many, that something else is answered says nothing about this
_MOST_TRIES_ELSEWHERE = 3
_HELD_UP_SECONDS = 30.0
_UNTOLD = 0.25  # of the wait after no answer, where 429 does not say for how long
_NO_DEALINGS = "Federation denied"  # Synapse, of a server that is not on its list


class Outbox:
    """The outbox loop. `now` gives seconds that no setting of a clock changes."""

    def __init__(
        self,
        works: Works,
        performer: Performer,
        settler: Settler,
        places: Places,
        now: Callable[[], float],
        *,
        side_by_side: int = 8,
        watch: Watch = UNWATCHED,
    ) -> None:
        self._watch = watch
        self._works = works
        self._performer = performer
        self._settler = settler
        self._places = places
        self._now = now
        self._side_by_side = side_by_side
        self._lanes = Lanes()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self.came_to_rest = asyncio.Event()
        """Set when the last call under way has been dealt with; whoever waits for it clears it."""
        self._calls = 0
        self._stopping = False
        self._is_silent = False
        self._last_seq = 0
        self._news = True
        self._much_at = 0.0

    def wake(self) -> None:
        """There may be something new."""
        self._news = True
        self._wake.set()

    def homeserver_answers(self) -> None:
        """The homeserver answers again: do not wait any longer."""
        self._is_silent = False
        self._lanes.release()
        self._wake.set()

    def prepare(self, rows: list[tuple[PlaceId, bool]]) -> None:
        """Tell which places have rooms already, and whether they are closed and read back."""
        for place, ready in rows:
            (self._lanes.ready if ready else self._lanes.made)(place)

    async def run(self) -> None:
        """Deliver until `stop`."""
        while not self._stopping:
            self._wake.clear()
            if self._news:
                await self._load()
            now = self._now()
            for entry in self._due(now):
                self._calls += 1
                task = asyncio.create_task(self._deliver(entry))
                self._tasks.add(task)
                task.add_done_callback(self._finished)
            await self._rest(now)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    def _due(self, now: float) -> list[Entry]:
        """What is delivered now: while people wait, little of a large undertaking, or of routine; and none of
        it while what has come of many calls is still to be written down."""
        room_for = self._side_by_side - self._calls
        is_behind = self._lanes.under_way - self._calls > _MOST_UNWRITTEN
        is_pressed = self._is_pressed
        due = self._lanes.take(now, room_for, sparing=is_pressed or is_behind)
        if is_pressed and not is_behind and len(due) < room_for and now >= self._much_at:
            self._much_at = now + _MUCH_EVERY_SECONDS
            due += self._lanes.take(now, 1)
        return due

    @property
    def _is_pressed(self) -> bool:
        """Whether somebody waits for an answer, or may do so."""
        since = self._works.surroundings.health.waiting_since
        return since is not None and self._works.surroundings.now() > since + _PATIENCE_SECONDS

    def stop(self) -> None:
        """Take up nothing new; what is under way is finished within five seconds."""
        self._stopping = True
        self._wake.set()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self.came_to_rest.set()
        self._wake.set()

    async def _rest(self, now: float) -> None:
        wakes_at = self._lanes.wakes_at(now)
        most = _MUCH_EVERY_SECONDS if self._is_pressed else _LOOK_SECONDS
        seconds = most if wakes_at is None else min(max(wakes_at - now, 0.01), most)
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            self._news = True  # another process may have put something in

    async def _load(self) -> None:
        self._news = False
        try:
            async with self._works.database.reading(apart=True, brief=True) as connection:
                entries = await outbox.waiting(connection, after=self._last_seq)
        except (StoreError, OSError) as error:
            log.error("outbox_not_readable", reason=type(error).__name__)
            self._news = True
            return
        for entry in entries:
            self._lanes.add(entry)
            self._last_seq = max(self._last_seq, entry.seq)

    async def _deliver(self, entry: Entry) -> None:
        bind_contextvars(action=entry.seq)  # for this task alone
        try:
            outcome = await self._performed(entry)
            if outcome is None:
                await self._settler.replaced(entry)
                self._lanes.done(entry)
            else:
                await self._settle(entry, outcome)
        except Limited as limit:
            self._slow_down(entry, limit.wait)
        except HomeserverError as error:
            await self._refused(entry, error)
        except (AliasConflict, NobodyThere, Unreadable) as refusal:
            await self._give_up(entry, refusal.said)
        except CannotEncrypt:
            await self._give_up(entry, sentence("the room is encrypted, and encryption is off"))
        except NoSuchUser:
            await self._give_up(entry, sentence("this server knows nobody of that name"))
        except Unplaced:
            await self._give_up(entry, sentence("a room that it needs is not there"))
        except (StoreError, OSError) as error:
            log.error("outcome_not_recorded", reason=type(error).__name__)
            self._lanes.put_back(entry, self._now() + _LOOK_SECONDS)
        except Exception:
            log.exception("delivery_failed")
            await self._give_up(entry, sentence("an error of Hedgerow's own; the log says more"))

    async def _performed(self, entry: Entry) -> Outcome | None:
        """What came of the call, or None where it is not to be made any more.

        Once it has been made another may be, while what came of this one is written down.
        """
        try:
            async with self._works.database.reading(apart=True, brief=True) as connection:
                since = await outbox.waits_since(connection, entry.seq)
                if since is None:
                    return None  # what was made private meanwhile is not listed first
                if not await self._still_private(connection, entry):
                    return None
                if not await still_holds(connection, entry.action):
                    return None
                edited = await self._edited_by(connection, entry)
            has_waited = self._works.surroundings.now() - since
            look_since = since if has_waited > LOOK_AFTER_SECONDS else None
            return await self._performer.perform(
                entry.action, tried=entry.attempts > 0, edited=edited, look_since=look_since
            )
        except NotPrivate:
            return None
        finally:
            self._calls -= 1
            self._wake.set()

    async def _still_private(self, connection: Connection, entry: Entry) -> bool:
        """What is for one person only is said while they alone are there, or not at all."""
        person = entry.action.content.get("person") if isinstance(entry.action, Say) else None
        if person is None:
            return True
        here = await rooms.conversation(connection, self._places.room(entry.action.room))
        return here is not None and here.person == person

    async def _edited_by(self, connection: Connection, entry: Entry) -> EventId | None:
        edits = entry.action.content.get("edits") if isinstance(entry.action, Say) else None
        if edits and edits.startswith("$"):
            return EventId(edits)
        return await outbox.event_of(connection, f"Say:{edits}") if edits else None

    async def _settle(self, entry: Entry, outcome: Outcome) -> None:
        if isinstance(entry.action, (Follow, Renew)) and outcome.room is not None:
            place = entry.action.place if isinstance(entry.action, Follow) else entry.action.room
            self._lanes.unready(PlaceId(place))  # until the new room is read back
        is_ready = await self._settler.settle(entry, outcome)
        self._watch.action(entry.action.key, "delivered")
        if is_edition(entry.action):
            self._watch.digest_sent()
        self._lanes.went_well(entry)
        self._lanes.done(entry)
        if self._is_silent:
            self.homeserver_answers()
        place = entry.action.room
        came_in = outcome.room if isinstance(entry.action, (TakeIn, Adopt)) else None
        if came_in is not None and (taken := self._places.place(came_in)) is not None:
            self._lanes.made(taken)
        if not isinstance(place, PlaceId):
            return
        if isinstance(entry.action, CreateRoom):
            self._lanes.made(place)
        elif is_ready is not None:
            (self._lanes.ready if is_ready else self._lanes.unready)(place)

    def _slow_down(self, entry: Entry, wait: float | None) -> None:
        self._watch.action(entry.action.key, "limited")
        seconds = wait if wait is not None else _back_off(entry.attempts + 1) * _UNTOLD
        now = self._now()
        is_long = isinstance(entry.action, Invite) and seconds > _HELD_UP_SECONDS
        if is_long and self._lanes.held_up_alone(entry):  # this person was invited often, not this room
            self._lanes.postpone(entry, now + seconds)
            return
        self._lanes.slow_down(entry, wait, now)
        again = entry if wait is not None else entry.tried_again()
        self._lanes.put_back(again, now + seconds * random.uniform(1.0, 1.1))

    async def _refused(self, entry: Entry, error: HomeserverError) -> None:
        attempts = self._tries(entry)
        if isinstance(entry.action, Invite) and await self._refused_elsewhere(entry, entry.action, error):
            return
        if error.is_final or (attempts >= _MOST_TRIES and not isinstance(error, Unreachable)):
            answer = error.message or error.status
            await self._give_up(entry, sentence("the homeserver said no: {answer}", answer=answer))
            return
        self._watch.action(entry.action.key, "put off")
        log.warning("delivery_put_off", status=error.status, attempts=attempts)
        if isinstance(entry.action, CreateRoom) and not entry.attempts:
            await self._settler.remember_try(entry)
        if isinstance(error, Ghost):
            self._lanes.put_back(entry.tried_again(), self._now() + error.wait)
            return
        is_alone = attempts > _TRIES_ALONE and self._works.surroundings.health.homeserver_answers
        silent = (isinstance(error, Unreachable) or error.status in (502, 503, 504)) and not is_alone
        self._is_silent = self._is_silent or silent
        until = self._now() + _back_off(attempts)
        self._lanes.put_back(replace(entry, attempts=attempts), until, until_it_answers=silent)

    def _tries(self, entry: Entry) -> int:
        """How often it was tried, with this time. While the homeserver does nothing at all, nothing is given
        up for that: some tries are left for when it answers again."""
        attempts = entry.attempts + 1
        if self._works.surroundings.health.homeserver_answers:
            return attempts
        return min(attempts, _MOST_TRIES - _TRIES_LEFT)

    async def _refused_elsewhere(self, entry: Entry, action: Invite, error: HomeserverError) -> bool:
        """Whether it was somebody's own server that kept them from being invited.

        One that cannot be reached holds up nobody else, and is given up soon: who asked is told.
        """
        server = action.user.server
        if error.message.startswith(_NO_DEALINGS):
            reason = sentence("this server has no dealings with theirs, {server}", server=server)
        elif not _is_away(server, action, error, ours=self._works.surroundings.server):
            return False
        elif entry.attempts + 1 < _MOST_TRIES_ELSEWHERE:
            self._watch.action(action.key, "put off")
            self._lanes.postpone(entry.tried_again(), self._now() + _back_off(entry.attempts + 1))
            return True
        else:
            reason = sentence("their server, {server}, cannot be reached", server=server)
        await self._give_up(entry, reason)
        return True

    async def _give_up(self, entry: Entry, reason: Sentence) -> None:
        log.error("delivery_given_up", kind=type(entry.action).__name__)
        try:
            lost = await self._settler.give_up(entry, reason)
        except (StoreError, OSError):
            self._lanes.put_back(entry, self._now() + _LOOK_SECONDS)
            return
        self._watch.action(entry.action.key, "given up")
        self._lanes.done(entry)
        self._lanes.drop(lost)


def _is_away(server: str, action: Invite, error: HomeserverError, *, ours: str) -> bool:
    """Whether ours says that it cannot reach `server`. Without an errcode it is a proxy before ours."""
    return action.reported and server != ours and error.status in (500, 502, 504) and bool(error.errcode)


def _back_off(attempts: int) -> float:
    """Seconds to wait after so many tries: 2, 4, 8 … 512, spread a little."""
    return min(2.0 ** min(attempts, 9), _LONGEST_WAIT_SECONDS) * random.uniform(0.8, 1.0)
