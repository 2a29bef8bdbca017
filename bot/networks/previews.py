"""What is shown before something that cannot be undone: what would happen, and to how many."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from bot.command import Call
from bot.networks.phrases import link, who_gets_in
from bot.networks.rules import Named, WaysIn
from bot.reply import Document, Paragraph, paragraph
from spaces.identifiers import PlaceId, UserId
from spaces.sentences import counted


async def people_in(call: Call, places: Collection[PlaceId]) -> frozenset[UserId]:
    """Everyone who has joined one of these rooms."""
    joined = [await call.work.members_of(place) for place in places]
    return frozenset(user for members in joined for user, how in members.items() if how == "join")


def touching(rooms: int, people: int) -> Paragraph:
    return paragraph(
        "That touches {rooms} and {people}.",
        rooms=counted("one room", "{count} rooms", rooms),
        people=counted("one person", "{count} people", people),
    )


class Role(Enum):
    """One coordinator of several, or the last one."""

    ONE = "one"
    LAST = "last"


def leaving(place: Named, rooms: int, *, returns: bool, gives_up: Role | None) -> Document:
    """`returns`: they could come back by themselves. `gives_up` is their role, if they have one."""
    lines = [paragraph("You would leave {place}.", place=link(place))]
    if gives_up is Role.ONE:
        lines.append(
            paragraph("You would no longer look after it. Only another coordinator could change that.")
        )
    if gives_up is Role.LAST:
        lines.append(
            paragraph(
                "You are its last coordinator: nobody would look after it any more. Its members could then "
                "nominate somebody. To name one before you go: `coordinator add @USER --in {slug}`",
                slug=place.slug,
            )
        )
    if not returns:
        lines.append(paragraph("Nobody gets in there unasked: to come back you would have to be invited."))
    return Document((*lines, touching(rooms, 1)))


def opening(place: Named, ways: WaysIn, rooms: int, people: int) -> Document:
    said = paragraph("{place} would be opened. {ways}", place=link(place), ways=who_gets_in(ways))
    after = paragraph("Who joins can read what was said in it before, and closing it again takes nobody out.")
    return Document((said, after, touching(rooms, people)))


def unlinking(child: Named, parent: Named, people: int) -> Document:
    said = paragraph(
        "{child} would no longer be under {parent}: who is in {parent} alone could not get in that way any "
        "more. To put it back, both sides would have to agree again.",
        child=link(child),
        parent=link(parent),
    )
    return Document((said, touching(2, people)))


def stepping_down(network: Named, rooms: int) -> Document:
    said = paragraph(
        "You would no longer look after {network}. Only another coordinator could change that.",
        network=link(network),
    )
    return Document((said, touching(rooms, 1)))
