"""What is shown before somebody is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from bot.networks.phrases import links
from bot.networks.rules import Named
from bot.privacy.ports import Outlook
from bot.privacy.topics import TOPICS
from bot.reply import Block, Document, item, paragraph
from spaces.sentences import counted


def forgetting(outlook: Outlook, orphaned: Sequence[Named], until: date, *, stays: bool) -> Document:
    """`orphaned` are the networks that nobody would look after, `until` when the last backup goes."""
    return Document(
        (
            paragraph("I would forget everything that I keep about you:"),
            *(
                item("{topic}: {count}", topic=TOPICS[topic], count=count)
                for topic, count in outlook.held.items()
            ),
            *_roles(orphaned),
            *_rooms(outlook.rooms, stays=stays),
            *_what_stays(outlook),
            paragraph(
                "It is gone within a day, and I leave this room. Backups of before may hold it until {date}, "
                "when the last of them is deleted. `my data` gives you all of it before.",
                date=until.isoformat(),
            ),
        )
    )


def _roles(orphaned: Sequence[Named]) -> Iterator[Block]:
    if orphaned:
        yield paragraph(
            "Nobody but you looks after {networks}. To hand that over first: `coordinator add @USER --in "
            "{slug}`. If you do not, their members are told that they can nominate somebody.",
            networks=links(orphaned, "and"),
            slug=orphaned[0].slug,
        )


def _rooms(rooms: int, *, stays: bool) -> Iterator[Block]:
    if not rooms:
        return
    count = counted("one room", "{count} rooms", rooms)
    if stays:
        yield paragraph(
            "You stay in {rooms}. That you are there I go on knowing, as everybody there sees it.",
            rooms=count,
        )
    else:
        yield paragraph(
            "I would take you out of {rooms}. With `forget me --stay` you remain there, and I go on knowing "
            "that alone.",
            rooms=count,
        )


def _what_stays(outlook: Outlook) -> Iterator[Block]:
    yield paragraph(
        "Your stories, and what I posted of them, are redacted. What you wrote in rooms yourself is not "
        "mine to take away: redact it in your client. Other servers may keep copies of all of it."
    )
    yield paragraph("The audit log keeps what was done and when, with nobody's name.")
    if outlook.bans:
        yield paragraph("Bans of you hold as before, so that they cannot be undone like this.")
