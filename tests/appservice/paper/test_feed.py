"""The feed: valid Atom (RFC 4287), with ids that stay, and what people wrote is text."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

from appservice.paper.feed import feed_of
from spaces.news import News
from tests.appservice.paper.made_up import HARMLESS, hostile, news, story, whole_week

BASE = "https://hedgerow.example.org/hedge"
_A, _X = "{http://www.w3.org/2005/Atom}", "{http://www.w3.org/1999/xhtml}"
_ONCE = {"id", "title", "updated"}
_IN_FEED = _ONCE | {"author", "link", "subtitle", "entry"}
_IN_ENTRY = _ONCE | {"author", "link", "content"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def read(told: News, base: str = BASE) -> Element:
    """The feed, held against the rules of RFC 4287, 4.1 and 4.2, that bear on what it is made of."""
    feed = fromstring(feed_of(told, base).encode())
    assert feed.tag == f"{_A}feed"
    _holds(feed, _IN_FEED)
    assert len(feed.findall(f"{_A}author")) == 1
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{_A}link")}
    assert set(links) == {"self", "alternate"}
    entries = feed.findall(f"{_A}entry")
    for entry in entries:
        _holds(entry, _IN_ENTRY)
        [content] = entry.findall(f"{_A}content")
        assert content.get("type") == "xhtml"
        assert [child.tag for child in content] == [f"{_X}div"]
    ids = [one.text for one in feed.iter(f"{_A}id")]
    assert len(ids) == len(set(ids))
    times = [said(entry, "updated") for entry in entries]
    assert times == sorted(times, reverse=True)
    assert said(feed, "updated") == max(times, default=said(feed, "updated"))
    return feed


def _holds(element: Element, allowed: set[str]) -> None:
    names = [child.tag.removeprefix(_A) for child in element]
    assert set(names) <= allowed
    assert all(names.count(name) == 1 for name in _ONCE)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", said(element, "id"))
    assert _TIME.fullmatch(said(element, "updated"))
    datetime.fromisoformat(said(element, "updated"))


def said(element: Element, name: str) -> str:
    return element.findtext(f"{_A}{name}") or ""


def test_it_is_valid_and_tells_of_stories_announcements_and_events() -> None:
    feed = read(whole_week())
    titles = [said(entry, "title") for entry in feed.findall(f"{_A}entry")]
    assert titles == ["Frogs are back.", "Forty voices", "Announcement by Mill Lane", "Repair café"]
    lines = [line.text for line in feed.findall(f"{_A}entry")[1].iter(f"{_X}p")]
    assert lines == ["They sang.", "Then there was cake.", "Singing for Lungs → Arts & Health → Somerset"]
    names = [name.text for name in feed.iter(f"{_A}name")]
    assert names == ["Somerset", "Ada of the choir"]
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_its_links_lead_to_the_page_also_where_no_address_is_known() -> None:
    hrefs = [link.get("href") or "" for link in read(news(stories=(story(),))).iter(f"{_A}link")]
    assert hrefs == [f"{BASE}/somerset/{path}" for path in ("feed.atom", "news", "news#story-1")]
    relative = [link.get("href") or "" for link in read(news(stories=(story(),)), "").iter(f"{_A}link")]
    assert relative == ["feed.atom", "news", "news#story-1"]
    assert all(urlsplit(href).scheme == "https" for href in hrefs)


def test_ids_stay_when_the_network_is_called_otherwise_and_differ_between_networks() -> None:
    def ids(told: News) -> list[str | None]:
        return [one.text for one in read(told).iter(f"{_A}id")]

    before = ids(whole_week())
    assert ids(whole_week(name="West", slug="west")) == before
    assert not set(ids(whole_week(network="n.bbbbbbbbbbbbbbbb"))) & set(before)


def test_without_anything_to_tell_it_is_valid_still() -> None:
    assert said(read(news(topic="")), "updated") == "1970-01-01T00:00:00Z"


def test_what_people_wrote_is_text_and_nothing_else() -> None:
    feed = read(hostile())
    assert {element.tag.rpartition("}")[2] for element in feed.iter()} <= {
        "feed",
        "div",
        "p",
        "name",
        *_IN_FEED,
        *_IN_ENTRY,
    }
    assert "".join(feed.itertext()).count(HARMLESS) >= 10
