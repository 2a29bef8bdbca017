"""A message is proposed: who may, what may leave the room, and what comes of it once it has been read."""

from __future__ import annotations

from dataclasses import replace

from bot.ports import Work
from bot.stories import words
from bot.stories.ports import Message
from bot.stories.taking import take
from spaces.bans import is_banned
from spaces.errors import Conflict, Refusal
from spaces.identifiers import EventId, GroupId, RoomId, UserId
from spaces.network import Access, Digest, Status
from spaces.sentences import Sentence, sentence
from spaces.stories import (
    DAY_SECONDS,
    MOST_A_DAY,
    Level,
    Step,
    Story,
    cleaned,
    is_closed,
)

NO_STORY = sentence("Only what somebody has written in this room can become a story.")
"""Whatever else it is, and where there is no such message."""
CANNOT_READ = sentence("I cannot read that message, so it cannot become a story.")


async def propose(work: Work, group: GroupId, room: RoomId, event: EventId, by: UserId, now: float) -> Story:
    """Have the message read; what was found is told to `take_in`. Raises `Refusal`."""
    landscape, stories = work.landscape, work.stories
    standing = await work.standing_of(by)
    found = landscape.groups.get(group)
    if found is None or landscape.status_of(group) is not Status.ACTIVE or group not in standing.joined:
        raise Conflict("Only members of a group propose what is said there.")
    sealed = await stories.is_sealed(group, room)
    if sealed and found.digest is not Digest.STORIES:
        raise Conflict(
            "This room is encrypted, so nothing leaves it. A coordinator can let stories leave it, "
            "in a direct message to me: `group describe {slug} --digest stories`. Its topic then says so.",
            slug=landscape.slug_of(group),
        )
    if await stories.of_message(room, event) is not None:
        raise Conflict("That message was proposed before.")
    if found.access is Access.INVITE and not await stories.saw_it_come(room, event, by):
        raise Refusal(NO_STORY)
    if await stories.proposed_since(by, now - DAY_SECONDS) >= MOST_A_DAY:
        raise Conflict("You have proposed {most} messages in a day, and that is the most.", most=MOST_A_DAY)
    number = await stories.free_number()
    story = Story(number, group, room, event, by, now, sealed=sealed)
    await stories.keep(story)
    await stories.read(story)
    return story


async def take_in(work: Work, story: Story, message: Message | None, now: float) -> Sentence | None:
    """The message of a story was read for the first time; why it is none, if so."""
    landscape = work.landscape
    group = landscape.groups.get(story.group)
    if message is not None and not message.is_legible:
        await work.stories.drop(story.number)
        return CANNOT_READ
    text = cleaned(message.text) if message else ""
    if group is None or message is None or not text or is_banned(landscape, story.group, message.author):
        await work.stories.drop(story.number)
        return NO_STORY
    byline = await work.stories.name_in(story.room, message.author)
    read = replace(story, author=message.author, text=text, edit=message.edit, byline=byline)
    await work.stories.keep(read)
    level = Level(story.number, group.home, Step.PROPOSED, now)
    await work.stories.keep_level(level)
    is_taken = story.proposer in landscape.coordinators_of(group.home)
    if is_taken:
        await take(work, read, level, story.proposer, now)
    if message.author != story.proposer:
        closed = is_closed(landscape, group)
        told = words.to_the_author(landscape, read, is_taken=is_taken, closed=closed)
        await work.tell(message.author, told, said=f"story {story.number}")
    return None
