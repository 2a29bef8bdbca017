"""What an announcement looks like where it is posted, and what is shown before."""

from __future__ import annotations

from collections.abc import Iterator

from bot.audience import ONLOOKER
from bot.command import Call
from bot.networks.phrases import link
from bot.networks.rules import named
from bot.reply import Block, Document, Paragraph, Text, line, paragraph
from spaces.access import Standing, may_see
from spaces.announcements import Announcement, headline, pings_room
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.sentences import counted, sentence


def as_posted(landscape: Landscape, one: Announcement) -> Document:
    """As it stands in the news."""
    return Document(tuple(_posted(landscape, one.network, one.author, one.text)))


def _posted(landscape: Landscape, network: NetworkId, author: UserId, text: str) -> Iterator[Block]:
    yield paragraph(
        "{network} announces, by {person}:", network=link(named(landscape, network)), person=author
    )
    yield Paragraph(line(Text(text)))


def preview(
    call: Call, network: NetworkId, text: str, *, networks: int, people: int, to_others: bool
) -> Document:
    """What would be posted, in how many networks, and for how many people."""
    reached = counted("one person", "{count} people", people)
    where = counted(
        "I would post this in the news of one network, where it reaches {people}:",
        "I would post this in the news of {count} networks, where it reaches {people}:",
        networks,
        people=reached,
    )
    blocks: list[Block] = [Paragraph((where,)), *_posted(call.landscape, network, call.sender, text)]
    if pings_room(text):
        blocks.append(paragraph("It says `@room`, so everyone in these rooms is notified at once."))
    if to_others and not may_see(call.landscape, Standing(ONLOOKER), network):
        blocks.append(
            paragraph(
                "Not everyone can find {network}: whoever reads this learns its name.",
                network=link(named(call.landscape, network)),
            )
        )
    return Document(tuple(blocks))


def before_withdrawing(call: Call, one: Announcement) -> Document:
    number, network = one.number, link(named(call.landscape, one.network))
    if not one.text:
        said = sentence(
            "I would take back announcement {number} of {network}.", number=number, network=network
        )
        return Document((Paragraph((said,)), _cannot_be_undone()))
    said = sentence(
        "I would take back announcement {number} of {network}, wherever it was posted: “{text}”",
        number=number,
        network=network,
        text=headline(one.text),
    )
    return Document((Paragraph((said,)), _cannot_be_undone()))


def _cannot_be_undone() -> Paragraph:
    return paragraph("That cannot be undone.")
