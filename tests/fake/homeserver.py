"""The fake homeserver: an HTTP server on loopback around a `World`, with faults on order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Self

from aiohttp import web

from appservice.server import Server
from tests.fake import account_routes, creation, directory_routes, room_routes, snapshot, sync_routes
from tests.fake.faults import Fault, Limit, Matcher, Script
from tests.fake.people import FakeUser
from tests.fake.push import Flight, Pusher, Sent
from tests.fake.rooms import Event, Room
from tests.fake.spoiling import cut, spoiled
from tests.fake.stillness import Stillness
from tests.fake.wire import Ask, Call, Json, MatrixError, Route, bad_request, forbidden
from tests.fake.world import Account, World
from tests.registration import Registration

_PREFIX = "/_matrix/client/{version:(?:v1|v3|r0|unstable(?:/[^/]+)?)}"
_CHOICE = re.compile(r"\{(what|field):[^}]*\}")
_MODULES = (account_routes, creation, directory_routes, room_routes, sync_routes)


class FakeHomeserver:
    """An in-memory homeserver for tests: `async with FakeHomeserver(registration) as fake`.

    `calls` is everything that was received. People act through `add_user`; they are not counted.
    `on_call` is told of each, by its number, as it comes in and again when it has been acted on.
    """

    def __init__(self, registration: Registration | None = None) -> None:
        self.registration = registration or Registration()
        self.world = World(self.registration)
        self.calls: list[Call] = []
        self.media = self.world.media
        self.stopped = asyncio.Event()
        self.on_stop: Callable[[], None] | None = None
        self.on_call: Callable[[int, Literal["before", "after"]], Awaitable[None]] | None = None
        self.pusher = Pusher(self.world)
        self._count = 0
        self._stillness = Stillness()
        self._script = Script()
        self._server: Server | None = None
        self._port = 0

    # -- running ----------------------------------------------------------------------------------

    async def start(self) -> None:
        app = web.Application(client_max_size=10 * 1024 * 1024)
        app.router.add_get("/_matrix/client/versions", self._handler(account_routes.routes.routes[0]))
        for module in _MODULES:
            for route in module.routes.routes:
                app.router.add_route(route.method, _PREFIX + route.path, self._handler(route))
        app.router.add_route("*", "/{rest:.*}", self._unrecognised)
        self._server = Server(app, drain_seconds=0.1)
        await self._server.start("127.0.0.1", self._port)
        self._port = self._server.port
        await self.pusher.start()

    async def stop(self) -> None:
        self.release()
        await self.pusher.stop()
        if self._server is not None:
            await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def bot(self) -> str:
        return self.registration.bot

    async def kept(self, at_once: Callable[[], None]) -> bytes:
        """All that it holds at this moment, for one that goes on from there; `at_once` is called just then.

        What other calls are about is still done, but nobody is answered, nothing pushed and nothing begun.
        """
        flights = list[Flight]()

        def begin() -> None:
            self.pusher.paused = True
            flights.append(self.pusher.flight)
            at_once()

        async with self._stillness.still(begin):
            kept = pickle.dumps((self.world, *flights))
        self.pusher.paused = False
        self.world.pushing.set()
        return kept

    def go_on_from(self, kept: bytes) -> None:
        """Be as another one was. Before it is started."""
        self.world, flight = pickle.loads(kept)
        self.world.belong_to(self.registration)
        self.media = self.world.media
        self.pusher = self.pusher.instead(self.world, flight)

    # -- people and rooms -------------------------------------------------------------------------

    def add_user(self, user_id: str, password: str = "secret") -> FakeUser:
        """An ordinary account, logged in."""
        localpart = user_id[1:].partition(":")[0]
        self.world.accounts[user_id] = Account(user_id, password, {"displayname": localpart})
        session = account_routes.log_in(self.world, user_id, None)
        return FakeUser(self.world, user_id, session["access_token"], session["device_id"])

    def add_bot(self) -> str:
        """The bot's account without the bot's asking for it. Returns its user id."""
        self.world.accounts.setdefault(self.bot, Account(self.bot, None, {"displayname": "hedgerow"}))
        return self.bot

    def room(self, room_id_or_alias: str) -> Room:
        return self.world.room(self.world.resolve(room_id_or_alias))

    def rooms_by_marker(self) -> dict[str, list[str]]:
        """Marker in the create event → the ids of its rooms; more than one is a duplicate."""
        return snapshot.rooms_by_marker(self.world)

    def room_of(self, marker: str) -> Room:
        """The one room that bears `marker`."""
        [room_id] = self.rooms_by_marker().get(marker, [])
        return self.world.rooms[room_id]

    def end_state(self) -> Json:
        """Everything that lasts, without ids and times: equal for two runs that came to the same."""
        return snapshot.end_state(self.world)

    # -- faults -----------------------------------------------------------------------------------

    def script(self, matcher: Matcher, fault: Fault, times: int | None = 1) -> None:
        """The next `times` calls that match (`"POST /createRoom"`, or a function of the call) go wrong so.

        `times` None: all of them, until `clear_script()`.
        """
        self._script.add(matcher, fault, times)

    def limit(self, matcher: Matcher, burst: int, seconds: float) -> Limit:
        """Limit the rate of such calls; the 429 says how long to wait. `refused` counts them."""
        limit = Limit(matcher, burst, seconds)
        self._script.limits.append(limit)
        return limit

    def clear_script(self) -> None:
        self._script.waiting.clear()
        self._script.limits.clear()

    def stop_at(self, n: int, when: Literal["before", "after"] = "before") -> None:
        """At the n-th call from now on (1 is the next) cut the connection, before or after acting.

        `stopped` is then set, `on_stop` called, and everything refused until `resume()`.
        """
        self._script.stop_number, self._script.stop_when = self._count + n, when

    def resume(self) -> None:
        self.stopped.clear()
        self._script.stop_number = None
        self.pusher.paused = False
        self.world.pushing.set()

    def release(self) -> None:
        """Let the calls go on that hang."""
        self._script.released.set()
        self._script.released = asyncio.Event()

    def crash(self) -> None:
        """What a killed homeserver forgets: the queue, transaction numbers, sends without a device."""
        self.pusher.forget()
        self.world.sent_in_memory.clear()

    def ghost_alias(self, alias: str, maker: str | None = None) -> str:
        """An alias that points to a room without a single event. Returns that room's id."""
        room_id = self.world.new_room_id(self.world.default_version)
        self.world.aliases[alias] = (room_id, maker or self.bot)
        return room_id

    async def squat(self, alias: str, person: FakeUser, **wanted: Any) -> str:
        """A room of someone else's that holds `alias`, against the rules. Returns its id."""
        room_id = await person.create_room(**wanted)
        self.world.aliases[alias] = (room_id, person.user_id)
        return room_id

    def hide(self, event_id: str) -> None:
        """The event takes up room in pages of /messages and is shown to nobody."""
        event = self.world.event(event_id)
        if event is not None:
            event.hidden = True

    # -- pushing ----------------------------------------------------------------------------------

    async def push(self, events: list[Json | Event], txn_id: str | None = None, **more: Any) -> Sent:
        """Hand these events over at once, past the queue: for repeats and things out of order."""
        shown = [event.as_json() if isinstance(event, Event) else event for event in events]
        return await self.pusher.put(txn_id or f"raw{len(self.pusher.sent)}", shown, **more)

    async def pushed(self, within: float = 10.0) -> None:
        """Wait until everything queued has been taken. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            await self.world.handed_over.wait()

    # -- answering --------------------------------------------------------------------------------

    def _handler(self, route: Route) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if self.stopped.is_set():
                return cut(request)
            body = await _body(request)
            ask = self._ask(request, route, body)
            return await self._answer(request, route, ask)

        return handle

    async def _unrecognised(self, request: web.Request) -> web.StreamResponse:
        if self.stopped.is_set():
            return cut(request)
        self._count += 1
        call = Call(self._count, request.method, request.path, str(request.rel_url), {}, {}, {}, None)
        self.calls.append(call)
        return web.json_response({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}, status=404)

    def _ask(self, request: web.Request, route: Route, body: Any) -> Ask:
        self._count += 1
        params = {key: value for key, value in request.match_info.items() if key != "version"}
        query = dict(request.query)
        template = _CHOICE.sub(lambda choice: params[choice[1]], route.path).replace(":[^/]*}", "}")
        shown = body if isinstance(body, dict) else {}
        user = self._who(request)
        call = Call(self._count, request.method, template, str(request.rel_url), params, query, shown, user)
        self.calls.append(call)
        return Ask(call, shown, params, query, raw_path=request.rel_url.raw_path)

    async def _answer(self, request: web.Request, route: Route, ask: Ask) -> web.StreamResponse:
        await self._stillness.passed()
        await self._tell(ask.call, "before")
        stops = self._script.stop_number == ask.call.number
        if stops and self._script.stop_when == "before":
            return self._halt(request)
        fault = ask.fault = self._script.take(ask.call)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        answer: web.StreamResponse | None = None
        if fault is None or fault.acts:
            answer = await self._stillness.of(self._act(request, route, ask))
        await self._stillness.passed()
        await self._tell(ask.call, "after")
        if stops:
            return self._halt(request)
        return await self._spoiled(request, fault, answer) if fault else answer or cut(request)

    async def _tell(self, call: Call, when: Literal["before", "after"]) -> None:
        if self.on_call is not None:
            await self.on_call(call.number, when)

    async def _act(self, request: web.Request, route: Route, ask: Ask) -> web.StreamResponse:
        try:
            self._authenticate(request, route, ask)
            answer = await route.handler(self.world, ask)
        except MatrixError as error:
            return web.json_response(error.body, status=error.status)
        except creation.Broken:
            return web.json_response({"errcode": "M_UNKNOWN", "error": "Internal server error"}, status=500)
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/octet-stream")
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return web.json_response(body, status=status)

    async def _spoiled(
        self, request: web.Request, fault: Fault, answer: web.StreamResponse | None
    ) -> web.StreamResponse:
        if fault.hangs:
            await self._script.released.wait()
        return await spoiled(request, fault, answer)

    def _halt(self, request: web.Request) -> web.StreamResponse:
        self.pusher.paused = True
        self.stopped.set()
        if self.on_stop is not None:
            self.on_stop()
        return cut(request)

    def _authenticate(self, request: web.Request, route: Route, ask: Ask) -> None:
        token = _token(request)
        if token == self.registration.as_token:
            self._masquerade(ask)
        elif token in self.world.tokens:
            ask.user, ask.device = self.world.tokens[token]
        elif token is not None:
            raise MatrixError(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.", soft_logout=False)
        elif not route.open_to_all:
            raise MatrixError(401, "M_MISSING_TOKEN", "Missing access token")

    def _who(self, request: web.Request) -> str | None:
        token = _token(request)
        if token == self.registration.as_token:
            return request.query.get("user_id", self.registration.sender)
        return self.world.tokens[token][0] if token in self.world.tokens else None

    def _masquerade(self, ask: Ask) -> None:
        ask.appservice = True
        ask.user = ask.query.get("user_id", self.registration.sender)
        if not self.world.is_ours(ask.user):
            raise forbidden("Application service cannot masquerade as this user.")
        if ask.user not in self.world.accounts:
            raise forbidden(f"Application service has not registered this user ({ask.user})")
        device = ask.query.get("device_id", ask.query.get("org.matrix.msc3202.device_id"))
        if device is not None and device not in self.world.accounts[ask.user].devices:
            raise bad_request("M_UNKNOWN_DEVICE", f"Application service has no device {device}")
        ask.device = device


def _token(request: web.Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else request.query.get("access_token")


async def _body(request: web.Request) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(await request.read() or b"{}")
    return {}
