"""Announcements in memory, as `bot.announcements.ports.Announcements` has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.reply import Document
from spaces.announcements import Announcement, Declines, Post
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork


@dataclass
class AnnouncementsKept:
    """What is announced is posted at once."""

    work: FakeWork
    kept: dict[int, Announcement] = field(default_factory=dict)
    posts: dict[tuple[int, NetworkId], Post] = field(default_factory=dict)
    declined: set[tuple[NetworkId, NetworkId]] = field(default_factory=set)

    async def free_number(self) -> int:
        return self.work.ids.listing_number()

    async def declines(self) -> Declines:
        return frozenset(self.declined)

    async def decline(self, network: NetworkId, source: NetworkId) -> None:
        self.declined.add((network, source))

    async def accept(self, network: NetworkId, source: NetworkId) -> None:
        self.declined.discard((network, source))

    async def people_in(self, places: Collection[PlaceId]) -> int:
        there = {
            who for (place, who), how in self.work.memberships.items() if place in places and how == "join"
        }
        return len(there)

    async def made_since(self, network: NetworkId, since: float) -> int:
        made = (one for one in self.kept.values() if one.network == network and not one.by_hand)
        return sum(one.made_at > since for one in made)

    async def announce(self, one: Announcement, posts: Sequence[Post], message: Document) -> None:
        self.kept[one.number] = one
        for post in posts:
            self.work.announced.append((post.place, message))
            room, event = RoomId(f"!{post.place}"), EventId(f"${one.number}:{post.network}")
            self.posts[one.number, post.network] = replace(post, room=room, event=event)

    async def numbered(self, number: int) -> Announcement | None:
        return self.kept.get(number)

    async def posts_of(self, numbers: Collection[int]) -> Sequence[Post]:
        return [post for post in self.posts.values() if post.number in numbers]

    async def latest(self, networks: Collection[NetworkId], most: int) -> Sequence[Announcement]:
        posted = {number for number, network in self.posts if network in networks}
        found = [one for one in self.kept.values() if one.stands]
        found = [one for one in found if one.number in posted or one.network in networks]
        return sorted(found, key=lambda one: (-one.made_at, one.number))[:most]

    async def announcers_in(self, networks: Collection[NetworkId]) -> frozenset[NetworkId]:
        return frozenset(self.kept[number].network for number, where in self.posts if where in networks)

    async def withdraw(self, one: Announcement) -> None:
        self.kept[one.number] = replace(one, text="", withdrawn_at=one.made_at)
