"""A network takes a story, and offers it to those above it."""

from __future__ import annotations

from dataclasses import replace

from bot.ports import Work
from spaces.identifiers import UserId
from spaces.stories import Ending, Level, Step, Story, ended, offers_above


async def take(work: Work, story: Story, level: Level, by: UserId, now: float, headline: str = "") -> None:
    """It stands in that network from now on, and is offered to its parents. They keep the headline."""
    headed = headline or level.headline
    taken = replace(level, step=Step.TAKEN, since=now, decided_by=by, headline=headed)
    await work.stories.keep_level(taken)
    await work.note(f"story take {story.number}", level.network)
    await offer(work, story, now)


async def offer(work: Work, story: Story, now: float) -> None:
    """To the parents of all networks in which it stands; whoever has it already is not asked again."""
    levels = (await work.stories.levels_of([story.number]))[story.number]
    for level in offers_above(work.landscape, story, levels, now):
        await work.stories.keep_level(level)


async def decline(work: Work, story: Story, level: Level, by: UserId, now: float) -> None:
    await work.stories.keep_level(replace(level, step=Step.DECLINED, since=now, decided_by=by))
    await work.note(f"story decline {story.number}", level.network)


async def end(work: Work, story: Story, ending: Ending, now: float) -> None:
    """It is gone at all levels, and from what the bot has posted as far as that can be changed."""
    levels = (await work.stories.levels_of([story.number]))[story.number]
    await work.stories.take_out(story)
    await work.stories.keep(ended(story, ending, now))
    for level in levels.values():
        if level.step is Step.TAKEN and level.network in work.landscape.networks:
            await work.stories.note(f"story withdrawn {story.number}", level.network)
