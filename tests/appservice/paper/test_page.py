"""The page of a network's news: its structure, its words, and that what people wrote is text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from appservice.paper.page import STYLE, page_of
from spaces.market import Terms
from spaces.news import News
from tests.appservice.paper.made_up import HARMLESS, hostile, news, story, whole_week


class Outline(HTMLParser):
    """The elements of a page in order, its headings with their words, and all of its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.text = ""
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        self._within.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" in self._within:
            return
        self.text += data
        if self._within and self._within[-1] in ("h1", "h2", "h3"):
            level, words = self.headings[-1]
            self.headings[-1] = level, words + data

    def all(self, name: str) -> list[str]:
        return [value for _, found in self.attributes if (value := found.get(name)) is not None]


def outline(told: News) -> Outline:
    return Outline(page_of(told))


def test_headings_go_down_one_step_at_a_time_and_each_section_has_one() -> None:
    page = outline(whole_week())
    assert page.headings == [
        (1, "News of Somerset"),
        (2, "Stories"),
        (3, "Forty voices"),
        (2, "Announcements"),
        (3, "Mill Lane, 5 March 2027"),
        (2, "Events"),
        (3, "Repair café"),
        (2, "Offers"),
        (2, "Wanted"),
        (2, "Where to join in"),
        (2, "How to reach us"),
    ]
    named = [found["aria-labelledby"] for tag, found in page.attributes if tag == "section"]
    assert named == ["stories", "announcements", "events", "offers", "wants", "join"]
    assert set(named) <= set(page.all("id"))


def test_it_has_landmarks_a_language_a_title_and_no_script() -> None:
    page = outline(whole_week(language="cy"))
    for landmark in ("header", "nav", "main", "footer", "title"):
        assert page.tags.count(landmark) == 1
    assert ("html", {"lang": "cy"}) in page.attributes
    assert "Sadwrn 13 Mawrth 2027" in page.text
    assert not {"script", "form", "iframe", "img", "object"} & set(page.tags)
    assert not [name for _, found in page.attributes for name in found if name.startswith("on")]
    assert len(page.all("id")) == len(set(page.all("id")))
    assert {link[1:] for link in page.all("href") if link.startswith("#")} <= set(page.all("id"))
    for word in ("prefers-color-scheme:dark", "@media print", "overflow-wrap:anywhere", "focus-visible"):
        assert word in STYLE


def test_a_story_has_its_byline_and_the_way_it_came() -> None:
    text = outline(news(stories=(story(),))).text
    assert "By Ada of the choir" in text
    assert "6 March 2027 · Singing for Lungs → Arts & Health → Somerset" in text
    assert "By " not in outline(news(stories=(story(byline="", way=("Somerset",)),))).text


def test_hours_are_those_of_the_place_where_it_is() -> None:
    page = outline(whole_week())
    assert "Saturday 13 March 2027, 15:00 to 17:00" in page.text
    assert page.all("datetime") == ["2027-03-13T15:00:00+01:00"]


def test_who_offers_is_asked_for_by_number_and_not_named() -> None:
    page = page_of(whole_week())
    assert '<span dir="auto">A long ladder (a loan)</span> <code>ask 48211</code>' in page
    assert '<span dir="auto">Who mends a cello bow</span> <code>ask 58211</code>' in page
    assert set(Terms) == {"lend", "gift", "swap", "time", "money"}
    assert 'href="https://matrix.to/#/@hedgerow:example.org"' in page


def test_what_there_is_besides_is_linked_to() -> None:
    links = outline(whole_week()).all("href")
    assert {"feed.atom", "../calendar/somerset.ics"} <= set(links)
    assert "../calendar/somerset.ics" not in outline(news(stories=(story(),))).all("href")


def test_sections_without_anything_are_left_out() -> None:
    page = outline(news())
    assert [words for _, words in page.headings] == ["News of Somerset", "How to reach us"]
    assert "There is no news at present." in page.text
    assert "nav" not in page.tags
    assert "ask" not in page.text


def test_what_people_wrote_is_text_and_nothing_else() -> None:
    page = outline(hostile())
    assert "script" not in page.tags
    assert page.text.count(HARMLESS) >= 14
    assert "\u202e" not in page.text


@pytest.mark.parametrize("language", ["en", "cy"])
def test_places_are_joined_by_their_aliases(language: str) -> None:
    page = page_of(whole_week(language=language))
    link = "https://matrix.to/#/%23hedge_somerset_painting:example.org?via=example.org"
    assert f'<a href="{link}" dir="auto">Painting</a>: <span dir="auto">We paint outdoors</span>' in page
    assert page.index(">Somerset</a>") < page.index(">Painting</a>")
