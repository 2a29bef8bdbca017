"""What organisations and services in the directory need kept; `appservice/listings.py` provides it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from spaces.identifiers import NetworkId, UserId
from spaces.listings import Listing


class Listings(Protocol):
    """As one unit of work sees and changes them; what may be seen is the caller's. Times are since 1970."""

    async def free_number(self) -> int:
        """A number at random that no listing, offer or want has."""

    async def numbered(self, number: int) -> Listing | None: ...

    async def those_numbered(self, numbers: Collection[int]) -> Sequence[Listing]:
        """Those of these numbers that there are."""

    async def of(self, networks: Collection[NetworkId]) -> Sequence[Listing]:
        """All of these networks, organisations first, by name."""

    async def services_of(self, organisation: int) -> Sequence[Listing]: ...

    async def stewarded_by(self, user: UserId) -> Sequence[Listing]: ...

    async def keep(self, listings: Iterable[Listing]) -> None:
        """Keep them as they are now, new or not; so they are in the directory at once."""

    async def forget(self, listings: Iterable[Listing]) -> None:
        """They are not there any more; services of theirs that stay are nobody's."""

    async def unasked(self, *, before: float) -> Sequence[Listing]:
        """What nobody has confirmed since then, nor was asked about, and is not stale."""

    async def unanswered(self, *, before: float) -> Sequence[Listing]:
        """What was asked about before that, and neither confirmed nor marked stale since."""

    async def note_asked(
        self, listings: Collection[Listing], asked: Mapping[UserId, Collection[Listing]], at: float
    ) -> None:
        """These are asked about at that time: each of these people about those."""

    async def asked_of(self, user: UserId) -> Sequence[Listing]:
        """All that they were asked about and nobody has confirmed since; the latest question first."""
