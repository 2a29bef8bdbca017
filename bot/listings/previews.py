"""What is shown before a listing is taken out of the directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.reply import Block, Bold, Bullet, Document, Paragraph, line, paragraph
from spaces.listings import Listing
from spaces.sentences import counted


def taking_out(listing: Listing, services: Sequence[Listing]) -> Document:
    return Document(tuple(_taking_out(listing, services)))


def _taking_out(listing: Listing, services: Sequence[Listing]) -> Iterator[Block]:
    yield paragraph(
        "{name} would be taken out of the directory: nobody would find listing {number} any more, and what "
        "stands there would be gone.",
        name=Bold(listing.name),
        number=listing.number,
    )
    if services:
        with_it = counted(
            "One service would go with it:", "{count} services would go with it:", len(services)
        )
        yield Paragraph((with_it,))
        yield from (Bullet(line(f"{one.number}: ", Bold(one.name))) for one in services)
