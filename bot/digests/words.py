"""An edition in words, and the days and hours of digests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from bot.digests.composing import Page, first_page, further_pages, left_after
from bot.digests.items import Item, Period
from bot.market.times import last_day
from bot.networks.phrases import link
from bot.networks.rules import Named
from bot.reply import Block, Document, PageEnd, Paragraph, in_language, paragraph
from spaces.editions import Cadence, Schedule, Weekday, as_of_utc, day_of
from spaces.sentences import Sentence, Words, sentence
from spaces.zones import zone

_DAY = 86_400.0
_WEEKLY: dict[Weekday, Sentence] = {
    Weekday.MON: sentence("on Mondays at {time}"),
    Weekday.TUE: sentence("on Tuesdays at {time}"),
    Weekday.WED: sentence("on Wednesdays at {time}"),
    Weekday.THU: sentence("on Thursdays at {time}"),
    Weekday.FRI: sentence("on Fridays at {time}"),
    Weekday.SAT: sentence("on Saturdays at {time}"),
    Weekday.SUN: sentence("on Sundays at {time}"),
}


def when(schedule: Schedule) -> Sentence:
    """`on Mondays at 08:00`"""
    if schedule.cadence is Cadence.DAILY:
        return sentence("every day at {time}", time=schedule.clock)
    return replace(_WEEKLY[schedule.weekday], parts={"time": schedule.clock})


def _called(day: date) -> Sentence:
    return last_day(as_of_utc(day) + _DAY)


# -- an edition ---------------------------------------------------------------------------------------


def title(period: Period, zone_name: str, network: Named | None = None) -> Paragraph:
    """Whose it is and of which days, by their own calendar."""
    first, last = (day_of(moment, zone(zone_name)) for moment in (period.start, period.end))
    days = {"first": _called(first), "last": _called(last)}
    if network is not None and first == last:
        return paragraph("What happened in {network}, {last}", network=link(network), last=days["last"])
    if network is not None:
        return paragraph("What happened in {network}, {first} to {last}", network=link(network), **days)
    if first == last:
        return paragraph("Your digest, {last}", last=days["last"])
    return paragraph("Your digest, {first} to {last}", **days)


def sent(items: Sequence[Item], head: Paragraph, words: Words) -> tuple[Document, tuple[str, ...]]:
    """What is sent to a person by itself, and the keys of what stands in it: `more` tells of the others."""
    page = first_page(items, words)
    if len(page.keys) < len(items):
        end = paragraph("`{more}` shows the rest. `stop` ends these digests.", more=sentence("more"))
    else:
        end = paragraph("`stop` ends these digests.")
    return in_language(Document((head, *page.blocks(words), end)), words), page.keys


def posted(items: Sequence[Item], head: Paragraph, words: Words) -> Document:
    """What stands in a network's `news`: one page, and where the rest is to be had."""
    page = first_page(items, words)
    ends: list[Block] = []
    if len(page.keys) < len(items):
        ends = [paragraph("There is more: say `digest now` to me in a direct message.")]
    return in_language(Document((head, *page.blocks(words), *ends)), words)


def asked_for(items: Sequence[Item], head: Paragraph, words: Words) -> Document:
    """All of it, page by page, for who has asked."""
    page = first_page(items, words)
    rest = further_pages(left_after(page, items), words)
    return Document((head, *_paged([page, *rest], words)))


def rest_of(items: Sequence[Item], words: Words) -> Document:
    """What was not shown yet, page by page."""
    return in_language(Document(tuple(_paged(further_pages(items, words), words))), words)


def _paged(pages: Iterable[Page], words: Words) -> Iterable[Block]:
    """Each is a page, whatever its height: a long line stays below its heading."""
    for page in pages:
        yield from page.blocks(words)
        yield PageEnd()
