"""What `hedgerow doctor` looks at of the public pages: they answer, and their address leads to them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import aiohttp

from appservice.findings import SECONDS, Finding, of_connection
from config.settings import Settings
from config.values import ListenAddress

_ABOUT = "public pages"
_NO_CODE = "/join/doctor"
_OURS = "hedgerow"  # the header `Server`, which a proxy may change
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class _Page:
    status: int
    body: bytes
    server: str = field(compare=False)


async def look_at_pages(settings: Settings) -> Finding | None:
    """None where there are to be no pages."""
    listen, base_url = settings.public.listen, settings.public.base_url
    if listen is None or base_url is None:
        return None
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as client:
        here = await _get(client, f"{near(listen)}{_NO_CODE}")
        if isinstance(here, str):
            runs = await _runs(client, settings)
            return _silent(listen, here) if runs else _not_running(listen)
        if here.server != _OURS or here.status not in (404, 429):
            mend = "end that program, or write another port into `public.listen`."
            return Finding("failed", _ABOUT, f"another program answers on {listen}", mend)
        there = await _get(client, f"{base_url}{_NO_CODE}")
    if there == here:
        return Finding("ok", _ABOUT, f"{base_url} leads to {listen}, and it answers")
    return _led_astray(listen, base_url, there)


def near(listen: ListenAddress) -> str:
    """Where a program on this machine finds what listens there."""
    try:
        is_any = ipaddress.ip_address(listen.host).is_unspecified
    except ValueError:
        is_any = False
    host = ("::1" if ":" in listen.host else "127.0.0.1") if is_any else listen.host
    return f"http://{ListenAddress(host, listen.port)}"


async def _get(client: aiohttp.ClientSession, url: str) -> _Page | str:
    """The page, or why there is none."""
    try:
        async with client.get(url) as answer:
            body = await answer.content.read(_LONGEST)
            return _Page(answer.status, body, answer.headers.get("Server", ""))
    except (OSError, aiohttp.ClientError) as error:
        return of_connection(error) or "the connection ended before an answer came"


async def _runs(client: aiohttp.ClientSession, settings: Settings) -> bool:
    """Whether the service itself answers, at whatever it is asked."""
    at = settings.metrics.listen or settings.listen
    return not isinstance(await _get(client, f"{near(at)}/live"), str)


# -- what is told -----------------------------------------------------------------------------------


def _not_running(listen: ListenAddress) -> Finding:
    mend = "start `hedgerow run`, and run `hedgerow doctor` again beside it."
    return Finding("look", _ABOUT, f"nothing answers on {listen}, as Hedgerow does not run", mend)


def _silent(listen: ListenAddress, words: str) -> Finding:
    mend = "stop `hedgerow run` and start it again: it reads `public.listen` only then."
    return Finding("failed", _ABOUT, f"Hedgerow runs, and {listen} does not answer ({words})", mend)


def _led_astray(listen: ListenAddress, base_url: str, there: _Page | str) -> Finding:
    if isinstance(there, str):
        found = f"{base_url} does not answer this machine ({there})"
    else:
        found = f"{base_url} leads to something else (it says {there.status})"
    mend = (
        f"let your web server pass what is asked for below {base_url}/join/ on to http://{listen}/join/, "
        "or put the address that does into `public.base_url`."
    )
    return Finding("failed", _ABOUT, found, mend)
