"""Words, days and hours in the language and the time zone of a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval, format_time

from bot.languages import ENGLISH, words_in
from bot.market.words import TERMS
from bot.reply import Document, Line, Paragraph, in_language, plain_text
from spaces.market import Terms
from spaces.news import News, OccasionTold, StoryTold
from spaces.sentences import Sentence, listed, sentence


@dataclass(frozen=True)
class Wording:
    """`zone` is a name such as Europe/London; one that is not known is read as UTC."""

    language: str
    zone: str

    @classmethod
    def of(cls, news: News) -> Wording:
        return cls(news.language, news.zone)

    def say(self, said: Sentence) -> str:
        return plain_text(said, words_in(self.language))

    def parts(self, said: Sentence) -> Line:
        """The same with what stands in its gaps as it is."""
        return in_language(Document((Paragraph((said,)),)), words_in(self.language)).blocks[0].line

    @cached_property
    def _zone(self) -> tzinfo:
        return zone_named(self.zone)

    @property
    def _locale(self) -> str:
        """English days as they are written where the words are of."""
        return "en_GB" if self.language == ENGLISH else self.language

    def at(self, seconds: float, zone: str = "") -> datetime:
        return datetime.fromtimestamp(seconds, zone_named(zone) if zone else self._zone)

    def day(self, seconds: float, zone: str = "") -> str:
        """`6 March 2027`"""
        return format_date(self.at(seconds, zone), "d MMMM y", locale=self._locale)

    def days(self, start: float, end: float) -> str:
        """`1–7 March 2027`: the days from `start` up to, and without, the one that begins at `end`."""
        first, last = self.at(start).date(), (self.at(end) - timedelta(seconds=1)).date()
        if first >= last:
            return format_date(first, "d MMMM y", locale=self._locale)
        return str(format_interval(first, last, skeleton="yMMMd", locale=self._locale))

    def when(self, occasion: OccasionTold) -> str:
        """`Saturday 6 March 2027, 14:00 to 16:00`"""
        begins, day = self.at(occasion.begins_at, occasion.zone), self._weekday
        if occasion.ends_at is None:
            return self.say(sentence("{day}, {time}", day=day(begins), time=_hour(begins)))
        ends = self.at(occasion.ends_at, occasion.zone)
        if begins.date() == ends.date():
            return self.say(
                sentence("{day}, {time} to {end}", day=day(begins), time=_hour(begins), end=_hour(ends))
            )
        return self.say(
            sentence(
                "{day}, {time} to {last_day}, {end}",
                day=day(begins),
                time=_hour(begins),
                last_day=day(ends),
                end=_hour(ends),
            )
        )

    def _weekday(self, at: datetime) -> str:
        return format_date(at, "EEEE d MMMM y", locale=self._locale)

    def terms(self, terms: Terms) -> str:
        return self.say(TERMS[terms])

    def names(self, names: tuple[str, ...]) -> str:
        return plain_text(listed(names), words_in(self.language))


def way_of(story: StoryTold) -> str:
    """`Singing for Lungs → Arts & Health → Somerset`"""
    return " → ".join(story.way)


def _hour(at: datetime) -> str:
    return format_time(at, "HH:mm", locale="en")


def zone_named(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return UTC
