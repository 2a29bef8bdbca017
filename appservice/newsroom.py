"""All sources that digests are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appservice.activity import LivelySource
from appservice.announcements import AnnouncementsSource
from appservice.around import MarketSource, PlacesSource
from appservice.calendar import OccasionsSource
from appservice.story_news import StoriesSource
from bot.digests.items import Source

if TYPE_CHECKING:
    from appservice.work import UnitOfWork


def sources_of(work: UnitOfWork) -> Iterator[Source]:
    """The sources as `work` sees them, in the order in which they are asked."""
    yield StoriesSource(work)
    yield AnnouncementsSource(work)
    yield OccasionsSource(work)
    yield PlacesSource(work)
    yield MarketSource(work)
    yield LivelySource(work)
