"""People who ask the bot one question after another, and what each heard of each."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from urllib.parse import quote

from tests.second_client import Json, SecondClient
from tests.synapse.home import BOT


class Asker:
    """One person in a direct message with the bot."""

    def __init__(self, person: SecondClient, room: str) -> None:
        self.person = person
        self.room = room
        self.asked: dict[str, float] = {}

    async def ask_on(self, stop: asyncio.Event, pause: float) -> None:
        """Ask again and again, without waiting for answers; more than 120 a minute are not listened to."""
        while not stop.is_set():
            await self.ask()
            await asyncio.sleep(pause)

    async def ask(self) -> str:
        question = await self.person.say(self.room, "whoami")
        self.asked[question] = time.time()
        return question

    async def answered(self) -> Counter[str]:
        """How often the bot answered each question: messages of their own, not edits."""
        found: Counter[str] = Counter()
        for event in await self._said():
            relates = event["content"].get("m.relates_to", {})
            if event["sender"] == BOT and relates.get("rel_type") != "m.replace":
                found[relates.get("m.in_reply_to", {}).get("event_id", "")] += 1
        return Counter({question: found[question] for question in self.asked})

    async def until_answered(self, within: float) -> None:
        """Wait until each question has an answer. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            while True:
                if all((await self.answered()).values()):
                    return
                await asyncio.sleep(0.2)

    async def waits(self) -> list[float]:
        """How long the answer to each question took, in seconds by the homeserver's clock."""
        said = await self._said()
        at = {event["event_id"]: event["origin_server_ts"] / 1000 for event in said}
        waits: list[float] = []
        for event in said:
            question = event["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
            if event["sender"] == BOT and question in self.asked:
                waits.append(at[event["event_id"]] - at[question])
        return waits

    async def _said(self) -> list[Json]:
        events: list[Json] = []
        start: str | None = None
        while True:
            path = f"/_matrix/client/v3/rooms/{quote(self.room)}/messages"
            page = await self.person.call("GET", path, **{"from": start}, dir="b", limit=500)
            events += [event for event in page["chunk"] if event["type"] == "m.room.message"]
            start = page.get("end")
            if start is None:
                return events
