"""What is shown before a room is made anew."""

from __future__ import annotations

from collections.abc import Iterator

from bot.networks.phrases import in_a_row, link
from bot.networks.rules import Named
from bot.reply import Block, Document, Text, paragraph
from spaces.sentences import counted


def upgrading(place: Named, now: str, version: str, people: int, *, is_network: bool) -> Document:
    return Document(tuple(_blocks(place, now, version, people, is_network=is_network)))


def _blocks(place: Named, now: str, version: str, people: int, *, is_network: bool) -> Iterator[Block]:
    yield paragraph(
        "{place} would get a new room, in room version {version} instead of {now}.",
        place=link(place),
        version=Text(version),
        now=Text(now),
    )
    if people:
        yield in_a_row(
            counted(
                "One person of the old room would be invited to it.",
                "{count} people of the old room would be invited to it.",
                people,
            )
        )
    if is_network:
        yield paragraph(
            "Its groups stay as they are. The new Space is listed wherever the old one is, and lets in the "
            "same people."
        )
    else:
        yield paragraph(
            "It is listed wherever the old one is, and lets in the same people. What was said stays in the "
            "old room, where it can be read, and nobody writes any more."
        )
