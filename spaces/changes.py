"""Changes of a landscape: each takes one and gives the next, or refuses with a sentence.

Whether the speaker may is `spaces/access.py`'s to say; whether it can be is said here. A change that
changes nothing returns the very landscape that it was given. Making is in `spaces/making.py`, naming and
describing in `spaces/describing.py`, consent in `spaces/consent.py`, coordinators in
`spaces/coordinating.py`, and putting to sleep is here.
"""

from __future__ import annotations

from dataclasses import replace

from spaces.consent import accept, accept_share, decline, link, move, share, unlink, unshare
from spaces.coordinating import add_coordinator, remove_coordinator, step_down
from spaces.describing import describe, rename
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.making import Ids, check_active, create_group, create_network, same_group, same_network
from spaces.naming import check_name, check_topic
from spaces.network import Group, Network, Status

__all__ = [
    "Ids",
    "accept",
    "accept_share",
    "add_coordinator",
    "archive",
    "check_name",
    "check_topic",
    "create_group",
    "create_network",
    "decline",
    "describe",
    "link",
    "move",
    "remove_coordinator",
    "rename",
    "restore",
    "same_group",
    "same_network",
    "share",
    "step_down",
    "unlink",
    "unshare",
]


def archive(landscape: Landscape, place: PlaceId) -> Landscape:
    """The place put to sleep. A network takes its groups along; its links and theirs sleep with it.

    The groups' own status stays as it was, so that `restore` knows which had been archived before.
    """
    found = landscape.place(place)
    if isinstance(found, Network) and found.status is not Status.ARCHIVED:
        return landscape.having(replace(found, status=Status.ARCHIVED))
    if isinstance(found, Group) and found.status is Status.ACTIVE:
        return landscape.having(replace(found, status=Status.ARCHIVED))
    return landscape


def restore(landscape: Landscape, place: PlaceId) -> Landscape:
    """The place woken up, with its links and groups as they were.

    Raises `Conflict` for a group of an archived network, and for a bridge that never came about.
    """
    found = landscape.place(place)
    if isinstance(found, Group) and found.status is Status.ARCHIVED:
        check_active(landscape, found.home)
    if found.status is not Status.ARCHIVED:
        return landscape
    if any(g.status is Status.PROPOSED for g in landscape.groups_of(NetworkId(place))):
        raise Conflict("“{bridge}” never came about. Propose it again: `bridge create`.", bridge=found.name)
    return landscape.having(replace(found, status=Status.ACTIVE))
