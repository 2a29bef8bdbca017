"""How much longer a question waits for Hedgerow's answer than for that of a bare echo, on one Synapse.

    python -m tests.bench.answered [--pairs 300] [--networks 10] [--groups 20]

Both are application services of one real Synapse, each in a process of its own: Hedgerow as it is
delivered, with its own settings of SQLite, and an echo that parses the transaction, answers 200, keeps
nothing and puts a fixed text. Somebody asks them in turns, echo, Hedgerow, echo, Hedgerow …, 30 ms
after each answer, so that noise hits both alike. The time goes from the sending of the question
(`PUT …/send/…`) until its answer has come in their long-polled `/sync`. Every question is `show NAME`
of another network; Hedgerow has made them on that Synapse before, and is done.

There are several direct rooms, since one has but so many answers a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from urllib.parse import quote

from appservice.budget import ANSWERS_IN_DIRECT
from appservice.demo.synapse import free_port
from tests.bench.echo import Echo, Json
from tests.bench.provision import PASSWORD, fresh_synapse, place, seconds_to_apply
from tests.bench.reply import PAUSE, quantiles, serve_hedgerow, served, told, until_idle, until_told
from tests.hedgerow import settings_for
from tests.registration import Registration
from tests.second_client import SecondClient

_ROOMS = math.ceil(60 / (2 * PAUSE) / ANSWERS_IN_DIRECT)
_PATIENCE_SECONDS = 30.0
_WARM_UP = 20
_V3 = "/_matrix/client/v3"


def echo_at(port: int) -> Registration:
    return Registration(
        url=f"http://127.0.0.1:{port}",
        appservice_id="echo",
        as_token="test-as-token-of-the-echo",
        hs_token="test-hs-token-of-the-echo",
        sender_localpart="_echo_sender_5b7d",
        bot_localpart="echo",
        alias_prefix="echo_",
    )


def serve_echo(url: str, port: int) -> None:
    asyncio.run(until_told(Echo(url, port, echo_at(port)).run))


# -- who asks -----------------------------------------------------------------------------------------


class Asker:
    """Asks in direct rooms, and hears of the answers by a `/sync` of its own."""

    def __init__(self, client: SecondClient, rooms: Sequence[str]) -> None:
        self._client = client
        nothing: Json = {"types": []}
        messages = {"types": ["m.room.message"], "not_senders": [client.user_id]}
        heard = {"rooms": rooms, "timeline": messages, "state": nothing, "ephemeral": nothing}
        self._filter = json.dumps(
            {"presence": nothing, "account_data": nothing, "room": {**heard, "account_data": nothing}}
        )
        self._answers: defaultdict[str, asyncio.Future[tuple[float, Json]]] = defaultdict(asyncio.Future)

    async def listen(self) -> None:
        """Without an end."""
        since = None
        while True:
            wait = 0 if since is None else int(_PATIENCE_SECONDS * 1000)
            news = await self._client.call(
                "GET", f"{_V3}/sync", since=since, timeout=wait, filter=self._filter
            )
            at, since = time.perf_counter(), news["next_batch"]
            for room in news.get("rooms", {}).get("join", {}).values():
                for event in room["timeline"]["events"]:
                    self._hear(at, event["content"])

    def _hear(self, at: float, content: Json) -> None:
        relation = content.get("m.relates_to", {})
        if question := relation.get("m.in_reply_to", {}).get("event_id"):
            self._answers[question].set_result((at, content))

    async def ask(self, room: str, words: str) -> tuple[float, Json]:
        """Milliseconds from the question to its answer, and the answer's content."""
        begun = time.perf_counter()
        question = await self._client.say(room, words)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            at, answer = await self._answers[question]
        del self._answers[question]
        return (at - begun) * 1000, answer


@dataclass
class Answered:
    """Milliseconds, pair by pair, and the contents of the last answers."""

    echo: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    echoed: Json = field(default_factory=dict)
    answer: Json = field(default_factory=dict)

    @property
    def differences(self) -> list[float]:
        return [mine - theirs for mine, theirs in zip(self.ours, self.echo, strict=True)]

    @property
    def between_quantiles(self) -> list[float]:
        """By how much our p50, p95 and p99 are above the echo's."""
        return [a - b for a, b in zip(quantiles(self.ours), quantiles(self.echo), strict=True)]


class Turns:
    """Rooms with the echo and as many with Hedgerow, in which is asked in turns."""

    def __init__(
        self, asker: Asker, echoing: Sequence[str], ours: Sequence[str], names: Sequence[str]
    ) -> None:
        self._asker, self._names = asker, cycle(names)
        self._rooms = cycle(zip(echoing, ours, strict=True))

    async def take(self, pairs: int) -> Answered:
        found = Answered()
        for name, (echoing, ours) in islice(zip(self._names, self._rooms, strict=False), pairs):
            question = f"show {name}"
            took, found.echoed = await self._ask(echoing, question)
            found.echo.append(took)
            took, found.answer = await self._ask(ours, question)
            found.ours.append(took)
            if not (said := found.answer["body"]).startswith(name):
                raise RuntimeError(f"“{question}” was answered with: {said}")
        return found

    async def _ask(self, room: str, question: str) -> tuple[float, Json]:
        found = await self._asker.ask(room, question)
        await asyncio.sleep(PAUSE)
        return found


# -- the run ------------------------------------------------------------------------------------------


@asynccontextmanager
async def at_synapse(networks: int, groups: int) -> AsyncIterator[Turns]:
    """Both are there, with direct rooms of alice's; the networks are made and nothing waits."""
    port, echo_port = free_port(), free_port()
    ours, echo = Registration(url=f"http://127.0.0.1:{port}"), echo_at(echo_port)
    async with AsyncExitStack() as stack:
        synapse, folder = await stack.enter_async_context(fresh_synapse(ours, echo))
        url, file = synapse.base_url, folder / "hedgerow.db"
        settings = settings_for(url, ours, file)
        await stack.enter_async_context(served(serve_echo, echo_port, url, echo_port))
        await stack.enter_async_context(served(serve_hedgerow, port, url, port, str(file), False))
        await seconds_to_apply(settings, place(networks, groups))
        alice = await stack.enter_async_context(await SecondClient.log_in(url, "alice", PASSWORD))
        for room in await alice.invites():
            await alice.join(room)
        echoing = await _rooms_with_echo(alice, url, echo)
        answering = await _rooms_with_hedgerow(alice, ours.bot)
        await until_idle(file)
        asker = Asker(alice, [*echoing, *answering])
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(asker.listen())
            yield Turns(asker, echoing, answering, [f"Network {n}" for n in range(networks)])
            listening.cancel()


async def _rooms_with_echo(alice: SecondClient, url: str, echo: Registration) -> list[str]:
    account = {"type": "m.login.application_service", "username": echo.bot_localpart, "inhibit_login": True}
    rooms = [await alice.create_dm(echo.bot) for _ in range(_ROOMS)]
    async with SecondClient(url, echo.bot, echo.as_token) as bot:
        await bot.call("POST", f"{_V3}/register", account)
        for room in rooms:
            await bot.call("POST", f"{_V3}/join/{quote(room, safe='')}", {}, user_id=echo.bot)
    return rooms


async def _rooms_with_hedgerow(alice: SecondClient, bot: str) -> list[str]:
    rooms = [await alice.create_dm(bot) for _ in range(_ROOMS)]
    async with asyncio.timeout(_PATIENCE_SECONDS):
        for room in rooms:
            await _until_there(alice, room, bot)
    return rooms


async def _until_there(alice: SecondClient, room: str, bot: str) -> None:
    while True:
        if (await alice.members(room))[bot] == "join":
            return
        await asyncio.sleep(0.1)


def tell(found: Answered) -> None:
    told("echo", found.echo)
    told("Hedgerow", found.ours)
    p50, p95, p99 = found.between_quantiles
    print(f"{'Hedgerow’s above the echo’s':38} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f} ms")
    told("difference, pair by pair", found.differences)
    ours, echoed = (len(json.dumps(content)) for content in (found.answer, found.echoed))
    print(f"the last answer: {ours} bytes of Hedgerow’s, {echoed} of the echo’s")


async def main(arguments: argparse.Namespace) -> None:
    async with at_synapse(arguments.networks, arguments.groups) as turns:
        await turns.take(_WARM_UP)
        found = await turns.take(arguments.pairs)
    tell(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--networks", type=int, default=10)
    parser.add_argument("--groups", type=int, default=20, help="in all of them")
    asyncio.run(main(parser.parse_args()))
