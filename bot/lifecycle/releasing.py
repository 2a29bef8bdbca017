"""Hand a network or group over to those who look after it: nothing is caught in Hedgerow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of
from bot.command import Call, command
from bot.lifecycle import previews
from bot.networks.phrases import LISTED_AT_MOST
from bot.networks.previews import people_in
from bot.networks.rules import Named, all_named, doors_of, named
from bot.permissions import may
from bot.ports import Work
from spaces import lifecycle
from spaces.access import Deed
from spaces.errors import Conflict
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.lifecycle import own_places
from spaces.network import Status
from spaces.sentences import Listed, Sentence, counted, listed


@dataclass(frozen=True, slots=True)
class Released:
    """Its `people` rule it alone, and nothing of it is kept."""

    place: Named
    people: tuple[UserId, ...]


class Releasing:
    """Release networks and groups."""

    @command(
        "network release",
        topic="networks",
        requires=may(Deed.RELEASE, "network"),
        examples=["network release arts-uk"],
        meanwhile="Handing it over …",
    )
    async def release_network(self, call: Call, network: Annotated[NetworkId, "the network"]) -> Released:
        """Hand a network over for good.

        Its coordinators get all power in its rooms, and I leave them and forget it.
        The networks below it stay with me.
        """
        return await _release(call, network)

    @command(
        "group release",
        topic="groups",
        requires=may(Deed.RELEASE, "group"),
        examples=["group release arts-uk/painting"],
        meanwhile="Handing it over …",
    )
    async def release_group(self, call: Call, group: Annotated[GroupId, "the group"]) -> Released:
        """Hand a group over for good.

        The coordinators of its network get all power in it, and I leave it and forget it.
        """
        return await _release(call, group)


async def _release(call: Call, place: PlaceId) -> Released:
    if not call.heard.is_direct:
        raise Conflict("I leave rooms with that. Ask me in a direct message, so that I can tell you the end.")
    before, called = call.landscape, named(call.landscape, place)
    people = before.looking_after(place)
    landscape = released(before, place)
    places = own_places(before, place)
    await check_ruled(call.work, places)
    audience = await audience_of(call)
    children = before.children(NetworkId(place)) if place.is_network else ()
    inside = await people_in(call, places)
    call.confirm(
        previews.releasing(
            called,
            people,
            all_named(before, doors_of(before, before.place(place)), audience),
            all_named(before, children, audience),
            len(places),
            len(inside),
        )
    )
    await hand_over(call.work, landscape, place)
    return Released(called, people)


def released(landscape: Landscape, place: PlaceId) -> Landscape:
    """`landscape` with the place being released. One that could not be left yet is tried again."""
    if landscape.place(place).status is Status.RELEASED:
        return landscape
    return lifecycle.release(landscape, place)


async def hand_over(work: Work, landscape: Landscape, place: PlaceId) -> None:
    """Take `landscape`, in which the place is being released, and hand its rooms over."""
    places = own_places(landscape, place)
    await work.change(landscape, what="release", about=place)
    await work.lifecycle.hand_over(places)


async def check_ruled(work: Work, places: Iterable[PlaceId]) -> None:
    """Raise `Conflict` unless in each room there is somebody who can rule it when the bot has left."""
    rooms = list(await work.lifecycle.rooms(list(places)))
    landscape = work.landscape
    if unmade := await work.lifecycle.unmade(rooms):
        raise Conflict(
            "I am still making {places}. Try again in a moment.",
            places=_names(landscape, unmade, "and"),
        )
    empty = [place for place in rooms if not _is_ruled(landscape, place, await work.members_of(place))]
    if empty:
        raise Conflict(
            "I leave a room only when somebody is there who can rule it, and no coordinator is in {places}. "
            "Come in first, with `join {first}` for one, and then say it again.",
            places=_names(landscape, empty, "or"),
            first=landscape.slug_of(empty[0]),
        )


def _names(landscape: Landscape, places: Sequence[PlaceId], last: str) -> Listed:
    names: list[str | Sentence] = [named(landscape, place).name for place in places[:LISTED_AT_MOST]]
    if (more := len(places) - LISTED_AT_MOST) > 0:
        names.append(counted("{count} more", "{count} more", more))
    return listed(names, last)


def _is_ruled(landscape: Landscape, place: PlaceId, members: Mapping[UserId, str]) -> bool:
    return any(members.get(user) == "join" for user in landscape.looking_after(place))
