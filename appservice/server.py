"""The Application Service API (Matrix specification v1.17, Application Service API) and the watch routes.

The homeserver pushes transactions here; they are checked, handed over as they came and answered at
once. Nothing here knows the database: `build` is given what it needs as the Protocols below.
Every route needs the homeserver's token except `/live`, `/ready` and `/metrics`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

import structlog
from aiohttp import web

from appservice.gate import Guard, Reader, Refused, application, parse
from spaces.identifiers import printable

PROTOCOL = "hedgerow"

# Synapse sends at most 100 events, each up to 64 KiB and a state event with as much again in
# `prev_content`: 12.5 MiB. A homeserver sends what is refused again and again, so there is room above.
MAX_BODY = 16 * 1024 * 1024
READ_SECONDS = 30.0  # a homeserver gives up waiting for an answer after 60
FULL = 100
"""Synapse sends as many events at once, and no more."""
DRAIN_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Transactions(Protocol):
    async def accept(self, txn_id: str, body: bytes, *, full: bool) -> None:
        """Keep `body` durably before returning. Any exception makes the homeserver send it again.

        A `full` one holds as many events as a homeserver sends at once: more may wait there.

        `body` is UTF-8 JSON: an object whose `events` is a list. What is in the list is not looked at:
        one bad event must not hold up those behind it.
        """


class Health(Protocol):
    async def ready(self) -> Mapping[str, bool]:
        """What must be well before work can be done, such as `{"database": True, "homeserver": False}`."""


class Metrics(Protocol):
    def render(self) -> str:
        """Numbers in Prometheus' text exposition format; no names of people, rooms or networks."""


class Pings(Protocol):
    def received(self, txn_id: str | None) -> None:
        """The homeserver reached us; `txn_id` is what was given to it when the ping was asked for."""


class PublicNetworks(Protocol):
    async def instances(self) -> Sequence[Mapping[str, object]]:
        """Networks that everyone may find: each `{"network_id": …, "desc": …, "fields": {}}`."""


def build(
    *,
    hs_token: str,
    transactions: Transactions,
    pings: Pings,
    networks: PublicNetworks,
    health: Health | None = None,
    metrics: Metrics | None = None,
    legacy_query_auth: bool = False,
    previous_hs_token: str = "",
    clock: Callable[[], float] = lambda: 0.0,
    max_body: int = MAX_BODY,
    read_seconds: float = READ_SECONDS,
) -> web.Application:
    """Build the application that the homeserver talks to.

    `/live` and `/ready` are served if `health` is given, `/metrics` if `metrics` is; `build_watch`
    makes an application of them alone, for another address. `legacy_query_auth` accepts the token as
    the query parameter `access_token`, too. `previous_hs_token` is taken for a while (`Overlap`), measured
    by `clock`. `max_body` is in bytes. Raises `ValueError` without a token.
    """
    if not hs_token:
        raise ValueError("The homeserver's token (hs_token) is empty, so anyone could send events. Set it.")
    guard = Guard(hs_token, in_query=legacy_query_auth, previous=previous_hs_token, clock=clock)
    api = _Api(transactions, pings, networks, Reader(max_body, read_seconds))
    app = application(guard.check)
    app.add_routes(api.routes())
    app.add_routes(_watch_routes(health, metrics))
    return app


def build_watch(health: Health | None, metrics: Metrics | None) -> web.Application:
    """Build an application of `/live`, `/ready` and `/metrics` alone."""
    app = application()
    app.add_routes(_watch_routes(health, metrics))
    return app


class Server:
    """Serves one application on one address."""

    def __init__(self, app: web.Application, *, drain_seconds: float = DRAIN_SECONDS) -> None:
        self._runner = web.AppRunner(app, shutdown_timeout=drain_seconds)
        self._listening: asyncio.Server | None = None
        self.port = 0
        """What is listened on, once started."""

    async def start(self, host: str, port: int) -> None:
        """Listen on `host` and `port` (0: any free one). Raises `OSError` if that cannot be had."""
        await self._runner.setup()
        serve = self._runner.server
        if serve is None:
            raise RuntimeError("what is set up serves nothing")
        try:
            loop = asyncio.get_running_loop()
            self._listening = await loop.create_server(serve, host, port, backlog=128)
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Take no more requests, let those under way finish, and cut off what has not after the drain."""
        if self._listening is not None:
            await _close(self._listening)
        await self._runner.cleanup()


async def _close(server: asyncio.Server) -> None:
    """What has just been accepted is served: asyncio drops it unclosed if its server is closed meanwhile, so
    that whoever connected waits for nothing.
    """
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    await asyncio.sleep(0)
    server.close()


# -- the routes --------------------------------------------------------------------------------


class _Api:
    """The routes that the homeserver calls."""

    def __init__(
        self,
        transactions: Transactions,
        pings: Pings,
        networks: PublicNetworks,
        reader: Reader,
    ) -> None:
        self._transactions = transactions
        self._pings = pings
        self._networks = networks
        self._reader = reader

    def routes(self) -> Iterable[web.RouteDef]:
        base = "/_matrix/app/v1"
        yield web.put(base + "/transactions/{txn_id:[^/]+}", self._transaction)
        yield web.post(base + "/ping", self._ping)
        yield web.get(base + "/users/{user_id:[^/]+}", self._none, allow_head=False)
        yield web.get(base + "/rooms/{alias:[^/]+}", self._none, allow_head=False)
        yield web.get(base + "/thirdparty/protocol/{protocol:[^/]+}", self._protocol, allow_head=False)
        for nothing in ("user", "location", "user/{protocol:[^/]+}", "location/{protocol:[^/]+}"):
            yield web.get(f"{base}/thirdparty/{nothing}", _nothing, allow_head=False)

    async def _transaction(self, request: web.Request) -> web.Response:
        txn_id = request.match_info["txn_id"]
        if len(txn_id) > 255 or printable(txn_id) != txn_id:
            raise Refused(400, "M_INVALID_PARAM", "The transaction id must be at most 255 plain characters.")
        body = await self._reader.read(request)
        if not isinstance(events := parse(body).get("events"), list):
            raise Refused(400, "M_BAD_JSON", "A transaction needs a list of events.")
        await self._transactions.accept(txn_id, body, full=len(events) >= FULL)
        log.debug("transaction kept", txn_id=txn_id)
        return web.json_response({})

    async def _ping(self, request: web.Request) -> web.Response:
        txn_id = parse(await self._reader.read(request)).get("transaction_id")
        if not isinstance(txn_id, str | None):
            raise Refused(400, "M_BAD_JSON", "A ping's transaction_id must be text.")
        self._pings.received(txn_id)
        return web.json_response({})

    async def _none(self, request: web.Request) -> web.Response:
        """Always no, and from memory: what is ours stands on the homeserver already, and whoever creates a
        room looks its alias up and so calls back here."""
        raise Refused(404, "M_NOT_FOUND", "There is nothing of that name here.")

    async def _protocol(self, request: web.Request) -> web.Response:
        if request.match_info["protocol"] != PROTOCOL:
            raise Refused(404, "M_NOT_FOUND", "There is no such protocol here.")
        described = {"user_fields": [], "location_fields": [], "icon": "", "field_types": {}}
        instances = [dict(instance) for instance in await self._networks.instances()]
        return web.json_response({**described, "instances": instances})


async def _nothing(request: web.Request) -> web.Response:
    return web.json_response([])


# -- the routes of those who watch over the process: no token, and nobody's name ----------------


def _watch_routes(health: Health | None, metrics: Metrics | None) -> Iterable[web.RouteDef]:
    if health is not None:
        yield web.get("/live", _live)
        yield web.get("/ready", partial(_ready, health))
    if metrics is not None:
        yield web.get("/metrics", partial(_numbers, metrics))


async def _live(request: web.Request) -> web.Response:
    return web.json_response({})


async def _ready(health: Health, request: web.Request) -> web.Response:
    parts = {name: bool(well) for name, well in (await health.ready()).items()}
    return web.json_response(parts, status=200 if all(parts.values()) else 503)


async def _numbers(metrics: Metrics, request: web.Request) -> web.Response:
    return web.Response(
        body=metrics.render().encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )
