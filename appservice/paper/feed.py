"""The news of a network as an Atom feed (RFC 4287).

Written with the standard library: a feed is a dozen elements, its tree escapes all that is in it, and of
the libraries that make feeds none that is still kept up does so without lxml.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, tostring

from appservice.paper.markup import element, filled, lines_of
from appservice.paper.sections import anchor, headline_of, one_line
from appservice.paper.wording import Wording, way_of
from spaces.news import News
from spaces.sentences import sentence

_NAMESPACE = uuid.UUID("3a6f4f0c-7d1e-5c55-9a3c-5d6b7a1e2f90")
_ATOM = "http://www.w3.org/2005/Atom"
_XHTML = "http://www.w3.org/1999/xhtml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def feed_of(news: News, base_url: str) -> str:
    """The whole feed. `base_url` is where others reach the pages; empty: its links are relative."""
    wording = Wording.of(news)
    here = f"{base_url.rstrip('/')}/{news.slug}/" if base_url else ""
    entries = sorted(_entries(news, wording, here), key=lambda one: (one[0], one[1]), reverse=True)
    name = one_line(news.name)
    root = element(
        "feed",
        element("id", id_of(news, "feed")),
        element("title", wording.say(sentence("News of {network}", network=name))),
        element("updated", _time(max((at for at, _, _ in entries), default=0.0))),
        element("author", element("name", name)),
        element("link", rel="self", type="application/atom+xml", href=f"{here}feed.atom"),
        element("link", rel="alternate", type="text/html", href=f"{here}news"),
        xmlns=_ATOM,
    )
    root.set(_LANG, news.language)
    if topic := one_line(news.topic):
        root.insert(2, element("subtitle", topic))
    root.extend(entry for _, _, entry in entries)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def id_of(news: News, key: str) -> str:
    """The same for ever, whatever the network is called."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{news.reach.bot.server}|{news.network}|{key}')}"


def _entries(news: News, wording: Wording, here: str) -> Iterator[tuple[float, str, Element]]:
    """Each with its time and its key."""
    for story in news.stories:
        body = [*lines_of(story.text), *([one_line(way_of(story))] if len(story.way) > 1 else [])]
        entry = _entry(news, here, story.key, headline_of(story), story.at, body)
        if story.byline:
            entry.append(element("author", element("name", one_line(story.byline))))
        yield story.at, story.key, entry
    for said in news.announcements:
        title = wording.say(sentence("Announcement by {network}", network=one_line(said.by)))
        yield said.at, said.key, _entry(news, here, said.key, title, said.at, lines_of(said.text))
    for event in news.occasions:
        body = [wording.when(event), *lines_of(event.where), *lines_of(event.about)]
        entry = _entry(news, here, event.key, one_line(event.title), event.changed_at, body)
        yield event.changed_at, event.key, entry


def _entry(news: News, here: str, key: str, title: str, at: float, lines: list[str]) -> Element:
    body = filled("div", [element("p", line) for line in lines], xmlns=_XHTML)
    return element(
        "entry",
        element("id", id_of(news, key)),
        element("title", title),
        element("updated", _time(at)),
        element("link", rel="alternate", type="text/html", href=f"{here}news#{anchor(key)}"),
        element("content", body, type="xhtml"),
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
