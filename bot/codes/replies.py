"""What is answered about codes."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from bot.codes.commands import (
    CodeMade,
    CodeRevoked,
    CodesListed,
    ListedCode,
    NotRedeemed,
    Redeemed,
    RoleTaken,
    TooManyTries,
)
from bot.command import Call, reply_to
from bot.networks.phrases import in_a_row, link, links
from bot.reply import Block, Bullet, Document, paragraph, say
from spaces.codes import MOST_TRIES, Role, time_left
from spaces.sentences import Sentence, counted, sentence


@reply_to(CodeMade)
def code_made(result: CodeMade, call: Call) -> Document:
    return Document(tuple(_about_made(result, call)))


def _about_made(result: CodeMade, call: Call) -> Iterator[Block]:
    made, network = result.made, link(result.network)
    if result.role is Role.COORDINATOR:
        yield paragraph("This code makes whoever tells it to me a coordinator of {network}.", network=network)
    elif result.groups:
        yield paragraph(
            "This code lets people into {network}, and into {groups}.",
            network=network,
            groups=links(result.groups),
        )
    else:
        yield paragraph("This code lets people into {network}.", network=network)
    yield paragraph(
        "To pass on: write to `{bot}` in a direct message: `redeem {code}`",
        bot=call.bot or "",
        code=made.code,
    )
    if made.address:
        yield paragraph("Or the page that says so: {address}", address=made.address)
    yield in_a_row(
        _how_often(result.uses),
        sentence("It lasts {time}.", time=time_left(result.seconds)),
        sentence("I do not show it again."),
        sentence("`code revoke {number}` ends it.", number=made.number),
    )


def _how_often(uses: int | None) -> Sentence:
    if uses is None:
        return sentence("Everybody who has it can use it.")
    return counted("It can be used once.", "It can be used {count} times.", uses)


@reply_to(CodesListed)
def codes_listed(result: CodesListed, call: Call) -> Document:
    if not result.codes:
        return say("There is no code at present. `code create NETWORK` makes one.")
    return Document((paragraph("These codes can be used:"), *map(_line_of, result.codes)))


def _line_of(code: ListedCode) -> Bullet:
    said = in_a_row(
        _what(code),
        _uses(code),
        sentence("It lasts {time} more.", time=time_left(code.seconds)),
        sentence("It was made by {person}.", person=code.maker) if code.maker else None,
    )
    return Bullet(said.line)


def _what(code: ListedCode) -> Sentence:
    number, network = code.number, link(code.network)
    if code.role is Role.COORDINATOR:
        return sentence("{number} makes a coordinator of {network}.", number=number, network=network)
    if code.groups:
        return sentence(
            "{number} lets people into {network}, and into {groups}.",
            number=number,
            network=network,
            groups=links(code.groups),
        )
    return sentence("{number} lets people into {network}.", number=number, network=network)


def _uses(code: ListedCode) -> Sentence:
    if code.uses_left is None:
        return counted("It was used once.", "It was used {count} times.", code.used)
    return counted("One use is left.", "{count} uses are left.", code.uses_left)


@reply_to(CodeRevoked)
def code_revoked(result: CodeRevoked, call: Call) -> Document:
    return Document(
        (
            in_a_row(
                sentence(
                    "Code {number} for {network} serves no longer.",
                    number=result.number,
                    network=link(result.network),
                ),
                counted("It was used once.", "It was used {count} times.", result.used),
            ),
        )
    )


@reply_to(Redeemed)
def redeemed(result: Redeemed, call: Call) -> Document:
    places = links(result.invited)
    if result.again:
        waits = sentence(
            "An invitation to {places} waits for you already: accept it in your client.", places=places
        )
    else:
        waits = counted(
            "An invitation to {places} waits for you: accept it in your client.",
            "Invitations to {places} wait for you: accept them in your client.",
            len(result.invited),
            places=places,
        )
    then = sentence("From there you get into {places}, too.", places=links(result.then))
    return Document((in_a_row(waits, then if result.then else None),))


@reply_to(RoleTaken)
def role_taken(result: RoleTaken, call: Call) -> Document:
    network = link(result.network)
    if result.already:
        return say("You look after {network} already.", network=network)
    looks = sentence("You look after {network} from now on.", network=network)
    waits = sentence("An invitation to it waits for you: accept it in your client.")
    return Document((in_a_row(looks, None if result.is_there else waits),))


@reply_to(NotRedeemed)
def not_redeemed(result: NotRedeemed, call: Call) -> Document:
    return say(
        "That code does not let you in. It may be mistyped, used up or out of date. Look at it once more, or "
        "ask who gave it to you for a new one."
    )


@reply_to(TooManyTries)
def too_many_tries(result: TooManyTries, call: Call) -> Document:
    minutes = max(ceil(result.seconds / 60), 1)
    return say(
        "You have told me {tries} codes within an hour that let nobody in. Wait {time}, then try again.",
        tries=MOST_TRIES,
        time=counted("one minute", "{count} minutes", minutes),
    )
