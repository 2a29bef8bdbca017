"""What is answered about events."""

from __future__ import annotations

from collections.abc import Iterator

from bot.calendar.answering import Answered
from bot.calendar.commands import Cancelled, Edited, Noted
from bot.calendar.looking import Ahead, Listed, Shown, Subscribed
from bot.calendar.words import time_in_words, when_and_where
from bot.command import Call, reply_to
from bot.networks.phrases import in_a_row, link, people
from bot.reply import Block, Bold, Bullet, Document, PageEnd, Paragraph, paragraph, say
from spaces.sentences import Sentence, counted, sentence

ON_A_PAGE = 8


@reply_to(Noted)
def noted(result: Noted, call: Call) -> Document:
    occasion, network = result.occasion, link(result.network)
    parts = {"event": occasion.name, "network": network, "number": occasion.number}
    if result.repeated:
        title = paragraph("That stands already in the calendar of {network}: event {number}.", **parts)
        return Document((title,))
    if result.posted:
        first = sentence(
            "Event {number}, “{event}”, stands in the calendar and the news of {network}.", **parts
        )
    else:
        first = sentence(
            "Event {number}, “{event}”, stands in the calendar of {network}. It has no news to tell it in.",
            **parts,
        )
    change = paragraph(
        "To change it: `event edit {number}`. To call it off: `event cancel {number}`.", **parts
    )
    return Document((Paragraph((first,)), *when_and_where(occasion), change))


@reply_to(Edited)
def edited(result: Edited, call: Call) -> Document:
    if result.same:
        return say("That is so already.")
    title = sentence("Event {number}, “{event}”, is changed.", **_parts(result))
    return Document((in_a_row(title, _told(result.told)), *when_and_where(result.occasion)))


@reply_to(Cancelled)
def cancelled(result: Cancelled, call: Call) -> Document:
    title = sentence("Event {number}, “{event}”, is cancelled.", **_parts(result))
    return Document((in_a_row(title, _told(result.told)),))


def _parts(result: Edited | Cancelled) -> dict[str, object]:
    return {"number": result.occasion.number, "event": result.occasion.name}


def _told(count: int) -> Sentence | None:
    if not count:
        return None
    return counted("I tell the one who comes.", "I tell the {count} people who come.", count)


@reply_to(Answered)
def answered(result: Answered, call: Call) -> Document:
    occasion = result.occasion
    if result.comes:
        comes = sentence("You come to “{event}”: {time}.", event=occasion.name, time=time_in_words(occasion))
        reminds = sentence("I remind you before.") if occasion.remind_at is not None else None
        return Document((in_a_row(comes, reminds),))
    return say("Noted: you do not come to “{event}”.", event=occasion.name)


# -- looking ------------------------------------------------------------------------------------------


@reply_to(Ahead)
def ahead(result: Ahead, call: Call) -> Document:
    blocks: list[Block] = [_head(result)]
    for number, one in enumerate(result.listed):
        if number and number % ON_A_PAGE == 0:
            blocks.append(PageEnd())
        blocks.append(Bullet((_line_of(one, named=result.network is None),)))
    if result.address:
        blocks.append(paragraph("For a calendar program: `{address}`", address=result.address))
    return Document((*blocks, PageEnd()) if len(result.listed) > ON_A_PAGE else tuple(blocks))


def _head(result: Ahead) -> Paragraph:
    if result.network is not None:
        network = link(result.network)
        if result.listed:
            return paragraph("Ahead in {network}:", network=network)
        return paragraph("Nothing is ahead in {network}.", network=network)
    if result.listed:
        return paragraph("Ahead in your networks:")
    return paragraph("Nothing is ahead in your networks. `events NETWORK` shows those of another.")


def _line_of(one: Listed, *, named: bool) -> Sentence:
    occasion = one.occasion
    parts = {
        "number": occasion.number,
        "event": Bold(occasion.name),
        "time": time_in_words(occasion),
        "place": occasion.place,
        "coming": _how_many(one.coming),
    }
    if named:
        return sentence(
            "{number}: {event}, {time}, {place}, in {network}. {coming}", network=link(one.network), **parts
        )
    return sentence("{number}: {event}, {time}, {place}. {coming}", **parts)


def _how_many(count: int) -> Sentence:
    if not count:
        return sentence("Nobody has said yet that they come.")
    return counted("One person comes.", "{count} people come.", count)


@reply_to(Shown)
def shown(result: Shown, call: Call) -> Document:
    occasion = result.occasion
    parts = {"number": occasion.number, "event": Bold(occasion.name), "network": link(result.network)}
    if occasion.stands:
        title = paragraph("{event}, in {network}: event {number}", **parts)
    else:
        title = paragraph("Cancelled: {event}, in {network}: event {number}", **parts)
    who = _who(result, call) if occasion.stands else ()
    return Document((title, *when_and_where(occasion), *who))


def _who(result: Shown, call: Call) -> Iterator[Block]:
    yield in_a_row(_how_many(result.coming), sentence("You come.") if result.comes else None)
    if result.people:
        yield paragraph("Who comes: {people}", people=people(result.people, "and"))
    if result.comes:
        yield paragraph("`event no {number}` takes that back.", number=result.occasion.number)
    elif result.occasion.is_ahead(call.now.timestamp()):
        yield paragraph("`event yes {number}` says that you come.", number=result.occasion.number)


@reply_to(Subscribed)
def subscribed(result: Subscribed, call: Call) -> Document:
    if result.address is None:
        return say(
            "Nothing is served here that a calendar program could read. An admin of the homeserver can "
            "change that. `events` shows what is ahead."
        )
    what = sentence("Tell your calendar program this address: `{address}`", address=result.address)
    keep = sentence(
        "It shows the events of your networks, to everybody who has it: keep it to yourself. `calendar new` "
        "ends it and makes another."
    )
    if result.new:
        return Document(
            (
                in_a_row(sentence("If you had an address before, it has ended.")),
                in_a_row(what),
                in_a_row(keep),
            )
        )
    return Document((in_a_row(what), in_a_row(keep)))
