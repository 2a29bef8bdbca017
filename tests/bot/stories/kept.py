"""Stories in memory, as `bot.stories.ports.Stories` has them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.stories.ports import Message
from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId
from spaces.stories import Level, Levels, Step, Story

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


@dataclass
class StoriesKept:
    """`messages` is what there is to be read; `unseen` are those who came into a room after a message."""

    work: FakeWork
    kept: dict[int, Story] = field(default_factory=dict)
    levels: dict[tuple[int, NetworkId], Level] = field(default_factory=dict)
    messages: dict[tuple[RoomId, EventId], Message] = field(default_factory=dict)
    unseen: set[tuple[EventId, UserId]] = field(default_factory=set)
    sealed: set[RoomId] = field(default_factory=set)
    taken_out: list[int] = field(default_factory=list)

    async def free_number(self) -> int:
        return self.work.ids.listing_number()

    async def keep(self, story: Story) -> None:
        self.kept[story.number] = story

    async def keep_level(self, level: Level) -> None:
        self.levels[level.story, level.network] = level

    async def drop(self, number: int) -> None:
        del self.kept[number]

    async def numbered(self, numbers: Collection[int]) -> Sequence[Story]:
        return [self.kept[number] for number in numbers if number in self.kept]

    async def levels_of(self, numbers: Collection[int]) -> Mapping[int, Levels]:
        return {
            number: {network: level for (of, network), level in self.levels.items() if of == number}
            for number in numbers
        }

    async def of_message(self, room: RoomId, event: EventId) -> Story | None:
        return next((one for one in self.kept.values() if (one.room, one.event) == (room, event)), None)

    async def of_author(self, author: UserId) -> Sequence[Story]:
        return [one for one in self.kept.values() if one.author == author]

    async def waiting_for(self, networks: Collection[NetworkId]) -> Sequence[Level]:
        return [one for one in self.levels.values() if one.waits and one.network in networks]

    async def taken_between(
        self, start: float, end: float, network: NetworkId | None = None
    ) -> Sequence[Level]:
        taken = (one for one in self.levels.values() if one.step is Step.TAKEN and start <= one.since < end)
        return [one for one in taken if network in (None, one.network)]

    async def proposed_since(self, proposer: UserId, since: float) -> int:
        return sum(one.proposer == proposer and one.proposed_at > since for one in self.kept.values())

    async def read(self, story: Story) -> None: ...

    async def is_sealed(self, group: GroupId, room: RoomId) -> bool:
        return self.work.landscape.groups[group].encrypted or room in self.sealed

    async def saw_it_come(self, room: RoomId, event: EventId, user: UserId) -> bool:
        return (event, user) not in self.unseen

    async def name_in(self, room: RoomId, user: UserId) -> str:
        return user.localpart

    async def take_out(self, story: Story) -> None:
        self.taken_out.append(story.number)

    async def note(self, what: str, network: NetworkId) -> None:
        await self.work.market.note(what, network)
