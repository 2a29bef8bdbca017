"""See what waits for one's answer, and answer it by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.command import Call, command
from bot.invitations.ports import Listed
from bot.letting_in import require_power_to_invite
from bot.networks.rules import Named, named
from spaces.errors import Conflict, Unknown
from spaces.identifiers import PlaceId, UserId
from spaces.network import Status
from spaces.sentences import sentence


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: an invitation in their client, or a question; `by` asked for it."""

    place: Named
    is_question: bool
    by: UserId | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody, in the order of its numbers."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """An invitation that only they themselves can accept."""

    place: Named


@dataclass(frozen=True, slots=True)
class Welcomed:
    """They said yes, and an invitation waits for them now."""

    place: Named


@dataclass(frozen=True, slots=True)
class Declined:
    place: Named


class Answers:
    """See what waits for one's answer, and answer it."""

    @command("invites", topic="inviting", examples=["invites"])
    async def invites(self, call: Call) -> Waiting:
        """Show what waits for your yes or no."""
        listed = await _listed_anew(call)
        return Waiting(tuple(Item(named(call.landscape, o.place), o.is_question, o.by) for o in listed))

    @command("accept", topic="inviting", examples=["accept 1"], meanwhile="Inviting you …")
    async def accept(
        self, call: Call, number: Annotated[int, "its number in `invites`"]
    ) -> Opening | Welcomed:
        """Say yes to what waits for you."""
        one = await _numbered(call, number)
        place = named(call.landscape, one.place)
        if not one.is_question:
            return Opening(place)
        await require_power_to_invite(call.work, one.place)
        await call.work.invite(one.place, call.sender, reason=str(sentence("You asked to join.")))
        await call.work.paths.invited_by_name(one.place, call.sender)
        await call.work.note(f"accept {call.sender}", one.place)
        return Welcomed(place)

    @command("decline", topic="inviting", examples=["decline 1"], meanwhile="Declining …")
    async def decline(self, call: Call, number: Annotated[int, "its number in `invites`"]) -> Declined:
        """Say no to what waits for you.

        You are not asked again for 90 days.
        """
        one = await _numbered(call, number)
        if not one.is_question:
            await call.work.remove(one.place, call.sender, reason=str(sentence("They said no.")))
        await call.work.invitations.decline(one.place, call.sender)
        await call.work.note(f"decline {call.sender}", one.place)
        return Declined(named(call.landscape, one.place))


async def _listed_anew(call: Call) -> tuple[Listed, ...]:
    """What waits now; it has these numbers until it is listed again."""
    if not call.heard.is_direct:
        raise Conflict("Not everyone here may see that. Ask me in a direct message.")
    listed = await _waiting_for(call)
    await call.work.invitations.keep_listed(call.sender, listed)
    return listed


async def _waiting_for(call: Call) -> tuple[Listed, ...]:
    kept = call.work.invitations
    places = [p for p in call.standing.invited if _is_open(call, p)]
    places.sort(key=lambda place: named(call.landscape, place).name)
    by = await kept.asked_by(call.sender, places)
    here = call.standing.invited | call.standing.joined
    asked = [one for one in await kept.questions_to(call.sender) if one.place not in here]
    return (
        *(Listed(place, False, by.get(place)) for place in places),
        *(Listed(one.place, True, one.by) for one in asked if _is_open(call, one.place)),
    )


def _is_open(call: Call, place: PlaceId) -> bool:
    known = place in call.landscape.networks or place in call.landscape.groups
    return known and call.landscape.status_of(place) is Status.ACTIVE


async def _numbered(call: Call, number: int) -> Listed:
    """What they were shown under that number, if it still waits."""
    if not call.heard.is_direct:
        raise Conflict("Not everyone here may see that. Ask me in a direct message.")
    shown = await call.work.invitations.listed(call.sender) or await _listed_anew(call)
    if not 0 < number <= len(shown):
        raise Unknown(
            "Nothing with the number {number} waits for you. `invites` shows what does.", number=number
        )
    one = shown[number - 1]
    still = {(o.place, o.is_question): o for o in await _waiting_for(call)}
    if (one.place, one.is_question) not in still:
        raise Conflict("That does not wait for you any more. `invites` shows what does.")
    return still[one.place, one.is_question]
