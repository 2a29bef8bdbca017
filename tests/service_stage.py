"""Dialogues with the whole service at a homeserver, seen by people's own clients.

A `Home` is the homeserver: the fake one (`FakeHome`) or a real Synapse (`SynapseHome`). Hedgerow runs in
this process with an empty database for each dialogue; only the letters behind what is not public
(`quiet-garden-7f3a`) are counted instead of drawn, so that they can be written down beforehand.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from sqlalchemy import func, select

from appservice.app import Hedgerow
from appservice.demo.synapse import LocalSynapse
from appservice.store import inbox, outbox, rooms, tables
from appservice.work import RandomIds
from spaces.identifiers import RoomId, UserId
from tests.dialogues import Dialogue, person
from tests.fake import FakeHomeserver
from tests.hedgerow import running, settings_for
from tests.registration import Registration
from tests.second_client import Json, SecondClient

_SECONDS = 60.0
_PAUSE = 0.01
_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
_ACCOUNT = ("/devices", "/profile/", "/account_data/", "/register", "/ping", "/keys/", "/sendToDevice/")
_FILTER = json.dumps({"presence": {"types": []}, "room": {"timeline": {"limit": 100}}})


# -- homeservers --------------------------------------------------------------------------------------


class Home(Protocol):
    """A homeserver, the registration of Hedgerow at it, and its people."""

    registration: Registration

    @property
    def base_url(self) -> str: ...

    async def client(self, user: UserId) -> SecondClient:
        """A client of this person's own, to be closed; their account is made if there is none."""

    def writes(self) -> list[str]:
        """The bot's writes so far, oldest first: `PUT /_matrix/…`."""


class FakeHome:
    """The fake homeserver; people may also be of other servers."""

    def __init__(self, fake: FakeHomeserver) -> None:
        self.fake = fake
        self.registration = fake.registration

    @property
    def base_url(self) -> str:
        return self.fake.base_url

    async def client(self, user: UserId) -> SecondClient:
        return SecondClient(self.base_url, user, self.fake.add_user(user).access_token)

    def writes(self) -> list[str]:
        calls = (call for call in self.fake.calls if call.as_user == self.fake.bot)
        return [f"{call.method} {call.path}" for call in calls if call.method != "GET"]


_REQUEST = re.compile(r'\{(?P<who>[^}]*)\}.*? (?P<status>\d{3}) "(?P<method>[A-Z]+) (?P<path>/[^ ?]*)')


class SynapseHome:
    """A real Synapse for many dialogues, one after the other: the public aliases are freed behind each."""

    def __init__(self, directory: Path, port: int, registration: Registration) -> None:
        self.registration = registration
        self._log = directory / "requests.log"
        file = registration.write(directory / "registration.yaml")
        log = directory / "log.json"
        log.write_text(json.dumps(_logging(self._log)))
        more = {"log_config": str(log), "bcrypt_rounds": 4}
        server = registration.server_name
        self.synapse = LocalSynapse(directory / "synapse", port, server, (file,), extra=more)
        self._tokens: dict[UserId, str] = {}

    @property
    def base_url(self) -> str:
        return self.synapse.base_url

    async def client(self, user: UserId) -> SecondClient:
        if user not in self._tokens:
            account = await self.synapse.register(user.localpart, "a password")
            self._tokens[user] = account.access_token
        return SecondClient(self.base_url, user, self._tokens[user])

    def writes(self) -> list[str]:
        requests = map(_REQUEST.search, self._log.read_text("utf-8").splitlines())
        ours = (r for r in requests if r and self.registration.bot in r["who"] and r["method"] != "GET")
        return [f"{request['method']} {request['path']}" for request in ours]

    async def free_aliases(self, service: Hedgerow) -> None:
        """Take the aliases from a dialogue's rooms, so that the next one can have them."""
        landscape = await service.engine.works.landscape()
        slugs = [landscape.slug_of(place) for place in landscape.slugs.values()]
        names = {f"#hedge_{slug.replace('/', '_')}" for slug in [*landscape.slugs, *slugs]}
        headers = {"Authorization": f"Bearer {self.registration.as_token}"}
        async with aiohttp.ClientSession(self.base_url, headers=headers) as session:
            for name in names:
                alias = quote(f"{name}:{self.registration.server_name}", safe="")
                path = f"/_matrix/client/v3/directory/room/{alias}"
                async with session.delete(path, params={"user_id": self.registration.bot}) as answer:
                    assert answer.status in (200, 404), await answer.text()


def _logging(requests: Path) -> Json:
    handler = {"class": "logging.FileHandler", "filename": str(requests), "encoding": "utf-8"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(message)s"}},
        "handlers": {"requests": {**handler, "formatter": "plain"}},
        "loggers": {"synapse.access": {"level": "INFO"}},
        "root": {"level": "WARNING", "handlers": ["requests"]},
    }


# -- the service --------------------------------------------------------------------------------------


class CountedSuffixes(RandomIds):
    """7f3a, 7f3b, 7f3c …"""

    def __init__(self) -> None:
        self._suffixes = itertools.count(0x7F3A)

    def suffix(self) -> str:
        return f"{next(self._suffixes):x}"


@asynccontextmanager
async def playing(home: Home, database: Path, dialogue: Dialogue) -> AsyncIterator[ServiceStage]:
    """The stage for one dialogue: a fresh Hedgerow at `home`, and the dialogue's people."""
    settings = settings_for(home.base_url, home.registration, database)
    admins = [person(name) for name in dialogue.admins]
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(running(settings.model_copy(update={"admins": admins})))
        works = service.engine.works
        works.surroundings = replace(works.surroundings, ids=CountedSuffixes())
        people = {}
        for name in sorted(dialogue.people):
            client = await stack.enter_async_context(await home.client(person(name)))
            people[name] = Voice(client, home.registration.bot)
            await people[name].listen()
        yield ServiceStage(home, service, people)


# -- people -------------------------------------------------------------------------------------------


@dataclass
class Heard:
    """One message of the bot's as a person's client shows it: edits are in place."""

    user: UserId
    room: str
    body: str
    relation: Json

    @property
    def answers(self) -> str:
        """The event that it replies to."""
        return str(self.relation.get("m.in_reply_to", {}).get("event_id", ""))

    @property
    def text(self) -> str:
        return _LINK.sub("", self.body)


class Voice:
    """One person, with a client of their own. `heard` is what the bot said to them: event id → message."""

    def __init__(self, client: SecondClient, bot: str) -> None:
        self.client = client
        self.user = UserId(client.user_id)
        self.direct = ""
        self.heard: dict[str, Heard] = {}
        self.last = ("", "")  # room and event of what they said last
        self._bot = bot
        self._since: str | None = None

    async def listen(self) -> None:
        """Take in what is new; enter the direct rooms to which the bot invites."""
        path = "/_matrix/client/v3/sync"
        is_first = self._since is None
        got = await self.client.call("GET", path, since=self._since, filter=_FILTER, timeout=0)
        self._since = got["next_batch"]
        for room, news in got.get("rooms", {}).get("join", {}).items():
            for event in () if is_first else news["timeline"]["events"]:
                self._take_in(room, event)
        for room, shown in got.get("rooms", {}).get("invite", {}).items():
            if not is_first and _is_direct_room(shown["invite_state"]["events"]):
                self.direct = await self.client.join(room)
                await self.listen()

    def _take_in(self, room: str, event: Json) -> None:
        if event["type"] != "m.room.message" or event["sender"] != self._bot:
            return
        content = event["content"]
        relation = content.get("m.relates_to", {})
        if relation.get("rel_type") == "m.replace":
            self.heard[relation["event_id"]].body = content["m.new_content"]["body"]
        else:
            self.heard[event["event_id"]] = Heard(self.user, room, content["body"], relation)


def _is_direct_room(shown: Sequence[Json]) -> bool:
    created = next((event["content"] for event in shown if event["type"] == "m.room.create"), {})
    return str(created.get("org.hedgerow.place", "")).startswith("d.")


class ServiceStage:
    """`tests.dialogues.Stage` with the service, a homeserver, and people's clients."""

    def __init__(self, home: Home, service: Hedgerow, people: dict[str, Voice]) -> None:
        self._home = home
        self._service = service
        self._people = people
        self._database = service.foundation.database
        self._asked = self._room = self._thread = ""
        self._known: set[str] = set()
        self._written = 0
        self._notes = 0

    # -- what people do ---------------------------------------------------------------------------

    async def say(self, who: str, text: str, place: str | None = None, *, in_thread: bool = False) -> str:
        voice = self._people[who]
        room = await self._room_for(voice, place)
        self._thread = voice.last[1] if in_thread else ""
        more = {"m.relates_to": {"rel_type": "m.thread", "event_id": self._thread}} if in_thread else {}
        self.forget()
        await self._said(voice, room, await voice.client.say(room, text, **more))
        return self.answer()

    async def edits(self, who: str, text: str) -> None:
        voice = self._people[who]
        room, event = voice.last
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event}
        self.forget()
        edit = await voice.client.say(room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})
        await self._said(voice, room, edit)

    async def reacts(self, who: str, key: str) -> None:
        voice = self._people[who]
        room, _ = voice.last
        event = [event for event, heard in voice.heard.items() if heard.room == room][-1]
        self.forget()
        self._asked, self._room = await voice.client.react(room, event, key), room
        fence = {"msgtype": "m.notice", "body": "what came before this has been heard"}
        await self._handled(await voice.client.send(room, "m.room.message", fence))
        await self._settle()

    async def joins(self, who: str, slug: str) -> None:
        voice, room = self._people[who], await self._room_of(slug)
        await voice.client.join(room)
        await self._until_membership(room, voice.user, lambda found: found == "join")

    async def leaves(self, who: str, slug: str) -> None:
        voice, room = self._people[who], await self._room_of(slug)
        await voice.client.leave(room)
        await self._until_membership(room, voice.user, lambda found: found not in ("join", "invite"))

    async def invites(self, who: str, whom: str, slug: str) -> None:
        room = await self._room_of(slug)
        if (await self._people[who].client.content(room, "m.room.member", person(who)))["membership"] != "join":
            await self._people[who].client.join(room)
        await self._people[who].client.invite(room, person(whom))
        await self._until_membership(room, person(whom), lambda found: found == "invite")

    # -- what came of it --------------------------------------------------------------------------

    def forget(self) -> None:
        self._known = {event for voice in self._people.values() for event in voice.heard}
        self._written = len(self._home.writes())

    def answer(self) -> str:
        return "\n".join(heard.text for heard in self._new() if heard.answers == self._asked)

    def told(self) -> list[tuple[UserId, str]]:
        rooms = {voice.direct for voice in self._people.values()}
        news = (heard for heard in self._new() if heard.answers != self._asked and heard.room in rooms)
        return [(heard.user, heard.text) for heard in news]

    @property
    def writes(self) -> int:
        """All but the answer itself and what concerns the bot's own account."""
        new = self._home.writes()[self._written :]
        answers = f"/rooms/{quote(self._room, safe='')}/send/"
        return sum(not any(part in line for part in (*_ACCOUNT, answers)) for line in new)

    @property
    def admin_notes(self) -> int:
        return self._notes

    def _new(self) -> list[Heard]:
        everyone = self._people.values()
        return [h for voice in everyone for event, h in voice.heard.items() if event not in self._known]

    # -- waiting ----------------------------------------------------------------------------------

    async def _said(self, voice: Voice, room: str, event: str) -> None:
        self._asked, self._room, voice.last = event, room, (room, event)
        await self._handled(event)
        await self._settle()
        for heard in self._new():
            if self._thread and heard.answers == event:
                assert heard.relation.get("rel_type") == "m.thread", heard
                assert heard.relation["event_id"] == self._thread, heard

    async def _settle(self) -> None:
        """Until nothing waits, and everyone has looked at what is new."""
        await _until(self._is_idle)
        await asyncio.gather(*(voice.listen() for voice in self._people.values()))
        async with self._database.reading() as connection:
            looked = tables.audit.c.what.contains("looked at by")
            query = select(func.count()).select_from(tables.audit).where(looked)
            self._notes = int((await connection.execute(query)).scalar_one())

    async def _is_idle(self) -> bool:
        async with self._database.reading() as connection:
            counts = await inbox.counts(connection)
            return not (await outbox.depth(connection) or counts.get("waiting") or counts["transactions"])

    async def _handled(self, event: str) -> None:
        async def is_handled() -> bool:
            async with self._database.reading() as connection:
                query = select(tables.events.c.status).where(tables.events.c.event_id == event)
                return (await connection.execute(query)).scalar() in ("handled", "set aside")

        await _until(is_handled)

    async def _until_membership(self, room: str, user: UserId, fits: Callable[[str | None], bool]) -> None:
        async def is_so() -> bool:
            async with self._database.reading() as connection:
                return fits(await rooms.membership(connection, RoomId(room), user))

        await _until(is_so)
        await self._settle()

    # -- rooms ------------------------------------------------------------------------------------

    async def _room_for(self, voice: Voice, place: str | None) -> str:
        if place is None:
            if not voice.direct:
                voice.direct = await voice.client.create_dm(self._home.registration.bot)
                await self._taken_in(voice.direct)
            return voice.direct
        if place == "elsewhere":
            room = await voice.client.create_room(preset="private_chat")
            await voice.client.invite(room, self._home.registration.bot)
            await self._taken_in(room)
            return room
        return await self._room_of(place)

    async def _taken_in(self, room: str) -> None:
        async def is_known() -> bool:
            async with self._database.reading() as connection:
                return await rooms.conversation(connection, RoomId(room)) is not None

        await _until(is_known)
        await self._settle()

    async def _room_of(self, slug: str) -> str:
        landscape = await self._service.engine.works.landscape()
        home, _, group = slug.partition("/")
        place = landscape.slugs[f"{landscape.slugs[home]}/{group}" if group else home]
        return self._service.engine.places.room(place)


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not await is_so():
            await asyncio.sleep(_PAUSE)
