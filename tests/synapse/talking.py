"""People who talk with the bot, and what it answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self

from tests.second_client import Json, SecondClient
from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, Home, Room
from tests.synapse.running import written


class Village:
    """A running Hedgerow with the networks of a blueprint, and people who talk with it."""

    def __init__(self, hedge: Hedge) -> None:
        self.hedge = hedge
        self.home = hedge.home
        self._direct: dict[str, str] = {}

    @classmethod
    @contextmanager
    def of(cls, home: Home, directory: Path, blueprint: Mapping[str, Any], **more: Any) -> Iterator[Self]:
        """Start the service, let it make what the blueprint wants; it has to end in good order.

        `more` goes to the `Hedge`.
        """
        hedge = Hedge(home, directory, **more)
        asyncio.run(home.begin_anew())
        asyncio.run(hedge.start())
        try:
            applied = asyncio.run(hedge.apply(written(directory / "blueprint.yaml", blueprint)))
            assert applied.code == 0, applied
            yield cls(hedge)
            assert asyncio.run(hedge.stop()) == 0
        finally:
            hedge.end()

    @asynccontextmanager
    async def talking(self, *localparts: str) -> AsyncIterator[list[Talk]]:
        """These people, each in the direct message that they have with the bot."""
        async with self.home.people(*localparts) as people:
            yield [await self._talk(person) for person in people]

    async def _talk(self, person: SecondClient) -> Talk:
        """What they are to be told before the bot is there, they would be told in another room."""
        if person.user_id not in self._direct:
            room = self._direct[person.user_id] = await person.create_dm(BOT)
            await soon(lambda: self._is_direct(room, person))
        return Talk(person, self._direct[person.user_id])

    async def _is_direct(self, room: str, person: SecondClient) -> bool:
        return room in await self.home.direct_rooms(person.user_id)

    async def room(self, name: str) -> Room:
        return (await self.home.landscape())[name]

    async def writes_of(self, doing: Awaitable[object]) -> list[str]:
        """What the bot writes during `doing`, but for what it says."""
        before = len(self.home.provisioning)
        await doing
        await self.home.landscape()  # until Synapse has written down what it answered before
        return [line for line in self.home.provisioning[before:] if "/send/" not in line]


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

    async def has_heard(self, words: str) -> bool:
        """Whether the bot has said that to them alone."""
        return any(words in without_links(body) for body in await self.person.bodies(self.room_id, BOT))

    async def answer_to(self, event_id: str, within: float = 60.0) -> str:
        """What the bot answered to one message, when all is done: no word of progress.

        What it says of itself meanwhile is no answer.
        """
        async with asyncio.timeout(within):
            while True:
                said = await self.person.wait_for_reply(self.room_id, event_id, within)
                texts = [_text(one) for one in said if one["answers"] is not None]
                if texts and not any(text.endswith("…") for text in texts):
                    return texts[-1]
                await asyncio.sleep(0.1)


async def soon(is_so: Callable[[], Awaitable[Any]], within: float = 30.0) -> None:
    """Wait until it is so, as long as a change by hand may take to be seen. Raises `TimeoutError`."""
    async with asyncio.timeout(within):
        while True:
            if await is_so():
                return
            await asyncio.sleep(0.1)


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


def names(rooms: Sequence[Json]) -> set[str | None]:
    """The names of rooms as a hierarchy or a directory tells them; None for one that has none."""
    return {room.get("name") for room in rooms}
