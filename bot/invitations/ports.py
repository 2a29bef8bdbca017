"""What bringing people in needs from outside: what is remembered of invitations, and lists of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from spaces.identifiers import PlaceId, UserId
from spaces.invitations import Invitation, Outcome

if TYPE_CHECKING:
    from bot.ports import Heard


class Account(Enum):
    """What is known of a user: people of other servers, whose servers cannot be asked, count as there."""

    THERE = "there"
    NOBODY = "nobody"
    UNTOLD = "untold"  # our homeserver was asked and did not say
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Listed:
    """Something that waited for somebody's answer when it was shown to them: `by` asked for it.

    `is_question`: they were asked, and are invited once they say yes.
    """

    place: PlaceId
    is_question: bool
    by: UserId | None = None


class Invitations(Protocol):
    """Invitations, as one unit of work sees them."""

    async def known(self, place: PlaceId, users: Collection[UserId]) -> Mapping[UserId, Invitation]:
        """What is remembered of each of `users` there."""

    async def can_be_told(self, user: UserId) -> bool:
        """Whether the bot has a direct room with them."""

    async def account_of(self, user: UserId, heard: Heard) -> Account:
        """Whether there is such a user; `UNASKED` until it was looked up for this very message."""

    async def look_up(self, user: UserId, heard: Heard, said: str) -> None:
        """Ask the homeserver for `user`, and then hear `said` in place of what was heard."""

    async def keep(self, batch: str, by: UserId, outcomes: Sequence[Outcome], *, reason: str) -> None:
        """Keep the list `batch` of `by`, and invite whom it has as `WAITING`, with `reason`.

        The answer to who asked becomes the report on it once all is done.
        """

    async def outcomes(self, batch: str) -> tuple[Outcome, ...]:
        """What has come of the list so far, in its order."""

    async def questions_to(self, user: UserId) -> tuple[Invitation, ...]:
        """What they were asked (`ASKED`) and have not answered, oldest first."""

    async def asked_by(self, user: UserId, places: Collection[PlaceId]) -> Mapping[PlaceId, UserId]:
        """Who has asked for the invitations of `user` to `places`, where that is known."""

    async def decline(self, place: PlaceId, user: UserId) -> None:
        """Remember that they say no now."""

    async def keep_listed(self, user: UserId, listed: Sequence[Listed]) -> None:
        """Remember what was shown to them, by number, instead of what was shown before."""

    async def listed(self, user: UserId) -> tuple[Listed, ...]:
        """What was shown to them last."""
