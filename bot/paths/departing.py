"""Who has no path left to a private place: they are told, and taken out after the network's grace.

Everything is worked out again in the very unit of work that takes somebody out, and only from rooms
that were read since their time came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from bot.networks.phrases import links
from bot.networks.rules import named
from bot.paths.arriving import carry_on
from bot.paths.ports import Departure
from bot.ports import Work
from bot.reply import Document, paragraph
from spaces.identifiers import PlaceId, UserId
from spaces.reach import Path, doors, grace_days, path_of
from spaces.sentences import counted, sentence

DAY = 86_400.0
_THERE = ("join", "invite")
_REASON = sentence("No network of yours leads here any more.")


async def recount_person(work: Work, user: UserId, now: float) -> bool:
    """What has become of the places where `user` is; whether all of it could be told."""
    standing = await work.standing_of(user)
    await _forget_names(work, user)
    by_name, departures = await work.paths.named_to(user), await work.paths.departures_of(user)
    here = sorted(standing.joined | standing.invited)
    found = {place: _path(work, place, user, standing.joined, place in by_name) for place in here}
    for place in departures:
        if found.get(place, Path.HOLDS) is Path.HOLDS:
            await work.paths.stays(place, user)
    await carry_on(work, user)
    lost = [place for place, path in found.items() if path is Path.LOST and place not in departures]
    await _see_off(work, user, lost, now)
    return Path.UNKNOWN not in found.values()


async def _forget_names(work: Work, user: UserId) -> None:
    """Who has left is not invited any more."""
    for place in await work.paths.named_to(user):
        if await work.paths.has_left(place, user):
            await work.paths.forget_name(place, user)


async def recount_place(work: Work, place: PlaceId, now: float) -> bool:
    """What has become of all who are in `place`; whether all of it could be told."""
    departures = await work.paths.departures_from(place)
    here = {user for user, how in (await work.members_of(place)).items() if how in _THERE}
    by_name = await work.paths.named_in(place)
    joined = await _joined_doors(work, place)
    found = {user: _path(work, place, user, joined.get(user, ()), user in by_name) for user in here}
    for user in departures:
        if found.get(user, Path.HOLDS) is Path.HOLDS:
            await work.paths.stays(place, user)
    for user in sorted(found):
        if found[user] is Path.LOST and user not in departures:
            await _see_off(work, user, [place], now)
    return Path.UNKNOWN not in found.values()


async def _joined_doors(work: Work, place: PlaceId) -> Mapping[UserId, set[PlaceId]]:
    """Which of the networks that lead to `place` each person has joined."""
    joined: dict[UserId, set[PlaceId]] = {}
    for network in doors(work.landscape, place):
        for user, how in (await work.members_of(network)).items():
            if how == "join":
                joined.setdefault(user, set()).add(network)
    return joined


def _path(work: Work, place: PlaceId, user: UserId, joined: Collection[PlaceId], by_name: bool) -> Path:
    def is_known(network: PlaceId) -> bool:
        return work.paths.read_at(network) is not None

    return path_of(work.landscape, place, user, joined, by_name=by_name, is_known=is_known)


# -- they are told ----------------------------------------------------------------------------------


async def _see_off(work: Work, user: UserId, places: Iterable[PlaceId], now: float) -> None:
    """Tell `user` once that these places are going to be left, and until when they can stay."""
    by_grace: dict[int, list[PlaceId]] = {}
    for place in places:
        by_grace.setdefault(grace_days(work.landscape, place), []).append(place)
    told_at = now if by_grace and await work.paths.talks_with(user) else None
    for days, leaving in by_grace.items():
        for place in leaving:
            await work.paths.departs(Departure(place, user, told_at, now + days * DAY))
            await work.note(f"no path left for {user}: stays for {days} days", place)
        if told_at is not None:
            said = f"no path:{now:.3f}:{days}:{leaving[0]}"
            await work.tell(user, no_path_left(work, leaving, days), said=said, reminding=True)


def no_path_left(work: Work, places: Collection[PlaceId], days: int) -> Document:
    """What is told to who is in `places` without a path."""
    shown = [named(work.landscape, place) for place in places]
    lost = paragraph(
        "You are no longer in any network that lets its members into {places}.", places=links(shown)
    )
    if days == 0:
        return Document((lost, paragraph("So you are taken out there.")))
    stays = paragraph(
        "You can stay for {days}. Then you are taken out there, unless you have joined such a network by "
        "then or somebody invites you. `show {slug}` tells which networks these are.",
        days=counted("one day", "{count} days", days),
        slug=shown[0].slug,
    )
    return Document((lost, stays))


# -- they go ----------------------------------------------------------------------------------------


async def take_out(work: Work, due: Departure, now: float) -> bool:
    """Take somebody out whose time has come, if they still have no path; whether it was done.

    Where the rooms were not read since then they are read first. It is asked for again after a day,
    should it fail; once it is done `recount_person` forgets it.
    """
    place, user = due.place, due.user
    ways = doors(work.landscape, place)
    members = await work.members_of(place)
    if not ways or members.get(user) not in _THERE:
        await work.paths.stays(place, user)
        return False
    stale = [room for room in (place, *ways) if (work.paths.read_at(room) or 0.0) < due.due_at]
    if stale:
        for room in stale:
            work.paths.read_again(room)
        return False
    joined = (await _joined_doors(work, place)).get(user, set())
    path = _path(work, place, user, joined, user in await work.paths.named_in(place))
    if path is Path.HOLDS:
        await work.paths.stays(place, user)
    if path is not Path.LOST:
        return False
    await work.remove(place, user, reason=str(_REASON))
    await work.note(f"took out {user}: no path left", place)
    await work.paths.departs(replace(due, due_at=now + DAY))
    return True


async def keep_who_is_there(work: Work) -> None:
    """Count all who are in private places without a path as invited: how they came is not known."""
    for place in (*work.landscape.networks, *work.landscape.groups):
        if doors(work.landscape, place):
            await _keep_in(work, place, await _joined_doors(work, place))


async def _keep_in(work: Work, place: PlaceId, joined: Collection[UserId]) -> None:
    for user, how in (await work.members_of(place)).items():
        if how in _THERE and user not in joined:
            await work.paths.invited_by_name(place, user)
