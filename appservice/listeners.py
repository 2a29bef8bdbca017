"""Event type → who listens. Each listener changes what it must within the unit of work it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from appservice import applications, invitations, listings, market, overhearing, stories
from appservice.activity import heed_visibility, said_at
from appservice.applications import hear_membership
from appservice.bans import apply_rules, heed_hand, is_ruled_out
from appservice.budget import Answers, Invitations, Verdict
from appservice.encrypted_rooms import note_encryption
from appservice.event import Event
from appservice.files import file_in
from appservice.hearing import is_direct, message_in, reaction_in, redacted_by, replied_to
from appservice.market import close_if_left, leave_to_the_two
from appservice.memberships import note_membership, tell_of_parting, wished_step
from appservice.newcomers import decline_space, in_words_of, is_host, is_space
from appservice.readback import MEMBERSHIPS
from appservice.replacing import came_along
from appservice.speech import notice
from appservice.store import outbox, people, rooms
from appservice.store.rooms import ConversationRow
from appservice.succession import Attendance
from appservice.upgrading import announced, step_into
from appservice.work import UnitOfWork
from bot.conversation import Conversation
from bot.greetings import (
    STRANGER,
    cannot_read_encrypted,
    enough_for_now,
    not_a_place_for_me,
    too_many_invitations,
)
from bot.paths.arriving import arrived
from bot.ports import Heard
from bot.reply import Document, plain, say
from spaces.actions import Join, Leave, ReadBack, Say
from spaces.display_names import kept_name
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Purpose
from spaces.reconcile import is_governed

_DECIDED = (applications.decided_by, listings.decided_by, market.decided_by)
_PARTING = ("leave", "ban")
_PRESENT = ("invite", "join")
_HEARD = ("m.room.message", "m.room.member", "m.room.encrypted", "m.reaction", "m.room.redaction")


class UnknownRoom(Exception):
    """Something was said in a room that we do not know: find out whose it is, then hear it again."""


Listener = Callable[[Event, UnitOfWork], Awaitable[None]]


class Listeners:
    """Who listens to what."""

    def __init__(
        self,
        conversation: Conversation,
        bot: UserId,
        sender: UserId | None = None,
        answers: Answers | None = None,
    ) -> None:
        """`sender` is the user of the registration's `sender_localpart`: nobody listens to it either."""
        self._conversation = conversation
        self._bot = bot
        self._ours = (bot,) if sender is None else (bot, sender)
        self._answers = answers or Answers()
        self._attendance = Attendance()
        self.invitations = Invitations()

    def concerns_us(self, raw: Mapping[str, Any]) -> bool:
        """Whether anyone listens to events like this one: all others need not be kept."""
        kind = raw.get("type")
        if not isinstance(kind, str) or raw.get("sender") in self._ours:
            return False
        return kind in _HEARD or is_governed(kind)

    def is_merely_said(self, event: Event, group: GroupId | None, landscape: Landscape, now: float) -> bool:
        """Whether it is said among people in that group's room: nothing comes of it but that it counts."""
        room = landscape.groups.get(group) if group is not None else None
        if event.type != "m.room.message" or event.state_key is not None or room is None:
            return False
        heard = message_in(event, self._bot)
        if heard is None or heard.thread or replied_to(event):
            return False
        if room.purpose is Purpose.NEWS and event.sender in landscape.coordinators_of(room.home):
            return False
        is_for_us = self._conversation.what_was_said(heard) is not None
        return not is_for_us and self._attendance.is_noted(event.sender, landscape, now)

    def settled(self) -> None:
        """What was heard is committed."""
        for budget in (*self._answers.budgets, *self.invitations.budgets):
            budget.settle()

    def undone(self) -> None:
        """What was heard since is undone, and will be heard again."""
        for budget in (*self._answers.budgets, *self.invitations.budgets):
            budget.undo()

    async def hear(self, event: Event, work: UnitOfWork) -> None:
        """Let whoever listens hear `event`."""
        if event.sender in self._ours:
            return
        await self._attendance.note(event.sender, work)
        if event.state_key is None:
            if event.type == "m.room.message":
                await self._message(event, work)
            elif event.type == "m.room.encrypted":
                await self._encrypted(event, work)
            elif event.type == "m.reaction":
                await self._reaction(event, work)
            elif event.type == "m.room.redaction":
                await self._redaction(event, work)
        elif event.type == "m.room.member":
            await self._membership(event, work)
        elif is_governed(event.type):
            await self._changed_by_hand(event, work)

    # -- messages --------------------------------------------------------------------------------

    async def _message(self, event: Event, work: UnitOfWork) -> None:
        heard = message_in(event, self._bot)
        if heard is None:
            await overhearing.said(event, work)
            await self._file(event, work)
            return
        here = await self.conversation_in(event, work)
        answers = await self._answered_by(replied_to(event), work)
        heard = replace(heard, is_direct=is_direct(event, here), answers=answers)
        if here is None and answers is None and self._conversation.what_was_said(heard) is None:
            await overhearing.said(event, work)
        if not await self._proposes(heard, event, work):
            await self._hear(await overhearing.as_command(heard, event, work), self._asked_at(event), work)

    async def _proposes(self, heard: Heard, event: Event, work: UnitOfWork) -> bool:
        """Whether it makes a story of another message; it counts as something that was answered."""
        who = (heard.room, heard.sender, self._asked_at(event))
        if heard.is_direct or self._answers.verdict(*who, direct=False) is not Verdict.ANSWER:
            return False
        proposes = await stories.proposed_by_word(heard, self._conversation.what_was_said(heard), event, work)
        if proposes:
            self._answers.count(*who, direct=False)
        return proposes

    async def _file(self, event: Event, work: UnitOfWork) -> None:
        """A file is of interest where it is the list that a command of theirs takes."""
        who = (event.room, event.sender, self._asked_at(event))
        if (
            event.content.get("msgtype") == "m.file"
            and self._answers.verdict(*who, direct=True) is Verdict.ANSWER
        ):
            here = await rooms.conversation(work.connection, event.room)
            if (reading := await file_in(event, here, self._conversation, self._bot, work)) is not None:
                work.put(reading)

    async def _reaction(self, event: Event, work: UnitOfWork) -> None:
        heard = reaction_in(event)
        answers = await self._answered_by(replied_to(event), work)
        await overhearing.reacted(heard, event, work)
        if heard is None:
            return
        here = await rooms.conversation(work.connection, event.room)
        heard = replace(heard, is_direct=is_direct(event, here))
        for decided_by in _DECIDED:
            if said := await decided_by(replied_to(event), event.sender, work):
                spoken = replace(heard, reply_to=replied_to(event))
                await self._conversation.hear_decision(spoken, work, *said)
        if answers is not None:
            await self._conversation.hear_reaction(replace(heard, answers=answers), work)

    async def _answered_by(self, event: EventId | None, work: UnitOfWork) -> EventId | None:
        """The message to which the bot has said `event` in answer."""
        return None if event is None else await outbox.answered_by(work.connection, event)

    async def _redaction(self, event: Event, work: UnitOfWork) -> None:
        """Who takes a command back does not want it done, if it waits for a yes or the rest of it."""
        if (redacted := redacted_by(event)) is not None:
            await people.drop_question(work.connection, event.sender, event.room, redacted)
            await overhearing.redacted(event, redacted, work)

    def _asked_at(self, event: Event) -> float:
        """When it counts among the answers they get: what was said in an hour is not said at once because it
        comes so. Of who is not of this server it counts when it came: their server may claim any time.
        """
        return said_at(event) if event.sender.server == self._bot.server else event.received_at

    async def _hear(self, heard: Heard, at: float, work: UnitOfWork) -> None:
        """Let the conversation hear it, unless who says it has had answers enough for now."""
        direct, who = heard.is_direct, (heard.room, heard.sender, at)
        verdict = self._answers.verdict(*who, direct=direct)
        is_for_us = self._conversation.what_was_said(heard) is not None
        if verdict is Verdict.ANSWER:
            try:
                is_for_us = await self._conversation.hear(heard, work) or is_for_us
            finally:
                if is_for_us:
                    self._answers.count(*who, direct=direct)
        elif verdict is Verdict.LAST_WORD and is_for_us:
            self._answers.pause(*who)
            await work.answer(heard, enough_for_now(self._answers.most(direct=direct)))

    async def conversation_in(self, event: Event, work: UnitOfWork) -> ConversationRow | None:
        if await work.place_of_room(event.room) is not None:
            found = await rooms.conversation(work.connection, event.room)
            return found if found is not None and found.person is not None else None
        found = await rooms.conversation(work.connection, event.room)
        if found is None:
            raise UnknownRoom(event.room)
        return found

    async def _encrypted(self, event: Event, work: UnitOfWork) -> None:
        here = await rooms.conversation(work.connection, event.room)
        if here is not None and here.person == event.sender:
            work.put(Say(event.room, f"encrypted:{event.room}", notice(cannot_read_encrypted())))
        await overhearing.said(event, work)

    # -- memberships -----------------------------------------------------------------------------

    async def _membership(self, event: Event, work: UnitOfWork) -> None:
        membership = event.content.get("membership")
        if event.state_key is None or not isinstance(membership, str) or membership not in MEMBERSHIPS:
            return
        if event.state_key == self._bot:
            await self._about_the_bot(event, membership, work)
            return
        user = UserId.parse(event.state_key)
        place = await work.place_of_room(event.room)
        if place is not None:
            await self._membership_of(place, event, user, membership, work)
        here = await rooms.conversation(work.connection, event.room)
        if here is not None:
            await self._company_changed(here, user, membership, work)

    async def _membership_of(
        self, place: PlaceId, event: Event, user: UserId, membership: str, work: UnitOfWork
    ) -> None:
        before = await rooms.membership(work.connection, event.room, user)
        if membership in _PRESENT and before in _PARTING:
            work.put(ReadBack(place))  # an event of before may come late: only the room itself can tell
        if event.sender == user:
            await invitations.seen(work, place, {user: membership}, {user: before})
        name = kept_name(event.content.get("displayname"))
        await note_membership(work, place, event, user, before)
        found, names = {user: membership}, {user: name}
        await rooms.save_memberships(work.connection, event.room, found, names, now=work.now)
        await heed_hand(work, place, event, user, before)
        await apply_rules(work, place, [(user, membership)])
        await hear_membership(event, place, user, work)
        if membership in _PARTING:
            await close_if_left(work, user)
        if place.is_direct:
            await leave_to_the_two(work, place, event.room)
        if membership == "invite":
            await work.paths.invited_by_name(place, user)
        comes = membership == "join" and before != "join" and place.is_network
        if comes and not await came_along(work, place, before):
            await arrived(work, user, NetworkId(place), now=event.received_at, said=event.id)

    async def _about_the_bot(self, event: Event, membership: str, work: UnitOfWork) -> None:
        if membership == "invite":
            await self._invited(event, work)
        elif membership in _PARTING:
            await tell_of_parting(work, event)
            await rooms.drop_conversation(work.connection, event.room)
            await outbox.drop(work.connection, Join(event.room).key)

    async def _invited(self, event: Event, work: UnitOfWork) -> None:
        if await work.place_of_room(event.room) is not None:
            work.put(Join(event.room, event.sender))
        elif is_ruled_out(work, event.sender):
            work.put(Leave(event.room))
        elif (come := await step_into(work, event.room)) is not None:
            work.put(come)
        elif (step := await wished_step(work, event.room, event.sender)) is not None:
            work.put(step)
        elif not self._has_time_for(event, known := await self._is_known(event.sender, work), work):
            reason = await in_words_of(event.sender, too_many_invitations(), work) if known else None
            work.put(Leave(event.room, plain(reason) if reason else ""))
        elif is_space(event.shown_before):
            await decline_space(work, event.room, event.sender)
        elif (reason := await self._refusal_of(event, work)) is not None:
            said = await in_words_of(event.sender, reason, work)
            work.put(Leave(event.room, plain(said)))
        else:
            work.put(Join(event.room, event.sender))

    async def _is_known(self, user: UserId, work: UnitOfWork) -> bool:
        """Whether they are of this server, or in one of its networks."""
        return user.server == work.surroundings.server or bool((await work.standing_of(user)).joined)

    def _has_time_for(self, event: Event, known: bool, work: UnitOfWork) -> bool:
        is_admin = event.sender in work.surroundings.admins
        return is_admin or self.invitations.take(event.sender, event.received_at, known=known)

    async def _refusal_of(self, event: Event, work: UnitOfWork) -> Document | None:
        """Why the bot does not even go in to see what room it is; None if it does."""
        if event.sender.server == work.surroundings.server or await is_host(work, event.sender):
            return None
        if not (await work.standing_of(event.sender)).joined:
            return say(STRANGER)
        return None if event.content.get("is_direct") is True else not_a_place_for_me()

    async def _company_changed(
        self, here: ConversationRow, user: UserId, membership: str, work: UnitOfWork
    ) -> None:
        """A third one comes: it is no direct room any more. The only one goes: neither is it.

        Where several were, the room itself tells whether anybody is left.
        """
        if here.person is None:
            if membership in _PARTING:
                work.put(Join(here.room_id, user, invited=False))
        elif user == here.person and membership in _PARTING:
            await rooms.drop_conversation(work.connection, here.room_id)
            work.put(Leave(here.room_id))
        elif user != here.person and membership in _PRESENT:
            await rooms.save_conversation(work.connection, ConversationRow(here.room_id, None, here.place))

    # -- changes by hand -------------------------------------------------------------------------

    async def _changed_by_hand(self, event: Event, work: UnitOfWork) -> None:
        """Events may come late or out of order, so the room itself is read."""
        shown = {"type": event.type, "state_key": event.state_key, "content": event.content}
        await note_encryption(work.connection, event.room, [shown])
        await announced(work, event)
        place = await work.place_of_room(event.room)
        if place is not None:
            await heed_visibility(work, place, event)
            work.put(ReadBack(place))
