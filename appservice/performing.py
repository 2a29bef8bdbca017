"""Performs one action on the homeserver: the only place where an action becomes a call."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appservice import files
from appservice.bans import keep_out, let_in
from appservice.echoes import said_before
from appservice.encrypted_rooms import Rooms
from appservice.envelope import Envelope
from appservice.gathering import Gathering
from appservice.homeserver import Homeserver, HomeserverError
from appservice.looking_in import look_into
from appservice.message_reading import read_message
from appservice.parting import let_go
from appservice.places import Places, Unplaced
from appservice.provisioning import AliasConflict, Provisioner
from appservice.speech import event_content
from bot.invitations.ports import Account
from bot.stories.ports import Message
from spaces.actions import (
    Action,
    AddAlias,
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
    MoveAlias,
    Publish,
    ReadBack,
    ReadFile,
    ReadMessage,
    Redact,
    Remove,
    RemoveAlias,
    Renew,
    Say,
    SendFile,
    SetState,
    StateEvent,
    TakeIn,
    Unban,
    Withdraw,
)
from spaces.identifiers import EventId, RoomId

_PAGES = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action: a new room, its state, an event, missed messages (newest first), a text,
    what is below a Space, what a message says, what is known of a user."""

    room: RoomId | None = None
    state: tuple[dict[str, Any], ...] | None = None
    event: EventId | None = None
    missed: tuple[dict[str, Any], ...] = ()
    text: str = ""
    hierarchy: tuple[dict[str, Any], ...] = ()
    message: Message | None = None
    account: Account = Account.UNTOLD


class NoSuchUser(Exception):
    """There is no such user on our homeserver, which would invite them all the same."""


class Performer:
    """Performs actions.

    Raises `HomeserverError`, `AliasConflict`, `Unplaced`, `NoSuchUser`, `Unreadable`, and what `said_in`
    raises.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        places: Places,
        provisioner: Provisioner,
        said_in: Rooms,
        envelope: Envelope,
        gathering: Gathering | None = None,
    ) -> None:
        self._gathering = gathering
        self._said_in = said_in
        self._envelope = envelope
        self._homeserver = homeserver
        self._places = places
        self._provisioner = provisioner

    async def perform(
        self, action: Action, *, tried: bool, edited: EventId | None = None, look_since: float | None = None
    ) -> Outcome:
        """Do it. `tried`: an earlier try had no clear end. `edited`: the event that a Say replaces.

        `look_since`: look first whether it was said since then, where the homeserver may have forgotten it.
        """
        if isinstance(action, CreateRoom):
            return Outcome(room=await self._provisioner.make(action, tried=tried))
        if isinstance(action, Renew):
            renewed = await self._provisioner.renew(action)
            return Outcome(renewed, tuple(await self._homeserver.state(renewed)))
        room = self._places.room(action.room)
        match action:
            case ReadBack():
                return Outcome(room, tuple(await self._homeserver.state(room)))
            case SendFile():
                return Outcome(event=await self._send_file(room, action))
            case EndDirect(user=user):
                await self._homeserver.unmark_direct(user, room)
                await self._leave(room, "")
                await self._homeserver.forget(room)
            case Say():
                return Outcome(event=await self._say(room, action, edited, look_since))
            case LookUp(user=user):
                is_there = await self._homeserver.has_account(user)
                return Outcome(account=Account.THERE if is_there else Account.NOBODY)
            case ReadFile(file=file):
                return Outcome(text=await files.read(self._homeserver, file))
            case ReadMessage(event=event):
                return Outcome(message=await read_message(self._homeserver, self._said_in, room, event))
            case Redact():
                await self._homeserver.redact(room, action.event, self._txn_id(room, action.event))
            case LetGo(is_theirs=True):
                await self._leave(room, "")
            case LetGo(coordinators=coordinators):
                await let_go(self._homeserver, room, coordinators)
            case Join(invited=invited):
                return await self._join(room) if invited else await self._look(room)
            case TakeIn(via=via):
                return await self._come_into(room, via)
            case Adopt():
                seen = await look_into(self._homeserver, action)
                return Outcome(seen.room, seen.state, hierarchy=seen.hierarchy)
            case Follow(user=user):
                return await self._come_into(room, (user.server,))
            case _:
                await self._settle(action, room)
        return Outcome()

    async def _say(
        self, room: RoomId, action: Say, edited: EventId | None, look_since: float | None
    ) -> EventId:
        kind, txn_id = "m.room.message", self._txn_id(room, action.said)
        if look_since is not None:
            said = await said_before(self._homeserver, room, txn_id, look_since)
            if said is not None:
                return said
        carried = self._envelope.opened(action.content)
        content: Mapping[str, Any] = event_content(carried, action.said, self._places.link, edited)
        kind, content = await self._said_in.wrap(room, kind, content, action.content)
        return await self._homeserver.send(room, kind, txn_id, content)

    async def _send_file(self, room: RoomId, action: SendFile) -> EventId:
        """The file's own name is the same for everybody: the media repository need not know whose it is."""
        if self._gathering is None:
            raise TypeError("nobody gathers what is kept about a person")
        sealed = await self._said_in.is_encrypted(room, action.content["person"])
        file = await self._gathering.gathered(action)
        content: Mapping[str, Any] = await files.sent(self._homeserver, file, sealed=sealed)
        kind, content = await self._said_in.wrap(room, "m.room.message", content, action.content)
        return await self._homeserver.send(room, kind, self._txn_id(room, action.said), content)

    async def _settle(self, action: Action, room: RoomId) -> None:
        server = self._homeserver.server
        match action:
            case SetState(event=event):
                await self._set_state(room, event)
            case AddAlias(localpart=localpart):
                await self._add_alias(f"#{localpart}:{server}", room)
            case MoveAlias(localpart=localpart, old=old):
                await self._move_alias(f"#{localpart}:{server}", old, room)
            case RemoveAlias(localpart=localpart):
                await self._remove_alias(f"#{localpart}:{server}")
            case Publish(under=under):
                await self._homeserver.list_room(under, room, listed=True)
            case Withdraw(under=under):
                await self._homeserver.list_room(under, room, listed=False)
            case Invite(user=user, reason=reason, look_first=look_first):
                if look_first and not await self._homeserver.has_account(user):
                    raise NoSuchUser(user)
                await self._homeserver.invite(room, user, reason)
            case Remove(user=user, reason=reason):
                await self._homeserver.kick(room, user, reason)
            case Ban(user=user, reason=reason):
                await keep_out(self._homeserver, room, user, reason)
            case Unban(user=user, reason=reason):
                await let_in(self._homeserver, room, user, reason)
            case Leave(reason=reason):
                await self._leave(room, reason)
            case MarkDirect(user=user):
                await self._homeserver.mark_direct(user, room)
            case _:
                raise TypeError(f"nobody performs a {type(action).__name__}")

    async def _set_state(self, room: RoomId, event: StateEvent) -> None:
        try:
            key, content = self._places.resolve(event.state_key), self._places.resolve(event.content)
        except Unplaced:
            if event.content:
                raise
            return  # to take away what was never there
        await self._homeserver.put_state(room, event.type, key, content)

    async def _add_alias(self, alias: str, room: RoomId) -> None:
        """Raises `AliasConflict` where it is another's; one that a room of ours still has is waited for."""
        try:
            await self._homeserver.put_alias(alias, room)
        except HomeserverError as error:
            if error.status != 409:
                raise
            holder = await self._homeserver.resolve_alias(alias)
            if holder == room:
                return
            if holder is not None and not self._places.knows(holder):
                raise AliasConflict(alias) from error
            raise

    async def _move_alias(self, alias: str, old: RoomId, room: RoomId) -> None:
        """A homeserver that upgrades a room moves them itself; where it does not, the old room loses it."""
        holder = await self._homeserver.resolve_alias(alias)
        if holder == room:
            return
        if holder == old:
            await self._remove_alias(alias)
        await self._add_alias(alias, room)

    async def _remove_alias(self, alias: str) -> None:
        try:
            await self._homeserver.delete_alias(alias)
        except HomeserverError as error:
            if error.status != 404:
                raise

    async def _leave(self, room: RoomId, reason: str) -> None:
        try:
            await self._homeserver.leave(room, reason)
        except HomeserverError as error:
            if error.status not in (403, 404):  # not there any more
                raise

    async def _join(self, room: RoomId) -> Outcome:
        """Join, and read who is there and what was said before: none of it is pushed to us.

        Nothing where the invitation was taken back meanwhile, or the room cannot be got into.
        """
        try:
            await self._homeserver.join(room)
        except HomeserverError as error:
            if error.status not in (403, 404):
                raise
            return Outcome()
        return await self._read(room)

    async def _come_into(self, room: RoomId, via: Sequence[str]) -> Outcome:
        """Join by whatever rule there is, and read the state; nothing where the bot is not let in."""
        try:
            await self._homeserver.join(room, next(iter(via), ""))
            return Outcome(room, tuple(await self._homeserver.state(room)))
        except HomeserverError as error:
            if not error.is_final:
                raise
            return Outcome()

    async def _look(self, room: RoomId) -> Outcome:
        """The same without joining; nothing where the bot is not there."""
        try:
            return await self._read(room)
        except HomeserverError as error:
            if error.status not in (403, 404):
                raise
            return Outcome()

    async def _read(self, room: RoomId) -> Outcome:
        state = await self._homeserver.state(room)
        missed: list[dict[str, Any]] = []
        start: str | None = None
        for _ in range(_PAGES):
            page = await self._homeserver.messages(room, start)
            missed += [event for event in page.get("chunk", ()) if isinstance(event, dict)]
            end = page.get("end")
            if not isinstance(end, str) or end == start:
                break
            start = end
        return Outcome(room, tuple(state), missed=tuple(missed))

    def _txn_id(self, room: RoomId, said: str) -> str:
        """The same for the same words of the same user, and for no others."""
        digest = hashlib.sha256(f"{self._homeserver.user}|{room}|{said}".encode("utf-8", "replace")).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
