"""Every network of the server is handed over to its coordinators at once: `hedgerow release --all`.

As in a chat (`bot/lifecycle/releasing.py`), but that links between what is released together stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from appservice.applying import OPERATOR
from appservice.engine import Foundation
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.lifecycle.releasing import check_ruled, released
from spaces.errors import Refusal
from spaces.identifiers import NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.lifecycle import own_places
from spaces.network import Status

_NAME = "release"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be released, by name, and why the others cannot be yet; in English."""

    names: tuple[str, ...]
    rooms: int
    hindered: tuple[str, ...]


class ReleasingAll:
    """Release all that can be released."""

    def __init__(self, foundation: Foundation) -> None:
        self._works = Works(foundation.database, foundation.surroundings(), lambda: None)

    async def look(self) -> Outlook:
        """What `release` would do."""
        async with self._works.preview(OPERATOR) as work:
            free, hindered = await _sorted(work)
            networks = [work.landscape.networks[network] for network in free]
            rooms = sum(len(own_places(work.landscape, network)) for network in free)
            return Outlook(tuple(sorted(n.name for n in networks)), rooms, tuple(hindered))

    async def release(self) -> int | None:
        """Write the intent in one commit; the undertaking to watch, None if there is nothing to release."""
        async with self._works.begin(OPERATOR) as work:
            free, _ = await _sorted(work)
            if not free:
                return None
            landscape, places = work.landscape, list[PlaceId]()
            for network in free:
                landscape = released(landscape, network)
                places += own_places(landscape, network)
            await work.change(landscape, what="release", about=free[0])
            for network in free[1:]:
                await work.note("release", network)
            await work.lifecycle.hand_over(places)
            return await work.undertake(_NAME)


async def _sorted(work: UnitOfWork) -> tuple[list[NetworkId], list[str]]:
    """Networks that can be released, and for each of the others why not."""
    free, hindered = list[NetworkId](), list[str]()
    for network in _made(work.landscape):
        try:
            released(work.landscape, network)
            await check_ruled(work, own_places(work.landscape, network))
        except Refusal as refusal:
            hindered.append(f"{work.landscape.networks[network].name}: {refusal.sentence}")
        else:
            free.append(network)
    return free, hindered


def _made(landscape: Landscape) -> list[NetworkId]:
    """All that have rooms, or will have; what was only proposed is nothing to release."""
    return [n.id for n in landscape.networks.values() if n.status is not Status.PROPOSED]
