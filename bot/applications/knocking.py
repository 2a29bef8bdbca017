"""What people do about applications in their clients: knock, take it back, invite, send away, come in."""

from __future__ import annotations

from dataclasses import replace

from bot.applications.applying import submitted
from bot.applications.deciding import tell_applicant
from bot.networks.rules import named
from bot.ports import Work
from spaces.applications import LIVE, LONGEST_ANSWER, Application, State, Way, comes_too_soon, is_there
from spaces.identifiers import PlaceId, UserId, printable


async def membership_changed(
    work: Work,
    place: PlaceId,
    person: UserId,
    membership: str,
    *,
    by: UserId,
    reason: object,
    now: float,
) -> None:
    """`person` is `membership` in the room of `place` because of `by`; `reason` is what was given, anything.

    A knock is an application. What a coordinator does with their client's own buttons decides it.
    """
    newest = await work.applications.newest(person, place)
    live = newest if newest is not None and newest.state in LIVE else None
    if membership == "knock":
        again = newest is not None and comes_too_soon(newest, now)
        await _knocked(work, place, person, live, reason=reason, now=now, quietly=again)
    elif live is not None and (state := _meaning(live, membership, by)) is not None:
        await _settled(work, live, state, by=by, now=now)


async def _knocked(
    work: Work,
    place: PlaceId,
    person: UserId,
    live: Application | None,
    *,
    reason: object,
    now: float,
    quietly: bool,
) -> None:
    """Who has just had a no waits for the reminder, so that knocking again and again disturbs nobody."""
    if not is_there(work.landscape, place) or (live is not None and live.state is State.OPEN):
        return
    said = " ".join(printable(reason).split())[:LONGEST_ANSWER] if isinstance(reason, str) else ""
    called = named(work.landscape, place).name
    knock = Application(place, person, called, now, way=Way.KNOCK, answers=(said,) if said else ())
    if live is None:
        knock = await work.applications.file(knock)
    else:  # they were asked something, and knocked instead
        knock = replace(knock, number=live.number)
        await work.applications.change(live, knock)
    await submitted(work, knock, quietly=quietly)


def _meaning(live: Application, membership: str, by: UserId) -> State | None:
    """What a change of membership means for an application that waits."""
    if membership in ("invite", "join"):
        return State.APPROVED
    if membership == "ban":
        return State.DENIED
    if membership == "leave" and live.way is Way.KNOCK:
        return State.WITHDRAWN if by == live.person else State.DENIED
    return None


async def _settled(work: Work, live: Application, state: State, *, by: UserId, now: float) -> None:
    decided_by = None if by == live.person else by
    after = replace(live, state=state, decided_by=decided_by, decided_at=now)
    if not await work.applications.change(live, after) or decided_by is None:
        return
    await work.note(f"{state} {live.person}, in a Matrix client", live.place)
    if live.state is State.OPEN:
        await tell_applicant(work, after)
