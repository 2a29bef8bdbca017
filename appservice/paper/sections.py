"""The parts of the news that page and newspaper have in common, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree.ElementTree import Element

from appservice.paper.markup import Piece, element, filled, lines_of, written
from appservice.paper.wording import Wording, way_of
from bot.reply import Code, Inline, Person, plain_text
from spaces.directory import ListingKind
from spaces.news import AnnouncementTold, News, OccasionTold, PostingTold, StoryTold
from spaces.sentences import Sentence, sentence


@dataclass(frozen=True)
class Part:
    """A section with its heading; `name` is its id."""

    name: str
    heading: Sentence
    pieces: Sequence[Element]


def parts_of(news: News, wording: Wording) -> list[Part]:
    """What there is to tell, without the places to join; what is empty is left out."""
    parts = [
        Part("stories", sentence("Stories"), [story(one, wording) for one in news.stories]),
        Part(
            "announcements",
            sentence("Announcements"),
            [announcement(one, wording) for one in news.announcements],
        ),
        Part("events", sentence("Events"), [occasion(one, wording) for one in news.occasions]),
        Part("offers", sentence("Offers"), postings(news, ListingKind.OFFER, wording)),
        Part("wants", sentence("Wanted"), postings(news, ListingKind.WANT, wording)),
    ]
    return [part for part in parts if part.pieces]


def section(part: Part, wording: Wording) -> Element:
    heading = element("h2", wording.say(part.heading), id=part.name)
    return element("section", heading, *part.pieces, aria_labelledby=part.name, class_=part.name)


def story(told: StoryTold, wording: Wording, level: str = "h3") -> Element:
    """With a heading where it has a headline."""
    headline = one_line(told.headline)
    pieces: list[Piece] = [element(level, headline, dir="auto")] if headline else []
    if told.byline:
        by = wording.say(sentence("By {name}", name=one_line(told.byline)))
        pieces.append(element("p", by, class_="byline", dir="auto"))
    pieces.append(filled("div", written(told.text), class_="text"))
    foot = wording.day(told.at)
    if len(told.way) > 1:
        foot = f"{foot} · {one_line(way_of(told))}"
    pieces.append(element("p", foot, class_="way", dir="auto"))
    return filled("article", pieces, id=anchor(told.key))


def announcement(told: AnnouncementTold, wording: Wording) -> Element:
    by = wording.say(
        sentence("{network}, {day}", network=one_line(told.by), day=wording.day(told.at)),
    )
    return element(
        "article",
        element("h3", by, dir="auto"),
        *written(told.text),
        id=anchor(told.key),
    )


def occasion(told: OccasionTold, wording: Wording) -> Element:
    when = element("time", wording.when(told), datetime=wording.at(told.begins_at, told.zone).isoformat())
    pieces: list[Piece] = [
        element("h3", one_line(told.title), dir="auto"),
        element("p", when, class_="when"),
    ]
    if told.where:
        pieces.append(element("p", one_line(told.where), class_="where", dir="auto"))
    return filled("article", [*pieces, *written(told.about)], id=anchor(told.key))


def postings(news: News, kind: ListingKind, wording: Wording) -> list[Element]:
    """A list of them, each with what to type to the bot."""
    found = news.of_kind(kind)
    return [filled("ul", [_posting(one, wording) for one in found], class_="postings")] if found else []


def _posting(told: PostingTold, wording: Wording) -> Element:
    text = one_line(told.text)
    if told.terms is not None:
        text = f"{text} ({wording.terms(told.terms)})"
    ask = element("code", f"ask {told.number}")
    return element("li", element("span", text, dir="auto"), " ", ask)


def said_in(said: Sentence, wording: Wording) -> list[Piece]:
    """A sentence of ours with what is to be typed, and its links, as elements."""
    return [_inline(part) for part in wording.parts(said)]


def _inline(part: Inline) -> Piece:
    match part:
        case Code(text):
            return element("code", text)
        case Person(user):
            return element("a", user, href=f"https://matrix.to/#/{quote(user, safe='@:')}")
    return plain_text(part)


def headline_of(told: StoryTold) -> str:
    return one_line(told.headline) or _beginning(told.text)


def _beginning(text: str, most: int = 60) -> str:
    """The first words of a text, on one line."""
    whole = one_line(text)
    if len(whole) <= most:
        return whole
    return (
        whole[:most].rpartition(" ")[0].rstrip(" ,;:–-") + " …" if " " in whole[:most] else whole[:most] + "…"
    )


def one_line(text: str) -> str:
    return " ".join(lines_of(text))


def anchor(key: str) -> str:
    """`key` as the id of an element."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in key)
