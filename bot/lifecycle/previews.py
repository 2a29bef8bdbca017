"""What is shown before a place is moved, archived, unshared or released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.networks.asking import Waiting
from bot.networks.phrases import link, links, people, who_gets_in
from bot.networks.previews import touching
from bot.networks.rules import Named, WaysIn
from bot.reply import Block, Document, Paragraph, paragraph
from spaces.identifiers import UserId
from spaces.network import Access
from spaces.sentences import counted, sentence


@dataclass(frozen=True, slots=True)
class Move:
    """A move as far as the person may know of it.

    `old` is None where it may not be named, or there is none; `asks` is whose yes it waits for. `gained`
    and `lost` count people, None where that is not for them to know.
    """

    network: Named
    parent: Named
    has_old: bool
    old: Named | None
    asks: Waiting | None
    gained: int | None
    lost: int | None
    access: Access
    ways: WaysIn


def moving(move: Move) -> Document:
    return Document((_where(move), *_consent(move.asks), *_gains_and_losses(move)))


def _where(move: Move) -> Paragraph:
    network, parent = link(move.network), link(move.parent)
    if not move.has_old:
        return paragraph("{network} would be under {parent}.", network=network, parent=parent)
    old = link(move.old) if move.old else sentence("a network that you cannot see")
    return paragraph(
        "{network} would be under {parent}, and no longer under {old}.",
        network=network,
        parent=parent,
        old=old,
    )


def _consent(asks: Waiting | None) -> Iterator[Block]:
    if asks is not None and asks.side is not None:
        yield paragraph(
            "I would ask for the yes of {network}. Until then it stays where it is.", network=link(asks.side)
        )
    elif asks is not None:
        yield paragraph("I would ask for the other side's yes. Until then it stays where it is.")


def _gains_and_losses(move: Move) -> Iterator[Block]:
    if move.access is not Access.PRIVATE:
        yield paragraph("Nobody gains or loses a way in. {ways}", ways=who_gets_in(move.ways))
        return
    yield paragraph("Afterwards: {ways}", ways=who_gets_in(move.ways))
    if move.gained is not None:
        yield Paragraph(
            (counted("One person gains a way in.", "{count} people gain a way in.", move.gained),)
        )
    if move.lost is not None:
        yield Paragraph(
            (
                counted(
                    "One person who is in it loses the way by which they got in.",
                    "{count} people who are in it lose the way by which they got in.",
                    move.lost,
                ),
            )
        )


def archiving(
    place: Named, above: Sequence[Named], children: Sequence[Named], rooms: int, inside: int
) -> Document:
    lines: list[Block] = [
        paragraph(
            "{place} would be archived: what was said can be read, and nobody can write there any more.",
            place=link(place),
        )
    ]
    if above:
        lines.append(paragraph("It would no longer be shown in {networks}.", networks=links(above)))
    if children:
        lines.append(
            paragraph(
                "{networks} would no longer be under it, and go on otherwise.", networks=links(children)
            )
        )
    if place.id.is_group:
        lines.append(paragraph("`group restore {slug}` brings it back as it was.", slug=place.slug))
    else:
        lines.append(paragraph("`network restore {slug}` brings it back as it was.", slug=place.slug))
    return Document((*lines, touching(rooms, inside)))


def unsharing(group: Named, network: Named, inside: int) -> Document:
    said = paragraph(
        "{group} would no longer be shown in {network}: who is in {network} alone could not get in that way "
        "any more. To put it back, both sides would have to agree again.",
        group=link(group),
        network=link(network),
    )
    return Document((said, touching(1, inside)))


def releasing(
    place: Named,
    coordinators: Sequence[UserId],
    above: Sequence[Named],
    children: Sequence[Named],
    rooms: int,
    inside: int,
) -> Document:
    lines: list[Block] = [
        paragraph(
            "I would hand {place} over to {people}, with all power in it, and leave. Nobody can undo that.",
            place=link(place),
            people=people(coordinators, "and"),
        ),
        paragraph(
            "Everybody stays in it, and who gets in and what can be read stay as they are. "
            "Its addresses that begin with `#hedge_` go, and I forget what I hold on it."
        ),
    ]
    if above:
        lines.append(paragraph("It would no longer be shown in {networks}.", networks=links(above)))
    if children:
        lines.append(
            paragraph("{networks} would no longer be under it, and stay with me.", networks=links(children))
        )
    return Document((*lines, touching(rooms, inside)))
