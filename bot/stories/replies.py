"""What is answered about stories."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.networks.phrases import link, links
from bot.reply import Block, Bullet, Document, paragraph, say
from bot.stories.commands import Judged, Own, Settled, Shown, Waiting
from bot.stories.words import byline, shown_title, told_in_full
from spaces.sentences import Sentence, sentence


@reply_to(Shown)
def shown(result: Shown, call: Call) -> Document:
    return Document((*_waiting(result, call), *_own(result, call)))


def _waiting(result: Shown, call: Call) -> Iterator[Block]:
    if result.waiting:
        yield paragraph("These wait for you:")
    elif result.coordinates:
        yield paragraph("No story waits for you.")
    for one in result.waiting:
        yield Bullet((_line_of(one, call),))
    if result.waiting:
        yield paragraph(
            "`story take N` takes one, with `--headline TEXT` if you like; `story decline N` does not."
        )


def _line_of(one: Waiting, call: Call) -> Sentence:
    number, network = one.story.number, link(one.network)
    if not one.is_shown:
        return sentence(
            "{number} for {network}: something that was said among invited people. You can read it once you "
            "are in that group, or its author shares it.",
            number=number,
            network=network,
        )
    story = told_in_full(call.landscape, call.standing, one.story, one.levels, one.level.network)
    return sentence("{number} for {network}: {story}", number=number, network=network, story=story)


def _own(result: Shown, call: Call) -> Iterator[Block]:
    if result.own:
        yield paragraph("Your own:")
    elif not result.coordinates:
        yield paragraph("Nothing of yours is a story at present. `story` tells how a message becomes one.")
    for own in result.own:
        yield Bullet((_own_line(own, call),))
    if result.own:
        yield paragraph("`story withdraw N` takes one away, `story byline N NAME` says how you are named.")


def _own_line(own: Own, call: Call) -> Sentence:
    parts = {
        "number": own.story.number,
        "title": shown_title(own.story, None, call.standing),
        "name": byline(own.story),
    }
    if own.networks:
        taken = links(own.networks)
        return sentence("{number}: “{title}”, by {name}, taken by {networks}", networks=taken, **parts)
    return sentence("{number}: “{title}”, by {name}, proposed", **parts)


@reply_to(Judged)
def judged(result: Judged, call: Call) -> Document:
    network, number = link(result.network), result.story.number
    title = shown_title(result.story, result.level, call.standing)
    if not result.taken:
        return say("{network} does not take story {number}.", network=network, number=number)
    if result.offered:
        return say(
            "{network} takes “{title}”. It is offered to {networks}.",
            network=network,
            title=title,
            networks=links(result.offered),
        )
    return say("{network} takes “{title}”.", network=network, title=title)


@reply_to(Settled)
def settled(result: Settled, call: Call) -> Document:
    number = result.story.number
    if result.withdrawn:
        return say("Story {number} is taken away everywhere.", number=number)
    if result.byline:
        return say("With story {number} you are named as {name}.", number=number, name=byline(result.story))
    if result.prints is True:
        return say("Story {number} may stand on public pages and in print.", number=number)
    if result.prints is False:
        return say("Story {number} stands neither on public pages nor in print.", number=number)
    if result.travels:
        return say("Story {number} may go to the networks above.", number=number)
    return say("Story {number} goes no further than the network of its group.", number=number)
