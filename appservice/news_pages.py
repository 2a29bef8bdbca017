"""The news of public networks on the public listener: `GET /NETWORK/news` and `GET /NETWORK/feed.atom`.

Both may be kept by whoever reads them, who then asks whether they have changed: what its author withdraws
is gone with the next reading.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from math import floor
from typing import Protocol

from aiohttp import web

from appservice.paper import page
from appservice.paper.feed import feed_of
from spaces.news import News

PATH = r"/{network:[a-z0-9-]{1,64}}/{what:news|feed\.atom}"
_NEWS = "news"
_MOST_KEPT = 1_000
_STYLED = (
    f"default-src 'none'; style-src '{page.STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_BARE = "default-src 'none'; frame-ancestors 'none'"


class NewsSource(Protocol):
    async def lately(self, slug: str) -> News | None:
        """What the public network that has or had that short name has to tell; None: there is none."""


class NewsPages:
    """`base_url` is where others reach them, and may be empty. `headers` are those of every public page."""

    def __init__(self, source: NewsSource, base_url: str, now: Callable[[], float]) -> None:
        self._source = source
        self._base_url = base_url
        self._seen = FirstSeen(now)

    @staticmethod
    def serves(path: str) -> bool:
        """Whether `path` looks like that of one of them, whatever else stands on this listener."""
        return path.count("/") == 2 and path.rpartition("/")[2] in (_NEWS, "feed.atom")

    async def answer(self, request: web.Request, headers: Mapping[str, str]) -> web.Response | None:
        """The page or the feed; None where there is none."""
        slug, what = request.match_info["network"], request.match_info["what"]
        news = await self._source.lately(slug)
        if news is None:
            return None
        if news.slug != slug:
            return web.Response(status=301, headers={**headers, "Location": f"../{news.slug}/{what}"})
        if what == _NEWS:
            return self._told(request, page.page_of(news), "text/html", _with(headers, _STYLED))
        text = feed_of(news, self._base_url)
        return self._told(request, text, "application/atom+xml", _with(headers, _BARE))

    def _told(self, request: web.Request, text: str, kind: str, headers: dict[str, str]) -> web.Response:
        tag = hashlib.sha256(text.encode()).hexdigest()[:32]
        since = self._seen.at(request.path, tag)
        headers["ETag"] = f'"{tag}"'
        headers["Last-Modified"] = format_datetime(datetime.fromtimestamp(since, UTC), usegmt=True)
        if _is_known(request, tag, since):
            return web.Response(status=304, headers=headers)
        return web.Response(text=text, content_type=kind, charset="utf-8", headers=headers)


class FirstSeen:
    """Since when each text has been as it is, as far as we have seen: a time that only goes forward.

    The times of what a text tells would not do: what is withdrawn takes its time with it, and whoever asks
    by time alone would keep it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def at(self, path: str, tag: str) -> int:
        """In whole seconds since 1970."""
        now = floor(self._now())
        before, since = self._kept.pop(path, (tag, now))
        if before != tag:
            since = max(now, since + 1)
        self._kept[path] = tag, since
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return since


def _with(headers: Mapping[str, str], policy: str) -> dict[str, str]:
    return {**headers, "Cache-Control": "no-cache", "Content-Security-Policy": policy}


def _is_known(request: web.Request, tag: str, since: int) -> bool:
    """Whether who asks has this very text (RFC 9110, 13.1: the tag goes before the time)."""
    if (tags := request.if_none_match) is not None:
        return any(one.value in (tag, "*") for one in tags)
    after = request.if_modified_since
    return after is not None and since <= after.timestamp()
