"""Whether the bot may invite to a place: in a room of others it has only the power that it is given there."""

from __future__ import annotations

from bot.ports import Work
from spaces.errors import Unavailable
from spaces.identifiers import PlaceId


async def lets_in(work: Work, place: PlaceId) -> bool:
    """Whether an invitation to `place` would go out."""
    return await work.level_lacked(place) is None


async def require_power_to_invite(work: Work, *places: PlaceId) -> None:
    """Raises `Unavailable` with who can do what about it. To be asked before anything is changed."""
    for place in places:
        if (level := await work.level_lacked(place)) is not None:
            raise Unavailable(
                "I have not the power to invite people to “{place}”. Whoever rules that room can do it in "
                "their client, or give me level {level} there: in its settings, under roles and permissions.",
                place=work.landscape.place(place).name,
                level=level,
            )
