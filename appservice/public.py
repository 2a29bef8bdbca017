"""The public listener: a small page for each code, calendars, news of public networks, the directory's API.

It has a port of its own, knows no token, and writes nothing down. Every path but that of a code that
serves, of a calendar, of a public network's news, and those of the API, is answered with the same page,
byte for byte.
"""

from __future__ import annotations

import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from appservice import pages
from appservice.hsds.api import Api, failed
from appservice.news_pages import PATH, NewsPages
from bot.reply import Document

log = structlog.get_logger(__name__)

PER_MINUTE = 30
"""How many requests one address may make within a minute."""

_MOST_ADDRESSES = 10_000
_LONGEST = 200
_MINUTE = 60.0
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src '{pages.STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Server": "hedgerow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


class Invitations(Protocol):
    async def invitation(self, code: str) -> Document | None:
        """What the page of that code tells; None where it lets nobody in."""


class Calendars(Protocol):
    async def calendar(self, name: str) -> bytes | None:
        """The calendar of that name, as programs read it; None where there is none."""


def build_public(
    invitations: Invitations,
    now: Callable[[], float],
    language: str,
    *,
    per_minute: int = PER_MINUTE,
    api: Api | None = None,
    calendars: Calendars | None = None,
    news: NewsPages | None = None,
) -> web.Application:
    """Build the application of `GET /join/CODE`, and of calendars, the API and the news, where given.

    `now` is in seconds, `language` that of the server.
    """
    public = _Public(invitations, Visits(now, per_minute), language, api, calendars, news)
    app = web.Application(
        middlewares=[public.answer],
        handler_args={"access_log": None, "logger": _silent(), "auto_decompress": False},
    )
    if news is not None:
        app.router.add_get(PATH, public.news)
    app.router.add_get("/join/{code:[^/]+}", public.join)
    app.router.add_get("/calendar/{name:[^/]+}.ics", public.calendar)
    return app


def _silent() -> logging.Logger:
    """aiohttp's own lines quote requests, and so would hold codes."""
    logger = logging.getLogger("appservice.public.http")
    logger.disabled = True
    return logger


class Visits:
    """How often each address has come within a minute; the addresses longest unseen are forgotten first."""

    def __init__(self, now: Callable[[], float], per_minute: int = PER_MINUTE) -> None:
        self._now = now
        self._most = per_minute
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admit(self, address: str) -> bool:
        """Whether this visit is not one too many."""
        now = self._now()
        began, count = self._seen.pop(address, (now, 0))
        if not 0 <= now - began < _MINUTE:
            began, count = now, 0
        self._seen[address] = (began, count + 1)
        while len(self._seen) > _MOST_ADDRESSES:
            self._seen.popitem(last=False)
        return count < self._most


class _Public:
    def __init__(
        self,
        invitations: Invitations,
        visits: Visits,
        language: str,
        api: Api | None = None,
        calendars: Calendars | None = None,
        news: NewsPages | None = None,
    ) -> None:
        self._invitations = invitations
        self._visits = visits
        self._language = language
        self._api = api
        self._calendars = calendars
        self._news = news

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer with a page whatever happens, and never with what was asked for."""
        is_admitted = self._visits.admit(address_of(request))
        is_news = self._news is not None and self._news.serves(request.path)
        if self._api is not None and self._api.serves(request.path) and not is_news:
            too_often = failed(429, "You ask too often: wait a minute.", {"Retry-After": "60"})
            return await self._api.answer(request) if is_admitted else too_often
        if not is_admitted:
            return self._page(pages.too_often(), 429, {"Retry-After": "60"})
        if request.method not in ("GET", "HEAD"):
            return self._page(pages.nothing_here(), 405, {"Allow": "GET, HEAD"})
        try:
            return await handler(request)
        except web.HTTPException:
            return self._page(pages.nothing_here(), 404)
        except Exception as error:
            log.error("page_failed", reason=type(error).__name__)
            return self._page(pages.not_at_present(), 503, {"Retry-After": "60"})

    async def join(self, request: web.Request) -> web.Response:
        code = request.match_info["code"]
        found = await self._invitations.invitation(code) if len(code) <= _LONGEST else None
        return self._page(pages.nothing_here(), 404) if found is None else self._page(found, 200)

    async def calendar(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = None if self._calendars is None else await self._calendars.calendar(name)
        if found is None:
            return self._page(pages.nothing_here(), 404)
        return web.Response(body=found, content_type="text/calendar", charset="utf-8", headers=_HEADERS)

    async def news(self, request: web.Request) -> web.Response:
        found = await self._news.answer(request, _HEADERS) if self._news is not None else None
        return self._page(pages.nothing_here(), 404) if found is None else found

    def _page(self, document: Document, status: int, more: Mapping[str, str] | None = None) -> web.Response:
        return web.Response(
            text=pages.html_of(document, self._language),
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={**_HEADERS, **(more or {})},
        )


def address_of(request: web.Request) -> str:
    """Whose request it is: behind a proxy of ours what that says, of IPv6 the network of a house."""
    peer = request.remote or ""
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        address = _plain(peer)
        if address.is_private and said:
            address = _plain(said)
    except ValueError:
        return peer
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _plain(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; one of IPv4 that is written as IPv6 is one of IPv4."""
    address = ipaddress.ip_address(text)
    return (address.version == 6 and address.ipv4_mapped) or address
