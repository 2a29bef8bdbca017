"""Profiles in memory: what is found of people follows whatever becomes of their memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spaces.access import Standing
from spaces.directory import Entry, ListingKind
from spaces.identifiers import UserId
from spaces.profiles import Names, Profile, entries_of, found_now

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


class ProfilesKept:
    """Implements `bot.profiles.ports.KeptProfiles`."""

    def __init__(self, work: FakeWork) -> None:
        self._work = work
        self.by_user: dict[UserId, Profile] = {}

    async def of(self, user: UserId) -> Profile:
        return self.by_user.get(user, Profile(user))

    async def keep(self, profile: Profile) -> None:
        self.by_user[profile.user] = profile

    def follow(self) -> None:
        """Bring the index to what they are now."""
        index = self._work.index
        ours = {(ListingKind.PERSON, user) for user in self.by_user}
        others = [row for row in index.rows if (row.kind, row.key) not in ours]
        index.rows = [*others, *(row for one in self.by_user.values() for row in self._found(one))]

    def _found(self, profile: Profile) -> list[Entry]:
        there = self._work.memberships.items()
        joined = frozenset(place for (place, who), how in there if (who, how) == (profile.user, "join"))
        standing = Standing(profile.user, joined=joined)
        return entries_of(found_now(self._work.landscape, standing, profile), Names())
