"""The read-only API of the directory, as the UK profile of HSDS 3.0 asks for it.

It stands on the public listener, needs no key, and may be read from any web page. What is hidden is
answered as what does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from aiohttp import web

from appservice.hsds import openapi
from appservice.hsds.served import Asked
from spaces.directory import ListingKind
from spaces.hsds import Record

log = structlog.get_logger(__name__)

_PATHS = {"services": ListingKind.SERVICE, "organizations": ListingKind.ORGANISATION}
_SECONDS_KEPT = 60
_NOT_SERVED = frozenset(
    [
        "taxonomy_term_id",
        "taxonomy_id",
        "minimum_age",
        "maximum_age",
        "start_time",
        "end_time",
        "day",
        "postcode",
        "proximity",
        "full",
        "minimal",
        "full_service",
        "format",
    ]
)
_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "hedgerow",
    "X-Content-Type-Options": "nosniff",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS",
}


class Directory(Protocol):
    """What everyone may see."""

    async def page(self, asked: Asked) -> tuple[list[Record], int]:
        """Records in brief, and how many there are on all pages."""

    async def one(self, kind: ListingKind, its_id: str) -> Record | None:
        """A record with all that is in it; None: there is none that everyone may see."""


class _Unread(Exception):
    """What was asked for cannot be read; the sentence says why."""


class Api:
    """Answers what is asked for below the paths of the API. `base_url` is where others reach it."""

    def __init__(self, directory: Directory, base_url: str) -> None:
        self._directory = directory
        self._base_url = base_url.rstrip("/")
        self._described = openapi.document(self._base_url or "/")

    @staticmethod
    def serves(path: str) -> bool:
        first = path.split("/")[1] if path.startswith("/") else ""
        return path in ("/", "/openapi.json") or first in _PATHS

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(status=204, headers={**_HEADERS, **_PREFLIGHT})
        if request.method not in ("GET", "HEAD"):
            return failed(405, "It can only be read.", {"Allow": "GET, HEAD, OPTIONS"})
        try:
            found = await self._found(request.path, request.query)
        except _Unread as unread:
            return failed(400, str(unread))
        except Exception as error:
            log.error("directory_failed", reason=type(error).__name__)
            return failed(503, "It cannot be read at present.", {"Retry-After": "60"})
        if found is None:
            return failed(404, "There is nothing here.")
        return _json(found, 200, {"Cache-Control": f"public, max-age={_SECONDS_KEPT}"})

    async def _found(self, path: str, query: Mapping[str, str]) -> Any:
        if path == "/":
            return {
                "version": openapi.VERSION,
                "profile": openapi.PROFILE,
                "openapi_url": f"{self._base_url}/openapi.json",
            }
        if path == "/openapi.json":
            return self._described
        first, *rest = path.strip("/").split("/") if not path.endswith("//") else [""]
        if (kind := _PATHS.get(first)) is None or len(rest) > 1:
            return None
        return await self._directory.one(kind, rest[0]) if rest else await self._page(kind, query)

    async def _page(self, kind: ListingKind, query: Mapping[str, str]) -> Record:
        number = _number(query, "page", 1, openapi.MOST_PAGES)
        most = _number(query, "per_page", 50, openapi.MOST_PER_PAGE)
        found, total = await self._directory.page(_asked(kind, query, (number - 1) * most, most))
        return {
            "total_items": total,
            "total_pages": -(-total // most),
            "page_number": number,
            "size": len(found),
            "first_page": number == 1,
            "last_page": number * most >= total,
            "empty": not found,
            "contents": found,
        }


def failed(status: int, words: str, more: Mapping[str, str] | None = None) -> web.Response:
    """An answer that says why there is no other."""
    return _json({"error": words}, status, {"Cache-Control": "no-store", **(more or {})})


def _json(data: Any, status: int, more: Mapping[str, str]) -> web.Response:
    text = json.dumps(data, ensure_ascii=False)
    headers = {**_HEADERS, **more}
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)


# -- what is asked for --------------------------------------------------------------------------------------


def _asked(kind: ListingKind, query: Mapping[str, str], skip: int, most: int) -> Asked:
    for name in query:
        if name in _NOT_SERVED:
            raise _Unread(f"`{name}` is not served here.")
    search = query.get("search", "")
    if len(search) > openapi.LONGEST_SEARCH:
        raise _Unread(f"`search` may have {openapi.LONGEST_SEARCH} characters.")
    since = query.get("modified_after", "")
    organisation = query.get("organization_id", "") if kind is ListingKind.SERVICE else ""
    return Asked(kind, skip, most, search, _moment(since) if since else None, organisation)


def _number(query: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = query.get(name, str(usual))
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most:
        return int(text)
    raise _Unread(f"`{name}` must be a whole number from 1 to {most}.")


def _moment(text: str) -> float:
    """Seconds since 1970; a + that came as a space is one again."""
    try:
        moment = datetime.fromisoformat(text[:19] + text[19:].replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise _Unread("`modified_after` must be a time such as 2024-05-01T09:30:00Z.") from None
