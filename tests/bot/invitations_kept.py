"""Invitations in memory: whom a list names is invited at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.invitations.ports import Account, Listed
from bot.invitations.replies import brought_in
from bot.networks.rules import named
from bot.ports import Heard
from spaces.identifiers import PlaceId, UserId
from spaces.invitations import Invitation, Outcome, Result
from spaces.sentences import sentence

if TYPE_CHECKING:
    from tests.bot.fake_work import FakeWork

_FRESH = (Result.WAITING, Result.ASKED)


class InvitationsKept:
    """Implements `bot.invitations.ports.Invitations`. There is nobody of the names in `nobody`."""

    def __init__(self, work: FakeWork) -> None:
        self._work = work
        self.now = datetime(2030, 5, 1, tzinfo=UTC).timestamp()
        self.nobody: set[UserId] = set()
        self.remembered: dict[tuple[PlaceId, UserId], Invitation] = {}
        self._lists: dict[str, list[Outcome]] = {}
        self._shown: dict[UserId, tuple[Listed, ...]] = {}

    async def known(self, place: PlaceId, users: Collection[UserId]) -> Mapping[UserId, Invitation]:
        return {u: one for (p, u), one in self.remembered.items() if p == place and u in users}

    async def can_be_told(self, user: UserId) -> bool:
        return user in self._work.spoken_with

    async def account_of(self, user: UserId, heard: Heard) -> Account:
        return Account.NOBODY if user in self.nobody else Account.THERE

    async def look_up(self, user: UserId, heard: Heard, said: str) -> None:
        raise AssertionError("everybody is known here")

    async def keep(self, batch: str, by: UserId, outcomes: Sequence[Outcome], *, reason: str) -> None:
        came = [self._came(one) for one in outcomes]
        self._lists[batch] = came
        for before, one in zip(outcomes, came, strict=True):
            if one.user is not None and before.result in _FRESH:
                kept = Invitation(one.place, one.user, one.result, self.now, by)
                self.remembered[one.place, one.user] = kept
        for user in dict.fromkeys(o.user for o in came if o.user and o.result is Result.INVITED):
            places = [o.place for o in came if o.user == user and o.result is Result.INVITED]
            for place in places:
                await self._work.invite(place, user, reason=reason)
            if user in self._work.spoken_with:
                shown = [named(self._work.landscape, place) for place in places]
                await self._work.tell(user, brought_in(by, shown, reason), said=f"invited {batch}")

    def _came(self, one: Outcome) -> Outcome:
        if one.result is not Result.WAITING:
            return one
        if one.user in self.nobody:
            reason = sentence("this server knows nobody of that name")
            return replace(one, result=Result.FAILED, reason=reason)
        return replace(one, result=Result.INVITED)

    async def outcomes(self, batch: str) -> tuple[Outcome, ...]:
        return tuple(self._lists.get(batch, ()))

    async def questions_to(self, user: UserId) -> tuple[Invitation, ...]:
        return tuple(o for (_, u), o in self.remembered.items() if u == user and o.state is Result.ASKED)

    async def asked_by(self, user: UserId, places: Collection[PlaceId]) -> Mapping[PlaceId, UserId]:
        return {p: one.by for (p, u), one in self.remembered.items() if u == user and p in places}

    async def decline(self, place: PlaceId, user: UserId) -> None:
        known = self.remembered.get((place, user))
        by = known.by if known else user
        self.remembered[place, user] = Invitation(place, user, Result.DECLINED, self.now, by)

    async def keep_listed(self, user: UserId, listed: Sequence[Listed]) -> None:
        self._shown[user] = tuple(listed)

    async def listed(self, user: UserId) -> tuple[Listed, ...]:
        return self._shown.get(user, ())
