"""What is answered about offers and wants."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.market.asking import Asked, BroughtTogether, KeptApart
from bot.market.commands import Closed, Mine, Own, Posted, Renewed
from bot.market.times import last_day
from bot.market.words import called, decisions, fitting
from bot.networks.phrases import in_a_row, link
from bot.reply import Block, Bullet, Document, paragraph, say
from spaces.codes import time_left
from spaces.directory import ListingKind
from spaces.market import LASTS_DAYS, State
from spaces.sentences import Sentence, counted, sentence


@reply_to(Posted)
def posted(result: Posted, call: Call) -> Document:
    return Document((*_about(result), *fitting(result.posting, result.suggested)))


def _about(result: Posted) -> Iterator[Block]:
    posting, network = result.posting, link(result.network)
    if result.until:
        stands = sentence(
            "It stands in {network} until {day}.", network=network, day=last_day(posting.ends_at)
        )
    else:
        stands = sentence("It stands in {network} for {days} days.", network=network, days=LASTS_DAYS)
    if result.is_public:
        seen = sentence("Everyone can see it, but not whose it is.")
    else:
        seen = sentence("Who can find {network} can see it, but not whose it is.", network=network)
    yield paragraph("Noted: {posting}", posting=called(posting))
    yield in_a_row(stands, seen)
    yield paragraph("I tell you when somebody asks. `close {number}` ends it.", number=posting.number)


@reply_to(Mine)
def mine(result: Mine, call: Call) -> Document:
    return Document((*_own(result, call.now.timestamp()), *_asked(result)))


def _own(result: Mine, now: float) -> Iterator[Block]:
    if not result.own:
        yield paragraph("You offer and want nothing at present. `offer TEXT` and `want TEXT` change that.")
        return
    yield paragraph("Your offers and wants:")
    for own in result.own:
        yield Bullet(in_a_row(_line_of(own), _how_long(own, now)).line)
        for ask in own.asks:
            yes, no = decisions(ask)
            yield Bullet((sentence("Somebody asks: `{yes}` or `{no}`", yes=yes, no=no),), 1)


def _line_of(own: Own) -> Sentence:
    return sentence("{posting}, in {network}.", posting=called(own.posting), network=link(own.network))


def _how_long(own: Own, now: float) -> Sentence:
    posting = own.posting
    if posting.stands(now):
        return sentence("It stands for {time} more.", time=time_left(posting.ends_at - now))
    if posting.state is State.LEFT:
        return sentence("It has ended, as you were no member there any more.")
    if posting.state is State.REMOVED:
        return sentence("A coordinator has taken it away.")
    return sentence(
        "It has expired. `renew {number}` keeps it for {days} more days.",
        number=posting.number,
        days=LASTS_DAYS,
    )


def _asked(result: Mine) -> Iterator[Block]:
    if result.asked:
        yield in_a_row(
            counted(
                "You have asked about something of somebody else's, and wait for an answer.",
                "You have asked about {count} things of others, and wait for answers.",
                result.asked,
            )
        )


@reply_to(Renewed)
def renewed(result: Renewed, call: Call) -> Document:
    posting, network = called(result.posting), link(result.network)
    stands = sentence("It stands in {network} for {days} days.", network=network, days=LASTS_DAYS)
    return Document((paragraph("Renewed: {posting}", posting=posting), in_a_row(stands)))


@reply_to(Closed)
def closed(result: Closed, call: Call) -> Document:
    number = result.posting.number
    if result.others:
        return say("{number} is taken away, and I tell who made it.", number=number)
    if result.posting.kind is ListingKind.OFFER:
        return say("Your offer {number} has ended.", number=number)
    return say("Your want {number} has ended.", number=number)


@reply_to(Asked)
def asked(result: Asked, call: Call) -> Document:
    ask = sentence("I ask them about {posting}", posting=called(result.posting))
    then = sentence(
        "They are not told who you are. If they say yes, I bring the two of you into a room, where each sees "
        "who the other is; I tell you in any case."
    )
    return Document((in_a_row(ask), in_a_row(then)))


@reply_to(BroughtTogether)
def brought_together(result: BroughtTogether, call: Call) -> Document:
    return say(
        "An invitation to a room with you and {person} waits for you: accept it in your client.",
        person=result.other,
    )


@reply_to(KeptApart)
def kept_apart(result: KeptApart, call: Call) -> Document:
    return say("All right. I tell them kindly, and not who you are.")
