"""Stories, announcements and events of a network as everyone may be told of them.

What is no more, what is hidden and what was not meant for everyone is left out here, each by the rules of
its own piece and by what a stranger finds (`sight`).
"""

from __future__ import annotations

from appservice.store import announcements, calendar, stories
from appservice.work import UnitOfWork
from spaces.access import Sight
from spaces.identifiers import GroupId, NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.news import AnnouncementTold, OccasionTold, Span, StoryTold
from spaces.stories import Levels, Story, stands, way_of

_MOST = 200


async def stories_told(
    work: UnitOfWork, network: NetworkId, span: Span, sight: Sight
) -> tuple[StoryTold, ...]:
    """Those that stand there and were taken in that time, and whose authors agreed that they are printed."""
    taken = await stories.taken_between(work.connection, span.start, span.end, network)
    numbers = [level.story for level in taken]
    found = await stories.numbered(work.connection, numbers)
    levels = await stories.levels_of(work.connection, numbers)
    shown = [
        _story(work.landscape, one, levels[one.number], network, sight)
        for one in found
        if one.may_print and stands(work.landscape, one, levels[one.number], network)
    ]
    return tuple(sorted(shown, key=lambda one: -one.at)[:_MOST])


def _story(landscape: Landscape, story: Story, levels: Levels, network: NetworkId, sight: Sight) -> StoryTold:
    way = [place for place in way_of(story, levels, network) if _is_told(landscape, place, sight)]
    return StoryTold(
        f"story {story.number}",
        levels[network].headline,
        story.text,
        story.byline or "",
        tuple(landscape.place(place).name for place in way),
        levels[network].since,
    )


def _is_told(landscape: Landscape, place: PlaceId, sight: Sight) -> bool:
    """Whether everyone may know of it, and its name says which it is."""
    group = landscape.groups.get(GroupId(place))
    return place in sight.finds and (group is None or not group.is_kit)


async def announcements_told(
    work: UnitOfWork, network: NetworkId, span: Span, sight: Sight
) -> tuple[AnnouncementTold, ...]:
    """Those made by command, by a network that everyone finds, and posted here. What was written by hand in
    the room for news is for those who are in it.
    """
    declined = await announcements.declines(work.connection)
    found = await announcements.latest(work.connection, [network], _MOST)
    return tuple(
        AnnouncementTold(
            f"announcement {one.number}", one.text, work.landscape.networks[one.network].name, one.made_at
        )
        for one in found
        if span.holds(one.made_at)
        and not one.by_hand
        and one.network in sight.finds
        and (network, one.network) not in declined
    )


async def occasions_told(work: UnitOfWork, network: NetworkId, span: Span) -> tuple[OccasionTold, ...]:
    """What stands there, and is ahead of who reads of it."""
    since = min(span.now, span.end)
    found = await calendar.ahead(work.connection, [network], max(span.start, since) - 1.0)
    told = [
        OccasionTold(
            f"event {one.number}",
            one.name,
            one.starts_at,
            one.ends_at,
            one.place,
            changed_at=one.changed_at,
            zone=one.zone,
        )
        for one in found
        if span.is_ahead(one.starts_at, one.ends_at)
    ]
    return tuple(told[:_MOST])
