"""People at a homeserver, each with a client of their own, and what the bot says to them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spaces.identifiers import UserId
from tests.second_client import Json, SecondClient

_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
_NO_ROOMS = json.dumps({"presence": {"types": []}, "room": {"rooms": []}})
_FILTER = json.dumps({"presence": {"types": []}, "room": {"timeline": {"limit": 100}}})


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


@dataclass(frozen=True)
class Remembered:
    """A person's client and what it has seen, for one who goes on from there at a homeserver like theirs."""

    client: tuple[str, str, int]
    direct: str
    heard: Mapping[str, Heard]
    last: tuple[str, str]
    since: str | None


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

    def remembered(self) -> Remembered:
        heard = copy.deepcopy(self.heard)
        return Remembered(self.client.remembered(), self.direct, heard, self.last, self._since)

    @classmethod
    def going_on(cls, was: Remembered, base_url: str, bot: str) -> Voice:
        voice = cls(SecondClient.going_on(was.client, base_url), bot)
        voice.direct, voice.last, voice._since = was.direct, was.last, was.since
        voice.heard = copy.deepcopy(dict(was.heard))
        return voice

    async def listen(self) -> None:
        """Take in what is new; enter the direct rooms to which the bot invites."""
        path = "/_matrix/client/v3/sync"
        if self._since is None:  # nothing that was before
            got = await self.client.call("GET", path, filter=_NO_ROOMS, timeout=0)
            self._since = got["next_batch"]
            return
        got = await self.client.call("GET", path, since=self._since, filter=_FILTER, timeout=0)
        self._since = got["next_batch"]
        for room, news in got.get("rooms", {}).get("join", {}).items():
            for event in news["timeline"]["events"]:
                self._take_in(room, event)
        for room, shown in got.get("rooms", {}).get("invite", {}).items():
            if _is_direct_room(shown["invite_state"]["events"]):
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
    """Whether it is the bot's with one person; that of two whom it has brought together has a name."""
    if any(event["type"] == "m.room.name" for event in shown):
        return False
    created = (event["content"] for event in shown if event["type"] == "m.room.create")
    return any(str(content.get("org.hedgerow.place")).startswith("d.") for content in created)
