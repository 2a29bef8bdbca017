"""What somebody wants to have brought in goes into the outbox (`bot.adopting.ports.Adoptions`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appservice.store import adoptions, rooms
from bot.adopting.ports import Asked, Shown
from bot.reply import Document
from spaces.actions import Adopt
from spaces.identifiers import PlaceId, RoomId, UserId

if TYPE_CHECKING:
    from appservice.work import UnitOfWork


class StoredAdoptions:
    """Adoptions of one unit of work. What comes of them is in `appservice/bringing_in.py`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def place_at(self, target: str) -> PlaceId | None:
        return await rooms.place_of(self._work.connection, RoomId(target))

    async def look_into(self, asked: Asked) -> Document | None:
        self._put(asked, RoomId(asked.target), agreed=False)
        return None

    async def shown(self, by: UserId, target: str) -> Shown | None:
        return await adoptions.shown(self._work.connection, by, target)

    async def take_in(self, asked: Asked, space: RoomId) -> Document | None:
        self._put(asked, space, agreed=True)
        return None

    def _put(self, asked: Asked, room: RoomId, *, agreed: bool) -> None:
        action = Adopt(room, asked.network, asked.by, asked.event, asked.via, asked.wants, agreed)
        self._work.put(action)
