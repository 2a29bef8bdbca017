"""What is answered to who decides about applications."""

from __future__ import annotations

from collections.abc import Iterator

from bot.applications import words
from bot.applications.deciding import Decided, Requests
from bot.command import Call, reply_to
from bot.networks.phrases import link
from bot.networks.rules import named
from bot.reply import Block, Bullet, Document, Paragraph, Person, paragraph, say
from spaces.applications import Application, Way
from spaces.landscape import Landscape
from spaces.sentences import Sentence, counted, sentence

_HOUR, _DAY = 3_600, 86_400


@reply_to(Requests)
def requests(result: Requests, call: Call) -> Document:
    landscape, now = call.landscape, call.now.timestamp()
    if not result.mine and not result.others:
        return say("Nobody asks to join what you look after.")
    blocks: list[Block] = []
    if result.mine:
        blocks += [paragraph("These wait for your yes or no:"), *_mine(landscape, result.mine, now)]
    if result.others:
        blocks.append(paragraph("These have waited long for others, and you may look at them:"))
        for application in result.others:
            blocks += [Bullet((words.to_see(landscape, application),)), *words.answers(application)]
    return Document(tuple(blocks))


def _mine(landscape: Landscape, mine: tuple[Application, ...], now: float) -> Iterator[Block]:
    for application in mine:
        yield Bullet((words.to_decide(landscape, application, _age(now - application.since)),))
        yield from words.answers(application)


def _age(seconds: float) -> Sentence | None:
    if seconds >= _DAY:
        days = int(seconds // _DAY)
        return counted("It has waited for one day.", "It has waited for {count} days.", days)
    if seconds >= _HOUR:
        hours = int(seconds // _HOUR)
        return counted("It has waited for one hour.", "It has waited for {count} hours.", hours)
    return None


@reply_to(Decided)
def decided(result: Decided, call: Call) -> Document:
    return Document(tuple(Paragraph((_decided(one, result, call),)) for one in result.applications))


def _decided(one: Application, result: Decided, call: Call) -> Sentence:
    gaps = {"person": Person(one.person), "place": link(named(call.landscape, one.place))}
    if result.approved and one.way is Way.KNOCK:
        return sentence("{person} is invited to {place}.", **gaps)
    if result.approved:
        return sentence("{person} is invited to {place}, and I tell them.", **gaps)
    if one.way is Way.KNOCK:
        return sentence("{person} does not get into {place}.", **gaps)
    return sentence("{person} does not get into {place}, and I tell them.", **gaps)
