"""A story that is taken back goes from what the bot has posted, where that can still be changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from appservice.codec import place_id
from appservice.languages import spoken_in
from appservice.speech import notice
from appservice.store import outbox, stories
from appservice.store.stories import Printed
from bot.languages import words_in
from bot.reply import Block, Bullet, Document, Paragraph, from_json, in_language, plain_text, to_json
from spaces.actions import Redact, Say
from spaces.identifiers import PlaceId, RoomId
from spaces.sentences import sentence
from spaces.stories import Levels, Story, title

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

KEY = "story:"
_GONE = sentence("(withdrawn)")


async def note_printed(work: UnitOfWork, keys: Collection[str], said: str) -> None:
    """Remember which stories stand in the message `said`, which this work is about to put into the outbox.

    `keys` are those of the items in it, of any kind, in the order in which they stand. It is for what is
    posted for several to read.
    """
    action = next((one for one in work.gathered if isinstance(one, Say) and one.said == said), None)
    numbers = [int(key.removeprefix(KEY)) for key in keys if key.startswith(KEY)]
    if action is None or not numbers:
        return
    document = from_json(action.content["document"])
    levels = await stories.levels_of(work.connection, numbers)
    there = {story.number: story for story in await stories.numbered(work.connection, numbers)}
    found: dict[int, Printed] = {}
    for number in (number for number in numbers if number in there):
        block = _block_of(document, there[number], levels[number], found)
        if block is not None:
            at = (said, number, str(action.room), block)
            found[block] = Printed(*at, to_json(document), gone=False, said_at=work.now)
    await stories.keep_printed(work.connection, found.values())


def _block_of(document: Document, story: Story, levels: Levels, others: Collection[int]) -> int | None:
    """The line in which the story stands under one of its titles, and none of `others`."""
    titles = {title(story), *(title(story, level) for level in levels.values())}
    for number, block in enumerate(document.blocks):
        if number not in others and any(plain_text(part) in titles for part in block.line):
            return number
    return None


async def take_out_of_messages(work: UnitOfWork, number: int) -> None:
    """Edit the messages in which the story stands. What was said too long ago stays as it is."""
    rows = await stories.printed_with(work.connection, number)
    await stories.take_out(work.connection, number)
    for said, of_message in groupby(rows, key=lambda row: row.said):
        if await outbox.is_remembered(work.connection, f"Say:{said}"):
            work.put(_edit(work, list(of_message), number))


async def redact_posts_with(work: UnitOfWork, numbers: Collection[int], letters: str) -> None:
    """Redact the messages in which these stories stand, and say what else stood there anew.

    An edit would leave the words in the event. `letters` make the new message another one.
    """
    for number in numbers:
        rows = await stories.printed_with(work.connection, number)
        for said, of_message in groupby(rows, key=lambda row: row.said):
            await _say_anew(work, list(of_message), f"{said}:{letters}", numbers)


async def _say_anew(work: UnitOfWork, rows: Sequence[Printed], said: str, without: Collection[int]) -> None:
    room = _room(rows[0].room)
    out = {row.block for row in rows if row.gone or row.story in without}
    said_so = Document(tuple(_without(from_json(rows[0].document).blocks, out)))
    document = in_language(said_so, words_in(_language_in(work, room)))
    posted = await outbox.events_of(work.connection, f"Say:{rows[0].said}")
    work.put(*(Redact(room, event=event) for event in posted))
    if posted:
        work.put(Say(room, said, notice(document)))
    await stories.printed_anew(work.connection, rows[0], said, to_json(document), without)


def _edit(work: UnitOfWork, rows: Sequence[Printed], number: int) -> Say:
    room, said = _room(rows[0].room), rows[0].said
    out = {row.block for row in rows if row.gone or row.story == number}
    document = Document(tuple(_without(from_json(rows[0].document).blocks, out)))
    language = _language_in(work, room)
    return Say(room, f"{said}:without {number}", notice(document, edits=said, language=language))


def _language_in(work: UnitOfWork, room: PlaceId | RoomId) -> str:
    here = work.landscape.network_at(room) if isinstance(room, PlaceId) else None
    return spoken_in(work.landscape, here) or work.surroundings.language


def _without(blocks: Sequence[Block], out: Collection[int]) -> Iterator[Block]:
    for number, block in enumerate(blocks):
        if number not in out:
            yield block
        elif isinstance(block, Bullet):
            yield Bullet((_GONE,), block.depth)
        else:
            yield Paragraph((_GONE,))


def _room(room: str) -> PlaceId | RoomId:
    return RoomId(room) if room.startswith("!") else place_id(room)
