"""A network loses its last coordinator: its members are told, and find another (`bot.succession.ports`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from appservice.speech import notice
from appservice.store import nominations
from bot.audience import ONLOOKER
from bot.networks.rules import named
from bot.reply import Document
from bot.succession import words
from spaces.actions import Say
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.succession import fallen_silent, is_orphaned, orphaned_since

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

_DAY_SECONDS = 86_400.0


class Succession:
    """Nominations of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def voices(self, network: NetworkId) -> Mapping[UserId, Collection[UserId]]:
        return await nominations.voices(self._work.connection, network)

    async def is_silent(self, network: NetworkId) -> bool:
        return network in await nominations.silent(self._work.connection)

    async def unattended_since(self, network: NetworkId) -> float | None:
        is_orphan = is_orphaned(self._work.landscape, network)
        return await nominations.unattended_since(self._work.connection, network, is_orphan=is_orphan)

    async def came_at(self, network: NetworkId, user: UserId) -> float | None:
        places = self._work.landscape.places_of(network)
        return await nominations.came_at(self._work.connection, places, user)

    async def speak(self, network: NetworkId, nominee: UserId, by: UserId) -> None:
        await nominations.speak(self._work.connection, network, nominee, by, now=self._work.now)

    async def announce(self, network: NetworkId, message: Document, *, said: str) -> None:
        """In the first room of the network's kit: `welcome`, where there is one; else in a group of all."""
        groups = self._work.landscape.groups_of(network)
        room = next((group for group in groups if group.is_kit or group.access is not Access.INVITE), None)
        if room is not None:
            language = await self._work.language_of(ONLOOKER, room.id, direct=False)
            self._work.put(Say(room.id, said, notice(message, language=language)))


async def announce_orphans(work: UnitOfWork, before: Landscape, after: Landscape) -> None:
    """Tell the members of each network that has lost its last coordinator, and begin to hear nominations."""
    succession = Succession(work)
    for network in orphaned_since(before, after):
        await nominations.orphan(work.connection, network, now=work.now)
        said = words.is_orphaned(named(after, network))
        await succession.announce(network, said, said=f"orphaned:{network}:{work.now}")


class Attendance:
    """When those who look after networks were last heard of, written down once a day for each."""

    def __init__(self) -> None:
        self._noted: dict[UserId, float] = {}

    def is_noted(self, user: UserId, landscape: Landscape, now: float) -> bool:
        """Whether nothing need be written down of them now."""
        return self._noted.get(user, 0.0) > now - _DAY_SECONDS or not landscape.coordinated_by(user)

    async def note(self, user: UserId, work: UnitOfWork) -> None:
        """They have said or done something where the bot is."""
        networks = work.landscape.coordinated_by(user)
        if not self.is_noted(user, work.landscape, work.now):
            self._noted[user] = work.now
            await nominations.heard_of(work.connection, {user: work.now})
            await nominations.end_silence(work.connection, networks)


async def look_for_silence(work: UnitOfWork, after_seconds: float) -> None:
    """Tell the members of networks whose coordinators have not been heard of for that long, once."""
    landscape = work.landscape
    known = await nominations.last_words(work.connection)
    people = {user for network in landscape.networks for user in landscape.coordinators_of(network)}
    await nominations.heard_of(work.connection, dict.fromkeys(people - known.keys(), work.now))
    told = await nominations.silent(work.connection)
    for network in fallen_silent(landscape, known, work.now, after_seconds):
        if network not in told:
            await nominations.fall_silent(work.connection, network, now=work.now)
            await nominations.close(work.connection, network)
            said = words.is_silent(named(landscape, network))
            await Succession(work).announce(network, said, said=f"silent:{network}:{work.now}")
