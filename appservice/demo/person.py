"""A made-up person at a homeserver, and the direct message in which they talk with the bot."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp

from spaces.errors import Unavailable
from spaces.identifiers import UserId

_V3 = "/_matrix/client/v3"
_LISTEN_SECONDS = 10
_PATIENCE_SECONDS = 60.0
_UNFINISHED = "…"  # how a message ends that only tells progress
Json = dict[str, Any]


class Refused(Exception):
    """The homeserver answered with an error."""

    def __init__(self, status: int, errcode: str, error: str) -> None:
        super().__init__(f"{status} {errcode}: {error}")
        self.status = status
        self.errcode = errcode


class Person:
    """Someone who is logged in at the homeserver at `url`. Every call raises `Refused`, or `Unavailable`."""

    def __init__(self, url: str, user_id: str, access_token: str) -> None:
        self.user_id = UserId.parse(user_id)
        self._url = url
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {access_token}"})

    async def close(self) -> None:
        await self._session.close()

    async def join(self, room: str) -> None:
        """Join a room of this homeserver, by its id or alias."""
        await self._call("POST", f"/join/{_q(room)}", {})

    async def say(self, room: str, text: str) -> str:
        """Send a message; returns its event id."""
        content = {"msgtype": "m.text", "body": text}
        path = f"/rooms/{_q(room)}/send/m.room.message/{secrets.token_hex(8)}"
        return str((await self._call("PUT", path, content))["event_id"])

    async def sync(self, since: str | None = None, wait: int = 0, room: str | None = None) -> Json:
        """What is new since then, of one room or of all; waits up to `wait` seconds for news."""
        rooms = {"rooms": [room]} if room else {}
        kept = {"room": {**rooms, "timeline": {"limit": 50}}, "presence": {"types": []}}
        query = {"timeout": str(wait * 1000), "filter": json.dumps(kept)}
        return await self._call("GET", "/sync", query=query | ({"since": since} if since else {}))

    async def spaces_named(self, name: str) -> list[str]:
        """The ids of the Spaces of that name in the room directory, application services' included."""
        wanted = {"include_all_networks": True, "filter": {"generic_search_term": name}}
        found = (await self._call("POST", "/publicRooms", wanted))["chunk"]
        return [r["room_id"] for r in found if r.get("name") == name and r.get("room_type") == "m.space"]

    async def accept_invitations(self, inviter: UserId) -> None:
        """Join everything that `inviter` has invited them to, but for direct messages."""
        for room, invitation in (await self._invitations(inviter)).items():
            if not invitation.is_direct:
                await self.join(room)

    async def direct_room(self, other: UserId) -> tuple[str, bool]:
        """The direct message with `other`, and whether it is new: offered by them, or made just now."""
        direct = await self._direct()
        joined = (await self._call("GET", "/joined_rooms"))["joined_rooms"]
        for room in direct.get(other, ()):
            if room in joined and await self._is_there(room, other):
                return room, False
        offered = [room for room, it in (await self._invitations(other)).items() if it.is_direct]
        room = await self._accepted(offered[0]) if offered else await self._made(other)
        told = {**direct, other: [*direct.get(other, ()), room]}
        await self._call("PUT", f"/user/{_q(self.user_id)}/account_data/m.direct", told)
        return room, True

    async def _accepted(self, room: str) -> str:
        await self.join(room)
        return room

    async def _made(self, other: UserId) -> str:
        wanted = {"preset": "private_chat", "is_direct": True, "invite": [other]}
        return str((await self._call("POST", "/createRoom", wanted))["room_id"])

    async def _direct(self) -> dict[str, list[str]]:
        try:
            return await self._call("GET", f"/user/{_q(self.user_id)}/account_data/m.direct")
        except Refused as refused:
            if refused.status != 404:
                raise
            return {}

    async def _is_there(self, room: str, other: UserId) -> bool:
        """Whether `other` is in the room or still invited to it."""
        path = f"/rooms/{_q(room)}/state/m.room.member/{_q(other)}"
        return (await self._call("GET", path)).get("membership") in ("join", "invite")

    async def _invitations(self, inviter: UserId) -> dict[str, _Invitation]:
        rooms = (await self.sync()).get("rooms", {}).get("invite", {})
        read = {
            room: _Invitation.read(it["invite_state"]["events"], self.user_id) for room, it in rooms.items()
        }
        return {room: invitation for room, invitation in read.items() if invitation.inviter == inviter}

    async def _call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Json:
        try:
            url = f"{self._url}{_V3}{path}"
            async with self._session.request(method, url, json=body, params=query) as answer:
                got: Json = await answer.json()
                if answer.status >= 400:
                    raise Refused(answer.status, str(got.get("errcode")), str(got.get("error")))
                return got
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"The homeserver at {self._url} does not answer ({error}).") from error


@dataclass(frozen=True, slots=True)
class _Invitation:
    inviter: str
    is_direct: bool

    @classmethod
    def read(cls, events: Iterable[Json], user: str) -> _Invitation:
        """Of the stripped state that comes with an invitation of `user`."""
        own = (event for event in events if (event["type"], event["state_key"]) == ("m.room.member", user))
        member = next(own, {})
        return cls(str(member.get("sender", "")), member.get("content", {}).get("is_direct") is True)


@dataclass
class Replies:
    """What the bot says in one room, edits put in place, and what of it has been handed out."""

    bot: str
    _texts: dict[str, str] = field(default_factory=dict)
    _answers: dict[str, str] = field(default_factory=dict)  # the question's event → the answer's
    _taken: dict[str, str] = field(default_factory=dict)

    def hear(self, event: Json) -> None:
        """Take in one event of the timeline."""
        content = event.get("content", {})
        if event.get("type") != "m.room.message" or event.get("sender") != self.bot:
            return
        relates = content.get("m.relates_to", {})
        if relates.get("rel_type") == "m.replace":
            self._texts[relates["event_id"]] = content["m.new_content"]["body"]
            return
        self._texts.setdefault(event["event_id"], content.get("body", ""))
        if asked := relates.get("m.in_reply_to", {}).get("event_id"):
            self._answers[asked] = event["event_id"]

    def has_begun_to_answer(self, question: str) -> bool:
        """Whether there is anything yet, be it that the work is under way."""
        return question in self._answers

    def has_answered(self, question: str) -> bool:
        """Whether the answer is there, and is more than progress."""
        return self.has_begun_to_answer(question) and not self._is_unfinished(self._answers[question])

    def take(self, *, unfinished: bool = False) -> list[str]:
        """The texts not taken before, in their order. What only tells progress stays unless `unfinished`."""
        ready = [
            event
            for event, text in self._texts.items()
            if self._taken.get(event) != text and (unfinished or not self._is_unfinished(event))
        ]
        self._taken |= {event: self._texts[event] for event in ready}
        return [self._texts[event] for event in ready]

    def _is_unfinished(self, event: str) -> bool:
        return self._texts[event].endswith(_UNFINISHED)


class Dialogue:
    """One person's direct message with the bot. `begin` comes first."""

    def __init__(self, person: Person, bot: UserId, patience: float = _PATIENCE_SECONDS) -> None:
        """`patience` is how many seconds of silence are too long."""
        self.patience = patience
        self._person = person
        self._bot = bot
        self._replies = Replies(bot)
        self._room = ""
        self._since: str | None = None

    async def begin(self) -> None:
        """Find or make the room. What was said before in one that was known is left alone."""
        self._room, is_new = await self._person.direct_room(self._bot)
        await self._listen(0)
        self._replies = self._replies if is_new else Replies(self._bot)

    async def ask(self, text: str) -> list[str]:
        """Say `text`; returns the answer, and before it what else the bot has said since.

        After a minute of silence the answer is taken as far as it has come. Raises `Unavailable`
        where there is none.
        """
        question = await self._person.say(self._room, text)
        while not self._replies.has_answered(question):
            if not await self._listen_patiently():
                if not self._replies.has_begun_to_answer(question):
                    raise Unavailable(f"No answer to “{text}” came in {self.patience:.0f} s.")
                return self._replies.take(unfinished=True)
        return self._replies.take()

    async def news(self) -> list[str]:
        """What the bot has said since, unasked."""
        await self._listen(0)
        return self._replies.take()

    async def _listen_patiently(self) -> bool:
        """Wait for anything new; returns whether something came."""
        try:
            async with asyncio.timeout(self.patience):
                while not await self._listen(_LISTEN_SECONDS):
                    pass
        except TimeoutError:
            return False
        return True

    async def _listen(self, seconds: int) -> int:
        """Hear what is new, waiting for it that long; returns how many events there were."""
        got = await self._person.sync(self._since, seconds, self._room)
        self._since = got["next_batch"]
        events = (
            got.get("rooms", {}).get("join", {}).get(self._room, {}).get("timeline", {}).get("events", [])
        )
        for event in events:
            self._replies.hear(event)
        return len(events)


def _q(part: str) -> str:
    return quote(part, safe="")
