"""A Synapse set up as `hedgerow init` says, and Hedgerow beside it, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from appservice.demo.synapse import LocalSynapse, free_port
from tests.second_client import Json, SecondClient

SERVER = "hs.test"
BOT = f"@hedgerow:{SERVER}"
ADMIN = "ada"  # named in Hedgerow's settings; nobody in particular to Synapse
_OVERSEER = "overseer"  # Synapse's own administrator, who sees every room's state
_START_SECONDS = 60.0
_COMMAND_SECONDS = 120.0
_REQUEST = re.compile(r'\{(?P<who>[^}]*)\}.*? (?P<status>\d{3}) "(?P<method>[A-Z]+) (?P<path>/[^ ?]*)')
_ACCOUNT = ("/devices/", "/profile/", "/register", "/ping")
_PROGRAM = ("-m", "appservice")
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def user(localpart: str) -> str:
    return f"@{localpart}:{SERVER}"


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


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
        async with await self._overseer() as overseer:
            return [await _room(overseer, room) for room in await self._rooms_of_the_bot(overseer)]

    async def begin_anew(self) -> None:
        """From now on, count only with rooms that are made later."""
        async with await self._overseer() as overseer:
            self._earlier |= set(await self._rooms_of_the_bot(overseer))

    async def _overseer(self) -> SecondClient:
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


# -- Hedgerow ---------------------------------------------------------------------------------------


def hedgerow(*words: str, environ: Mapping[str, str] | None = None) -> Finished:
    """Run one command of `hedgerow` to its end."""
    done = subprocess.run(
        [sys.executable, *_PROGRAM, *words],
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


@dataclass
class Hedge:
    """Hedgerow with one database at a `Home`. `settings` are variables such as `HEDGEROW_ROOMS__VERSION`.

    `patched`, as `module:NAME=value`, is set in the service's process before it runs.
    """

    home: Home
    directory: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    patched: str = ""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def environ(self) -> dict[str, str]:
        database = f"sqlite:///{self.directory / 'hedgerow.db'}"
        return {"HEDGEROW_DATABASE": database, **self.settings}

    @property
    def log(self) -> Path:
        return self.directory / "hedgerow.log"

    # -- the service --------------------------------------------------------------------------------

    def launch(self) -> None:
        """Start the service; it may not be ready yet."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = self._spawn("run", program=_patching(self.patched) if self.patched else _PROGRAM)

    async def start(self) -> None:
        """Start the service and wait until it is ready."""
        self.launch()
        await self.until_ready()

    async def until_ready(self, within: float = _START_SECONDS) -> None:
        """Wait until `/ready` says 200. Raises with the end of the log."""
        deadline = time.monotonic() + within
        while await self.readiness() != 200:
            if time.monotonic() > deadline or self.exit_code is not None:
                raise AssertionError(f"not ready; exit code {self.exit_code}:\n{self.log_tail()}")
            await asyncio.sleep(0.1)

    async def readiness(self) -> int:
        """The status of `/ready`; 0 where nothing listens."""
        return await asyncio.to_thread(_status_of, f"http://127.0.0.1:{self.home.port}/ready")

    async def stop(self, within: float = 30.0) -> int:
        """Ask it to end, as a service manager does; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, within)

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.wait, 30)

    async def until_delivered(self, within: float = 120.0) -> None:
        """Wait until nothing waits in the outbox."""
        await until(lambda: not self.waiting, within)

    @property
    def waiting(self) -> int:
        """How many actions wait in the outbox."""
        database = sqlite3.connect(self.directory / "hedgerow.db", timeout=30)
        try:
            [(count,)] = database.execute("SELECT count(*) FROM outbox WHERE status = 'waiting'")
            return int(count)
        finally:
            database.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    # -- commands -----------------------------------------------------------------------------------

    async def plan(self, blueprint: Path, *options: str) -> Finished:
        return await self.command("plan", str(blueprint), *options)

    async def apply(self, blueprint: Path, *options: str) -> Finished:
        return await self.command("apply", str(blueprint), "--yes", *options)

    async def command(self, *words: str) -> Finished:
        """Run `hedgerow …` on this database."""
        self.directory.mkdir(parents=True, exist_ok=True)
        config = ("--config", str(self.home.config))
        return await asyncio.to_thread(hedgerow, *words, *config, environ=self.environ)

    def applying(self, blueprint: Path) -> subprocess.Popen[bytes]:
        """Start `apply`, to be ended by the caller."""
        self.directory.mkdir(parents=True, exist_ok=True)
        return self._spawn("apply", str(blueprint), "--yes")

    def _spawn(self, *words: str, program: Sequence[str] = _PROGRAM) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *program, *words, "--config", str(self.home.config)],
                env={**os.environ, **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def _patching(patch: str) -> tuple[str, str]:
    module, _, setting = patch.partition(":")
    name, _, value = setting.partition("=")
    lines = f"import {module} as m; m.{name} = {value}; from appservice.cli import main; main()"
    return "-c", lines


def _status_of(url: str) -> int:
    try:
        with _NO_PROXY.open(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


# -- talking with the bot ---------------------------------------------------------------------------


class Village:
    """A running Hedgerow with the networks of a blueprint, and people who talk with it."""

    def __init__(self, hedge: Hedge) -> None:
        self.hedge = hedge
        self.home = hedge.home
        self._direct: dict[str, str] = {}

    @classmethod
    @contextmanager
    def of(cls, home: Home, directory: Path, blueprint: Mapping[str, Any]) -> Iterator[Self]:
        """Start the service, let it make what the blueprint wants; it has to end in good order."""
        hedge = Hedge(home, directory)
        asyncio.run(home.begin_anew())
        asyncio.run(hedge.start())
        try:
            applied = asyncio.run(hedge.apply(written(directory / "blueprint.yaml", blueprint)))
            assert applied.code == 0, applied
            yield cls(hedge)
        finally:
            assert asyncio.run(hedge.stop()) == 0

    @asynccontextmanager
    async def talking(self, *localparts: str) -> AsyncIterator[list[Talk]]:
        """These people, each in the direct message that they have with the bot."""
        async with self.home.people(*localparts) as people:
            yield [await self._talk(person) for person in people]

    async def _talk(self, person: SecondClient) -> Talk:
        if person.user_id not in self._direct:
            self._direct[person.user_id] = await person.create_dm(BOT)
        return Talk(person, self._direct[person.user_id])

    async def room(self, name: str) -> Room:
        return (await self.home.landscape())[name]

    async def writes_of(self, doing: Awaitable[object]) -> list[str]:
        """What the bot writes during `doing`, but for what it says."""
        before = len(self.home.requests)
        await doing
        await self.home.landscape()  # until Synapse has written down what it answered before
        return [line for line in self.home.requests[before:] if "/send/" not in line]


class Talk:
    """One person's direct message with the bot: `await talk.ask("help")` is the answer's text."""

    def __init__(self, person: SecondClient, room_id: str) -> None:
        self.person = person
        self.room_id = room_id

    @property
    def user_id(self) -> str:
        return self.person.user_id

    async def ask(self, text: str, within: float = 60.0) -> str:
        return await self.answer_to(await self.person.say(self.room_id, text), within)

    async def answer_to(self, event_id: str, within: float = 60.0) -> str:
        """What the bot answered to one message, when all is done: no word of progress."""
        return (await answers(self.person, self.room_id, event_id, within=within))[-1]


async def answers(
    person: SecondClient, room_id: str, event_id: str, *, count: int = 1, within: float = 60.0
) -> list[str]:
    """The texts said behind `event_id`, once there are `count`, all of them more than a word of progress."""
    async with asyncio.timeout(within):
        while True:
            replies = await person.wait_for_reply(room_id, event_id, within, count)
            texts = [_text(reply) for reply in replies]
            if not any(text.endswith("…") for text in texts):
                return texts
            await asyncio.sleep(0.1)


def _text(event: Json) -> str:
    content = event["content"].get("m.new_content", event["content"])
    return without_links(str(content["body"]))


def without_links(text: str) -> str:
    return re.sub(r" \(https://matrix\.to/[^)]*\)", "", text)


async def until(is_so: Callable[[], bool], within: float = 60.0) -> None:
    """Wait until `is_so`. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.02)


def written(path: Path, blueprint: Mapping[str, Any]) -> Path:
    """A blueprint as a file."""
    path.write_text(yaml.safe_dump({"version": 1, **blueprint}, sort_keys=False, allow_unicode=True))
    return path


def names(rooms: Sequence[Json]) -> set[str | None]:
    """The names of rooms as a hierarchy or a directory tells them; None for one that has none."""
    return {room.get("name") for room in rooms}
