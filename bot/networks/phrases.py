"""Sentences and lists that several replies share. What people named stays data: links, bold, text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.networks.rules import Named, WaysIn
from bot.reply import Bold, Inline, Line, Paragraph, Person, PlaceLink, line
from spaces.identifiers import UserId
from spaces.network import Access, Kind
from spaces.sentences import Listed, Sentence, counted, listed, sentence

LISTED_AT_MOST = 50
"""How many names stand in one line before the others are only counted."""

KINDS = {
    Kind.NETWORK: sentence("network"),
    Kind.ECOSYSTEM: sentence("ecosystem"),
    Kind.BRIDGE: sentence("bridge"),
    None: sentence("group"),
}
"""What each kind of network is called, and under None a group."""


def link(place: Named) -> Inline:
    """The place's name, linked if it has a room or gets one with what is being done."""
    return PlaceLink(place.name, place.id) if place.is_made else Bold(place.name)


def links(places: Iterable[Named], last: str = "and") -> Listed:
    """All their names; of very many the first, and how many more there are."""
    return _some([link(place) for place in places], last)


def people(users: Iterable[UserId], last: str = "or") -> Listed:
    return _some([Person(user) for user in users], last)


def _some(items: Sequence[Inline], last: str) -> Listed:
    """Of very many the first; how many more there are is the last item."""
    if len(items) <= LISTED_AT_MOST:
        return listed(items, last)
    more = len(items) - LISTED_AT_MOST
    return listed([*items[:LISTED_AT_MOST], counted("{count} more", "{count} more", more)], last)


def in_a_row(*sentences: Sentence | None) -> Paragraph:
    """Whole sentences, one after the other; None is left out."""
    first, *others = (said for said in sentences if said is not None)
    parts: Line = line(first)
    for said in others:
        parts = line(*parts, " ", said)
    return Paragraph(parts)


def stays_for(days: int) -> Sentence:
    """How long somebody stays who has lost the last path to a private place."""
    if days == 0:
        return sentence("Who has no way left into what is private here is taken out at once.")
    return counted(
        "Who has no way left into what is private here can stay for one day.",
        "Who has no way left into what is private here can stay for {count} days.",
        days,
    )


# -- who gets in ------------------------------------------------------------------------------------


def who_gets_in(ways: WaysIn) -> Sentence:
    """Who can find it and who can get in."""
    if ways.access is Access.PUBLIC:
        return sentence("Everyone can find it and join it.")
    if ways.access is Access.INVITE:
        return _by_invitation(ways)
    return _asking(ways) if ways.ask else _private(ways)


def _by_invitation(ways: WaysIn) -> Sentence:
    if ways.listed and _has_doors(ways):
        return sentence(
            "Everyone who joins {networks} can find it by name, and only people who are invited get in.",
            networks=_doors(ways),
        )
    return sentence("Only its members and people who are invited can find it, and only they get in.")


def _private(ways: WaysIn) -> Sentence:
    if not _has_doors(ways):
        return sentence("Only its members can find it, and people get in when they are invited.")
    if ways.open_by:
        return sentence(
            "Everyone who joins {networks} can find it, and anyone can get in, by way of {network}, "
            "which is public.",
            networks=_doors(ways),
            network=link(ways.open_by),
        )
    return sentence(
        "Everyone who joins {networks} can find it and get in; others only when they are invited.",
        networks=_doors(ways),
    )


def _asking(ways: WaysIn) -> Sentence:
    if ways.open_by:
        return sentence(
            "Everyone can find its name and topic, and anyone can get in, by way of {network}, "
            "which is public.",
            network=link(ways.open_by),
        )
    if not _has_doors(ways):
        return sentence("Everyone can find its name and topic, and gets in after a coordinator's yes.")
    return sentence(
        "Its name and topic can be found by all; everyone who joins {networks} gets in, "
        "others after a coordinator's yes.",
        networks=_doors(ways),
    )


def _has_doors(ways: WaysIn) -> bool:
    return bool(ways.members_of) or ways.more


def _doors(ways: WaysIn) -> Listed:
    doors: list[Inline] = [link(place) for place in ways.members_of]
    if ways.more:
        doors.append(sentence("a network that you cannot see"))
    return _some(doors, "or")
