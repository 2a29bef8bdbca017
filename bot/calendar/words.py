"""What is told about events: in the news of a network, and to those who come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.market.times import last_day
from bot.networks.phrases import link
from bot.networks.rules import named
from bot.reply import Block, Bold, Document, EventLink, Inline, Paragraph, Text, paragraph
from spaces.landscape import Landscape
from spaces.occasions import Occasion
from spaces.sentences import Sentence, counted, sentence

_WEEKDAYS = (
    sentence("Monday, {date}"),
    sentence("Tuesday, {date}"),
    sentence("Wednesday, {date}"),
    sentence("Thursday, {date}"),
    sentence("Friday, {date}"),
    sentence("Saturday, {date}"),
    sentence("Sunday, {date}"),
)


def day_in_words(day: date) -> Sentence:
    """`Saturday, 6 March 2027`."""
    after = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return replace(_WEEKDAYS[day.weekday()], parts={"date": last_day(after.timestamp())})


def time_in_words(occasion: Occasion) -> Sentence:
    """Day and hour, as the clocks are there."""
    begins = _there(occasion.starts_at, occasion)
    parts = {"day": day_in_words(begins.date()), "start": f"{begins:%H:%M}"}
    if occasion.ends_at is None:
        return sentence("{day}, {start}", **parts)
    ends = _there(occasion.ends_at, occasion)
    if ends.date() == begins.date() or ends - begins < timedelta(hours=13):
        return sentence("{day}, {start} to {end}", end=f"{ends:%H:%M}", **parts)
    last = day_in_words(ends.date())
    return sentence("{day}, {start}, to {last_day}, {end}", last_day=last, end=f"{ends:%H:%M}", **parts)


def _there(seconds: float, occasion: Occasion) -> datetime:
    return datetime.fromtimestamp(seconds, ZoneInfo(occasion.zone))


def when_and_where(occasion: Occasion) -> Iterator[Block]:
    yield paragraph("When: {time}", time=time_in_words(occasion))
    yield paragraph("Where: {place}", place=occasion.place)


# -- in the news --------------------------------------------------------------------------------------


def message(occasion: Occasion) -> Document:
    """In the news of the network."""
    if not occasion.stands:
        title = paragraph("Cancelled: {event}", event=Bold(occasion.name))
        return Document((title, *when_and_where(occasion)))
    how = paragraph(
        "React ✅ to say that you come, or tell me: `event yes {number}`.", number=occasion.number
    )
    return Document((Paragraph((Bold(occasion.name),)), *when_and_where(occasion), how))


# -- to those who come --------------------------------------------------------------------------------


def is_cancelled(landscape: Landscape, occasion: Occasion) -> Document:
    return _told(
        sentence(
            "“{event}” in {network} is cancelled. You had said that you come.", **_called(landscape, occasion)
        ),
        occasion,
    )


def is_changed(landscape: Landscape, occasion: Occasion) -> Document:
    said = sentence(
        "“{event}” in {network} has changed. You have said that you come; `event no {number}` takes that "
        "back.",
        number=occasion.number,
        **_called(landscape, occasion),
    )
    return _told(said, occasion)


def reminder(landscape: Landscape, occasion: Occasion) -> Document:
    said = sentence(
        "“{event}” in {network} is near, and you have said that you come. If you cannot: "
        "`event no {number}`.",
        number=occasion.number,
        **_called(landscape, occasion),
    )
    return _told(said, occasion)


def _told(said: Sentence, occasion: Occasion) -> Document:
    return Document((Paragraph((said,)), *when_and_where(occasion)))


def _called(landscape: Landscape, occasion: Occasion) -> dict[str, object]:
    return {"event": occasion.name, "network": link(named(landscape, occasion.network))}


def preview_of_cancelling(occasion: Occasion, coming: int) -> Document:
    title = paragraph(
        "I would cancel event {number}, “{event}”, in the news as well.",
        number=occasion.number,
        event=occasion.name,
    )
    told = counted(
        "One person has said yes, and is told.", "{count} people have said yes, and are told.", coming
    )
    return Document((title, *when_and_where(occasion), *((Paragraph((told,)),) if coming else ())))


# -- in a digest --------------------------------------------------------------------------------------


def line_of(landscape: Landscape, occasion: Occasion, *, linked: bool) -> Sentence:
    """One line of a digest; `linked` to its message, for who is in the room where that was said."""
    called: Inline = Text(occasion.name)
    if linked and occasion.room is not None and occasion.event is not None:
        called = EventLink(occasion.name, occasion.room, occasion.event)
    return sentence(
        "{event}: {time}, {place}, in {network}",
        event=called,
        time=time_in_words(occasion),
        place=occasion.place,
        network=link(named(landscape, occasion.network)),
    )
