"""For whom an edition is: what they may see at this moment, and which networks' news they want."""

from __future__ import annotations

from dataclasses import replace

from bot.audience import ONLOOKER
from bot.digests.items import Reader
from bot.ports import Work
from spaces.access import Sight, Standing
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.nearness import Nearness


async def reader_of(work: Work, user: UserId) -> Reader:
    """The person, as anybody is who is in what they are in: an admin sees no more in a digest."""
    standing = replace(await work.standing_of(user), is_admin=False)
    sight = work.directory.sight_of(standing)
    networks = sight.member_of - await work.digests.turned_off(user)
    return Reader(user, standing, sight, networks, Nearness(work.landscape, sight))


def members_of(work: Work, network: NetworkId) -> Reader:
    """All members of a network together: what somebody sees who has joined its Space and nothing else."""
    standing = Standing(ONLOOKER, joined=frozenset({network}))
    sight = work.directory.sight_of(standing)
    below = _below(work.landscape, network, sight)
    return Reader(None, standing, sight, below, Nearness(work.landscape, sight))


def _below(landscape: Landscape, network: NetworkId, sight: Sight) -> frozenset[NetworkId]:
    """The network, and those below it that are found from there."""
    reached, queue = {network}, [network]
    while queue:
        fresh = [n for n in landscape.children(queue.pop()) if n in sight.finds and n not in reached]
        reached.update(fresh)
        queue += fresh
    return frozenset(reached)
