"""Put a network or group to sleep, and wake it up again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of
from bot.command import Call, command
from bot.lifecycle import notices, previews
from bot.networks.previews import people_in
from bot.networks.rules import Named, WaysIn, all_named, doors_of, named, ways_in
from bot.permissions import may
from bot.reply import Document
from spaces import changes
from spaces.access import Deed, Standing, may_see
from spaces.consent import released
from spaces.errors import Conflict
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.lifecycle import LostLink, Snapshot, Why, lost_coordinators, lost_links, own_places, snapshot
from spaces.network import Status


@dataclass(frozen=True, slots=True)
class Archived:
    """Nobody can write there any more; `already` if nobody could before."""

    place: Named
    already: bool = False


@dataclass(frozen=True, slots=True)
class NotBack:
    """What is not as it was: `other` is None where it may not be named. See `spaces.lifecycle.LostLink`."""

    other: Named | None
    above: bool | None
    why: Why


@dataclass(frozen=True, slots=True)
class Restored:
    """It is as it was, but for `lost`, and for `people` who looked after it then; `already`: it was awake."""

    place: Named
    ways: WaysIn
    lost: tuple[NotBack, ...] = ()
    people: tuple[UserId, ...] = ()
    already: bool = False


class Archiving:
    """Archive and restore."""

    @command(
        "network archive",
        topic="networks",
        requires=may(Deed.ARCHIVE, "network"),
        examples=["network archive arts-uk"],
        meanwhile="Archiving …",
    )
    async def archive_network(self, call: Call, network: Annotated[NetworkId, "the network"]) -> Archived:
        """Make a network read-only.

        Its groups can be read, and nobody can write there any more. It is shown in no other network.
        Nothing is deleted, and it can be restored.
        """
        return await _archive(call, network)

    @command(
        "network restore",
        topic="networks",
        requires=may(Deed.ARCHIVE, "network"),
        examples=["network restore arts-uk"],
        meanwhile="Restoring …",
    )
    async def restore_network(
        self, call: Call, network: Annotated[NetworkId, "the archived network"]
    ) -> Restored:
        """Bring an archived network back."""
        return await _restore(call, network)

    @command(
        "group archive",
        topic="groups",
        requires=may(Deed.ARCHIVE, "group"),
        examples=["group archive arts-uk/painting"],
        meanwhile="Archiving …",
    )
    async def archive_group(self, call: Call, group: Annotated[GroupId, "the group"]) -> Archived:
        """Make a group read-only.

        Nobody can write there any more, and it is shown in no network.
        Nothing is deleted, and it can be restored.
        """
        return await _archive(call, group)

    @command(
        "group restore",
        topic="groups",
        requires=may(Deed.ARCHIVE, "group"),
        examples=["group restore arts-uk/painting"],
        meanwhile="Restoring …",
    )
    async def restore_group(self, call: Call, group: Annotated[GroupId, "the archived group"]) -> Restored:
        """Bring an archived group back."""
        return await _restore(call, group)


async def _archive(call: Call, place: PlaceId) -> Archived:
    before = call.landscape
    status = before.status_of(place)
    if before.place(place).status is Status.ARCHIVED or status is Status.ARCHIVED:
        return Archived(named(before, place), already=True)
    if status is Status.PROPOSED:
        raise Conflict(
            "“{place}” is not made yet: it waits for a yes. `bridge decline {slug}` gives it up.",
            place=before.place(place).name,
            slug=before.slug_of(place),
        )
    if status is Status.RELEASED:
        raise released(before.place(place))
    landscape = changes.archive(before, place)
    call.confirm(await preview_of_archiving(call, place))
    await put_to_sleep(call, place, landscape, what="archive")
    return Archived(named(before, place))


async def put_to_sleep(
    call: Call, place: PlaceId, asleep: Landscape, *, what: str, undoes: int | None = None
) -> None:
    """Take on `asleep`, in which `place` is archived; what holds now is kept, and each group is told."""
    before, lifecycle = call.landscape, call.work.lifecycle
    places = _awake_in(before, place)
    await lifecycle.keep(place, snapshot(before, place, await lifecycle.rooms(places)))
    await call.work.change(asleep, what=what, about=place, undoes=undoes)
    for room in (p for p in places if p.is_group):
        notice = notices.last_notice(named(before, place))
        await lifecycle.announce(room, notice, said=f"archived {call.heard.event}")


def _awake_in(landscape: Landscape, place: PlaceId) -> list[PlaceId]:
    return [p for p in own_places(landscape, place) if landscape.status_of(p) is Status.ACTIVE]


async def preview_of_archiving(call: Call, place: PlaceId) -> Document:
    landscape, audience = call.landscape, await audience_of(call)
    places = _awake_in(landscape, place)
    children = landscape.children(NetworkId(place)) if place.is_network else ()
    above = doors_of(landscape, landscape.place(place))
    people = await people_in(call, places)
    return previews.archiving(
        named(landscape, place),
        all_named(landscape, above, audience),
        all_named(landscape, children, audience),
        len(places),
        len(people),
    )


async def _restore(call: Call, place: PlaceId) -> Restored:
    before, audience = call.landscape, await audience_of(call)
    landscape = changes.restore(before, place)
    if landscape is before:
        _check_awake(before, place)
        return Restored(named(before, place), ways_in(before, place, audience), already=True)
    return await wake(call, place, landscape, what="restore")


async def wake(
    call: Call, place: PlaceId, awake: Landscape, *, what: str, undoes: int | None = None
) -> Restored:
    """Take on `awake`, in which `place` is archived no longer; what was kept of it comes back."""
    lifecycle, audience = call.work.lifecycle, await audience_of(call)
    kept = await lifecycle.kept(place) or Snapshot()
    await lifecycle.bring_back_levels(kept.rooms)
    await call.work.change(awake, what=what, about=place, undoes=undoes)
    await lifecycle.bring_back_aliases(kept.rooms)
    await lifecycle.drop(place)
    return Restored(
        named(awake, place),
        ways_in(awake, place, audience),
        tuple(_not_back(call, lost_links(kept, awake, place), audience)),
        lost_coordinators(kept, awake, place),
    )


def _check_awake(landscape: Landscape, place: PlaceId) -> None:
    """Raise `Conflict` for a group that sleeps only because its network does."""
    if landscape.status_of(place) is Status.ARCHIVED:
        home = landscape.networks[landscape.groups[GroupId(place)].home]
        raise Conflict(
            "“{network}” is archived, and its groups with it: `network restore {slug}` brings them back.",
            network=home.name,
            slug=home.slug,
        )


def _not_back(call: Call, lost: Iterable[LostLink], audience: Standing) -> Iterator[NotBack]:
    """In a room nothing is told of what not everyone there may see."""
    for link in lost:
        if may_see(call.landscape, audience, link.other):
            yield NotBack(named(call.landscape, link.other), link.above, link.why)
        elif call.heard.is_direct:
            yield NotBack(None, link.above, link.why)
