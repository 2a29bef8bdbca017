"""What networks tell in one world (stories, announcements, events), and who may read each, naively."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from random import Random
from typing import Any

from appservice.store import announcements, tables
from appservice.store.database import upsert
from spaces.access import Standing
from spaces.announcements import Announcement, Post
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Digest, Purpose
from spaces.occasions import Occasion, State
from spaces.stories import Ending, Level, Step, Story
from tests.leaks.oracle import Oracle

_DAY = 86_400.0


class Told:
    """`people` wrote it, at the times that `when` draws; `now` is when it is read."""

    def __init__(
        self,
        landscape: Landscape,
        chance: Random,
        people: tuple[UserId, ...],
        now: float,
        when: Callable[[], float],
    ) -> None:
        self.landscape, self.chance, self.people, self.now, self.when = landscape, chance, people, now, when
        self.networks = [*landscape.networks]
        self.announcements = {number: self._announcement(number) for number in range(30_000, 30_012)}
        self.posts = [post for one in self.announcements.values() for post in self._posts(one)]
        pairs = {(chance.choice(self.networks), chance.choice(self.networks)) for _ in range(4)}
        self.declines = {(network, source) for network, source in pairs if network != source}
        self.occasions = {number: self._occasion(number) for number in range(40_000, 40_012)}
        self.stories = {number: self._story(number) for number in range(50_000, 50_016)}
        self.levels = {number: self._levels(one) for number, one in self.stories.items()}

    # -- what there is ----------------------------------------------------------------------------

    def _announcement(self, number: int) -> Announcement:
        author, network = self.chance.choice(self.people), self.chance.choice(self.networks)
        one = Announcement(number, network, author, f"a{number}a", self.when(), self.chance.random() < 0.3)
        return replace(one, text="", withdrawn_at=self.now) if self.chance.random() < 0.2 else one

    def _posts(self, one: Announcement) -> Iterator[Post]:
        """In its own news; by command, in those of others too, and here and there taken away."""
        others = [] if one.by_hand else self.chance.sample(self.networks, min(2, len(self.networks)))
        for network in dict.fromkeys((one.network, *others)):
            news = [g for g in self.landscape.groups_of(network) if g.purpose is Purpose.NEWS]
            if news:
                gone = self.now if self.chance.random() < 0.2 else None
                room, event = RoomId(f"!{news[0].id}"), EventId(f"$a{one.number}{network}")
                yield Post(one.number, network, news[0].id, room, event, gone)

    def _occasion(self, number: int) -> Occasion:
        at, network = self.when(), self.chance.choice(self.networks)
        starts = self.now + self.chance.choice([-1, 1, 5, 30]) * _DAY
        state = self.chance.choice([State.STANDS, State.STANDS, State.CANCELLED])
        owner = self.chance.choice(self.people)
        return Occasion(
            number, network, owner, f"e{number}e", "Hall", starts, None, "UTC", at, at, state=state
        )

    def _story(self, number: int) -> Story:
        group = self.chance.choice([*self.landscape.groups])
        one = Story(
            number,
            group,
            RoomId(f"!{group}"),
            EventId(f"$s{number}"),
            self.chance.choice(self.people),
            self.when(),
            author=self.chance.choice(self.people),
            text=f"w{number}w",
            may_travel=self.chance.random() < 0.5,
            sealed=self.chance.random() < 0.2,
        )
        return (
            replace(one, text="", ending=Ending.WITHDRAWN, ended_at=self.now)
            if self.chance.random() < 0.2
            else one
        )

    def _levels(self, story: Story) -> dict[NetworkId, Level]:
        """Taken or not in its network, and in networks above it, or that once were."""
        home = self.landscape.groups[story.group].home
        found = {home: self._level(story, home, None)}
        for _ in range(2):
            below = self.chance.choice([*found])
            above = [*self.landscape.parents(below), *self.chance.sample(self.networks, 1)]
            network = self.chance.choice(above)
            found.setdefault(network, self._level(story, network, below))
        return found

    def _level(self, story: Story, network: NetworkId, source: NetworkId | None) -> Level:
        step = self.chance.choice([Step.TAKEN, Step.TAKEN, Step.TAKEN, Step.DECLINED, Step.OFFERED])
        return Level(story.number, network, step, self.when(), source)

    async def write(self, connection: Any) -> None:
        """As the store keeps each of them, in one go."""
        levels = [level for number in self.stories for level in self.levels[number].values()]
        for table, values in (
            (tables.announcements, self.announcements.values()),
            (tables.occasions, self.occasions.values()),
            (tables.stories, self.stories.values()),
            (tables.story_levels, levels),
        ):
            await upsert(connection, table, [asdict(one) for one in values])
        await announcements.keep_posts(connection, self.posts)
        for network, source in self.declines:
            await announcements.decline(connection, network, source)

    # -- who may read it --------------------------------------------------------------------------

    def texts_hidden(self, reads: Callable[[str], bool]) -> set[str]:
        """The words of all that the reader may not read, by its key."""
        words = {f"announcement:{n}": f"a{n}a" for n in self.announcements}
        words |= {f"occasion:{n}": f"e{n}e" for n in self.occasions}
        words |= {f"story:{n}": f"w{n}w" for n in self.stories}
        return {word for key, word in words.items() if not reads(key)}


class Reading:
    """What one reader, None for all members of one network, may read of it by way of `networks`."""

    def __init__(
        self,
        told: Told,
        reader: UserId | None,
        standing: Standing,
        networks: frozenset[NetworkId],
        is_in_period: Callable[[float], bool],
    ) -> None:
        self.told, self.reader, self.standing, self.networks = told, reader, standing, networks
        self.land, self.oracle = told.landscape, Oracle(told.landscape, standing)
        self.is_in_period = is_in_period

    def reads(self, key: str) -> bool:
        kind, _, number = key.partition(":")
        of_kind = {"announcement": self._announced, "occasion": self._takes_place, "story": self._story}
        return of_kind[kind](int(number))

    def announcer(self, key: str) -> set[PlaceId]:
        """Who announces something to those below tells them its name: the preview of it says so. A link to
        what may not be entered is none by the time it is said (`linked_for`).
        """
        kind, _, number = key.partition(":")
        return {self.told.announcements[int(number)].network} if kind == "announcement" else set()

    def _is_of(self, network: NetworkId) -> bool:
        """A member who wants its news, and is not banned there."""
        is_banned = any((network, who) in self.land.bans for who in (self.reader,))
        return (
            network in self.networks
            and self.oracle.is_active(network)
            and self.oracle.is_member(network)
            and (not is_banned or self.oracle.coordinates(network))
        )

    def _announced(self, number: int) -> bool:
        one = self.told.announcements[number]
        if one.withdrawn_at is not None or one.author == self.reader or not self.is_in_period(one.made_at):
            return False
        posts = (post for post in self.told.posts if post.number == number and post.gone_at is None)
        return any(self._by_way_of(one, post) for post in posts)

    def _by_way_of(self, one: Announcement, post: Post) -> bool:
        if post.network != one.network and (post.network, one.network) in self.told.declines:
            return False
        if one.by_hand and self.reader is not None and post.place not in self.standing.joined:
            return False
        return self._is_of(post.network)

    def _takes_place(self, number: int) -> bool:
        one = self.told.occasions[number]
        is_open = self.land.networks[one.network].access is Access.PUBLIC
        may = self._is_of(one.network) or (is_open and one.network in self.networks)
        is_ahead = one.starts_at > self.told.now and one.state is State.STANDS
        return may and is_ahead and one.owner != self.reader and self.oracle.is_active(one.network)

    def _story(self, number: int) -> bool:
        story, levels = self.told.stories[number], self.told.levels[number]
        if story.ending is not Ending.NONE or story.author == self.reader or not self.may_leave(story):
            return False
        return any(
            self._is_of(network) and self.is_in_period(level.since) and self.came_to(story, levels, level)
            for network, level in levels.items()
        )

    def may_leave(self, story: Story) -> bool:
        group = self.land.groups[GroupId(story.group)]
        is_open = not story.sealed or group.digest is Digest.STORIES
        return is_open and self.oracle.is_active(group.id)

    def came_to(self, story: Story, levels: dict[NetworkId, Level], level: Level) -> bool:
        """Taken at each step of the way, over links that hold, and out of a closed group only if it may."""
        group = self.land.groups[GroupId(story.group)]
        home = self.land.networks[group.home]
        closed = home.access is Access.INVITE or (group.access is Access.INVITE and not group.is_kit)
        if level.step is not Step.TAKEN:
            return False
        if level.source is None:
            return level.network == group.home
        links = self.land.links.values()
        holds = any(k.holds and (k.parent, k.child) == (level.network, level.source) for k in links)
        may = story.may_travel or not closed
        return holds and may and level.source in levels and self.came_to(story, levels, levels[level.source])
