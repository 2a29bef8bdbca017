"""Telling people what they did not ask for: only where the bot and they talk already."""

from __future__ import annotations

from collections.abc import Iterable

from appservice.store import rooms
from appservice.work import UnitOfWork
from bot.reply import Document
from spaces.identifiers import PlaceId, UserId


async def tell_where_they_talk(
    work: UnitOfWork, people: Iterable[UserId | None], document: Document, *, said: str
) -> list[UserId]:
    """Tell those of `people` who have a direct room with the bot; who they are."""
    told: list[UserId] = []
    for user in people:
        if user is not None and await rooms.direct_room(work.connection, user) is not None:
            await work.tell(user, document, said=said)
            told.append(user)
    return told


async def tell_coordinators(work: UnitOfWork, place: PlaceId, document: Document, *, said: str) -> None:
    """Tell who looks after `place`. If the bot talks with none of them yet, it begins: somebody must know."""
    coordinators = work.landscape.looking_after(place)
    if not await tell_where_they_talk(work, coordinators, document, said=said):
        for user in coordinators:
            await work.tell(user, document, said=said)
