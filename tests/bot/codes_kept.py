"""Codes in memory, as `bot.codes.ports.Codes` has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from bot.codes.ports import Made, Wish
from spaces.codes import Code, digest
from spaces.identifiers import NetworkId, UserId
from tests.counted_codes import FIRST_NUMBER, code_of


@dataclass
class CodesKept:
    by_digest: dict[str, Code] = field(default_factory=dict)
    tries: list[tuple[UserId, float]] = field(default_factory=list)
    pages: str = ""

    async def make(self, wish: Wish, now: float) -> Made:
        nth = len(self.by_digest)
        code, number = code_of(nth), FIRST_NUMBER + nth
        kept = Code(
            number, wish.network, wish.maker, wish.expires_at, wish.groups, wish.role, uses_left=wish.uses
        )
        self.by_digest[digest(code)] = kept
        return Made(number, code, f"{self.pages}/join/{code}" if self.pages else "")

    async def of(self, networks: Collection[NetworkId]) -> Sequence[Code]:
        return [code for code in self.by_digest.values() if code.network in networks]

    async def numbered(self, number: int) -> Code | None:
        return next((code for code in self.by_digest.values() if code.number == number), None)

    async def revoke(self, number: int, now: float) -> None:
        self._change(number, revoked=True)

    async def find(self, typed: str) -> Code | None:
        return self.by_digest.get(digest(typed))

    async def take(self, number: int, now: float) -> bool:
        code = await self.numbered(number)
        if code is None or code.revoked or code.expires_at <= now or code.uses_left == 0:
            return False
        left = None if code.uses_left is None else code.uses_left - 1
        self._change(number, uses_left=left, used=code.used + 1)
        return True

    async def wrong_tries(self, person: UserId, since: float) -> Sequence[float]:
        return [at for who, at in self.tries if who == person and at > since]

    async def note_wrong(self, person: UserId, now: float) -> None:
        self.tries.append((person, now))

    def _change(self, number: int, **changes: object) -> None:
        for key, code in self.by_digest.items():
            if code.number == number:
                self.by_digest[key] = replace(code, **changes)
