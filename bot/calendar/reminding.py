"""Those who come are reminded once, the day before."""

from __future__ import annotations

from dataclasses import replace

from bot.calendar import words
from bot.ports import Work
from spaces.occasions import Occasion


async def remind(work: Work, occasion: Occasion) -> None:
    """Tell those who come, and note in the same unit of work that they are told."""
    await work.calendar.keep(replace(occasion, remind_at=None))
    message = words.reminder(work.landscape, occasion)
    said = f"event {occasion.number} reminder {int(occasion.starts_at)}"
    for person in await work.calendar.coming(occasion):
        await work.tell(person, message, said=said, reminding=True)
