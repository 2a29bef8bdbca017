"""Stories at the edge: proposed by reply or reaction, read, followed as their messages change.

⭐ or `story` on a message ──▶ its row, and ReadMessage waits in the outbox ──▶ what it says now ──▶ `take_in`
an edit, a redaction, the author's `withdraw` ──▶ the kept text follows, or is gone, and what was posted too
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from appservice.audit import HEDGEROW
from appservice.event import Event
from appservice.hearing import redacted_by, replied_to
from appservice.message_reading import edited_text, edits
from appservice.retracting import take_out_of_messages
from appservice.store import encryption, outbox, stories
from appservice.store.numbers import free_numbers
from bot.address import said_itself
from bot.conversation import refused
from bot.languages import words_in
from bot.ports import Heard
from bot.reply import Document, Paragraph, in_language, to_json
from bot.stories.ports import Message
from bot.stories.proposing import NO_STORY, propose, take_in
from bot.stories.taking import end
from bot.stories.words import proposed
from spaces.actions import ReadMessage
from spaces.errors import Refusal
from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId
from spaces.sentences import Sentence
from spaces.stories import LONGEST_BYLINE, Ending, Level, Levels, Story, cleaned, on_one_line

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

_STAR, _WORD = "⭐", "story"
_VARIANTS = "\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}"
_TOLD = re.compile(r"story ([0-9]{1,9})")
_WITHDRAW = re.compile(r"withdraw(?:\s+([0-9]{1,9}))?[.!]?", re.IGNORECASE)


class KeptStories:
    """Implements `bot.stories.ports.Stories` within one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._connection = work.connection

    async def free_number(self) -> int:
        [number] = await free_numbers(self._connection, self._work.ids.listing_number)
        return number

    async def keep(self, story: Story) -> None:
        await stories.keep(self._connection, story)

    async def keep_level(self, level: Level) -> None:
        await stories.keep_level(self._connection, level)

    async def drop(self, number: int) -> None:
        await stories.drop(self._connection, number)

    async def numbered(self, numbers: Collection[int]) -> Sequence[Story]:
        return await stories.numbered(self._connection, numbers)

    async def levels_of(self, numbers: Collection[int]) -> Mapping[int, Levels]:
        return await stories.levels_of(self._connection, numbers)

    async def of_message(self, room: RoomId, event: EventId) -> Story | None:
        return await stories.of_message(self._connection, room, event)

    async def of_author(self, author: UserId) -> Sequence[Story]:
        return await stories.of_author(self._connection, author)

    async def waiting_for(self, networks: Collection[NetworkId]) -> Sequence[Level]:
        return await stories.waiting_for(self._connection, networks)

    async def taken_between(
        self, start: float, end: float, network: NetworkId | None = None
    ) -> Sequence[Level]:
        return await stories.taken_between(self._connection, start, end, network)

    async def proposed_since(self, proposer: UserId, since: float) -> int:
        return await stories.proposed_since(self._connection, proposer, since)

    async def read(self, story: Story) -> None:
        self._work.put(ReadMessage(story.room, story.event))

    async def is_sealed(self, group: GroupId, room: RoomId) -> bool:
        if self._work.landscape.groups[group].encrypted:
            return True
        return await encryption.rotation_of(self._connection, room) is not None

    async def saw_it_come(self, room: RoomId, event: EventId, user: UserId) -> bool:
        came = await stories.received_at(self._connection, event)
        since = await stories.joined_since(self._connection, room, user)
        return came is not None and since is not None and since <= came

    async def name_in(self, room: RoomId, user: UserId) -> str:
        name = on_one_line(await stories.name_in(self._connection, room, user) or "", LONGEST_BYLINE)
        return name or user.localpart

    async def take_out(self, story: Story) -> None:
        await take_out_of_messages(self._work, story.number)

    async def note(self, what: str, network: NetworkId) -> None:
        await self._work.note(what, network, by=HEDGEROW)


# -- what is heard --------------------------------------------------------------------------------------


async def proposed_by_word(heard: Heard, said: str | None, event: Event, work: UnitOfWork) -> bool:
    """Whether it is `story` in reply to a message in a group's room, which is answered there.

    `said` is what it says to the bot, if anything.
    """
    word = (said_itself(heard) if said is None else said).strip(" .!").casefold()
    target, place = replied_to(event), await _group_of(event, work) if word == _WORD else None
    if word != _WORD or target is None or place is None:
        return False
    network = work.landscape.groups[place].home
    try:
        await propose(work, place, event.room, target, event.sender, event.received_at)
        answer = proposed(work.landscape, network, event.sender)
    except Refusal as refusal:
        answer = refused(refusal)
    await work.answer(heard, answer)
    return True


async def proposed_by_star(heard: Heard, event: Event, work: UnitOfWork) -> None:
    """⭐ on a message proposes it, without a word: a star may mean no more than that somebody likes it."""
    target = replied_to(event)
    if heard.body.strip(_VARIANTS) != _STAR or target is None:
        return
    place = await _group_of(event, work)
    if place is not None:
        try:
            await propose(work, place, event.room, target, event.sender, event.received_at)
        except Refusal:
            return


async def _group_of(event: Event, work: UnitOfWork) -> GroupId | None:
    place = await work.place_of_room(event.room)
    return GroupId(place) if place in work.landscape.groups else None


async def as_command(heard: Heard, event: Event, work: UnitOfWork) -> Heard:
    """`withdraw` in reply to what told them of a story, or with its number, as the command for it."""
    found = _WITHDRAW.fullmatch(said_itself(heard)) if heard.is_direct else None
    number = await _number_of(found, event, work) if found else None
    return heard if number is None else replace(heard, body=f"story withdraw {number}")


async def _number_of(found: re.Match[str], event: Event, work: UnitOfWork) -> int | None:
    if found[1]:
        theirs = await stories.numbered(work.connection, [int(found[1])])
        return int(found[1]) if any(story.author == event.sender for story in theirs) else None
    target = replied_to(event)
    said = None if target is None else await outbox.told_by(work.connection, target, event.sender)
    told = _TOLD.fullmatch(said or "")
    return int(told[1]) if told else None


async def follow_edit(event: Event, work: UnitOfWork) -> None:
    """The author of a story has changed the message: so does the story."""
    target = edits(event)
    story = None if target is None else await stories.of_message(work.connection, event.room, target)
    if story is None or story.ending:
        return
    if not story.author:
        work.put(ReadMessage(story.room, story.event))  # it is being read just now
    elif story.author == event.sender:
        text = cleaned(edited_text(event, work.surroundings.maker.bot))
        if text:
            await stories.keep(work.connection, replace(story, text=text, edit=event.id))


async def follow_redaction(event: Event, work: UnitOfWork) -> None:
    """A message that is redacted is no story any more; where an edit is, the one before it holds again."""
    target = redacted_by(event)
    if target is None:
        return
    story = await stories.of_message(work.connection, event.room, target)
    home = None if story is None else work.landscape.groups.get(story.group)
    if story is not None and story.is_there:
        may = event.sender == story.author or (home and event.sender in work.landscape.looking_after(home.id))
        if may:
            await end(work, story, Ending.REDACTED, work.now)
        else:
            work.put(ReadMessage(story.room, story.event))  # others may have had the right, or not
    elif (edited := await stories.of_edit(work.connection, event.room, target)) is not None:
        work.put(ReadMessage(edited.room, edited.event))


# -- what was read --------------------------------------------------------------------------------------


async def was_read(
    work: UnitOfWork, action: ReadMessage, message: Message | None, undertaking: int | None
) -> None:
    """The message says that now; None: there is none there, or no text of a person's."""
    story = await stories.of_message(work.connection, RoomId(action.room), action.event)
    if story is None or story.ending:
        return
    if not story.author:
        reason = await take_in(work, story, message, work.now)
        if reason is not None and undertaking is not None:
            await _refuse(work, undertaking, reason)
    elif message is None or message.author != story.author:
        await end(work, story, Ending.REDACTED, work.now)
    elif message.is_legible and (text := cleaned(message.text)):
        await stories.keep(work.connection, replace(story, text=text, edit=message.edit))


async def not_read(work: UnitOfWork, action: ReadMessage, undertaking: int | None) -> None:
    """The homeserver did not tell, however often it was asked."""
    story = await stories.of_message(work.connection, RoomId(action.room), action.event)
    if story is not None and not story.author:
        await stories.drop(work.connection, story.number)
        if undertaking is not None:
            await _refuse(work, undertaking, NO_STORY)


async def _refuse(work: UnitOfWork, undertaking: int, reason: Sentence) -> None:
    """Who waits for an answer in the room is told why it is no story."""
    waits = await outbox.undertaking(work.connection, undertaking)
    if waits is not None and waits.reply is not None:
        said = in_language(Document((Paragraph((reason,)),)), words_in(waits.language))
        await outbox.set_reply(work.connection, waits.id, to_json(said))


async def end_all_of(work: UnitOfWork, author: UserId) -> None:
    """Take back everything of theirs, from what was posted too."""
    for story in await stories.of_author(work.connection, author):
        if story.is_there:
            await end(work, story, Ending.WITHDRAWN, work.now)
