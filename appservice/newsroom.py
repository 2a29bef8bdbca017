"""All sources that digests are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appservice.announcements import AnnouncementsSource
from appservice.calendar import OccasionsSource
from appservice.story_news import StoriesSource
from bot.digests.items import Source

if TYPE_CHECKING:
    from appservice.work import UnitOfWork


def sources_of(work: UnitOfWork) -> Iterator[Source]:
    """The sources as `work` sees them, in the order in which they are asked."""
    yield AnnouncementsSource(work)
    yield OccasionsSource(work)
    yield StoriesSource(work)
