"""The bot comes into a room that is not one of ours: whose is it, and what was said there before?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from appservice.performing import Outcome
from appservice.speech import notice
from appservice.store import inbox, rooms
from appservice.work import UnitOfWork
from bot.greetings import not_a_place_for_me
from spaces.actions import Join, Leave, MarkDirect, Say
from spaces.identifiers import RoomId, UserId


async def take_in_conversation(work: UnitOfWork, action: Join, outcome: Outcome) -> None:
    """Note whose room it is. In a direct room, hear what was said before the bot had joined."""
    bot = work.surroundings.maker.bot
    if outcome.room is None or outcome.state is None:
        return
    person = whose_direct_room(outcome.state, bot, action.inviter)
    if person is None and not await is_host(work, action.inviter):
        await _decline(work, outcome.room)
        return
    await rooms.save_conversation(work.connection, rooms.ConversationRow(outcome.room, person, None))
    if person is not None:
        work.put(MarkDirect(outcome.room, person))
    await inbox.keep_events(work.connection, said_since_invitation(outcome.missed, bot), work.now)


async def _decline(work: UnitOfWork, room: RoomId) -> None:
    work.put(Say(room, f"decline:{room}", notice(not_a_place_for_me())), Leave(room))


async def is_host(work: UnitOfWork, user: UserId) -> bool:
    """Whether `user` may bring the bot into a room of several: an admin, or a coordinator of anything."""
    return user in work.surroundings.admins or bool(work.landscape.coordinated_by(user))


def whose_direct_room(state: Sequence[Mapping[str, Any]], bot: UserId, inviter: UserId) -> UserId | None:
    """Who brought the bot into a room where just they two are, and nobody else can come or read."""
    contents = {event.get("type"): event.get("content") for event in state if event.get("state_key") == ""}
    shut = _said(contents.get("m.room.join_rules"), "join_rule") == "invite"
    open_to_all = _said(contents.get("m.room.history_visibility"), "history_visibility") == "world_readable"
    alone = people_in(state, bot) == {inviter} and inviter in people_in(state, bot, ("join",))
    return inviter if alone and shut and not open_to_all and not _is_space(state) else None


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


def _is_space(state: Iterable[Mapping[str, Any]]) -> bool:
    created = next((event for event in state if event.get("type") == "m.room.create"), {})
    content = created.get("content")
    return isinstance(content, dict) and content.get("type") == "m.space"


def said_since_invitation(newest_first: Iterable[Mapping[str, Any]], bot: UserId) -> list[Mapping[str, Any]]:
    """The messages that came after the bot's last invitation, oldest first."""
    since: list[Mapping[str, Any]] = []
    for event in newest_first:
        content = event.get("content")
        is_invitation = event.get("type") == "m.room.member" and event.get("state_key") == bot
        if is_invitation and isinstance(content, dict) and content.get("membership") == "invite":
            return since[::-1]
        if event.get("type") == "m.room.message" and isinstance(event.get("event_id"), str):
            since.append(event)
    return []
