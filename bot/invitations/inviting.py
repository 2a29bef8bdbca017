"""Bring people in: from a list, or all who are in a group."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of, require_fit
from bot.command import Call, Entries, command
from bot.invitations import previews
from bot.letting_in import require_power_to_invite
from bot.networks.rules import Named, named
from bot.permissions import may
from spaces.access import Deed
from spaces.bans import is_banned
from spaces.errors import Conflict, Forbidden, Malformed
from spaces.identifiers import PlaceId, UserId
from spaces.invitations import Entry, Invitation, Outcome, Result, entries_in, verdict, with_pills
from spaces.network import Group, Status

LONGEST = 30_000
"""How many characters a list may have that is pasted."""

_SHOWN_FIRST_FROM = 21  # people


@dataclass(frozen=True, slots=True)
class Invited:
    """What came of a list, entry by entry. Where others listen, not `in_private`, only counts are told."""

    places: tuple[Named, ...]
    outcomes: tuple[Outcome, ...]
    in_private: bool = True


class Inviting:
    """Bring people in."""

    @command(
        "invite",
        topic="inviting",
        requires=may(Deed.INVITE, "to"),
        examples=[
            "invite @mia:example.org, @sam:example.org --to arts-uk",
            "invite @sam:example.org --to arts-uk --reason You asked for it at the fair",
        ],
        meanwhile="Inviting …",
        longest=LONGEST,
    )
    async def invite(
        self,
        call: Call,
        people: Annotated[Entries, "who: Matrix IDs, links to people, or a list of them"],
        *,
        to: Annotated[list[PlaceId], "the network, the group, or several of them"],
        reason: Annotated[str, "shown with the invitation"] = "",
        again: Annotated[bool, "also who said no within the last 90 days"] = False,
    ) -> Invited:
        """Invite people to a network or group.

        The list may be long, a person in each line. Say it again to try once more what has failed: nobody
        gets a second invitation.
        """
        entries = entries_in(with_pills(people, call.heard.formatted))
        if not entries:
            raise Malformed("I see nobody in that list. Name people by Matrix ID, like @alice:example.org.")
        places = list(dict.fromkeys(to))
        audience = await audience_of(call)
        for place in places:
            _require_open(call, place)
            require_fit(call.landscape, audience, place)
        await require_power_to_invite(call.work, *places)
        outcomes = [outcome for place in places for outcome in await _judged(call, place, entries, again)]
        _confirm(call, places, outcomes)
        return await _carried_out(call, places, _each_once(outcomes), reason)

    @command(
        "invite group",
        topic="inviting",
        requires=may(Deed.INVITE, "to"),
        examples=["invite group arts-uk/painting --to arts-uk/exhibition"],
        meanwhile="Asking …",
    )
    async def group(
        self,
        call: Call,
        group: Annotated[PlaceId, "whose members are asked"],
        *,
        to: Annotated[PlaceId, "where they are invited to"],
        again: Annotated[bool, "also who was asked before, or said no within the last 90 days"] = False,
    ) -> Invited:
        """Ask the members of a group whether they would like to come to another.

        Each is asked once: with whom I speak in a direct message, there; all others get an invitation.
        """
        audience = await audience_of(call)
        for place in (group, to):
            require_fit(call.landscape, audience, place)
        _require_open(call, to)
        _require_inside(call, group)
        await require_power_to_invite(call.work, to)
        joined = [user for user, how in (await call.work.members_of(group)).items() if how == "join"]
        entries = [Entry(user, user) for user in sorted(joined) if user != call.sender]
        judged = await _judged(call, to, entries, again, asking=True)
        outcomes = [await _asked_if_possible(call, outcome) for outcome in judged]
        _confirm(call, [to], outcomes)
        result = await _carried_out(call, [to], outcomes, "")
        for outcome in outcomes:
            if outcome.result is Result.ASKED and outcome.user is not None:
                await _ask(call, outcome.user, group, to)
        return result


async def _judged(
    call: Call, place: PlaceId, entries: Iterable[Entry], again: bool, *, asking: bool = False
) -> list[Outcome]:
    """What is to become of each entry in `place`."""
    listed = list(entries)
    members = await call.work.members_of(place)
    known = await call.work.invitations.known(place, [e.user for e in listed if e.user is not None])
    outcomes: list[Outcome] = []
    for entry in listed:
        if entry.user is None:
            outcomes.append(Outcome(place, entry.typed, None, Result.NOT_AN_ID))
            continue
        before = known.get(entry.user)
        how = "join" if entry.user == call.bot else members.get(entry.user)
        how = "ban" if is_banned(call.landscape, place, entry.user) else how
        result = verdict(before, how, call.now.timestamp(), again=again, asking=asking)
        outcomes.append(Outcome(place, entry.typed, entry.user, result, since=_no_since(before)))
    return outcomes


def _no_since(known: Invitation | None) -> float | None:
    return known.at if known is not None and known.state is Result.DECLINED else None


def _each_once(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """What is no Matrix ID is told once, however many places it was meant for."""
    kept = {(o.user and o.place, o.user or o.typed): o for o in reversed(list(outcomes))}
    return list(reversed(kept.values()))


def _confirm(call: Call, places: Collection[PlaceId], outcomes: Sequence[Outcome]) -> None:
    """Many are not invited before it was shown how many."""
    people = {o.user for o in outcomes if o.result in (Result.WAITING, Result.ASKED)}
    if len(people) >= _SHOWN_FIRST_FROM:
        shown = Invited(_all_named(call, places), tuple(_each_once(outcomes)))
        call.confirm(previews.inviting(shown.places, shown.outcomes, len(people)))


async def _carried_out(
    call: Call, places: Collection[PlaceId], outcomes: Sequence[Outcome], reason: str
) -> Invited:
    batch = str(call.heard.event)
    await call.work.invitations.keep(batch, call.sender, outcomes, reason=reason)
    for place in places:
        fresh = sum(o.place == place and o.result in (Result.WAITING, Result.ASKED) for o in outcomes)
        if fresh:
            await call.work.note(f"invite {fresh} people", place)
    told = await call.work.invitations.outcomes(batch)
    return Invited(_all_named(call, places), told, in_private=call.heard.is_direct)


async def _asked_if_possible(call: Call, outcome: Outcome) -> Outcome:
    """Who can be asked in a direct message is asked there, before they are invited."""
    if outcome.result is not Result.WAITING or outcome.user is None:
        return outcome
    if not await call.work.invitations.can_be_told(outcome.user):
        return outcome
    return Outcome(outcome.place, outcome.typed, outcome.user, Result.ASKED)


async def _ask(call: Call, user: UserId, group: PlaceId, to: PlaceId) -> None:
    landscape = call.landscape
    asked = previews.asks(call.sender, named(landscape, group), named(landscape, to))
    await call.work.tell(user, asked, said=f"asked {call.heard.event} {to}", reminding=True)


def _all_named(call: Call, places: Iterable[PlaceId]) -> tuple[Named, ...]:
    return tuple(named(call.landscape, place) for place in places)


def _require_open(call: Call, place: PlaceId) -> None:
    status, called = call.landscape.status_of(place), call.landscape.place(place).name
    if status is Status.PROPOSED:
        raise Conflict("“{place}” is not made yet: it waits for a yes. `show` tells whose.", place=called)
    if status is Status.ARCHIVED:
        raise Conflict(
            "“{place}” is archived, so nobody can be invited to it. Restore it first.", place=called
        )


def _require_inside(call: Call, group: PlaceId) -> None:
    """Only who can read a group's list of members may ask them all."""
    found = call.landscape.place(group)
    home = found.home if isinstance(found, Group) else found.id
    if group in call.standing.joined or home in call.landscape.coordinated_by(call.sender):
        return
    raise Forbidden(
        "Only who is in “{group}”, or looks after it, can ask its members. Join it first: `join {slug}`",
        group=found.name,
        slug=call.landscape.slug_of(group),
    )
