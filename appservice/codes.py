"""Codes for the conversation: made of the system's randomness, and kept by their digests alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from appservice import pages
from appservice.store import codes
from appservice.store.database import Connection, Database
from appservice.store.landscape import LandscapeStore
from appservice.surroundings import Surroundings
from bot.codes.ports import Made, Wish
from bot.reply import Document
from spaces.codes import Code, bare, digest, forgotten_before, serves, written
from spaces.identifiers import NetworkId, UserId

_REMEMBERED_SECONDS = 90 * 86_400.0


class Codes:
    """Implements `bot.codes.ports.Codes` within one unit of work."""

    def __init__(self, connection: Connection, surroundings: Surroundings) -> None:
        self._connection = connection
        self._surroundings = surroundings

    async def make(self, wish: Wish, now: float) -> Made:
        await codes.forget(self._connection, before=now - _REMEMBERED_SECONDS)
        code, number = self._surroundings.ids.code(), await self._free_number()
        kept = Code(
            number, wish.network, wish.maker, wish.expires_at, wish.groups, wish.role, uses_left=wish.uses
        )
        await codes.keep(self._connection, kept, digest(code), now)
        envelope, pages = self._surroundings.envelope, self._surroundings.public_url
        return Made(number, envelope.sealed(code), f"{pages}/join/{envelope.sealed(code)}" if pages else "")

    async def _free_number(self) -> int:
        while await codes.numbered(self._connection, number := self._surroundings.ids.code_number()):
            pass
        return number

    async def of(self, networks: Collection[NetworkId]) -> Sequence[Code]:
        return await codes.of(self._connection, networks)

    async def numbered(self, number: int) -> Code | None:
        return await codes.numbered(self._connection, number)

    async def revoke(self, number: int, now: float) -> None:
        await codes.revoke(self._connection, number, now)

    async def find(self, typed: str) -> Code | None:
        return await codes.find(self._connection, digest(typed))

    async def take(self, number: int, now: float) -> bool:
        return await codes.take(self._connection, number, now)

    async def wrong_tries(self, person: UserId, since: float) -> Sequence[float]:
        return await codes.wrong_tries(self._connection, person, since)

    async def note_wrong(self, person: UserId, now: float) -> None:
        await codes.note_wrong(self._connection, person, now, since=forgotten_before(now))


class JoinPages:
    """What the public page of a code tells (`appservice.public.Invitations`); it reads and never writes."""

    def __init__(self, database: Database, bot: UserId, language: str, now: Callable[[], float]) -> None:
        self._database = database
        self._landscapes = LandscapeStore()
        self._bot = bot
        self._language = language
        self._now = now

    async def invitation(self, code: str) -> Document | None:
        async with self._database.reading() as connection:
            landscape = await self._landscapes.load(connection)
            found = await codes.find(connection, digest(code))
        if found is None or not serves(landscape, found, self._now()):
            return None
        network = landscape.networks[found.network]
        ends_at = pages.time_in_words(found.expires_at, self._language)
        letters = written(bare(code))
        role = found.role is not None
        return pages.invitation(network.name, network.topic, letters, self._bot, ends_at, role=role)
