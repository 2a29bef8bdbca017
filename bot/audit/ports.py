"""The audit log as the commands see it: its entries, and what they need from outside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from spaces.differences import Changed
from spaces.identifiers import NetworkId, UserId


class Source(StrEnum):
    """Where a change came from."""

    CHAT = "chat"
    HAND = "hand"
    BLUEPRINT = "blueprint"
    COMMAND_LINE = "command line"
    HEDGEROW = "hedgerow"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log. `at` is in seconds since 1970; `who` a Matrix ID, `operator` or `hedgerow`.

    `what` is kept for machines, `about` the place that was named; `changed` is what differs since.
    `before` and `after` tell of it in brief.
    """

    number: int
    at: float
    who: str
    source: Source
    what: str
    about: str
    changed: tuple[Changed, ...] = ()
    undoes: int | None = None
    before: str = ""
    after: str = ""


class AuditLog(Protocol):
    """What has been done. Newest first."""

    async def page(
        self, networks: Collection[NetworkId], *, before: int | None, most: int, unbound: bool = False
    ) -> Sequence[Entry]:
        """The entries of these networks, older than the one of the number `before`.

        With `unbound` also those of no network: what concerns the whole server.
        """

    async def entry(self, number: int, networks: Collection[NetworkId] | None) -> Entry | None:
        """The entry of that number, if it is of one of these networks; with None whosesoever it is."""

    async def changes_of(self, user: UserId, *, most: int) -> Sequence[Entry]:
        """What `user` has changed, but for what undoes something or is undone already."""
