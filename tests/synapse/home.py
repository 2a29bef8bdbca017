"""A Synapse set up as `hedgerow init` says, and its rooms as its administrator sees them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from appservice.demo.synapse import LocalSynapse, free_port
from tests.second_client import Json, Refused, SecondClient
from tests.synapse.running import hedgerow

SERVER = "hs.test"
BOT = f"@hedgerow:{SERVER}"
ADMIN = "ada"  # named in Hedgerow's settings; nobody in particular to Synapse
_OVERSEER = "overseer"  # Synapse's own administrator, who sees every room's state
_REQUEST = re.compile(r'\{(?P<who>[^}]*)\}.*? (?P<status>\d{3}) "(?P<method>[A-Z]+) (?P<path>/[^ ?]*)')
_ACCOUNT = ("/devices/", "/profile/", "/account_data/", "/register", "/ping", "/keys/", "/sendToDevice/")


def user(localpart: str) -> str:
    return f"@{localpart}:{SERVER}"


@dataclass
class Home:
    """The homeserver, and the settings that `hedgerow init` wrote for it."""

    directory: Path
    synapse: LocalSynapse
    config: Path
    port: int
    _earlier: set[str] = field(default_factory=set, init=False, repr=False)
    _requests: list[str] = field(default_factory=list, init=False, repr=False)
    _read_to: int = field(default=0, init=False, repr=False)

    @classmethod
    def prepare(cls, directory: Path, **extra: Any) -> Home:
        """Lay it out in `directory`; nothing runs yet. `extra` goes into Synapse's configuration."""
        directory.mkdir(parents=True, exist_ok=True)
        port, listen = free_port(), free_port()
        config, registration = directory / "hedgerow.yaml", directory / "registration.yaml"
        made = hedgerow(
            *("init", "--domain", SERVER, "--homeserver", f"http://127.0.0.1:{port}"),
            *("--listen", f"127.0.0.1:{listen}", "--admin", user(ADMIN)),
            *("--config", str(config), "--registration", str(registration)),
        )
        assert made.code == 0, made
        log = directory / "log.yaml"
        log.write_text(yaml.safe_dump(_logging(directory / "requests.log")))
        more = {"log_config": str(log), "bcrypt_rounds": 4, **extra}
        synapse = LocalSynapse(directory / "synapse", port, SERVER, (registration,), extra=more)
        return cls(directory, synapse, config, listen)

    # -- people -------------------------------------------------------------------------------------

    async def person(self, localpart: str) -> SecondClient:
        """A client of this person's own; to be closed."""
        account = await self.synapse.register(localpart, "a password")
        return SecondClient(self.synapse.base_url, account.user_id, account.access_token)

    @asynccontextmanager
    async def people(self, *localparts: str) -> AsyncIterator[list[SecondClient]]:
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(await self.person(name)) for name in localparts]

    # -- what the bot did, and what came of it ------------------------------------------------------

    @property
    def requests(self) -> list[str]:
        """The bot's writes so far, in Synapse's own words: `PUT 200 /_matrix/…`, oldest first."""
        with (self.directory / "requests.log").open(encoding="utf-8") as log:
            log.seek(self._read_to)
            while (line := log.readline()).endswith("\n"):
                self._read_to = log.tell()
                found = _REQUEST.search(line)
                if found and BOT in found["who"] and found["method"] in ("PUT", "POST", "DELETE"):
                    self._requests.append(f"{found['method']} {found['status']} {found['path']}")
        return list(self._requests)

    @property
    def provisioning(self) -> list[str]:
        """The bot's writes but for what it does for its own account at each start."""
        return [line for line in self.requests if not any(part in line for part in _ACCOUNT)]

    async def landscape(self) -> dict[str, Room]:
        """Hedgerow's rooms by the names that they have, as Synapse's administrator sees them.

        Those that an earlier module left behind are not among them, nor are direct rooms.
        """
        theirs = [room for room in await self.all_of_the_bots() if room.members.get(BOT) == "join"]
        places = [room for room in theirs if room.marker[:2] in ("n.", "g.")]
        named = {room.name: room for room in places}
        assert len(named) == len(places), sorted(room.name for room in places)
        return named

    async def all_of_the_bots(self) -> list[Room]:
        """Every room that the bot began to make, those included that Synapse never let anyone into."""
        async with await self.overseer() as overseer:
            return [await _room(overseer, room) for room in await self._rooms_of_the_bot(overseer)]

    async def begin_anew(self) -> None:
        """From now on, count only with rooms that are made later; their names are free again."""
        async with await self.overseer() as overseer:
            rooms = await self._rooms_of_the_bot(overseer)
            states = [await _room(overseer, room) for room in rooms]
        self._earlier |= set(rooms)
        async with self.bot() as bot:
            for room in (state for state in states if state.members.get(BOT) == "join"):
                known = await bot.call("GET", f"/_matrix/client/v3/rooms/{room.id}/aliases", user_id=BOT)
                for alias in known["aliases"]:
                    await bot.call("DELETE", f"/_matrix/client/v3/directory/room/{quote(alias)}", user_id=BOT)

    async def direct_rooms(self, user_id: str) -> list[str]:
        """Where the bot counts itself as talking with that person."""
        async with self.bot() as bot:
            path = f"/_matrix/client/v3/user/{quote(BOT)}/account_data/m.direct"
            try:
                return list((await bot.call("GET", path, user_id=BOT)).get(user_id, []))
            except Refused:
                return []

    def bot(self) -> SecondClient:
        """A client with the token of the service; to be closed."""
        token = yaml.safe_load((self.directory / "registration.yaml").read_text())["as_token"]
        return SecondClient(self.synapse.base_url, BOT, token)

    async def overseer(self) -> SecondClient:
        """Synapse's own administrator, who sees every room; to be closed."""
        account = await self.synapse.register(_OVERSEER, "a password", admin=True)
        return SecondClient(self.synapse.base_url, account.user_id, account.access_token)

    async def _rooms_of_the_bot(self, overseer: SecondClient) -> list[str]:
        found: list[str] = []
        start: int | None = 0
        while start is not None:
            page = await overseer.call("GET", "/_synapse/admin/v1/rooms", **{"from": start}, limit=500)
            found += [room["room_id"] for room in page["rooms"] if room["creator"] == BOT]
            start = page.get("next_batch")
        return [room for room in found if room not in self._earlier]


@dataclass(frozen=True)
class Room:
    """A room as it is: its id, who made it for which place, and its state."""

    id: str
    state: Mapping[tuple[str, str], Json]

    @property
    def created(self) -> Json:
        return dict(self.state["m.room.create", ""]["content"])

    @property
    def marker(self) -> str:
        """Hedgerow's id of the place; empty for a room of anyone else's."""
        is_ours = self.state["m.room.create", ""]["sender"] == BOT
        return str(self.created.get("org.hedgerow.place", "")) if is_ours else ""

    @property
    def name(self) -> str:
        return str(self.content("m.room.name").get("name", ""))

    def content(self, event_type: str, state_key: str = "") -> Json:
        """The content of one state event; empty where there is none."""
        event = self.state.get((event_type, state_key))
        return dict(event["content"]) if event else {}

    def all_of(self, event_type: str) -> dict[str, Json]:
        """State key → content, of those that are not empty."""
        found = {key: event["content"] for (kind, key), event in self.state.items() if kind == event_type}
        return {key: content for key, content in found.items() if content}

    @property
    def members(self) -> dict[str, str]:
        return {who: content["membership"] for who, content in self.all_of("m.room.member").items()}

    @property
    def event_ids(self) -> set[str]:
        return {event["event_id"] for event in self.state.values()}


async def _room(overseer: SecondClient, room_id: str) -> Room:
    got = await overseer.call("GET", f"/_synapse/admin/v1/rooms/{room_id}/state")
    return Room(room_id, {(event["type"], event["state_key"]): event for event in got["state"]})


def _logging(requests: Path) -> Json:
    handler = {"class": "logging.FileHandler", "filename": str(requests), "encoding": "utf-8"}
    plain = {"format": "%(message)s"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": plain},
        "handlers": {"requests": {**handler, "formatter": "plain"}},
        "loggers": {"synapse.access": {"level": "INFO"}},
        "root": {"level": "WARNING", "handlers": ["requests"]},
    }
