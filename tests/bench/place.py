"""A large place as it stands in the store, and a homeserver's stand-in that agrees with it.

Nothing is provisioned: tables and rooms are written down as they are once all is done.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from sqlalchemy import insert

from appservice.codec import found_to_json
from appservice.places import Places
from appservice.store import tables
from appservice.store.database import Database
from appservice.store.landscape import LandscapeStore
from appservice.store.migrate import migrate
from appservice.surroundings import RandomIds
from spaces.hierarchy import parents_first
from spaces.identifiers import PlaceId, RoomId, Slug, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator, Group, Kind, Link, Network, Purpose
from spaces.reconcile import FoundRoom, Maker, project, reconcile
from spaces.wanted import wanted_room

SERVER = "hs.test"
BOT = UserId(f"@hedgerow:{SERVER}")
MAKER = Maker(BOT, "12")
_TOPS = 10
PEOPLE = 200
_MEMBERS = 5  # of each network, in all of its rooms, beside its coordinator
_KINDS = itertools.cycle((Access.PUBLIC, Access.PUBLIC, Access.PRIVATE))
Json = dict[str, Any]


def person(number: int) -> UserId:
    return UserId(f"@person{number}:{SERVER}")


def direct_room(number: int) -> RoomId:
    return RoomId(f"!direct{number}")


class Large:
    """`networks` networks under ten ecosystems, each with its kit and `groups` groups, and `people`."""

    def __init__(self, networks: int, groups: int, people: int = PEOPLE) -> None:
        self.people = people
        self._numbers: dict[PlaceId, int] = {}
        self._ids = RandomIds()
        self.landscape = Landscape().having(*self._parts(networks, groups))
        places = parents_first(self.landscape, [*self.landscape.networks, *self.landscape.groups])
        rooms = [room for place in places if (room := wanted_room(self.landscape, place, SERVER))]
        self.expected = project({}, reconcile(rooms, {}, MAKER), MAKER)
        self.places = Places(SERVER)
        for place in self.expected:
            self.places.put(place, RoomId(f"!{place}"))

    def _parts(self, networks: int, groups: int) -> list[Any]:
        tops = [self._network(f"Ecosystem {n}", Access.PUBLIC, Kind.ECOSYSTEM) for n in range(_TOPS)]
        parts: list[Any] = list(tops)
        for n in range(networks - _TOPS):
            network = self._network(f"Network {n}", next(_KINDS))
            parts += [network, Link(tops[n % _TOPS].id, network.id)]
            parts += [
                Coordinator(network.id, person(n % self.people)),
                *(its := self._groups(network, groups)),
            ]
            self._numbers |= dict.fromkeys((network.id, *(group.id for group in its)), n)
        return parts

    def _network(self, name: str, access: Access, kind: Kind = Kind.NETWORK) -> Network:
        return Network(self._ids.network(), name, Slug.of_name(name), kind, access, topic=f"About {name}")

    def _groups(self, home: Network, groups: int) -> list[Group]:
        kit = [
            Group(self._ids.group(), home.id, purpose, Slug(purpose), home.access, purpose=purpose)
            for purpose in (Purpose.WELCOME, Purpose.NEWS)
        ]
        named = [(f"Group {n}", Slug(f"group-{n}")) for n in range(groups)]
        return [*kit, *(Group(self._ids.group(), home.id, name, slug) for name, slug in named)]

    @property
    def shown(self) -> list[str]:
        """Names of networks that everyone may see."""
        networks = self.landscape.networks.values()
        return [n.name for n in networks if n.access is Access.PUBLIC and n.kind is Kind.NETWORK]

    # -- in the store -----------------------------------------------------------------------------

    async def write(self, database: Database) -> None:
        """Write it into an empty database."""
        database.make_file()
        await migrate(database)
        async with database.writing() as connection:
            store = LandscapeStore()
            before = await store.load(connection, for_writing=True)
            await store.save(connection, before, self.landscape)
            await connection.execute(insert(tables.rooms), [self._row(*one) for one in self.expected.items()])
            await connection.execute(insert(tables.memberships), self._memberships())
            talks = [
                {"room_id": direct_room(n), "person": person(n), "place": None} for n in range(self.people)
            ]
            await connection.execute(insert(tables.conversations), talks)
        await database.close()

    def _row(self, place: PlaceId, found: FoundRoom) -> Json:
        room = self.places.room(place)
        return {"place": place, "room_id": room, "ready": True, "expected": found_to_json(found)}

    def _memberships(self) -> list[Json]:
        return [
            {"room_id": self.places.room(place), "user": user, "membership": membership}
            for place in self.expected
            for user, membership in self._members(place).items()
        ]

    def _members(self, place: PlaceId) -> dict[UserId, str]:
        number = self._numbers.get(place, 0)
        members = [person((number + k * 37) % self.people) for k in range(_MEMBERS)]
        return dict.fromkeys((*members, *self.landscape.looking_after(place)), "join")

    # -- at the homeserver ------------------------------------------------------------------------

    def states(self) -> dict[str, list[Json]]:
        """Room id → its state events."""
        return {self.places.room(place): self._state(place, found) for place, found in self.expected.items()}

    def _state(self, place: PlaceId, found: FoundRoom) -> list[Json]:
        entries: dict[tuple[str, str], Mapping[str, Any]] = {
            (kind, self.places.resolve(key)): self.places.resolve(content)
            for (kind, key), content in found.state.items()
        }
        entries["m.room.create", ""] = {"room_version": found.version}
        members = {BOT: "join", **self._members(place)}
        entries |= {("m.room.member", user): {"membership": how} for user, how in members.items()}
        return [
            {"type": kind, "state_key": key, "sender": BOT, "content": content, "event_id": f"${place}{n}"}
            for n, ((kind, key), content) in enumerate(entries.items())
        ]


def _unheard(_: Json) -> None: ...


class StandIn:
    """Answers the bot from memory and at once. `on_send` is called with each message's content."""

    def __init__(self, states: Mapping[str, list[Json]]) -> None:
        self._states = {room: json.dumps(state).encode() for room, state in states.items()}
        self._runner: web.AppRunner | None = None
        self._numbers = itertools.count(1)
        self.on_send: Callable[[Json], None] = _unheard
        self.unexpected: list[str] = []

    async def start(self) -> str:
        """Its URL."""
        app = web.Application(client_max_size=1 << 22)
        app.router.add_put("/_matrix/client/v3/rooms/{room}/send/{kind}/{txn}", self._send)
        app.router.add_get("/_matrix/client/v3/rooms/{room}/state", self._state)
        app.router.add_route("*", "/{rest:.*}", self._anything)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _send(self, request: web.Request) -> web.Response:
        self.on_send(json.loads(await request.read()))
        return web.json_response({"event_id": f"$sent{next(self._numbers)}"})

    async def _state(self, request: web.Request) -> web.Response:
        state = self._states.get(unquote(request.match_info["room"]), b"[]")
        return web.Response(body=state, content_type="application/json")

    async def _anything(self, request: web.Request) -> web.Response:
        if request.path.endswith("/capabilities"):
            versions = {"default": "12", "available": {"12": "stable"}}
            return web.json_response({"capabilities": {"m.room_versions": versions}})
        if request.path.endswith("/joined_rooms"):
            return web.json_response({"joined_rooms": list(self._states)})
        if request.path.endswith("/sync"):
            return web.json_response({"next_batch": "s1"})
        if request.path.endswith("/state/m.room.encryption/"):
            return web.json_response({"errcode": "M_NOT_FOUND", "error": "Not encrypted."}, status=404)
        if request.path.endswith("/members"):
            number = int(request.match_info["rest"].partition("direct")[2].partition("/")[0])
            there = {"state_key": person(number), "content": {"membership": "join"}}
            return web.json_response({"chunk": [there]})
        if "/rooms/" in request.path or request.path.endswith("/createRoom"):
            self.unexpected.append(f"{request.method} {request.path}")
        return web.json_response({"event_id": "$x", "room_id": "!x", "user_id": BOT})
