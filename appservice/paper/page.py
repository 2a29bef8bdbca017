"""The page of a network's news: plain HTML, no script, one style, light and dark, and fit to print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from urllib.parse import quote
from xml.etree.ElementTree import Element

from appservice.paper.markup import Piece, element, filled, html_text
from appservice.paper.sections import Part, one_line, parts_of, said_in, section
from appservice.paper.wording import Wording
from spaces.news import News, PlaceTold
from spaces.sentences import Sentence, counted, sentence

STYLE = (
    ":root{color-scheme:light dark;--ink:#1c1c1c;--paper:#fff;--soft:#555;--line:#767676;--link:#0b4f8a;"
    "--shade:#eee}"
    "@media(prefers-color-scheme:dark){:root{--ink:#eee;--paper:#1c1c1c;--soft:#bbb;--line:#8c8c8c;"
    "--link:#9cf;--shade:#333}}"
    "*{box-sizing:border-box}"
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:1.5rem 1rem 3rem;"
    "color:var(--ink);background:var(--paper);overflow-wrap:anywhere}"
    "h1{font-size:2.2rem;line-height:1.15;margin:0 0 .5rem}"
    "h2{font-size:1.5rem;line-height:1.2;margin:2.5rem 0 .75rem;border-top:2px solid var(--line);"
    "padding-top:.75rem}"
    "h3{font-size:1.15rem;line-height:1.3;margin:1.75rem 0 .25rem}"
    "article{margin-top:1.75rem}article>h3:first-child{margin-top:0}"
    "p{margin:.4rem 0}a{color:var(--link)}a:focus-visible{outline:3px solid var(--link);outline-offset:2px}"
    ".lead,.byline,.way,.when{color:var(--soft)}.way,.byline{font-size:1rem}.when{font-weight:600}"
    "nav ul{list-style:none;padding:0;margin:1rem 0;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}"
    "nav a{display:inline-block;padding:.35rem 0}"
    ".postings,.places{padding-left:1.2rem}.postings li,.places li{margin:.5rem 0}"
    "code{background:var(--shade);padding:.1rem .35rem;white-space:nowrap}"
    "@media print{:root{--ink:#000;--paper:#fff;--soft:#333;--link:#000;--shade:#fff}"
    "body{font-size:11pt;max-width:none;padding:0}nav{display:none}h2,h3{break-after:avoid}"
    "article,li{break-inside:avoid}p{orphans:3;widows:3}}"
)
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""For the Content-Security-Policy."""


def page_of(news: News) -> str:
    """The whole page."""
    wording = Wording.of(news)
    name = one_line(news.name)
    parts = parts_of(news, wording)
    if news.places:
        parts.append(Part("join", sentence("Where to join in"), [_places(news)]))
    main = [section(part, wording) for part in parts]
    if not news.tells_something:
        main.insert(0, element("p", wording.say(sentence("There is no news at present."))))
    body = element(
        "body",
        _header(news, name, wording),
        *_contents(parts, wording),
        filled("main", main),
        _foot(news, wording),
    )
    return html_text(element("html", _head(name, wording), body, lang=news.language))


def _head(name: str, wording: Wording) -> Element:
    title = wording.say(sentence("News of {network}", network=name))
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", STYLE),
        element("link", rel="alternate", type="application/atom+xml", href="feed.atom", title="Atom"),
    )


def _header(news: News, name: str, wording: Wording) -> Element:
    pieces: list[Piece] = [
        element("h1", wording.say(sentence("News of {network}", network=name)), dir="auto")
    ]
    if topic := one_line(news.topic):
        pieces.append(element("p", topic, class_="lead", dir="auto"))
    return filled("header", pieces)


def _contents(parts: Sequence[Part], wording: Wording) -> list[Element]:
    """Links to the sections, where there are several."""
    if len(parts) < 2:
        return []
    links = [element("li", element("a", wording.say(part.heading), href=f"#{part.name}")) for part in parts]
    return [element("nav", filled("ul", links), aria_label=wording.say(sentence("On this page")))]


def _places(news: News) -> Element:
    return filled("ul", [_place(one) for one in news.places], class_="places")


def _place(told: PlaceTold) -> Element:
    link = element("a", one_line(told.name), href=address_of(told.alias), dir="auto")
    topic = one_line(told.topic)
    return element("li", link, ": ", element("span", topic, dir="auto")) if topic else element("li", link)


def _foot(news: News, wording: Wording) -> Element:
    paragraphs = [filled("p", said_in(one, wording), dir="auto") for one in how_to_reach(news, wording)]
    links = [element("a", wording.say(sentence("The same as a feed")), href="feed.atom")]
    if news.occasions:
        address = f"../calendar/{news.slug}.ics"
        links.append(element("a", wording.say(sentence("The events as a calendar")), href=address))
    return element(
        "footer",
        element("h2", wording.say(sentence("How to reach us"))),
        *paragraphs,
        *(element("p", link) for link in links),
    )


def how_to_reach(news: News, wording: Wording) -> list[Sentence]:
    """Whole sentences, for the page and for the newspaper."""
    said = []
    if stewards := news.reach.stewards:
        names = wording.names(tuple(one_line(name) for name in stewards))
        said.append(
            counted(
                "{names} looks after this network.",
                "{names} look after this network.",
                len(stewards),
                names=names,
            )
        )
    said.append(
        sentence("In Element, or another Matrix client, write to {bot}.", bot=news.reach.bot),
    )
    if news.postings:
        said.append(
            sentence(
                "If you are interested in an offer or a want, send it what stands beside that, such as "
                "`ask {number}`.",
                number=str(news.postings[0].number),
            )
        )
    return said


def address_of(alias: str) -> str:
    """A matrix.to link to a room by its alias (Matrix appendix, "matrix.to navigation")."""
    server = alias.partition(":")[2]
    return f"https://matrix.to/#/{quote(alias, safe=':')}?via={quote(server, safe=':[]')}"
