"""What is answered when people were invited, and to what waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence

from bot.command import Call, reply_to
from bot.invitations.answering import Declined, Item, Opening, Waiting, Welcomed
from bot.invitations.inviting import Invited
from bot.invitations.phrases import counts, numbered, one_by_one
from bot.networks.phrases import link, links
from bot.networks.rules import Named
from bot.reply import Block, Document, Paragraph, Person, Text, paragraph, say
from spaces.identifiers import UserId
from spaces.invitations import Outcome, Result
from spaces.sentences import Sentence, counted, sentence

_ALL_LISTED_UP_TO = 20
_WELL = (Result.INVITED, Result.JOINED)


@reply_to(Invited)
def invited(result: Invited, call: Call) -> Document:
    return report(result)


def report(result: Invited) -> Document:
    """Counts first, then those that need attention; of a short list, everybody."""
    outcomes = result.outcomes
    if not outcomes:
        return say("There is nobody to ask.")
    first = Paragraph((_how_many(result),))
    if len(outcomes) == 1 and result.in_private:
        if outcomes[0].result in _WELL:
            return Document((first,))
        return Document((first, *one_by_one(outcomes, result.places)))
    return Document((first, *counts(outcomes), *_attention(result)))


def _how_many(result: Invited) -> Sentence:
    many = sum(outcome.result in _WELL for outcome in result.outcomes)
    if not many and any(outcome.result is Result.ASKED for outcome in result.outcomes):
        return sentence("I have asked about {places}.", places=links(result.places))
    if not many:
        return sentence("I have invited nobody to {places}.", places=links(result.places))
    return counted(
        "One invitation to {places} is out.",
        "{count} invitations to {places} are out.",
        many,
        places=links(result.places),
    )


def _attention(result: Invited) -> list[Block]:
    if not result.in_private:
        return [paragraph("Ask me in a direct message, and I tell you person by person.")]
    shown: tuple[Outcome, ...] = result.outcomes
    if len(shown) > _ALL_LISTED_UP_TO:
        shown = tuple(outcome for outcome in shown if outcome.result not in (*_WELL, Result.ASKED))
    if not shown:
        return []
    return [paragraph("One by one:"), *one_by_one(shown, result.places)]


def brought_in(by: UserId, places: Sequence[Named], reason: str) -> Document:
    """What is said to who was invited, since their client may not show who asked, nor why."""
    first = paragraph(
        "{person} would like you to come to {places}: the invitation waits in your client.",
        person=Person(by),
        places=links(places),
    )
    if not reason:
        return Document((first,))
    return Document((first, paragraph("{person} wrote: {reason}", person=Person(by), reason=Text(reason))))


# -- what waits for somebody ------------------------------------------------------------------------


@reply_to(Waiting)
def waiting(result: Waiting, call: Call) -> Document:
    if not result.items:
        return say("Nothing waits for you.")
    many = counted("One thing waits for you:", "{count} things wait for you:", len(result.items))
    items = (numbered(number, _waits(one)) for number, one in enumerate(result.items, 1))
    how = paragraph("Say `accept N` or `decline N`, with its number.")
    return Document((Paragraph((many,)), *items, how))


def _waits(one: Item) -> Sentence:
    place = link(one.place)
    if one.is_question and one.by is not None:
        return sentence(
            "{person} asks whether you would like to come to {place}", person=Person(one.by), place=place
        )
    if one.is_question:
        return sentence("you are asked whether you would like to come to {place}", place=place)
    if one.by is not None:
        return sentence("an invitation to {place}, asked for by {person}", person=Person(one.by), place=place)
    return sentence("an invitation to {place}", place=place)


@reply_to(Opening)
def opening(result: Opening, call: Call) -> Document:
    return say(
        "I cannot accept it for you: the invitation is between you and the room. Open {place}, in your "
        "client's list of invitations or by this link, and press “Accept”.",
        place=link(result.place),
    )


@reply_to(Welcomed)
def welcomed(result: Welcomed, call: Call) -> Document:
    return say("An invitation to {place} waits for you: accept it in your client.", place=link(result.place))


@reply_to(Declined)
def declined(result: Declined, call: Call) -> Document:
    return say(
        "All right: you do not come to {place}, and nobody asks you again through me for 90 days.",
        place=result.place.name,
    )
