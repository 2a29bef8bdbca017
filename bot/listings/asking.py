"""Whether a listing still holds: who is asked, what is marked as stale, and what a yes means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.command import Call, Name, command
from bot.listings import words
from bot.listings.ports import Listings
from bot.listings.seeing import is_steward, speaker, theirs
from bot.ports import Work
from spaces.errors import Conflict, Malformed
from spaces.freshness import (
    asked_now,
    confirmed,
    is_due,
    nearly_due_before,
    silent_before,
    unanswered,
)
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.listings import Listing
from spaces.network import Status

_MOST_AT_ONCE = 200
_NUMBERS = re.compile(r"[\s,;]*(\d{1,9})(?:[\s,;]+(?:and\s+)?|\Z)")
ASKED = "listings asked"
"""What a question is called where it is told, with when it was asked behind it."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    listings: tuple[Listing, ...]


class StillRight:
    """Say that what the directory says still holds."""

    @command("confirm", topic="directory", examples=["confirm 48213"])
    async def confirm(
        self,
        call: Call,
        which: Annotated[Name | None, "the numbers of the listings; all I asked about last if none"] = None,
    ) -> Confirmed:
        """Say that what the directory says of an organisation or service is still right."""
        if which:
            found = [await theirs(call, number) for number in _numbers_in(which)]
        else:
            if not call.heard.is_direct:
                raise Conflict("Say which: `confirm N`. Or tell me in a direct message.")
            found = list(await last_asked(call))
        if not found:
            raise Malformed("I have asked you about no listing. Say which is right: `confirm N`.")
        await call.work.listings.keep([confirmed(one, call.now.timestamp()) for one in found])
        await _note(call.work, found, "confirm {count} listings")
        return Confirmed(tuple(found))


async def last_asked(call: Call) -> Sequence[Listing]:
    """What the speaker was asked about last, as far as nobody has answered and they may say."""
    may = speaker(call).may_change
    asked = [one for one in await call.work.listings.asked_of(call.sender) if may(one)]
    return [one for one in asked if one.asked_at == asked[0].asked_at]


def _numbers_in(said: str) -> list[int]:
    found = list(_NUMBERS.finditer(said))
    numbers = dict.fromkeys(int(one[1]) for one in found)
    if not numbers or "".join(one[0] for one in found) != said or len(numbers) > _MOST_AT_ONCE:
        raise Malformed("Say the numbers of the listings that are right, such as `confirm 48213, 48214`.")
    return list(numbers)


# -- the tick -----------------------------------------------------------------------------------------


async def is_nothing_due(listings: Listings, landscape: Landscape, now: float) -> bool:
    """Whether there is nothing to ask and nothing to mark."""
    if await listings.unanswered(before=silent_before(now)):
        return False
    nearly_due = await listings.unasked(before=nearly_due_before(now))
    return not any(is_due(one, now) and _is_open(landscape, one.network) for one in nearly_due)


async def look_after(work: Work, now: float) -> None:
    """Mark what nobody has answered for, and ask about what is due, each person in one message."""
    silent = await work.listings.unanswered(before=silent_before(now))
    await work.listings.keep([unanswered(one) for one in silent])
    await _note(work, silent, "not confirmed: {count} listings")
    unasked = await work.listings.unasked(before=nearly_due_before(now))
    nearly_due = {one.number: one for one in unasked if _is_open(work.landscape, one.network)}
    reach = _Reach(work)
    whom = {number: await reach.whom_to_ask(one) for number, one in nearly_due.items()}
    asked = asked_now(nearly_due, whom, now)
    at = float(int(now))
    questions = _by_person((user, one) for one in asked for user in whom[one.number])
    await work.listings.note_asked(asked, questions, at)
    for user, about in questions.items():
        await work.tell(user, words.still_right(about), said=f"{ASKED} {int(at)}", reminding=True)


def _is_open(landscape: Landscape, network: NetworkId) -> bool:
    found = landscape.networks.get(network)
    return found is not None and found.status is Status.ACTIVE


def _by_person(pairs: Iterable[tuple[UserId, Listing]]) -> Mapping[UserId, Sequence[Listing]]:
    grouped: dict[UserId, list[Listing]] = {}
    for user, listing in pairs:
        grouped.setdefault(user, []).append(listing)
    return grouped


class _Reach:
    """Who can be reached, each looked up once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[UserId, bool] = {}

    async def whom_to_ask(self, listing: Listing) -> tuple[UserId, ...]:
        """The first of its stewards who can be reached, else the coordinators who can."""
        land = self._work.landscape
        for user in listing.stewards:
            if is_steward(land, user, listing) and await self._is_within(user):
                return (user,)
        return tuple([u for u in land.coordinators_of(listing.network) if await self._is_within(u)])

    async def _is_within(self, user: UserId) -> bool:
        """Whether they are of this server, in one of its networks, or talk with the bot."""
        if user not in self._known:
            standing = await self._work.standing_of(user)
            is_near = standing.is_local or bool(standing.joined)
            self._known[user] = is_near or await self._work.paths.talks_with(user)
        return self._known[user]


async def _note(work: Work, listings: Iterable[Listing], what: str) -> None:
    """One line in the audit log of each network."""
    counts: dict[NetworkId, int] = {}
    for listing in listings:
        counts[listing.network] = counts.get(listing.network, 0) + 1
    for network, count in counts.items():
        await work.note(what.format(count=count), network)
