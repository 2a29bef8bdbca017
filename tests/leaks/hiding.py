"""A place in which much is hidden, and whatever is hidden has a word of its own: a canary.

It is made by typing, as people make it, with the service of `tests/appservice/stage.py`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from appservice.store.database import Database
from bot.directory.words import stem
from bot.render import render
from bot.reply import from_json
from spaces.actions import Action, Say
from spaces.identifiers import PlaceId, RoomId, UserId
from tests.appservice.stage import ALICE, Json, PlayedRooms, Stage, member, message

CARA = UserId("@cara:hs.test")
DAN = UserId("@dan:hs.test")
EVE = UserId("@eve:hs.test")
_FINDS_AT_ONCE = 20
_MINUTE = 61.0


class Words:
    """Made-up words, each of nothing else; `like` another: of the same shape."""

    def __init__(self) -> None:
        self._chance = Random(44)
        self.given: list[str] = []

    def new(self) -> str:
        while True:
            letters = (self._chance.choice(one) for one in ("bdfgklmnprtvz", "aou") * 4)
            word = "".join(letters) + self._chance.choice("kmptv")
            if word not in self.given and stem(word) == word:
                self.given.append(word)
                return word


@dataclass(frozen=True)
class Answer:
    """All that was said to one message, and whatever else was done because of it."""

    typed: str
    said: tuple[str, ...]


class Place:
    """Somerset, which everyone sees, and what is hidden in it and under it."""

    def __init__(self, database: Database) -> None:
        self.stage = Stage(database, admins=(ALICE,))
        self.rooms = PlayedRooms(self.stage)
        self.words = Words()
        self.canaries: dict[str, str] = {}
        self._events = itertools.count(1)
        self.outbound: list[str] = []

    def canary(self, what: str) -> str:
        word = self.words.new()
        self.canaries[word] = what
        return word

    # -- talking ------------------------------------------------------------------------------------

    async def knows(self, user: UserId) -> None:
        await self.stage.knows(_direct(user), user)

    async def asks(self, user: UserId, typed: Sequence[str], room: RoomId | None = None) -> list[Answer]:
        """The answers to these, typed one after the other."""
        answers: list[Answer] = []
        for begin in range(0, len(typed), _FINDS_AT_ONCE):
            self.stage.clock.seconds += _MINUTE
            answers += await self._asks(user, typed[begin : begin + _FINDS_AT_ONCE], room)
        return answers

    async def _asks(self, user: UserId, typed: Sequence[str], room: RoomId | None) -> list[Answer]:
        named = [(f"$q{next(self._events)}", text) for text in typed]
        now = int(self.stage.clock.seconds * 1000)
        more = {"sender": user, "room_id": room or _direct(user), "origin_server_ts": now}
        heard = [message(0, text, **{**more, "event_id": id_}) for id_, text in named]
        await self.stage.push(*heard, txn=named[0][0])
        await self.stage.work_off()
        done = await self.rooms.settle_all(at_most=2_000)
        self.outbound += [shown(action) for action in done]
        by_event: dict[str, list[str]] = {}
        for action in done:
            if isinstance(action, Say):
                by_event.setdefault(_answered(action), []).append(shown(action))
        return [Answer(text, tuple(by_event.get(id_, ()))) for id_, text in named]

    async def tells(self, user: UserId, *typed: str) -> str:
        """What somebody is answered who makes something."""
        answers = await self.asks(user, typed)
        return "\n".join(text for answer in answers for text in answer.said)

    async def joins(self, user: UserId, place: PlaceId) -> None:
        room = self.stage.places.room(place)
        event = member(f"j{next(self._events)}", user, "join", room)
        await self.stage.push(event, txn=event["event_id"])
        await self.stage.work_off()
        await self.rooms.settle_all()

    async def named(self, name: str) -> tuple[PlaceId, str]:
        """The place of that name, and its short name."""
        landscape = await self.stage.works.landscape()
        place = landscape.named(name)[0]
        return place, landscape.slug_of(place)


def _direct(user: UserId) -> RoomId:
    return RoomId(f"!direct-of-{user.localpart}:hs.test")


def _answered(action: Say) -> str:
    relates: Json = action.content.get("relates") or {}
    return str(relates.get("m.in_reply_to", {}).get("event_id", ""))


def shown(action: Action) -> str:
    """All bytes of it that leave us, without what numbers it."""
    if not isinstance(action, Say):
        return repr(action)
    content = dict(action.content)
    rendered = render(from_json(content.pop("document")), lambda place: f"https://matrix.to/#/{place}")
    return json.dumps({**rendered, "person": content.get("person")}, ensure_ascii=False)
