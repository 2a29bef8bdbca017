"""The newspaper: A4, two columns, to be printed and pinned to a wall. WeasyPrint sets it, segno draws codes.

Both are of the extra `paper` and are imported only here, and only when something is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from xml.etree.ElementTree import Element

from appservice.paper.markup import Piece, element, filled, html_text
from appservice.paper.page import address_of, how_to_reach
from appservice.paper.sections import Part, one_line, parts_of, said_in, section, story
from appservice.paper.wording import Wording
from spaces.errors import Conflict, Unavailable
from spaces.news import News, PlaceTold, with_the_front_first
from spaces.sentences import sentence

_LONG, _VERY_LONG = 22, 44
_STYLE = """
@page { size: A4; margin: 15mm 15mm 20mm;
  @bottom-left { content: string(name) " · " string(dates);
    font: 8pt "Liberation Sans", "DejaVu Sans", sans-serif; color: #444;
    width: 80%; text-overflow: ellipsis; overflow: hidden; white-space: nowrap }
  @bottom-right { content: counter(page) " / " counter(pages);
    font: 8pt "Liberation Sans", "DejaVu Sans", sans-serif; color: #444 } }
html { font: 10.5pt/1.4 "Liberation Serif", "DejaVu Serif", serif; color: #000; overflow-wrap: anywhere }
body { margin: 0 }
h1, h2, h3 { font-family: "Liberation Sans", "DejaVu Sans", sans-serif; line-height: 1.15; break-after: avoid;
  hyphens: manual; margin: 0 }
a { color: inherit; text-decoration: none }
p { margin: 0 0 1.5mm; orphans: 3; widows: 3 }
.masthead { border-bottom: 1.2mm solid #000; padding-bottom: 2.5mm; margin-bottom: 5mm; text-align: center }
.masthead h1 { font: bold 42pt/1.05 "Liberation Serif", "DejaVu Serif", serif;
  string-set: name content(text) }
.masthead h1.long { font-size: 28pt } .masthead h1.very-long { font-size: 19pt }
.masthead .topic { font-style: italic; margin: 1mm 0 0 }
.masthead .dates { string-set: dates content(text);
  border-top: .3mm solid #000; margin: 3mm 0 0; padding-top: 1.5mm;
  font: 9.5pt "Liberation Sans", "DejaVu Sans", sans-serif }
.front { margin-bottom: 5mm; border-bottom: .3mm solid #000; padding-bottom: 3mm }
.front h2 { font-size: 23pt; margin-bottom: 1.5mm; border: 0; padding: 0 }
.front .text { columns: 2; column-gap: 7mm; text-align: justify; hyphens: auto }
.byline { font: italic 9.5pt "Liberation Serif", "DejaVu Serif", serif; margin-bottom: 1.5mm;
  break-after: avoid }
.way { break-before: avoid; font: 8pt "Liberation Sans", "DejaVu Sans", sans-serif; color: #444 }
.columns { columns: 2; column-gap: 7mm; column-rule: .2mm solid #888 }
section { margin-bottom: 5mm }
h2 { font-size: 14pt; border-bottom: .4mm solid #000; padding-bottom: .8mm; margin-bottom: 2mm }
h3 { font-size: 11.5pt; margin: 0 0 1mm }
article { margin-bottom: 4mm } .columns .text { hyphens: auto }
.announcements article, .events article { break-inside: avoid }
.when { font-weight: bold } .where { font-style: italic }
ul { list-style: none; margin: 0; padding: 0 } li { break-inside: avoid; margin-bottom: 1.8mm }
code { font: bold 9pt "Liberation Mono", "DejaVu Sans Mono", monospace; white-space: nowrap }
.join { border-top: .4mm solid #000; padding-top: 2.5mm; margin: 5mm 0 0 }
.join h2 { border: 0; padding: 0 }
.place { display: inline-block; width: 86mm; margin: 0 3.5mm 3mm 0; vertical-align: top }
.place img { width: 24mm; height: 24mm; float: left }
.place div { margin-left: 27mm; min-height: 24mm; font-size: 9.5pt }
.place code { font-size: 7pt; font-weight: normal; white-space: normal }
.reach { border-top: .4mm solid #000; margin-top: 4mm; padding-top: 2.5mm; font-size: 9.5pt;
  break-inside: avoid }
.reach h2 { border: 0; padding: 0 }
"""


def newspaper_of(news: News) -> bytes:
    """The newspaper as PDF. Raises `Conflict` where there is nothing to print, and `Unavailable` without the
    extra `paper`.
    """
    html = newspaper_html(news)
    weasyprint = _imported("weasyprint")
    fetch = weasyprint.urls.URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    document = weasyprint.HTML(string=html, url_fetcher=fetch)
    made: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return made


def newspaper_html(news: News) -> str:
    """What is set, as HTML."""
    news, wording = with_the_front_first(news), Wording.of(news)
    if not news.tells_something:
        raise Conflict(
            "{network} has nothing to print from {start} to {end}: no story whose author agreed to it, no "
            "announcement, no event, no offer and no want. Choose other days.",
            network=news.name,
            start=wording.at(news.span.start).date().isoformat(),
            end=wording.at(news.span.end).date().isoformat(),
        )
    title = wording.say(sentence("News of {network}", network=one_line(news.name)))
    head = element(
        "head", element("meta", charset="utf-8"), element("title", title), element("style", _STYLE)
    )
    body = element("body", _masthead(news, wording), *_contents(news, wording))
    return html_text(element("html", head, body, lang=news.language))


def _masthead(news: News, wording: Wording) -> Element:
    name, dates = one_line(news.name), wording.days(news.span.start, news.span.end)
    width = sum(2 if ord(letter) >= 0x1100 else 1 for letter in name)
    size = "very-long" if width > _VERY_LONG else "long" if width > _LONG else "short"
    pieces: list[Piece] = [element("h1", name, class_=size, dir="auto")]
    if topic := one_line(news.topic):
        pieces.append(element("p", topic, class_="topic", dir="auto"))
    return filled("header", [*pieces, element("p", dates, class_="dates")], class_="masthead")


def _contents(news: News, wording: Wording) -> list[Element]:
    """The front page's story over its whole width, the rest in columns, and below how to join in."""
    front, others = _front(news)
    made = [element("main", story(one, wording, "h2"), class_="front") for one in front.stories]
    if parts := parts_of(others, wording):
        made.append(filled("div", [section(part, wording) for part in parts], class_="columns"))
    if news.places:
        cards = filled("div", _cards(news.places), class_="places")
        made.append(section(Part("join", sentence("Where to join in"), [cards]), wording))
    said = [filled("p", said_in(one, wording), dir="auto") for one in how_to_reach(news, wording)]
    heading = element("h2", wording.say(sentence("How to reach us")))
    return [*made, element("footer", heading, *said, class_="reach")]


def _front(news: News) -> tuple[News, News]:
    """The news with its first story only, and the rest."""
    return replace(news, stories=news.stories[:1]), replace(news, stories=news.stories[1:])


def _cards(places: Sequence[PlaceTold]) -> list[Element]:
    segno = _imported("segno")
    return [_card(one, segno) for one in places]


def _card(told: PlaceTold, segno: ModuleType) -> Element:
    name, topic = one_line(told.name), one_line(told.topic)
    drawn = segno.make(address_of(told.alias), error="m", micro=False).svg_data_uri(border=2)
    words = [element("h3", name, dir="auto")]
    if topic:
        words.append(element("p", topic, dir="auto"))
    words.append(element("p", element("code", told.alias)))
    image = element("img", src=drawn, alt=address_of(told.alias))
    return element("div", image, filled("div", words), class_="place")


def _imported(name: str) -> ModuleType:
    """A library of the extra. Without it, or without what it needs of the system, `Unavailable`."""
    try:
        return import_module(name)
    except (ImportError, OSError):
        raise Unavailable(
            "The newspaper needs {name}, which is not here or lacks its system libraries. Install "
            "`hedgerow[paper]` with pip and, on Debian, the packages libpango-1.0-0, libpangoft2-1.0-0 and "
            "libharfbuzz-subset0.",
            name=name,
        ) from None
