"""What stands in an edition, in which order, on which page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.digests import words
from bot.digests.composing import first_page, gathered
from bot.digests.items import Item, Period, Reader, Section
from bot.help import MOST_LINES, WIDTH
from bot.languages import words_in
from bot.paging import paged
from bot.render import render
from bot.reply import Document, in_language, line, plain
from spaces.access import Sight, Standing
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.nearness import Nearness
from spaces.sentences import english, sentence
from tests.bot.dialogue import text_of

MIA = UserId("@mia:example.org")
NOBODYS = Sight(MIA, frozenset(), frozenset())
READER = Reader(MIA, Standing(MIA), NOBODYS, frozenset(), Nearness(Landscape(), NOBODYS))
PERIOD = Period(1_900_000_000.0, 1_900_086_400.0)
HEAD = words.title(PERIOD, "Asia/Kathmandu")


@dataclass(frozen=True)
class Told:
    """A source that tells always the same."""

    told: Sequence[Item]

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        return self.told


def item(key: str, section: Section = Section.STORIES, text: str = "", **more: float) -> Item:
    return Item(section, key, line(text or key), **more)


def many(section: Section, count: int, text: str = "") -> list[Item]:
    return [item(f"{section} {n}", section, f"{section} {n}{text}", weight=-n) for n in range(count)]


async def test_each_thing_stands_once_and_what_weighs_more_stands_higher() -> None:
    first = Told([item("light"), item("heavy", weight=2.0), item("lively", Section.LIVELY)])
    second = Told([item("heavy", Section.EVENTS, "the same again"), item("story too", weight=1.0)])
    found = await gathered([first, second], READER, PERIOD)
    assert [one.key for one in found] == ["heavy", "story too", "light", "lively"]


async def test_what_is_quiet_is_no_reason_for_an_edition() -> None:
    quiet = Item(Section.LIVELY, "talk", line("12 messages"), quiet=True)
    assert await gathered([Told([quiet])], READER, PERIOD) == []
    assert len(await gathered([Told([quiet, item("story")])], READER, PERIOD)) == 2


async def test_what_was_shown_is_left_out_of_the_rest_and_still_is_a_reason_for_it() -> None:
    quiet = Item(Section.LIVELY, "talk", line("12 messages"), quiet=True)
    found = await gathered([Told([quiet, item("story")])], READER, PERIOD, but=["story"])
    assert [one.key for one in found] == ["talk"]


def test_the_first_page_has_something_of_each_section_and_fits_on_a_screen() -> None:
    items = [one for section in Section for one in many(section, 30)]
    document, shown = words.sent(items, HEAD, english)
    texts = plain(document).splitlines()
    assert len(texts) <= MOST_LINES
    for section in Section:
        assert f"{section} 0" in texts
    assert texts[0] == "Your digest, 17 March 2030 to 18 March 2030"
    assert texts[-1] == "more shows the rest. stop ends these digests."
    assert shown == first_page(items).keys
    assert [text for text in texts if text.startswith("stories ")] == ["stories 0", "stories 1"]


def test_of_one_section_there_are_five_first() -> None:
    assert first_page(many(Section.EVENTS, 9)).keys == tuple(f"events {n}" for n in range(5))
    document, shown = words.sent(many(Section.EVENTS, 3), HEAD, english)
    assert len(shown) == 3
    assert plain(document).splitlines()[-1] == "stop ends these digests."


def test_a_network_is_told_where_the_rest_is() -> None:
    few, all_ = (words.posted(many(Section.EVENTS, n), HEAD, english) for n in (2, 9))
    assert plain(few).splitlines()[-1] == "events 1"
    assert "digest now" in plain(all_).splitlines()[-1]


def pages(document: Document) -> list[Document]:
    """As the conversation shows them, one for each `more`."""
    shown, rest = [], in_language(document)
    while True:
        page, left = paged(rest)
        shown.append(page)
        if left is None:
            return shown
        rest = left


def test_a65_two_thousand_groups_fit_into_events_and_stand_in_their_order() -> None:
    name = "漢字の会と絵文字の部屋👩🏽‍🎨🎻" * 6
    items = many(Section.PLACES, 1_000, f" {name}") + many(Section.LIVELY, 1_000, f" {name}")
    seen = pages(words.asked_for(items, HEAD, english))
    rows = [row for page in seen for row in plain(page).splitlines() if name in row]
    order = [*first_page(items).keys, *(one.key for one in items if one.key not in first_page(items).keys)]
    assert [row.removesuffix(f" {name}") for row in rows] == order
    assert max(size(page) for page in seen) < 60_000
    assert max(height(page) for page in seen) <= MOST_LINES


def test_a65_a_single_line_as_long_as_lines_get_is_sent_by_itself() -> None:
    items = many(Section.PLACES, 3, "漢" * 4_000)
    assert [size(page) < 60_000 for page in pages(words.asked_for(items, HEAD, english))] == [True] * 3


def test_each_page_says_under_which_heading_its_items_are() -> None:
    items = many(Section.STORIES, 40) + many(Section.MARKET, 3)
    for page in pages(words.asked_for(items, HEAD, english))[1:]:
        assert plain(page).splitlines()[0] in ("Stories", "Offers and wants")
    last = words.rest_of(items[30:], english)
    assert plain(last).splitlines()[0] == "Stories"


def test_headings_and_lines_are_in_the_readers_language() -> None:
    spoken = words_in("cy")
    one = Item(Section.STORIES, "yes", (sentence("yes"),))
    document, _ = words.sent([one], HEAD, spoken)
    assert "ie" in plain(document).splitlines()


def size(page: Document) -> int:
    """Bytes of the canonical JSON of what it says, as plain text and as HTML."""
    content = render(page, lambda _: None)
    both = {key: content[key] for key in ("body", "formatted_body")}
    return len(json.dumps(both, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())


def height(page: Document) -> int:
    """Lines of a screen, where 漢字 take twice the room."""
    widths = (sum(1 + (ord(letter) >= 0x1100) for letter in row) for row in text_of(page).splitlines())
    return sum(-(-width // WIDTH) for width in widths)
