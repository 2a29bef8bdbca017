"""An edition is put together: all sources are asked, and what they tell is laid out on pages.

The first page has something of each section; what finds no room there stands on those behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.digests.items import Item, Period, Reader, Section, Source
from bot.help import MOST_LINES, WIDTH
from bot.reply import Block, Bold, Bullet, Paragraph, plain_text
from spaces.sentences import Sentence, Words, english, plain, sentence

_FIRST_OF_EACH = 5
_AROUND = 4  # lines for whose digest it is, and for what can be said to it
_ROOM = MOST_LINES - _AROUND

HEADINGS: dict[Section, Sentence] = {
    Section.STORIES: sentence("Stories"),
    Section.ANNOUNCEMENTS: sentence("Announcements"),
    Section.EVENTS: sentence("What is on"),
    Section.PLACES: sentence("New networks and groups"),
    Section.MARKET: sentence("Offers and wants"),
    Section.LIVELY: sentence("Where people talk"),
}
_ORDER = list(Section)


@dataclass(frozen=True, slots=True)
class Page:
    """A screenful: the items of each section below its heading."""

    sections: tuple[tuple[Section, tuple[Item, ...]], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(item.key for _, items in self.sections for item in items)

    def blocks(self, words: Words = english) -> Iterator[Block]:
        for section, items in self.sections:
            yield Paragraph((Bold(plain(HEADINGS[section], words)),))
            yield from (Bullet(item.line) for item in items)


async def gathered(
    sources: Iterable[Source], reader: Reader, period: Period, but: Collection[str] = ()
) -> list[Item]:
    """What there is to tell, each thing once, section by section and in each what weighs most first.

    Nothing where there is nothing but what is quiet. Those whose key is in `but` have been shown.
    """
    found: dict[str, Item] = {}
    for source in sources:
        for item in await source.items(reader, period):
            found.setdefault(item.key, item)
    if all(item.quiet for item in found.values()):
        return []
    there = (item for key, item in found.items() if key not in set(but))
    return sorted(there, key=lambda item: (_ORDER.index(item.section), -item.weight))


def first_page(items: Sequence[Item], words: Words = english) -> Page:
    """Of each section what weighs most, in turn, as long as it fits on one screen."""
    waiting = [[item for item in items if item.section is section] for section in Section]
    taken: list[Item] = []
    left = _ROOM
    for turn in range(_FIRST_OF_EACH):
        for of_section in waiting:
            if turn < len(of_section):
                height = _height(of_section[turn], words) + (turn == 0)
                left -= height
                if left < 0 and taken:
                    return _page(taken)
                taken.append(of_section[turn])
    return _page(taken)


def further_pages(items: Sequence[Item], words: Words = english) -> Iterator[Page]:
    """What is left, in its order, a screenful on each."""
    on_page: list[Item] = []
    height = 0
    for item in items:
        is_new = not on_page or on_page[-1].section is not item.section
        needs = _height(item, words) + is_new
        if on_page and height + needs > _ROOM:
            yield _page(on_page)
            on_page, height, needs = [], 0, needs + (not is_new)
        on_page.append(item)
        height += needs
    if on_page:
        yield _page(on_page)


def left_after(page: Page, items: Iterable[Item]) -> list[Item]:
    shown = set(page.keys)
    return [item for item in items if item.key not in shown]


def _page(items: Sequence[Item]) -> Page:
    by_section = ((s, tuple(item for item in items if item.section is s)) for s in Section)
    return Page(tuple((section, found) for section, found in by_section if found))


def _height(item: Item, words: Words) -> int:
    """How many lines of a screen it takes; what is wide, such as 漢字, takes twice the room."""
    text = plain_text(item.line, words)
    width = 2 + sum(1 + (ord(letter) >= 0x1100) for letter in text)
    return -(-width // WIDTH)
