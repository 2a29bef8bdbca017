"""One made-up world of many, on all surfaces: what is found, told, answered, published and logged."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from random import Random

import structlog

from appservice import logs
from spaces.landscape import Landscape
from tests.leaks.hearsay import COUNTED, Hearsay, Talk
from tests.leaks.in_public import NOBODY, Pages, Published, judge_rooms
from tests.leaks.judging import Counted, Direct, Leak, judge
from tests.leaks.newsstand import Sold, judge_digests
from tests.leaks.parish import Parish, known_to
from tests.leaks.worlds import banned, furnished
from tests.spaces.worlds import CountedIds, beginnings, grown, story

_WORD = re.compile(r"[a-z0-9]+")


@dataclasses.dataclass
class Tried:
    """How much has been judged, on each surface."""

    worlds: int = 0
    found: Counted = dataclasses.field(default_factory=Counted)
    sold: Sold = dataclasses.field(default_factory=Sold)
    heard: Hearsay = dataclasses.field(default_factory=Hearsay)
    published: Published = dataclasses.field(default_factory=Published)
    lines: int = 0

    @property
    def questions(self) -> int:
        """All that was asked for and answered."""
        talk = self.heard.answers + self.heard.among_others
        return self.found.answers + self.sold.readers + talk + self.published.pages


def landscape_of(seed: int, number: int) -> Landscape:
    chance, ids = Random(f"{seed}/{number}"), CountedIds()
    return grown(beginnings(ids), ids, story(chance.randbytes(4 * chance.randrange(40))))


async def judge_everywhere(
    connection: Direct, seed: int, number: int, tried: Tried, log: io.StringIO, *, each: int = 3
) -> None:
    """The world of that number among those of `seed`; raises `Leak`. Nothing stays in the database.

    `each` is how many questions each of five puts to the directory; three times as many commands are typed.
    """
    landscape, drawn = landscape_of(seed, number), Random(f"{seed}:{number}").getrandbits(32)
    try:
        await judge(connection, banned(furnished(landscape, drawn)), tried.found, each=each)
        connection.rollback()
        parish = Parish(landscape, drawn)
        await _judge_parish(connection, parish, tried, each=3 * each)
    finally:
        connection.rollback()
    _judge_log(parish, log, tried)
    tried.worlds += 1


async def _judge_parish(connection: Direct, parish: Parish, tried: Tried, *, each: int) -> None:
    judge_rooms(parish, tried.published)
    talk, pages = Talk(parish, tried.heard, each), Pages(parish, tried.published)
    await judge_digests(connection, parish, tried.sold)
    await talk.ask(connection)
    await pages.fetch(connection)
    connection.rollback()
    bare = parish.with_nothing_hidden(parish.asker)
    await bare.write(connection)
    await talk.compare(connection, bare)
    if known_to(parish.landscape, parish.asker) != known_to(parish.landscape, NOBODY):
        connection.rollback()
        await parish.with_nothing_hidden(NOBODY).write(connection)
    await pages.compare(connection)


# -- the log ----------------------------------------------------------------------------------------------


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, as an operator has it who wants every line."""
    log = io.StringIO()
    with redirect_stderr(log):
        logs.configure("DEBUG", "json")
    try:
        yield log
    finally:
        structlog.reset_defaults()


def _judge_log(parish: Parish, log: io.StringIO, tried: Tried) -> None:
    """No line, and no label of a number, has a word that was said, or a name, whosever it is."""
    told = f"{log.getvalue()} {' '.join(COUNTED)}".casefold()
    tried.lines += log.getvalue().count("\n")
    log.seek(0)
    log.truncate()
    if found := parish.words.intersection(_WORD.findall(told)):
        raise Leak(f"the log, or a number's label, has {sorted(found)}:\n{told}")
