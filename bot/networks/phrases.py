"""Parts of sentences that several replies share. What people named stays data: links, bold, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.networks.rules import Named, WaysIn
from bot.reply import Bold, Code, Inline, Line, Person, PlaceLink, Text, line
from spaces.identifiers import UserId
from spaces.network import Access


def link(place: Named) -> Inline:
    """The place's name, linked if it has a room or gets one with what is being done."""
    return PlaceLink(place.name, place.id) if place.is_made else Bold(place.name)


def enumerated(items: Sequence[Inline], last: str = "and") -> Line:
    """`a`, `a and b`, `a, b and c`."""
    parts: list[Inline | str] = []
    for n, item in enumerate(items):
        if n:
            parts.append(f" {last} " if n == len(items) - 1 else ", ")
        parts.append(item)
    return line(*parts)


def links(places: Iterable[Named], last: str = "and") -> Line:
    return enumerated([link(place) for place in places], last)


def people(users: Iterable[UserId], last: str = "or") -> Line:
    return enumerated([Person(user) for user in users], last)


def command(*words: str) -> Code:
    """Something to type, of these words."""
    return Code(" ".join(words))


def who_gets_in(ways: WaysIn) -> Line:
    """One sentence: who can find it and who can get in."""
    if ways.access is Access.PUBLIC:
        return line("Everyone can find it and join it.")
    if ways.access is Access.INVITE:
        return _by_invitation(ways)
    return _asking(ways) if ways.ask else _private(ways)


def _by_invitation(ways: WaysIn) -> Line:
    if ways.listed and _has_doors(ways):
        return line(*_everyone_in(ways), " can find it by name, and only people who are invited get in.")
    return line("Only its members and people who are invited can find it, and only they get in.")


def _private(ways: WaysIn) -> Line:
    if not _has_doors(ways):
        return line("Only its members can find it, and people get in when they are invited.")
    if ways.open_by:
        return line(*_everyone_in(ways), " can find it, and ", *_anyone(ways.open_by))
    return line(*_everyone_in(ways), " can find it and get in; others only when they are invited.")


def _asking(ways: WaysIn) -> Line:
    if ways.open_by:
        return line("Everyone can find its name and topic, and ", *_anyone(ways.open_by))
    if not _has_doors(ways):
        return line("Everyone can find its name and topic, and gets in after a coordinator's yes.")
    inside = _everyone_in(ways, "everyone")
    return line(
        "Its name and topic can be found by all; ", *inside, " gets in, others after a coordinator's yes."
    )


def _has_doors(ways: WaysIn) -> bool:
    return bool(ways.members_of) or ways.more


def _everyone_in(ways: WaysIn, everyone: str = "Everyone") -> Line:
    doors = [link(place) for place in ways.members_of]
    if ways.more:
        doors.append(Text("a network that you cannot see"))
    return line(f"{everyone} who joins ", *enumerated(doors, "or"))


def _anyone(by: Named) -> Line:
    return line("anyone can get in, by way of ", link(by), ", which is public.")
