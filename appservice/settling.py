"""Records what came of an action, and tells whoever waits for it. One commit each, or one for several."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from structlog.contextvars import bound_contextvars

from appservice import (
    accounts,
    announcements,
    calendar,
    files,
    forgetting,
    invitations,
    replacing,
    stories,
    upgrading,
)
from appservice.activity import note_visibility
from appservice.adopting import taken_in
from appservice.bringing_in import brought_in
from appservice.encrypted_rooms import note_encryption
from appservice.group_commit import GroupCommit
from appservice.invitations import Reports
from appservice.lanes import Entry
from appservice.lifecycle import forget_room
from appservice.market import close_if_left
from appservice.newcomers import take_in_conversation
from appservice.performing import Outcome
from appservice.places import Places
from appservice.readback import DoesNotHold, read_state, take_in
from appservice.speech import notice
from appservice.store import outbox, rooms, upgrades
from appservice.store.outbox import Undertaking
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.invitations.ports import Account
from bot.languages import words_in
from bot.plan import in_words
from bot.progress import finished, under_way
from bot.reply import from_json, in_language
from spaces.actions import (
    Action,
    Adopt,
    Ban,
    CreateRoom,
    EndDirect,
    Follow,
    Invite,
    Join,
    Leave,
    LetGo,
    LookUp,
    MarkDirect,
    ReadBack,
    ReadFile,
    ReadMessage,
    Remove,
    Renew,
    Say,
    SendFile,
    SetState,
    TakeIn,
    Unban,
)
from spaces.identifiers import PlaceId, RoomId, UserId, printable
from spaces.reconcile import may_keep_up
from spaces.sentences import Sentence, sentence

SLOW_SECONDS = 2.0
_HEDGEROW = "hedgerow"


class Settler:
    """Records outcomes."""

    def __init__(self, works: Works, places: Places, reports: Reports | None = None) -> None:
        self._works = works
        self._places = places
        self._reports = reports or Reports()
        self._commits = GroupCommit(works, _HEDGEROW)

    async def settle(self, entry: Entry, outcome: Outcome) -> bool | None:
        """Record success. For a read back: whether the room passed the gate; else None."""
        passed, held = await self._commits.commit(partial(self._recorded, entry, outcome))
        if not held:
            return False
        if outcome.room is not None and isinstance(entry.action, CreateRoom):
            self._places.put(PlaceId(entry.action.room), outcome.room)
        elif outcome.room is not None and isinstance(entry.action, (TakeIn, Adopt)):
            await self._note_taken(outcome.room)
        elif isinstance(entry.action, (ReadBack, Renew, Follow)):
            await self._note_moved(entry.action)
        if isinstance(entry.action, LetGo):
            self._places.drop(PlaceId(entry.action.room))
        return passed

    async def _recorded(self, entry: Entry, outcome: Outcome, work: UnitOfWork) -> tuple[bool | None, bool]:
        """As `settle`, and whether the room holds what was put into it."""
        with bound_contextvars(action=entry.seq):
            try:
                passed = await self._record(work, entry, outcome)
            except DoesNotHold as gap:
                await self._fail(work, entry, _does_not_hold(gap))
                return False, False
            await outbox.delivered(work.connection, entry.seq, event=outcome.event)
            if not work.carries_on(entry.undertaking):
                await self._conclude(work, entry.undertaking)
            return passed, True

    async def _note_taken(self, room: RoomId) -> None:
        """A room that others have made is a place's from now on."""
        async with self._works.database.reading(brief=True) as connection:
            place = await rooms.place_of(connection, room)
        if place is not None:
            self._places.put(place, room)

    async def _note_moved(self, action: ReadBack | Renew | Follow) -> None:
        """A place's room may be another from now on; what names the old one means it until all is changed."""
        place = action.place if isinstance(action, Follow) else PlaceId(action.room)
        if isinstance(action, ReadBack) and not self._places.is_moving(place):
            return
        async with self._works.database.reading(brief=True) as connection:
            room = await rooms.room_of(connection, place)
            under_way = room is not None and await upgrades.moved_to(connection, place, room) is not None
        if room is not None:
            self._places.put(place, room)
        if not under_way:
            self._places.forget_former(place)

    async def _record(self, work: UnitOfWork, entry: Entry, outcome: Outcome) -> bool | None:
        action, bot = entry.action, work.surroundings.maker.bot
        if outcome.room is not None and outcome.state is not None:
            await note_encryption(work.connection, outcome.room, outcome.state)
        match action:
            case CreateRoom() if outcome.room is not None:
                await self._made(work, PlaceId(action.room), entry.seq, outcome.room)
            case ReadBack() if outcome.room is not None and outcome.state is not None:
                return await self._read_back(work, action, entry, outcome)
            case Join():
                await take_in_conversation(work, action, outcome)
            case TakeIn():
                await taken_in(work, self._places, action, outcome)
            case Adopt():
                await brought_in(work, self._places, action, outcome, entry.undertaking)
            case Follow():
                read = read_state(outcome.state, bot, self._places) if outcome.state is not None else None
                await upgrading.followed(work, action, outcome, read)
            case Renew() if outcome.room is not None and outcome.state is not None:
                work.carry_on(entry.undertaking)
                read = read_state(outcome.state, bot, self._places)
                await upgrading.renewed(work, action, outcome.room, read)
            case Leave() | EndDirect():
                await rooms.drop_conversation(work.connection, RoomId(action.room))
            case LetGo():
                await forget_room(work, PlaceId(action.room), entry.seq)
            case Invite(user=user):
                await self._brought(work, action, user, "invite")
                await invitations.came(work, action)
            case LookUp():
                await accounts.looked_up(work, action, outcome.account)
            case ReadFile():
                await files.hear_again(work, action, outcome.text)
            case Say(said=said) if said.startswith("announce:"):
                await announcements.posted(work, said, self._places.room(action.room), outcome.event)
            case Say(said=said) if outcome.event is not None:
                await calendar.was_said(work, said, self._places.room(action.room), outcome.event)
            case ReadMessage():
                await stories.was_read(work, action, outcome.message, entry.undertaking)
            case Remove(user=user) | Unban(user=user):
                await self._brought(work, action, user, "leave")
            case Ban(user=user):
                await self._brought(work, action, user, "ban")
        return None

    async def _brought(self, work: UnitOfWork, action: Action, user: UserId, membership: str) -> None:
        """Note what the bot itself has done: its own events are not listened to.

        Who is there already was not invited once more.
        """
        room = self._places.room(action.room)
        if membership != "invite" or await rooms.membership(work.connection, room, user) != "join":
            await rooms.save_memberships(work.connection, room, {user: membership}, now=work.now)
        if membership != "invite":
            await close_if_left(work, user)
        place = action.room
        is_named = isinstance(place, PlaceId) and user in work.landscape.looking_after(place)
        if membership == "invite" and isinstance(place, PlaceId) and is_named:
            await work.paths.invited_by_name(place, user)

    async def _made(self, work: UnitOfWork, place: PlaceId, seq: int, room: RoomId) -> None:
        await rooms.set_room(work.connection, place, room)
        if not place.is_direct:
            return
        for action in await outbox.waiting_in(work.connection, place, but=seq):
            if isinstance(action, MarkDirect):
                row = rooms.ConversationRow(room, action.user, place)
                await rooms.save_conversation(work.connection, row)

    async def _read_back(self, work: UnitOfWork, action: ReadBack, entry: Entry, outcome: Outcome) -> bool:
        if outcome.room is None or outcome.state is None:
            raise ValueError("a read back without a state")
        place = PlaceId(action.room)
        if await rooms.room_of(work.connection, place) != outcome.room:
            work.put(action)  # it has moved while the old one was read
            return False
        read = read_state(outcome.state, work.surroundings.maker.bot, self._places)
        if await upgrading.noticed(work, place, outcome.room, read):
            return await rooms.is_ready(work.connection, place)
        read = await upgrading.steady(work, place, read)
        passed = await take_in(work, action, entry.seq, outcome.room, read)
        await note_visibility(work, place, outcome.state)
        await rooms.set_ready(work.connection, place, passed)
        if passed and may_keep_up(read.found, work.surroundings.maker.bot):
            work.surroundings.health.read[place] = work.now
            if await replacing.settle_in(work, place, outcome.room) is not None:
                work.carry_on(entry.undertaking)
        else:
            work.surroundings.health.read.pop(place, None)
        return passed

    async def give_up(self, entry: Entry, reason: Sentence) -> set[int]:
        """Record that it will not be done, nor what depends on it; which those are."""
        async with self._works.begin(_HEDGEROW) as work:
            return await self._fail(work, entry, reason)

    async def _fail(self, work: UnitOfWork, entry: Entry, reason: Sentence) -> set[int]:
        action = entry.action
        said = sentence("{action}: {reason}", action=in_words(work.landscape, action), reason=reason)
        if isinstance(action, ReadFile):
            files.refuse(work, action, reason)
        if isinstance(action, LookUp):
            await accounts.looked_up(work, action, Account.UNTOLD)
        if isinstance(action, SendFile):
            forgetting.not_sent(work, action, reason)
        if isinstance(action, ReadMessage):
            await stories.not_read(work, action, entry.undertaking)
        if isinstance(action, Follow):
            await upgrading.left_outside(work, action)
        if isinstance(action, Renew):
            await upgrading.not_renewed(work, action)
        if isinstance(action, (LookUp, ReadFile, ReadMessage, SendFile)) or (
            isinstance(action, Invite) and action.reported
        ):
            await outbox.delivered(work.connection, entry.seq)  # who asked is told
        else:
            await outbox.failed(work.connection, entry.seq, said)
            await work.note(f"gave up: {printable(str(said))}", action.room)
        lost: list[Entry] = []
        if isinstance(action, (CreateRoom, ReadBack)) and isinstance(action.room, PlaceId):
            lost = depending_on(action.room, await outbox.waiting(work.connection))
        if isinstance(action, SetState):
            lost = coming_after(entry, await outbox.waiting(work.connection))
        if isinstance(action, ReadBack):
            await self._wait_for_better(work, action, lost)
            await self._conclude_all(work, (entry, *lost))
            return set()
        await self._drop(work, entry, lost, reason)
        await self._conclude_all(work, (entry, *lost))
        return {other.seq for other in lost}

    async def _wait_for_better(self, work: UnitOfWork, action: ReadBack, depending: list[Entry]) -> None:
        """The room is not closed, as far as we know: what depends on it waits until it is read again."""
        await outbox.detach(work.connection, [other.seq for other in depending])
        if isinstance(action.room, PlaceId):
            await rooms.set_ready(work.connection, action.room, False)

    async def _drop(self, work: UnitOfWork, entry: Entry, lost: list[Entry], reason: Sentence) -> None:
        """Neither `entry` nor what depends on it is done: the next look asks for it again."""
        for other in lost:
            await outbox.delivered(work.connection, other.seq)
        for action in (other.action for other in (entry, *lost)):
            if isinstance(action, Invite):
                await invitations.failed(work, action, reason)
        unmade = _unmade((entry, *lost))
        await rooms.drop_unmade(work.connection, unmade)
        left = (other.action for other in (entry, *lost) if other.action.room not in unmade)
        await work.forget_effects(left)

    async def _conclude_all(self, work: UnitOfWork, concerned: Iterable[Entry]) -> None:
        for undertaking in {entry.undertaking for entry in concerned}:
            await self._conclude(work, undertaking)

    async def remember_try(self, entry: Entry) -> None:
        """A room may have been made without our knowing: look first the next time, also after a restart."""
        async with self._works.database.writing(brief=True) as connection:
            await outbox.tried(connection, entry.seq, entry.attempts + 1)

    async def replaced(self, entry: Entry) -> None:
        """Something later took its place; who asked for this one may have waited for nothing else."""
        async with self._works.begin(_HEDGEROW) as work:
            await self._conclude(work, entry.undertaking)

    # -- who waits -------------------------------------------------------------------------------

    async def _conclude(self, work: UnitOfWork, undertaking: int | None) -> None:
        """Say that all is done, once it is."""
        if undertaking is None or await outbox.is_under_way(work.connection, undertaking):
            return
        found = await outbox.undertaking(work.connection, undertaking)
        if found is None or found.status == "done":
            return
        await outbox.set_status(work.connection, found.id, "done")
        if found.room is None or found.reply is None:
            return
        reasons = await outbox.failures(work.connection, found.id)
        reply = await self._reports.on(work, found) or from_json(found.reply)
        reply = in_language(finished(reply, reasons), words_in(found.language))
        edits = _progress(found) if found.status == "told" else None
        work.put(
            Say(
                found.room,
                f"answer:{found.event}",
                notice(reply, found.relates, edits=edits, person=found.person),
            )
        )

    async def tell_progress(self) -> None:
        """Say how far it is to everyone who has waited for more than 2 s and has not been told.

        An undertaking of which nothing waits any more, because all of it was replaced, is concluded.
        """
        async with self._works.database.reading(brief=True) as connection:
            before = self._works.surroundings.now() - SLOW_SECONDS
            slow = await outbox.slow(connection, before=before)
            left = {u.id for u in slow if await outbox.is_under_way(connection, u.id)}
        for found in slow:
            if found.status == "open" or found.id not in left:
                async with self._works.begin(_HEDGEROW) as work:
                    await self._say_progress(work, found)

    async def _say_progress(self, work: UnitOfWork, found: Undertaking) -> None:
        waiting = await outbox.depth(work.connection, found.id)
        if not waiting:
            await self._conclude(work, found.id)
        elif found.room is not None and found.meanwhile is not None:
            told = under_way(from_json(found.meanwhile), found.total - waiting, found.total)
            document = in_language(told, words_in(found.language))
            await outbox.set_status(work.connection, found.id, "told")
            said = notice(document, found.relates, person=found.person)
            work.put(Say(found.room, _progress(found), said))


def _does_not_hold(gap: DoesNotHold) -> Sentence:
    return sentence("the homeserver does not keep its settings ({settings})", settings=str(gap))


def depending_on(place: PlaceId, waiting: Iterable[Entry]) -> list[Entry]:
    """Of the waiting actions, oldest first, those that cannot be done without a room for `place`."""
    missing = {place}
    lost: list[Entry] = []
    for entry in waiting:
        action = entry.action
        if missing.intersection((action.room, *action.needs)):
            lost.append(entry)
            missing.update(_unmade([entry]))
    return lost


def coming_after(given_up: Entry, waiting: Iterable[Entry]) -> list[Entry]:
    """Of the waiting actions, oldest first, those that were to be done only after `given_up`."""
    missing = {given_up.action.key}
    lost: list[Entry] = []
    for entry in waiting:
        if entry.seq > given_up.seq and missing.intersection(entry.action.behind):
            lost.append(entry)
            missing.add(entry.action.key)
    return lost


def _unmade(entries: Iterable[Entry]) -> set[PlaceId]:
    return {PlaceId(entry.action.room) for entry in entries if isinstance(entry.action, CreateRoom)}


def _progress(found: Undertaking) -> str:
    return f"progress:{found.event}"
