"""The one place where a document is made ready for who is going to read it: names of people, links.

A name from a room that the reader is not in would tell of that room, so there the Matrix ID stands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from appservice.store import display_names
from appservice.store.database import Connection
from bot.reply import Bold, Document, Inline, OutsideLink, Person, PlaceLink, Text
from spaces.display_names import called
from spaces.identifiers import PlaceId, RoomId, UserId


async def shown_to(
    connection: Connection,
    reader: UserId,
    document: Document,
    bot_names: Iterable[str],
    *,
    room: RoomId | None = None,
) -> Document:
    """`document`, already put into words, with text in place of each `Person`.

    With `room` it is read by all who are in that room. The reader's own is always the Matrix ID.
    """
    people = {part.user for part in _people_in(document)} - {reader}
    if not people:
        return document
    met_by = room or reader
    found = await display_names.names_of(connection, people, met_by)
    takers = await display_names.taken(connection, {looks for _, looks in found.values()}, met_by)
    names = {
        user: called(user, name, bot_names, is_anothers=bool(takers.get(looks, set()) - {user}))
        for user, (name, looks) in found.items()
    }
    blocks = (replace(b, line=tuple(_named(part, names) for part in b.line)) for b in document.blocks)
    return Document(tuple(blocks))


def linked_for(
    document: Document, inside: Collection[PlaceId], is_open: Callable[[PlaceId], bool]
) -> Document:
    """`document` with the links that are right for a reader who is in the rooms of `inside` or invited.

    A room that is not open to them is not linked: its id is nothing for outsiders.
    """
    blocks = (
        replace(b, line=tuple(_linked(part, inside, is_open) for part in b.line)) for b in document.blocks
    )
    return Document(tuple(blocks))


def _linked(part: Inline, inside: Collection[PlaceId], is_open: Callable[[PlaceId], bool]) -> Inline:
    if not isinstance(part, PlaceLink) or part.place in inside:
        return part
    return OutsideLink(part.text, part.place) if is_open(part.place) else Bold(part.text)


def _people_in(document: Document) -> Iterator[Person]:
    return (part for block in document.blocks for part in block.line if isinstance(part, Person))


def _named(part: Inline, names: Mapping[UserId, str]) -> Inline:
    if isinstance(part, Person) and part.user in names:
        return Text(names[part.user])
    return part
