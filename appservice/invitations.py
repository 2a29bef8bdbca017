"""Invitations in the store: lists go into the outbox, what comes of each is kept, and the report is made.

An invitation of a list fails by itself: it holds up no other, and is told in the report on its list.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from appservice import accounts
from appservice.store import invitations as store
from appservice.store import people, rooms
from appservice.store.outbox import Undertaking
from bot.answering import MORE
from bot.invitations import replies
from bot.invitations.inviting import Invited
from bot.invitations.ports import Account, Listed
from bot.networks.rules import named
from bot.paging import paged
from bot.ports import Awaited, Heard
from bot.reply import Document, joined, say, to_json
from spaces.actions import Invite
from spaces.identifiers import EventId, PlaceId, UserId
from spaces.invitations import Invitation, Outcome, Result
from spaces.sentences import Sentence, sentence

if TYPE_CHECKING:
    from appservice.work import UnitOfWork


class KeptInvitations:
    """Implements `bot.invitations.ports.Invitations`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._connection = work.connection

    async def known(self, place: PlaceId, users: Collection[UserId]) -> Mapping[UserId, Invitation]:
        return await store.known(self._connection, place, users)

    async def can_be_told(self, user: UserId) -> bool:
        return await rooms.direct_room(self._connection, user) is not None

    async def account_of(self, user: UserId, heard: Heard) -> Account:
        around = self._work.surroundings
        if user.server != around.server or await store.met(self._connection, [user]):
            return Account.THERE
        return around.accounts.of(heard.event, user)

    async def look_up(self, user: UserId, heard: Heard, said: str) -> None:
        accounts.look_up(self._work, user, heard, said)

    async def keep(self, batch: str, by: UserId, outcomes: Sequence[Outcome], *, reason: str) -> None:
        now = self._work.now
        await store.keep(self._connection, batch, by, outcomes, now=now)
        fresh = (Result.WAITING, Result.ASKED)
        begun = [(o.place, o.user, o.result) for o in outcomes if o.user is not None and o.result in fresh]
        remembered = [Invitation(place, user, result, now, by) for place, user, result in begun]
        await store.remember(self._connection, remembered, batch=batch)
        invited = [(place, user) for place, user, result in begun if result is Result.WAITING]
        met = await store.met(self._connection, {user for _, user in invited})
        server = self._work.surroundings.server
        for place, user in invited:
            unknown = user.server == server and user not in met
            self._work.put(Invite(place, user, reason, reported=True, look_first=unknown))
            await self._work.paths.invited_by_name(place, user)

    async def outcomes(self, batch: str) -> tuple[Outcome, ...]:
        found = await store.outcomes(self._connection, batch)
        return found.outcomes if found else ()

    async def questions_to(self, user: UserId) -> tuple[Invitation, ...]:
        found = await store.of_user(self._connection, user)
        return tuple(one for one in found if one.state is Result.ASKED)

    async def asked_by(self, user: UserId, places: Collection[PlaceId]) -> Mapping[PlaceId, UserId]:
        found = await store.of_user(self._connection, user)
        return {one.place: one.by for one in found if one.place in places}

    async def decline(self, place: PlaceId, user: UserId) -> None:
        await declined(self._work, place, user)

    async def keep_listed(self, user: UserId, listed: Sequence[Listed]) -> None:
        await store.keep_shown(self._connection, user, listed)

    async def listed(self, user: UserId) -> tuple[Listed, ...]:
        return await store.shown(self._connection, user)


# -- what comes of it -------------------------------------------------------------------------------


async def came(work: UnitOfWork, action: Invite) -> None:
    """The invitation is out. Who speaks with the bot hears who asked: clients hide a Space's reason."""
    if not isinstance(action.room, PlaceId) or action.room.is_direct:
        return
    await store.came_to(work.connection, action.room, action.user, Result.INVITED, now=work.now)
    batch = await store.batch_of(work.connection, action.room, action.user) if action.reported else None
    if batch is not None and await rooms.direct_room(work.connection, action.user):
        await _tell(work, batch, action)


async def _tell(work: UnitOfWork, batch: str, action: Invite) -> None:
    """One message for all places of the list, once all of them are settled."""
    mine = await store.outcomes_for(work.connection, batch, action.user)
    places = [o.place for o in mine if o.result is Result.INVITED]
    if not places or any(o.result is Result.WAITING for o in mine):
        return
    known = await store.known(work.connection, places[0], [action.user])
    shown = [named(work.landscape, place) for place in places]
    await work.tell(
        action.user, replies.brought_in(known[action.user].by, shown, action.reason), said=f"invited {batch}"
    )


async def failed(work: UnitOfWork, action: Invite, reason: Sentence) -> None:
    """The invitation is given up."""
    if isinstance(action.room, PlaceId):
        said = Result.FAILED
        await store.came_to(work.connection, action.room, action.user, said, now=work.now, reason=reason)


async def seen(
    work: UnitOfWork, place: PlaceId, members: Mapping[UserId, str], before: Mapping[UserId, str | None]
) -> None:
    """Of their own will these have joined, or left: who leaves an invitation (`before`) has said no."""
    known = await store.known(work.connection, place, list(members))
    for user, membership in members.items():
        was = known[user].state if user in known else None
        if membership == "join" and was in (Result.INVITED, Result.WAITING, Result.ASKED):
            await store.came_to(work.connection, place, user, Result.JOINED, now=work.now)
        elif membership == "leave" and Result.INVITED in (was, _STANDS_FOR.get(before.get(user) or "")):
            await declined(work, place, user)


async def declined(work: UnitOfWork, place: PlaceId, user: UserId) -> None:
    """They have said no, now."""
    known = await store.known(work.connection, place, [user])
    by = known[user].by if user in known else user
    batch = await store.batch_of(work.connection, place, user) or ""
    no = Invitation(place, user, Result.DECLINED, work.now, by)
    await store.remember(work.connection, [no], batch=batch)


_STANDS_FOR = {"invite": Result.INVITED}


# -- the report -------------------------------------------------------------------------------------


class Reports:
    """Makes the report on a list, once all is done. `prefix` is what has to be typed in a room."""

    def __init__(self, prefix: str = "!hedge") -> None:
        self._prefix = prefix

    async def on(self, work: UnitOfWork, found: Undertaking) -> Document | None:
        """The report on the list that `found` is about, in words, a page of it; None if it is about none."""
        batch = await store.outcomes(work.connection, found.event)
        if batch is None or found.room is None:
            return None
        places = dict.fromkeys(outcome.place for outcome in batch.outcomes)
        private = found.person is not None
        shown = tuple(named(work.landscape, place) for place in places)
        report = replies.report(Invited(shown, batch.outcomes, in_private=private))
        room = None if private else found.room
        page, rest = paged(await work.for_reader(report, found.language, batch.by, room))
        if rest is None:
            return page
        await self._keep_rest(work, found, batch.by, rest)
        word = sentence("more")
        more = word if private else sentence("{prefix} {word}", prefix=self._prefix, word=word)
        told = say("There is more: `{more}` shows it.", more=more)
        return joined((page, await work.for_reader(told, found.language, batch.by, room)))

    async def _keep_rest(self, work: UnitOfWork, found: Undertaking, by: UserId, rest: Document) -> None:
        relates = found.relates or {}
        thread = EventId(relates["event_id"]) if relates.get("rel_type") == "m.thread" else None
        left, event = json.dumps(to_json(rest)), EventId(found.event)
        awaited = Awaited(MORE, left, "", event, work.now, thread, found.person is not None)
        if found.room is not None:
            await people.wait_for(work.connection, by, found.room, awaited)
