"""Who hears an answer: in a room, everybody who is in it, and they need not see what the speaker sees."""

from __future__ import annotations

from bot.command import Call
from spaces.access import Standing, may_see
from spaces.errors import Conflict
from spaces.identifiers import PlaceId, UserId
from spaces.landscape import Landscape

ONLOOKER = UserId("@onlooker")


async def audience_of(call: Call) -> Standing:
    """Who hears the answer: the speaker or, in a room, anybody who is in that room and nowhere else."""
    if call.heard.is_direct:
        return call.standing
    here = await call.work.place_of_room(call.heard.room)
    return Standing(ONLOOKER, joined=frozenset() if here is None else frozenset({here}))


def require_fit(landscape: Landscape, audience: Standing, place: PlaceId) -> None:
    """The speaker may see `place`; raise `Conflict` if others who are listening may not."""
    if not may_see(landscape, audience, place):
        raise Conflict("Not everyone here may see that. Ask me in a direct message.")
