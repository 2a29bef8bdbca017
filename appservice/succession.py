"""A network loses its last coordinator: its members are told, and find another (`bot.succession.ports`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from appservice.speech import notice
from appservice.store import nominations
from bot.audience import ONLOOKER
from bot.networks.rules import named
from bot.reply import Document
from bot.succession.words import is_orphaned
from spaces.actions import Say
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.succession import orphaned_since

if TYPE_CHECKING:
    from appservice.work import UnitOfWork


class Succession:
    """Nominations of one unit of work."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def voices(self, network: NetworkId) -> Mapping[UserId, Collection[UserId]]:
        return await nominations.voices(self._work.connection, network)

    async def speak(self, network: NetworkId, nominee: UserId, by: UserId) -> None:
        await nominations.speak(self._work.connection, network, nominee, by, now=self._work.now)

    async def announce(self, network: NetworkId, message: Document, *, said: str) -> None:
        """In the first room of the network's kit: `welcome`, where there is one."""
        kit = (group for group in self._work.landscape.groups_of(network) if group.is_kit)
        room = next(kit, None)
        if room is not None:
            language = await self._work.language_of(ONLOOKER, room.id, direct=False)
            self._work.put(Say(room.id, said, notice(message, language=language)))


async def announce_orphans(work: UnitOfWork, before: Landscape, after: Landscape) -> None:
    """Tell the members of each network that has lost its last coordinator, and begin to hear nominations."""
    succession = Succession(work)
    for network in orphaned_since(before, after):
        await nominations.close(work.connection, network)
        said = is_orphaned(named(after, network))
        await succession.announce(network, said, said=f"orphaned:{network}:{work.now}")
