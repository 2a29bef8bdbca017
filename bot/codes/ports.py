"""What the commands of codes need from outside; `appservice/codes.py` provides it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from spaces.codes import Code, Role
from spaces.identifiers import GroupId, NetworkId, UserId


@dataclass(frozen=True, slots=True)
class Wish:
    """A code to be made; `uses` is None for no limit, `expires_at` in seconds since 1970."""

    network: NetworkId
    maker: UserId
    expires_at: float
    uses: int | None = None
    groups: tuple[GroupId, ...] = ()
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A new code. `code`, and `address` where there are public pages, may only stand in an answer.

    They are sealed until that is said, so that nothing keeps the code in the clear.
    """

    number: int
    code: str
    address: str = ""


class Codes(Protocol):
    """The codes there are, as one unit of work sees and changes them. Times are seconds since 1970."""

    async def make(self, wish: Wish, now: float) -> Made: ...

    async def of(self, networks: Collection[NetworkId]) -> Sequence[Code]:
        """All codes for these networks, the newest last, those that no longer serve too."""

    async def numbered(self, number: int) -> Code | None: ...

    async def revoke(self, number: int, now: float) -> None: ...

    async def find(self, typed: str) -> Code | None:
        """The code that somebody typed, whether it serves or not."""

    async def take(self, number: int, now: float) -> bool:
        """Take one use of it, if there is one left and it has not ended; whether it was taken."""

    async def wrong_tries(self, person: UserId, since: float) -> Sequence[float]:
        """When they said wrong codes since that time."""

    async def note_wrong(self, person: UserId, now: float) -> None: ...
