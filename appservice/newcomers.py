"""The bot comes into a room that is not one of ours: whose is it, and what was said there before?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from appservice.performing import Outcome
from appservice.speech import notice
from appservice.store import inbox, rooms
from appservice.work import UnitOfWork
from bot.greetings import not_a_place_for_me, not_a_space_for_me
from bot.languages import words_in
from bot.reply import Document, in_language, plain
from spaces.actions import Join, Leave, MarkDirect, ReadBack, Say
from spaces.identifiers import RoomId, UserId

_LATELY_SECONDS = 3600.0
_SAID = ("m.room.message", "m.room.encrypted")


async def take_in_conversation(work: UnitOfWork, action: Join, outcome: Outcome) -> None:
    """Note whose room it is. In a direct room, hear what was said before the bot had joined."""
    bot = work.surroundings.maker.bot
    room = outcome.room
    if room is None or outcome.state is None:
        return
    place = await work.place_of_room(room)
    known = await rooms.conversation(work.connection, room)
    if place is not None and not place.is_direct:
        work.put(ReadBack(place))
    elif not people_in(outcome.state, bot):
        await _go(work, room)
    elif known is None or action.invited:
        await _settle_in(work, rooms.ConversationRow(room, None, place), action, outcome)
    else:  # it has become known since something was said that was put off for this
        since = said_since_invitation(outcome.missed, bot)
        await inbox.keep_events(work.connection, since if known.person else lately(since, work.now), work.now)


async def _settle_in(work: UnitOfWork, here: rooms.ConversationRow, action: Join, outcome: Outcome) -> None:
    """Stay in the room that was read, if the bot may be there, or say why not and go."""
    bot, room, state = work.surroundings.maker.bot, here.room_id, outcome.state or ()
    person = whose_direct_room(state, bot, action.inviter)
    if is_space(state):
        await decline_space(work, room, action.inviter)
    elif person is None and not await _has_host(work, action, state):
        reason = await in_words_of(action.inviter, not_a_place_for_me(), work)
        work.put(Say(room, f"decline:{room}", notice(reason)))
        await _go(work, room, plain(reason))
    else:
        await rooms.save_conversation(work.connection, replace(here, person=person))
        if person is not None:
            work.put(MarkDirect(room, person))
        await inbox.keep_events(work.connection, said_since_invitation(outcome.missed, bot), work.now)


async def _has_host(work: UnitOfWork, action: Join, state: Sequence[Mapping[str, Any]]) -> bool:
    """Whether somebody brought the bot who may. Who did so long ago is not known: whether one is there."""
    if action.invited:
        return await is_host(work, action.inviter)
    here = people_in(state, work.surroundings.maker.bot, ("join",))
    return any([await is_host(work, user) for user in here])


async def _go(work: UnitOfWork, room: RoomId, reason: str = "") -> None:
    await rooms.drop_conversation(work.connection, room)
    work.put(Leave(room, reason))


async def decline_space(work: UnitOfWork, room: RoomId, inviter: UserId) -> None:
    """Say no with the reason, which clients do not show for a Space: so also where the two of them talk."""
    await _go(work, room, plain(await in_words_of(inviter, not_a_space_for_me(), work)))
    if await rooms.direct_room(work.connection, inviter) is not None:
        await work.tell(inviter, not_a_space_for_me(), said=f"no Space:{room}")


async def in_words_of(user: UserId, document: Document, work: UnitOfWork) -> Document:
    """`document` in the language that is spoken with `user`."""
    return in_language(document, words_in(await work.language_of(user)))


async def is_host(work: UnitOfWork, user: UserId) -> bool:
    """Whether `user` may bring the bot into a room of several: an admin, or a coordinator of anything."""
    return user in work.surroundings.admins or bool(work.landscape.coordinated_by(user))


def whose_direct_room(state: Sequence[Mapping[str, Any]], bot: UserId, inviter: UserId) -> UserId | None:
    """Who brought the bot into a room where just they two are, and nobody else can come or read."""
    contents = {event.get("type"): event.get("content") for event in state if event.get("state_key") == ""}
    shut = _said(contents.get("m.room.join_rules"), "join_rule") == "invite"
    open_to_all = _said(contents.get("m.room.history_visibility"), "history_visibility") == "world_readable"
    alone = people_in(state, bot) == {inviter} and inviter in people_in(state, bot, ("join",))
    return inviter if alone and shut and not open_to_all and not is_space(state) else None


def _said(content: object, key: str) -> object:
    return content.get(key) if isinstance(content, dict) else None


def people_in(
    state: Iterable[Mapping[str, Any]], bot: UserId, memberships: Collection[str] = ("join", "invite")
) -> set[UserId]:
    """Who is in the room or invited to it, but for the bot."""
    here: set[UserId] = set()
    for event in state:
        content, key = event.get("content"), event.get("state_key")
        if event.get("type") != "m.room.member" or not isinstance(content, dict) or not isinstance(key, str):
            continue
        if content.get("membership") in memberships and key != bot:
            here.add(UserId(key))
    return here


def is_space(state: object) -> bool:
    """Whether a room's state, or what an invitation shows of it (which may be anything), is a Space's."""
    for event in state if isinstance(state, (list, tuple)) else ():
        if isinstance(event, dict) and event.get("type") == "m.room.create":
            return _said(event.get("content"), "type") == "m.space"
    return False


def said_since_invitation(newest_first: Iterable[Mapping[str, Any]], bot: UserId) -> list[Mapping[str, Any]]:
    """The messages that came after the bot's last invitation, oldest first."""
    since: list[Mapping[str, Any]] = []
    for event in newest_first:
        content = event.get("content")
        is_invitation = event.get("type") == "m.room.member" and event.get("state_key") == bot
        if is_invitation and isinstance(content, dict) and content.get("membership") == "invite":
            return since[::-1]
        if event.get("type") in _SAID and isinstance(event.get("event_id"), str):
            since.append(event)
    return []


def lately(events: Iterable[Mapping[str, Any]], now: float) -> list[Mapping[str, Any]]:
    """Those said within the hour: of older ones the ids may be forgotten by which they are heard once."""
    since = (now - _LATELY_SECONDS) * 1000
    said = ((event, event.get("origin_server_ts")) for event in events)
    return [event for event, at in said if isinstance(at, (int, float)) and at > since]
