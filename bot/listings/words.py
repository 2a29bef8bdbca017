"""What stewards are asked, and how a listing is named in a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.reply import Block, Bold, Bullet, Document, Line, Paragraph, line, paragraph
from spaces.directory import KINDS
from spaces.listings import Listing
from spaces.sentences import Sentence, counted, sentence

_SHOWN_AT_MOST = 20
STALE = sentence("perhaps out of date: nobody has confirmed it for half a year")


def name_of(listing: Listing) -> Sentence:
    """Its name and number, as part of a sentence."""
    return sentence("{name} (listing {number})", name=Bold(listing.name), number=listing.number)


def line_of(listing: Listing) -> Line:
    """What it is, in one line of a list."""
    said = sentence(
        "{number}: {name} ({kind})", number=listing.number, name=Bold(listing.name), kind=KINDS[listing.kind]
    )
    if listing.stale:
        return line(sentence("{listing} – {mark}", listing=said, mark=STALE))
    return line(said)


def still_right(listings: Sequence[Listing]) -> Document:
    """The question whether these still hold."""
    if len(listings) == 1:
        return Document(tuple(_one(listings[0])))
    return Document(tuple(_several(listings)))


def _one(listing: Listing) -> Iterator[Block]:
    number = listing.number
    yield paragraph(
        "Is what the directory says of {listing} still right? Nobody has confirmed it for half a year.",
        listing=name_of(listing),
    )
    yield paragraph(
        "`yes` or ✅ says that it is, `show listing {number}` shows it, `edit {number}` with what has "
        "changed puts it right, and `remove listing {number}` takes it out.",
        number=number,
    )
    yield _otherwise(1)


def _several(listings: Sequence[Listing]) -> Iterator[Block]:
    yield paragraph(
        "Is what the directory says of these still right? Nobody has confirmed them for half a year."
    )
    yield from (Bullet(line_of(one)) for one in listings[:_SHOWN_AT_MOST])
    if (more := len(listings) - _SHOWN_AT_MOST) > 0:
        yield Paragraph((counted("And one more.", "And {count} more.", more),))
    yield paragraph(
        "`yes` or ✅ says that all are, `yes {number}` that this one is. `show listing {number}` shows one, "
        "`edit {number}` with what has changed puts it right, and `remove listing {number}` takes it out.",
        number=listings[0].number,
    )
    yield _otherwise(len(listings))


def _otherwise(count: int) -> Paragraph:
    said = counted(
        "If I hear nothing for 14 days I mark it as perhaps out of date.",
        "What I hear nothing of for 14 days I mark as perhaps out of date.",
        count,
    )
    return Paragraph((said,))
