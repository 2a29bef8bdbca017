"""Who is kept out of a place: by a ban that we keep, or by one in the room itself."""

from __future__ import annotations

from bot.ports import Work
from spaces.bans import is_banned
from spaces.identifiers import PlaceId, UserId


async def is_kept_out(work: Work, place: PlaceId, user: UserId) -> bool:
    """Whether `user` cannot be let into `place` before a ban is lifted."""
    return is_banned(work.landscape, place, user) or (await work.members_of(place)).get(user) == "ban"
