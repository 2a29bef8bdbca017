"""What keeps a process from writing once another acts (PostgreSQL).

Each process that begins to act takes the next epoch. Whatever it writes asks first, in the same
transaction, whether its epoch still stands, and holds it until the commit: nobody takes the next one
in between. So a process that was stopped, or cut off, and goes on later changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

_STANDS = text("SELECT epoch FROM acting FOR KEY SHARE")
_STANDS_WITH_MARK = text(
    "SELECT marks.value, acting.epoch FROM marks, acting WHERE marks.name = :name "
    "FOR UPDATE OF marks FOR KEY SHARE OF acting"
)


class Fenced(SQLAlchemyError):
    """Another process acts by now, and what this one would write is refused."""


class Fence:
    """Knows the epoch in which this process acts. `fallen` is called when it stands no longer."""

    def __init__(self, epoch: int, fallen: Callable[[], None]) -> None:
        self.epoch = epoch
        self._fallen = fallen

    async def check(self, connection: AsyncConnection) -> None:
        """Hold the epoch until the transaction ends. Raises `Fenced`."""
        self._compare((await connection.execute(_STANDS)).scalar())

    async def locked_mark(self, connection: AsyncConnection, name: str) -> str:
        """The same, and the value of a mark, which is locked for writing in the same trip."""
        value, epoch = (await connection.execute(_STANDS_WITH_MARK, {"name": name})).one()
        self._compare(epoch)
        return str(value)

    def _compare(self, epoch: int | None) -> None:
        if epoch != self.epoch:
            self._fallen()
            raise Fenced(f"another process has begun to act (epoch {epoch}; this one's was {self.epoch})")
