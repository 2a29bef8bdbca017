"""What is held on people in memory, as `bot.privacy.ports.Privacy` has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.privacy.ports import Outlook
from bot.privacy.topics import Topic
from spaces.identifiers import EventId, RoomId, UserId

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


@dataclass
class PrivacyKept:
    work: FakeWork
    backups_until: float = 1_900_000_000.0
    handed_over: list[tuple[UserId, RoomId | None]] = field(default_factory=list)
    forgotten: list[tuple[UserId, bool]] = field(default_factory=list)

    async def outlook(self, user: UserId) -> Outlook:
        landscape = self.work.landscape
        roles = landscape.coordinated_by(user)
        alone = sorted(n for n in roles if landscape.coordinators_of(n) == (user,))
        rooms = sum(
            who == user and how in ("join", "invite") for (_, who), how in self.work.memberships.items()
        )
        bans = sum(ban.who == user for ban in landscape.bans.values())
        held = {Topic.ROOMS: rooms, Topic.ROLES: len(roles), Topic.BANS: bans}
        counted = {topic: count for topic, count in held.items() if count}
        return Outlook(counted, tuple(alone), rooms, bans)

    async def hand_over(self, user: UserId, room: RoomId | None, said: EventId) -> None:
        self.handed_over.append((user, room))

    async def forget(self, user: UserId, *, stays: bool) -> None:
        self.forgotten.append((user, stays))
