"""What goes on in a town, as its homeserver hands it on, and that homeserver's stand-in.

Mostly people talk in their groups. They react, edit, take back; some come and go; some of it is encrypted,
so that nobody but them can read it; and now and then somebody asks the bot something in a direct room.
Everything comes from one seed, but for the ids, which are others in each run.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from aiohttp import web

from spaces.identifiers import RoomId, UserId
from spaces.network import Access
from tests.bench.place import BOT, SERVER, Json, Large, StandIn, direct_room, person

_VISITORS = 300
_RECENT = 5_000  # said last: what reactions, edits and redactions are about, and what comes again
_LONGEST_DELAY = 300  # events by which one is late that comes out of order
_TWICE, _LATE = 0.10, 0.05
_IN_A_HUNDRED = {
    "message": 74,
    "reaction": 10,
    "edit": 4,
    "redaction": 3,
    "membership": 5,
    "encrypted": 3,
    "question": 1,
}
KINDS: Mapping[str, Callable[[str], str]] = {
    "show NAME": lambda name: f"show {name}",
    "find NAME": lambda name: f"find {name}",
    "tree NAME": lambda name: f"tree {name}",
    "tree": lambda _: "tree",
    "join NAME": lambda name: f"join {name}",
    "a wrong name": lambda name: f"show {name.replace('w', 'vv')}",
    "whoami": lambda _: "whoami",
    "help": lambda _: "help",
}
"""Questions: how each is said, of a network of that name."""


class Town:
    """Events of the place that `large` is. `asked` are the questions among them, `pushed` what there was.

    `different` is how many different ones have come.
    """

    def __init__(self, large: Large, homeserver: Living, *, questions: bool = True) -> None:
        self._at = random.Random(9)
        self._large, self._homeserver = large, homeserver
        self._name, self._numbers = secrets.token_hex(4), itertools.count(1)
        landscape = large.landscape
        self._groups = [large.places.room(group) for group in landscape.groups]
        places = [*landscape.networks.values(), *landscape.groups.values()]
        self._public = [large.places.room(place.id) for place in places if place.access is Access.PUBLIC]
        self._recent: deque[Json] = deque(maxlen=_RECENT)
        self._said: deque[Json] = deque(maxlen=_RECENT)
        weights = _IN_A_HUNDRED if questions else _IN_A_HUNDRED | {"question": 0}
        self._weights = list(itertools.accumulate(weights.values()))
        self.asked: set[str] = set()
        self.pushed: Counter[str] = Counter()
        self.different = 0

    def transactions(self, events: int, least: int = 1, most: int = 100) -> Iterator[list[Json]]:
        """So many events in all, `least` to `most` at a time, some of them once more and some too late."""
        coming = itertools.islice(self._in_disorder(), events)
        while some := list(itertools.islice(coming, self._at.randint(least, most))):
            yield some

    def _in_disorder(self) -> Iterator[Json]:
        late: dict[int, list[Json]] = {}
        for number in itertools.count():
            for overdue in late.pop(number, ()):
                self.pushed["out of order"] += 1
                yield self._told(overdue)
            if self._recent and self._at.random() < _TWICE:
                self.pushed["once more"] += 1
                yield self._at.choice(self._recent)
                continue
            event = self._next()
            if self._at.random() < _LATE:
                late.setdefault(number + self._at.randint(1, _LONGEST_DELAY), []).append(event)
                continue
            yield self._told(event)

    def _told(self, event: Json) -> Json:
        self._recent.append(event)
        self.different += 1
        if event["room_id"].startswith("!direct"):
            self.asked.add(event["event_id"])
        return event

    # -- one event --------------------------------------------------------------------------------

    def _next(self) -> Json:
        [kind] = self._at.choices([*_IN_A_HUNDRED], cum_weights=self._weights)
        self.pushed[kind] += 1
        made: Json = getattr(self, f"_{kind}")()
        return made

    def _event(self, kind: str, room: RoomId, content: Json, sender: UserId | None = None) -> Json:
        return {
            "event_id": f"$town{self._name}.{next(self._numbers)}",
            "type": kind,
            "room_id": room,
            "sender": sender or person(self._at.randrange(self._large.people)),
            "origin_server_ts": int(time.time() * 1000),
            "content": content,
        }

    def _message(self) -> Json:
        words = " ".join(f"word{self._at.randrange(500)}" for _ in range(self._at.randint(2, 25)))
        content = {"msgtype": "m.text", "body": words}
        self._said.append(said := self._event("m.room.message", self._at.choice(self._groups), content))
        return said

    def _encrypted(self) -> Json:
        sealed = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": secrets.token_urlsafe(120),
            "session_id": f"session{self._at.randrange(1000)}",
        }
        return self._event("m.room.encrypted", self._at.choice(self._groups), sealed)

    def _about(self) -> Json:
        """Something that was said lately."""
        return self._at.choice(self._said) if self._said else self._message()

    def _reaction(self) -> Json:
        about = self._about()
        relation = {
            "rel_type": "m.annotation",
            "event_id": about["event_id"],
            "key": self._at.choice("👍❤🎉"),
        }
        return self._event("m.reaction", about["room_id"], {"m.relates_to": relation})

    def _edit(self) -> Json:
        about = self._about()
        new = {"msgtype": "m.text", "body": f"better words {self._at.randrange(500)}"}
        relation = {"rel_type": "m.replace", "event_id": about["event_id"]}
        content = {**new, "m.new_content": new, "m.relates_to": relation}
        return self._event("m.room.message", about["room_id"], content, about["sender"])

    def _redaction(self) -> Json:
        about = self._about()
        return self._event(
            "m.room.redaction", about["room_id"], {"redacts": about["event_id"]}, about["sender"]
        )

    def _membership(self) -> Json:
        """A visitor comes, or goes again."""
        room = self._at.choice(self._public)
        visitor = UserId(f"@visitor{self._at.randrange(_VISITORS)}:{SERVER}")
        there = self._homeserver.membership(room, visitor)
        now = "leave" if there == "join" else "join"
        content = {"membership": now, "displayname": f"Visitor {visitor[8:].partition(':')[0]}"}
        self._homeserver.keep(room, "m.room.member", visitor, content)
        return {**self._event("m.room.member", room, content, visitor), "state_key": visitor}

    def _question(self) -> Json:
        kind = self._at.choice([*KINDS])
        return self.question(kind, self._at.randrange(self._large.people), self._at.choice(self._large.shown))

    def question(self, kind: str, who: int, name: str) -> Json:
        """One of `KINDS`, about the network of that name."""
        return self.said(KINDS[kind](name), who)

    def said(self, words: str, who: int) -> Json:
        """What somebody says to the bot in their direct room."""
        return self._event(
            "m.room.message", direct_room(who), {"msgtype": "m.text", "body": words}, person(who)
        )


class Living(StandIn):
    """A stand-in that keeps what changes: who comes and goes, and rooms that the bot makes.

    `calls` counts what the bot calls, `made` the rooms that it has made, and `answers` what it has said in
    answer to which event.
    """

    def __init__(self, large: Large) -> None:
        super().__init__(large.states())
        self._changed: dict[str, dict[tuple[str, str], Json]] = {}
        self.made, self.made_one = 0, asyncio.Event()
        self.calls = 0
        self.answers: Counter[str] = Counter()
        self.on_answer: Callable[[str], None] = lambda _: None
        self.on_send = self._said

    def _said(self, content: Json) -> None:
        self.calls += 1
        event = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
        if event is not None:
            self.answers[event] += 1
            self.on_answer(event)

    def membership(self, room: str, user: str) -> str | None:
        """What the user is there, if that has changed since the beginning."""
        found = self._changed.get(room, {}).get(("m.room.member", user))
        return found["content"]["membership"] if found else None

    def keep(self, room: str, kind: str, key: str, content: Json, sender: str = BOT) -> None:
        event = {"type": kind, "state_key": key, "sender": sender, "content": content}
        event["event_id"] = f"$state{next(self._numbers)}"
        self._changed.setdefault(room, {})[kind, key] = event

    async def _state(self, request: web.Request) -> web.Response:
        self.calls += 1
        room = unquote(request.match_info["room"])
        if (changed := self._changed.get(room)) is None:
            return await super()._state(request)
        before = {(e["type"], e["state_key"]): e for e in json.loads(self._states.get(room, b"[]"))}
        return web.json_response([*(before | changed).values()])

    async def _anything(self, request: web.Request) -> web.Response:
        self.calls += 1
        path, rest = request.path, request.path.split("/")
        if path.endswith("/createRoom"):
            return web.json_response({"room_id": self._room_of(json.loads(await request.read()))})
        if request.method == "PUT" and rest[4:5] == ["rooms"] and rest[6:7] == ["state"]:
            self.keep(rest[5], rest[7], "/".join(rest[8:]), json.loads(await request.read()))
            return web.json_response({"event_id": f"$state{next(self._numbers)}"})
        if request.method == "POST" and rest[4:5] == ["rooms"] and rest[6:] == ["invite"]:
            invited = json.loads(await request.read())["user_id"]
            self.keep(rest[5], "m.room.member", invited, {"membership": "invite"})
            return web.json_response({})
        if "/directory/" in path:
            return web.json_response({})
        return await super()._anything(request)

    def _room_of(self, wanted: Json) -> str:
        self.made += 1
        self.made_one.set()
        room = f"!made{self.made}"
        version = wanted.get("room_version", "12")
        self.keep(room, "m.room.create", "", {"room_version": version, **wanted.get("creation_content", {})})
        self.keep(room, "m.room.member", BOT, {"membership": "join"})
        for event in wanted.get("initial_state", ()):
            self.keep(room, event["type"], event.get("state_key", ""), event["content"])
        for user in wanted.get("invite", ()):
            self.keep(room, "m.room.member", user, {"membership": "invite"})
        return room
