"""What a room's state, read just now, means: the gate, repairs, and what people changed by hand.

A room passes the gate when everything that keeps people out is as it should be. Only then is it
linked, invited to or opened. What people changed in their clients is judged in `appservice/by_hand.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from appservice import invitations
from appservice.bans import apply_rules
from appservice.by_hand import Hands, SetBy
from appservice.drifting import report, report_loss, report_new_power, report_power
from appservice.places import Places
from appservice.store import by_hand, outbox, rooms
from appservice.work import UnitOfWork
from spaces.actions import ReadBack, SetState, StateEvent
from spaces.display_names import kept_name
from spaces.errors import Malformed
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.reconcile import (
    POWER_LEVELS,
    FoundRoom,
    closing_gap,
    drift,
    is_governed,
    may_keep_up,
    project_room,
)
from spaces.wanted import wanted_room

log = structlog.get_logger(__name__)

MOST_ROUNDS = 5
MEMBERSHIPS = frozenset({"join", "invite", "leave", "ban", "knock"})


class DoesNotHold(Exception):
    """The homeserver does not keep what closes the room, however often it is put."""


@dataclass(frozen=True, slots=True)
class Read:
    """A room's state, read: what we govern, who is there and by what names, and who set what.

    `by_name` are those whom somebody else than the bot has invited, `by_themselves` the memberships that
    are of the people's own doing.
    """

    found: FoundRoom
    members: Mapping[UserId, str]
    set_by: Mapping[tuple[str, str], SetBy]
    names: Mapping[UserId, str | None]
    by_name: frozenset[UserId] = frozenset()
    by_themselves: Mapping[UserId, str] = field(default_factory=dict)


def read_state(events: Iterable[Mapping[str, Any]], bot: UserId, places: Places) -> Read:
    """Make a `FoundRoom` of state events. What cannot be read is as if it were not there."""
    state: dict[tuple[str, str], Any] = {}
    by_hand: set[tuple[str, str]] = set()
    members: dict[UserId, str] = {}
    own: dict[UserId, str] = {}
    names: dict[UserId, str | None] = {}
    set_by: dict[tuple[str, str], SetBy] = {}
    by_name: set[UserId] = set()
    version, creator = "1", None
    for event in events:
        kind, key, content = event.get("type"), event.get("state_key"), event.get("content")
        if not isinstance(kind, str) or not isinstance(key, str) or not isinstance(content, dict):
            continue
        if kind == "m.room.create":
            version, creator = str(content.get("room_version", "1")), _other_than(bot, event.get("sender"))
        elif kind == "m.room.member":
            who = _member(key, content, bot)
            members |= who
            own |= who if event.get("sender") == key else {}
            names |= dict.fromkeys(who, kept_name(content.get("displayname")))
            by_name |= {user for user, how in who.items() if how == "invite" and event.get("sender") != bot}
        elif is_governed(kind) and _is_where_it_belongs(kind, key):
            here = places.localise(StateEvent(kind, content, key))
            state[kind, here.state_key] = here.content
            set_by[kind, here.state_key] = SetBy(str(event.get("sender")), str(event.get("event_id") or ""))
            if event.get("sender") != bot:
                by_hand.add((kind, here.state_key))
    found = FoundRoom(version, state, frozenset(by_hand), creator=creator)
    return Read(found, members, set_by, names, frozenset(by_name), own)


def _other_than(bot: UserId, sender: object) -> UserId | None:
    """Who made the room, unless it was the bot; None, too, where nobody can have that name."""
    if not isinstance(sender, str) or sender == bot:
        return None
    with suppress(Malformed):
        return UserId.parse(sender)
    return None


def _is_where_it_belongs(kind: str, key: str) -> bool:
    """Links are kept under a room's id, all else under no key."""
    if kind not in ("m.space.child", "m.space.parent"):
        return key == ""
    with suppress(Malformed):
        return bool(RoomId.parse(key))
    return False


def _member(key: str, content: Mapping[str, Any], bot: UserId) -> dict[UserId, str]:
    """A membership that is none counts as having left."""
    membership = content.get("membership")
    known = isinstance(membership, str) and membership in MEMBERSHIPS
    try:
        return {} if key == bot else {UserId.parse(key): str(membership) if known else "leave"}
    except Malformed:
        return {}


async def take_in(
    work: UnitOfWork, places: Places, action: ReadBack, seq: int, room: RoomId, read: Read
) -> bool:
    """Take in what was read of a place's room; whether the gate is passed.

    Repairs go into the outbox with another read back behind them. Raises `DoesNotHold` after
    `MOST_ROUNDS`.
    """
    place = PlaceId(action.room)
    if not place.is_direct:
        kept = await rooms.members(work.connection, room)
        await invitations.seen(work, place, read.by_themselves, kept)
    await rooms.save_memberships(work.connection, room, read.members, read.names)
    if place.is_direct:
        return True
    if place not in work.landscape.networks and place not in work.landscape.groups:
        return False  # its row was set aside: the room is left alone
    for user in sorted(read.by_name - await work.paths.named_in(place)):
        await work.paths.invited_by_name(place, user)
    before = await work.expected_of(place)
    found = replace(
        read.found,
        aliases=before.aliases if before else frozenset(),
        published=before.published if before else frozenset(),
        members={**(before.members if before else {}), **read.members},
        overrides=before.overrides if before else {},
    )
    pending = await outbox.waiting_in(work.connection, place, but=seq)
    marks = await by_hand.marks(work.connection, place)
    keys = frozenset(waiting.key for waiting in pending)
    hands = Hands(work, place, found, before, read.set_by, marks, keys)
    found = hands.judged()
    maker, landscape = work.surroundings.maker, work.landscape
    is_paused = landscape.is_paused(place)
    undoing = [] if is_paused else hands.undoing
    work.expect(place, project_room(_as_left(work, place, found), [*pending, *undoing], maker))
    work.put(*undoing)
    await hands.take_over()
    found = replace(found, by_hand=found.by_hand - hands.refused)
    await by_hand.set_marks(work.connection, place, hands.fresh_marks())
    wanted = wanted_room(work.landscape, place, work.surroundings.server)
    gap = closing_gap(wanted, found, maker) if wanted and may_keep_up(found, maker.bot) else []
    if gap and not is_paused and action.round >= MOST_ROUNDS:
        raise DoesNotHold(", ".join(sorted({step.event.type for step in gap})))
    await apply_rules(work, place, read.members.items())
    if wanted and not is_paused:
        await report(work, place, [*drift(wanted, found, maker), *undoing], hands)
        await report_loss(work, place, gap, hands)
    if found.creator and before and may_keep_up(before, maker.bot) and not may_keep_up(found, maker.bot):
        await report_power(work, place, found.creator)
    if found.creator and before and may_keep_up(found, maker.bot) and not may_keep_up(before, maker.bot):
        await report_new_power(work, place, found.creator)
    await work.settle([place])
    if gap and not is_paused:
        log.warning("room_not_closed", place=place, round=action.round)
        work.put(ReadBack(place, action.round + 1))
    return may_keep_up(found, maker.bot) and not _still_open(gap, is_paused=is_paused)


def _still_open(gap: Iterable[SetState], *, is_paused: bool) -> bool:
    """Whether strangers may come in or read. Who has it paused answers for the levels themselves."""
    return any(not (is_paused and step.event.type == POWER_LEVELS[0]) for step in gap)


def _as_left(work: UnitOfWork, place: PlaceId, found: FoundRoom) -> FoundRoom:
    """The room as it was found; where repairs are paused, as if all were well, so that none is made."""
    wanted = wanted_room(work.landscape, place, work.surroundings.server)
    if wanted is None or not work.landscape.is_paused(place):
        return found
    maker = work.surroundings.maker
    return project_room(found, drift(wanted, found, maker), maker)
