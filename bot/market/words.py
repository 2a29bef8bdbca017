"""What is told about offers and wants to those who did not just speak, and what several replies share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.market.matching import Suggested
from bot.networks.phrases import link
from bot.networks.rules import named
from bot.reply import Block, Document, Paragraph, item, paragraph, say
from spaces.codes import time_left
from spaces.directory import ListingKind
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.market import LASTS_DAYS, Ask, Posting, State, Terms
from spaces.sentences import Sentence, counted, sentence

TERMS: dict[Terms, Sentence] = {
    Terms.LEND: sentence("a loan"),
    Terms.GIFT: sentence("a gift"),
    Terms.SWAP: sentence("a swap"),
    Terms.TIME: sentence("for time"),
    Terms.MONEY: sentence("for money"),
}
"""What is expected in return, behind the text."""


def called(posting: Posting) -> Sentence:
    """`offer 48213: “A long ladder” (a loan)`."""
    parts = {"number": posting.number, "text": posting.text}
    is_offer = posting.kind is ListingKind.OFFER
    if posting.terms is not None:
        terms = TERMS[posting.terms]
        if is_offer:
            return sentence("offer {number}: “{text}” ({terms})", terms=terms, **parts)
        return sentence("want {number}: “{text}” ({terms})", terms=terms, **parts)
    if is_offer:
        return sentence("offer {number}: “{text}”", **parts)
    return sentence("want {number}: “{text}”", **parts)


# -- suggestions --------------------------------------------------------------------------------------


def may_fit(posting: Posting, suggested: Sequence[Suggested]) -> Document:
    return Document((paragraph("To your {posting}", posting=called(posting)), *fitting(posting, suggested)))


def fitting(posting: Posting, suggested: Sequence[Suggested]) -> Iterator[Block]:
    """What others offer or want that is like it, with the way to them."""
    if suggested and posting.kind is ListingKind.WANT:
        yield Paragraph((counted("Somebody offers this:", "These are offered:", len(suggested)),))
    elif suggested:
        yield Paragraph((counted("Somebody wants this:", "These are wanted:", len(suggested)),))
    for one in suggested:
        yield item(
            "{posting}, in {network}. `ask {number}` asks them.",
            posting=called(one.posting),
            network=link(one.network),
            number=one.posting.number,
        )


# -- asking -------------------------------------------------------------------------------------------


def asks_you(landscape: Landscape, posting: Posting, ask: Ask, *, from_there: bool) -> Document:
    """To who made it: somebody would like to be put in touch, who is not named."""
    network, shown = link(named(landscape, posting.network)), called(posting)
    if from_there:
        asks = sentence("Somebody in {network} asks about your {posting}.", network=network, posting=shown)
    else:
        asks = sentence("Somebody asks about your {posting}, in {network}.", network=network, posting=shown)
    return Document((Paragraph((asks,)), may_i(ask)))


def may_i(ask: Ask) -> Paragraph:
    yes, no = decisions(ask)
    return paragraph(
        "May I put you in touch? You would then see who the other is. Yes: `{yes}` or ✅. No: `{no}` or ❌.",
        yes=yes,
        no=no,
    )


def decisions(ask: Ask) -> tuple[str, str]:
    """What to type for yes, and for no."""
    return f"ask accept {ask.number}", f"ask decline {ask.number}"


def said_yes(posting: Posting) -> Document:
    """To who asked."""
    return say(
        "They say yes: an invitation to a room with the two of you waits for you. It is about {posting}",
        posting=called(posting),
    )


def said_no(posting: Posting) -> Document:
    """To who asked."""
    return say(
        "About {posting}\nThey would rather not be put in touch at present. That may have many reasons, "
        "and they do not know that it was you who asked.",
        posting=called(posting),
    )


def has_ended(posting: Posting) -> Document:
    """To who asked and has no answer."""
    return say("What you have asked about has ended, without an answer: {posting}", posting=called(posting))


def brought_together(posting: Posting, asker: UserId) -> Document:
    """In the room of the two."""
    parts = {"owner": posting.owner, "asker": asker, "posting": called(posting)}
    if posting.kind is ListingKind.OFFER:
        about = sentence("{owner} has made {posting}", **parts)
    else:
        about = sentence("{owner} has said {posting}", **parts)
    return Document(
        (
            Paragraph((about,)),
            paragraph("{asker} has asked about it, and both of you have said yes.", asker=asker),
            paragraph("This room is yours: I leave it once you are both in it."),
        )
    )


# -- ending -------------------------------------------------------------------------------------------


def still_holds(landscape: Landscape, posting: Posting, now: float) -> Document:
    return Document(
        (
            paragraph("Does this still hold? Your {posting}", posting=called(posting)),
            paragraph(
                "It ends in {time}. `renew {number}` keeps it for {days} more days, `close {number}` ends "
                "it.",
                time=time_left(posting.ends_at - now),
                number=posting.number,
                days=LASTS_DAYS,
            ),
        )
    )


def removed(landscape: Landscape, posting: Posting) -> Document:
    """To who made it."""
    return say(
        "A coordinator of {network} has taken away your {posting}",
        network=link(named(landscape, posting.network)),
        posting=called(posting),
    )


def is_over(posting: Posting) -> Sentence:
    """Why nothing can be done with it any more."""
    if posting.state is State.REMOVED:
        return sentence("A coordinator has taken {number} away.", number=posting.number)
    return sentence("{number} has ended. Say it anew, if it holds again.", number=posting.number)
