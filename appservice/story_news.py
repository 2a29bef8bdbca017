"""Stories as lines of digests, and as a network shows them to everyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appservice.retracting import KEY
from appservice.store import stories
from bot.digests.items import Item, Period, Reader, Section
from bot.reply import Line
from bot.stories.words import shown_way, told_in_full
from spaces.access import Standing
from spaces.bans import is_banned
from spaces.identifiers import NetworkId, UserId
from spaces.stories import Level, Levels, Story, stands, title

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

_STRANGER = Standing(UserId("@stranger"))


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was taken within a period, with all that is known of it: the same for all readers."""

    period: Period
    levels: Sequence[Level]
    stories: dict[int, Story]
    of_story: dict[int, Levels]


class StoriesSource:
    """The stories that one of the reader's networks has taken within the period."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._taken: _Taken | None = None

    async def items(self, reader: Reader, period: Period) -> Sequence[Item]:
        taken = await self._taken_in(period)
        theirs = reader.networks & reader.sight.member_of
        found: dict[int, Item] = {}
        for level in taken.levels:
            is_new = level.network in theirs and level.story not in found
            if is_new and self._is_for(reader, taken, level, theirs):
                found[level.story] = self._item(reader, taken, level)
        return tuple(found.values())

    async def _taken_in(self, period: Period) -> _Taken:
        if self._taken is None or self._taken.period != period:
            self._taken = await taken_in(self._work, period)
        return self._taken

    def _is_for(self, reader: Reader, taken: _Taken, level: Level, theirs: frozenset[NetworkId]) -> bool:
        """It stands now, is not their own, and was not told to them before, by another of theirs."""
        landscape, story, levels = (
            self._work.landscape,
            taken.stories[level.story],
            taken.of_story[level.story],
        )
        if story.author == reader.user or not stands(landscape, story, levels, level.network):
            return False
        if reader.user is not None and is_banned(landscape, level.network, reader.user):
            return False
        before = (one for one in levels.values() if one.since < taken.period.start and one.network in theirs)
        return not any(stands(landscape, story, levels, one.network) for one in before)

    def _item(self, reader: Reader, taken: _Taken, level: Level) -> Item:
        story, levels = taken.stories[level.story], taken.of_story[level.story]
        told = told_in_full(self._work.landscape, reader.standing, story, levels, level.network)
        return Item(Section.STORIES, f"{KEY}{story.number}", (told,), weight=level.since)


async def taken_in(work: UnitOfWork, period: Period, network: NetworkId | None = None) -> _Taken:
    levels = await stories.taken_between(work.connection, period.start, period.end, network)
    numbers = {level.story for level in levels}
    there = {story.number: story for story in await stories.numbered(work.connection, numbers)}
    standing = [level for level in levels if level.story in there and there[level.story].is_there]
    return _Taken(period, standing, there, dict(await stories.levels_of(work.connection, there)))


# -- for everyone -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """A story of a network as it may be shown to anybody. `byline` None: its author is not named.

    `text` may have several lines. `way` is a line such as `Singing → Arts & Health`, without what a stranger
    may not see. `taken_at` is in seconds since 1970.
    """

    number: int
    headline: str
    text: str
    byline: str | None
    may_print: bool
    way: Line
    taken_at: float


async def published(work: UnitOfWork, network: NetworkId, period: Period) -> tuple[Published, ...]:
    """The stories that `network` has taken within the period and that stand now, the newest first.

    Whether the network shows them to everyone, because it is public, is the caller's to ask.
    """
    taken = await taken_in(work, period, network)
    found = [one for one in taken.levels if _stands(work, taken, one)]
    return tuple(_published(work, taken, level) for level in reversed(found))


def _stands(work: UnitOfWork, taken: _Taken, level: Level) -> bool:
    return stands(work.landscape, taken.stories[level.story], taken.of_story[level.story], level.network)


def _published(work: UnitOfWork, taken: _Taken, level: Level) -> Published:
    story, levels = taken.stories[level.story], taken.of_story[level.story]
    way = shown_way(work.landscape, _STRANGER, story, levels, level.network)
    about = (story.number, title(story, level), story.text, story.byline, story.may_print)
    return Published(*about, way, level.since)
