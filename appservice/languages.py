"""Which language is spoken with whom: the person's own, else the network's, else the server's."""

from __future__ import annotations

from appservice.store import people
from appservice.store.database import Connection
from spaces.access import Standing
from spaces.hierarchy import own_or_above
from spaces.identifiers import NetworkId, PlaceId
from spaces.landscape import Landscape


async def language_of(
    connection: Connection,
    landscape: Landscape,
    standing: Standing,
    here: PlaceId | None,
    otherwise: str,
    *,
    direct: bool,
) -> str:
    """The language for this person in the room of `here`, in a `direct` one, or in one of neither kind."""
    chosen = await people.language(connection, standing.user)
    return chosen or usual(landscape, standing, here, otherwise, direct=direct)


def usual(
    landscape: Landscape, standing: Standing, here: PlaceId | None, otherwise: str, *, direct: bool
) -> str:
    """The language for someone who has chosen none: that of `here`, or the one of all their networks.

    The latter is for them alone, since it tells of what they are in.
    """
    if not direct and here is None:
        return otherwise
    if here is not None:
        return spoken_in(landscape, landscape.network_at(here)) or otherwise
    networks = {landscape.network_at(place) for place in standing.joined}
    theirs = {spoken_in(landscape, network) for network in networks} - {""}
    return theirs.pop() if len(theirs) == 1 else otherwise


def spoken_in(landscape: Landscape, network: NetworkId | None) -> str:
    """The language of a network: its own, else that of the nearest one above on the canonical way up."""
    return own_or_above(landscape, network, lambda found: found.language)
