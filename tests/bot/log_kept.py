"""The audit log of a work in memory, and who is where, for bans."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.audit.ports import Entry, Source
from spaces.bans import fits
from spaces.differences import Changed, concerned, home_of
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape

NOON = 1_903_867_200.0  # 1 May 2030
BOT = UserId("@hedgerow:example.org")


@dataclass
class FakeLog:
    """`bot.audit.ports.AuditLog`, in which it is always noon. `who` is who spoke last."""

    entries: list[tuple[Entry, frozenset[NetworkId]]] = field(default_factory=list)
    who: str = "hedgerow"

    def keep(
        self,
        landscape: Landscape,
        what: str,
        about: PlaceId,
        done: tuple[Changed, ...],
        undoes: int | None = None,
    ) -> None:
        known = about in landscape.networks or about in landscape.groups
        networks = {*([home_of(landscape, about)] if known else []), *concerned(landscape, done)}
        number = len(self.entries) + 1
        entry = Entry(number, NOON, self.who, Source.CHAT, what, about, done, undoes)
        self.entries.append((entry, frozenset(networks)))

    async def page(
        self, networks: Collection[NetworkId], *, before: int | None, most: int, unbound: bool = False
    ) -> Sequence[Entry]:
        wanted = frozenset(networks)
        found = [e for e, of in self.entries if of & wanted or (unbound and not of)]
        older = [entry for entry in found if before is None or entry.number < before]
        return older[::-1][:most]

    async def entry(self, number: int, networks: Collection[NetworkId] | None) -> Entry | None:
        for entry, of in self.entries:
            if entry.number == number and (networks is None or of & frozenset(networks)):
                return entry
        return None

    async def changes_of(self, user: UserId, *, most: int) -> Sequence[Entry]:
        mine = [e for e, _ in self.entries if e.who == user and e.changed and e.undoes is None]
        return [entry for entry in mine[::-1] if not self._is_undone(entry.number)][:most]

    def _is_undone(self, number: int) -> bool:
        undoing = [entry.number for entry, _ in self.entries if entry.undoes == number]
        return bool(undoing) and not self._is_undone(undoing[-1])


@dataclass
class FakePresent:
    """`bot.bans.ports.Present`."""

    memberships: Mapping[tuple[PlaceId, UserId], str]
    admins: Collection[UserId]

    @property
    def protected(self) -> Collection[UserId]:
        return {BOT, *self.admins}

    async def fitting(self, rule: str) -> Sequence[tuple[PlaceId, UserId]]:
        present = ("join", "invite", "knock")
        return [key for key, how in self.memberships.items() if how in present and fits(rule, key[1])]
