"""What is shown before many people are invited, and what the members of a group are asked."""

from __future__ import annotations

from collections.abc import Sequence

from bot.invitations.phrases import counts
from bot.networks.phrases import link, links
from bot.networks.rules import Named
from bot.reply import Document, Person, paragraph
from spaces.identifiers import UserId
from spaces.invitations import Outcome, Result
from spaces.sentences import counted


def inviting(places: Sequence[Named], outcomes: Sequence[Outcome], people: int) -> Document:
    """How many would be invited where, and what is the matter with the others."""
    fresh = (Result.WAITING, Result.ASKED)
    others = [outcome for outcome in outcomes if outcome.result not in fresh]
    return Document(
        (
            paragraph(
                "I would invite {people} to {places}.",
                people=counted("one person", "{count} people", people),
                places=links(places),
            ),
            *counts(others),
            paragraph(
                "Homeservers let only so many invitations through in a minute, so it may take a while: I go "
                "on by myself, and tell you here when all is done."
            ),
        )
    )


def asks(by: UserId, group: Named, to: Named) -> Document:
    return Document(
        (
            paragraph(
                "{person} asks everyone in {group}: would you like to come to {place}?",
                person=Person(by),
                group=link(group),
                place=link(to),
            ),
            paragraph("`invites` shows what waits for you: say `accept N` or `decline N` to it."),
        )
    )
