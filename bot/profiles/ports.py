"""What the commands of profiles need from outside; `appservice/profiles.py` provides it."""

from __future__ import annotations

from typing import Protocol

from spaces.identifiers import UserId
from spaces.profiles import Profile


class KeptProfiles(Protocol):
    """What people say about themselves, as one unit of work sees and changes it."""

    async def of(self, user: UserId) -> Profile:
        """What they have written; of who has written nothing, an empty one."""

    async def keep(self, profile: Profile) -> None:
        """Keep it instead of what there was; it is in the directory in the same commit."""
