"""Dialogues with the whole service at a homeserver (`tests/homes.py`), seen by people's own clients.

Hedgerow runs in this process; only ids, and the letters behind what is not public (`quiet-garden-7f3a`),
are counted instead of drawn, so that they can be written down beforehand.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import func, select

from appservice.app import Hedgerow
from appservice.store import rooms, tables
from appservice.surroundings import RandomIds
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from tests.counted_codes import FIRST_LISTING, FIRST_NUMBER, code_of
from tests.dialogues import SERVER, alias_of, person
from tests.homes import Home
from tests.voices import Heard, Remembered, Voice
from tests.waiting import nothing_waits

_SECONDS = 60.0
_PAUSE = 0.03
_BOT = f"@hedgerow:{SERVER}"  # what dialogues call the bot, which each stage names as it likes
_ACCOUNT = ("/devices", "/profile/", "/account_data/", "/register", "/ping", "/keys/", "/sendToDevice/")
_PASSING = {
    *("admissions", "adoptions_shown", "audit", "audit_networks", "conversations", "events", "last_words"),
    *("marks", "outbox", "recounts", "transactions", "undertakings"),
}


# -- the service --------------------------------------------------------------------------------------


class CountedIds(RandomIds):
    """Ids in the order in which they are given, unlike those of any other dialogue; 7f3a, 7f3b, 7f3c …"""

    def __init__(self) -> None:
        self._ours = secrets.token_bytes(8)
        self._numbers, self._suffixes = itertools.count(1), itertools.count(0x7F3A)
        self._codes, self._code_numbers = itertools.count(), itertools.count(FIRST_NUMBER)
        self._listings = itertools.count(FIRST_LISTING)

    def network(self, *_: object) -> NetworkId:
        return NetworkId.of_bytes(self._ours + next(self._numbers).to_bytes(2, "big"))

    def group(self, *_: object) -> GroupId:
        return GroupId.of_bytes(self._ours + next(self._numbers).to_bytes(2, "big"))

    def suffix(self) -> str:
        return f"{next(self._suffixes):x}"

    def code(self) -> str:
        return code_of(next(self._codes))

    def code_number(self) -> int:
        return next(self._code_numbers)

    def listing_number(self, digits: int = 5) -> int:
        return next(self._listings)

    def __repr__(self) -> str:
        return f"{self._numbers} {self._suffixes} {self._codes} {self._listings}"


class ServiceStage:
    """`tests.dialogues.Stage` with the service, a homeserver, and people's clients."""

    def __init__(self, home: Home, service: Hedgerow) -> None:
        self.home = home
        self._service = service
        self._database = service.foundation.database
        self._works = service.engine.works
        self._ids = CountedIds()
        self._works.surroundings = replace(self._works.surroundings, ids=self._ids)
        self._people: dict[str, Voice] = {}
        self._asked = self._room = self._thread = ""
        self._known: set[str] = set()
        self._made: list[tuple[str, str]] = []
        self._written = self._notes = self._notes_before = 0

    async def bring_in(self, names: Iterable[str]) -> None:
        """A new dialogue begins, in which these people speak or are told something."""
        for name in sorted(set(names) - self._people.keys()):
            client = await self.home.client(person(name))
            self._people[name] = Voice(client, self.home.registration.bot)
            await self._people[name].listen()
        self._notes_before = self._notes

    def remembered(self) -> tuple[CountedIds, dict[str, Remembered]]:
        """What a stage that goes on from here has to know of this one."""
        assert not self._made, "a background has no rooms of somebody's own making"
        people = {name: voice.remembered() for name, voice in self._people.items()}
        return copy.deepcopy(self._ids), people

    async def go_on_with(self, ids: CountedIds, people: Mapping[str, Remembered]) -> None:
        """Be as the one that remembers this, once the service has looked at all there is."""
        self._ids = copy.deepcopy(ids)
        self._works.surroundings = replace(self._works.surroundings, ids=self._ids)
        bot = self.home.registration.bot
        self._people = {name: Voice.going_on(one, self.home.base_url, bot) for name, one in people.items()}
        await self._settle()

    async def contents(self) -> list[object]:
        """All that the service knows, but for what comes and goes with each question."""
        found: list[object] = [repr(self._ids)]
        async with self._database.reading() as connection:
            for table in tables.metadata.sorted_tables:
                if table.name not in _PASSING:
                    rows = await connection.execute(select(table).order_by(*table.primary_key))
                    found.append((table.name, rows.all()))
        return found

    async def close(self) -> None:
        """Close everybody's client, and free the public aliases for the next dialogue."""
        for slug in _ever_given((await self._works.landscape()).slugs):
            await self.home.free_alias(f"#hedge_{slug}:{SERVER}")
        for who, alias in self._made:
            path = f"/_matrix/client/v3/directory/room/{quote(alias, safe='')}"
            await self._people[who].client.call("DELETE", path)
        for voice in self._people.values():
            await voice.client.close()

    # -- what people do ---------------------------------------------------------------------------

    async def say(self, who: str, text: str, place: str | None = None, *, in_thread: bool = False) -> str:
        voice = self._people[who]
        room = await self._room_for(voice, place)
        self._thread = voice.last[1] if in_thread else ""
        more = {"m.relates_to": {"rel_type": "m.thread", "event_id": self._thread}} if in_thread else {}
        self.forget()
        await self._said(voice, room, await voice.client.say(room, self._as_named_here(text), **more))
        return self.answer()

    async def proposes(self, who: str, whom: str, slug: str, text: str) -> None:
        room, author = await self._room_of(slug), self._people[whom]
        for one in (author, self._people[who]):
            if room not in await one.client.joined_rooms():
                await self.joins(one.user.localpart, slug)
        event = await author.client.say(room, text)
        relation = {"m.in_reply_to": {"event_id": event}}
        self.forget()
        reply = await self._people[who].client.say(room, "story", **{"m.relates_to": relation})
        await self._said(self._people[who], room, reply)

    async def edits(self, who: str, text: str) -> None:
        voice = self._people[who]
        room, event = voice.last
        new = {"msgtype": "m.text", "body": self._as_named_here(text)}
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
        if (await self._people[who].client.content(room, "m.room.member", person(who)))[
            "membership"
        ] != "join":
            await self._people[who].client.join(room)
        await self._people[who].client.invite(room, person(whom))
        await self._until_membership(room, person(whom), lambda found: found == "invite")

    async def makes(self, who: str, name: str) -> None:
        await self._make(who, name)

    async def makes_space(self, who: str, name: str, rooms: Sequence[str]) -> None:
        client = self._people[who].client
        space = await self._make(who, name, creation_content={"type": "m.space"})
        for room in rooms:
            room_id = await client.resolve(f"#{alias_of(room)}:{SERVER}")
            await client.set_state(space, "m.space.child", {"via": [SERVER]}, room_id)

    async def _make(self, who: str, name: str, **more: Any) -> str:
        client, alias = self._people[who].client, alias_of(name)
        self._made.append((who, f"#{alias}:{SERVER}"))
        return await client.create_room(
            name=name, room_alias_name=alias, preset="public_chat", room_version="11", **more
        )

    # -- what came of it --------------------------------------------------------------------------

    def forget(self) -> None:
        self._known = {event for voice in self._people.values() for event in voice.heard}
        self._written = len(self.home.writes())

    def answer(self) -> str:
        # each once, whoever heard it
        heard = {event: one for voice in self._people.values() for event, one in voice.heard.items()}
        fresh = (
            one for event, one in heard.items() if event not in self._known
        )  # each once, whoever heard it
        said = "\n".join(one.text for one in fresh if one.answers == self._asked)
        return said.replace(self.home.registration.bot, f"@hedgerow:{SERVER}")

    def told(self) -> list[tuple[UserId, str]]:
        rooms = {voice.direct for voice in self._people.values()}
        news = (heard for heard in self._new() if heard.answers != self._asked and heard.room in rooms)
        return [(heard.user, heard.text) for heard in news]

    @property
    def writes(self) -> int:
        """All but the answer itself and what concerns the bot's own account."""
        new = self.home.writes()[self._written :]
        answers = f"/rooms/{self._room}/send/"
        return sum(not any(part in unquote(line) for part in (*_ACCOUNT, answers)) for line in new)

    @property
    def admin_notes(self) -> int:
        return self._notes - self._notes_before

    def _new(self) -> list[Heard]:
        heard = [one for voice in self._people.values() for one in voice.heard.items()]
        bot = self.home.registration.bot
        return [replace(h, body=h.body.replace(bot, _BOT)) for event, h in heard if event not in self._known]

    def _as_named_here(self, text: str) -> str:
        return text.replace(_BOT, self.home.registration.bot)

    # -- waiting ----------------------------------------------------------------------------------

    async def _said(self, voice: Voice, room: str, event: str) -> None:
        self._asked, self._room, voice.last = event, room, (room, event)
        await self._handled(event)
        await self._settle(voice)
        for heard in self._new():
            if self._thread and heard.answers == event:
                assert heard.relation.get("rel_type") == "m.thread", heard
                assert heard.relation["event_id"] == self._thread, heard

    async def _settle(self, asker: Voice | None = None) -> None:
        """Until nothing waits, and everyone for whom there may be something has looked at what is new."""
        await _until(lambda: nothing_waits(self._service))
        await asyncio.gather(*(voice.listen() for voice in self._people.values() if voice is asker))
        if asker is None or self.writes:
            await asyncio.gather(*(voice.listen() for voice in self._people.values() if voice is not asker))
        async with self._database.reading() as connection:
            looked = tables.audit.c.what.contains("looked at by")
            query = select(func.count()).select_from(tables.audit).where(looked)
            self._notes = int((await connection.execute(query)).scalar_one())

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
                voice.direct = await voice.client.create_dm(self.home.registration.bot)
                await self._taken_in(voice.direct)
            return voice.direct
        if place == "elsewhere":
            others = [other.user for other in self._people.values() if other is not voice]
            room = await voice.client.create_room(preset="private_chat", invite=others[:1])
            await voice.client.invite(room, self.home.registration.bot)
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
        landscape = await self._works.landscape()
        home, _, group = slug.partition("/")
        place = landscape.slugs[f"{landscape.slugs[home]}/{group}" if group else home]
        return self._service.engine.places.room(place)


def _ever_given(slugs: Mapping[str, PlaceId]) -> set[str]:
    """The slugs of networks, and of groups behind each that their network ever had: `arts-uk_painting`."""
    pairs = [(slug.partition("/"), place) for slug, place in slugs.items()]
    networks = {(slug, place) for (slug, slash, _), place in pairs if not slash}
    groups = {(home, group) for (home, slash, group), _ in pairs if slash}
    behind = {f"{slug}_{group}" for slug, place in networks for home, group in groups if home == place}
    return behind | {slug for slug, _ in networks}


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_SECONDS):
        while True:
            if await is_so():
                return
            await asyncio.sleep(_PAUSE)
