"""What features hear of what is said in rooms, beside what is said to the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appservice import activity, announcements, calendar, digests, market, stories

if TYPE_CHECKING:
    from appservice.event import Event
    from appservice.work import UnitOfWork
    from bot.ports import Heard
    from spaces.identifiers import EventId

_AS_COMMANDS = (market.as_command, stories.as_command, digests.as_said_to_a_digest)


async def said(event: Event, work: UnitOfWork) -> None:
    """Something was said, changed, or said so that the bot cannot read it; none of it to the bot."""
    await announcements.written(event, work)
    await activity.note_said(work, event)
    await stories.follow_edit(event, work)


async def reacted(heard: Heard | None, event: Event, work: UnitOfWork) -> None:
    """`heard` is the reaction as something said, where it is one."""
    await calendar.reacted(event, work)
    if heard is not None:
        await stories.proposed_by_star(heard, event, work)


async def redacted(event: Event, which: EventId, work: UnitOfWork) -> None:
    await calendar.redacted(event, which, work)
    await announcements.taken_back(event, work)
    await stories.follow_redaction(event, work)
    await activity.note_redacted(work, event)


async def as_command(heard: Heard, event: Event, work: UnitOfWork) -> Heard:
    """What was heard, or the command for it where it is a bare word in reply to what a feature has told."""
    for meant in _AS_COMMANDS:
        heard = await meant(heard, event, work)
    return heard
