"""What a room's state, read just now, means: the gate, repairs, and what people changed by hand.

A room passes the gate when everything that keeps people out is as it should be. Only then is it
linked, invited to or opened. What people changed in their clients is judged in `appservice/by_hand.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from appservice import invitations
from appservice.bans import apply_rules, heed_hand
from appservice.by_hand import Hands, SetBy
from appservice.drifting import (
    may_close,
    note_closing,
    report,
    report_loss,
    report_new_power,
    report_open,
    report_power,
)
from appservice.event import Event
from appservice.memberships import note_membership
from appservice.places import Places
from appservice.store import by_hand, inbox, outbox, rooms
from appservice.work import UnitOfWork
from spaces.actions import Action, ReadBack, SetState, StateEvent
from spaces.display_names import kept_name
from spaces.errors import Malformed
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.network import Pause
from spaces.reconcile import (
    JOIN_RULES,
    POWER_LEVELS,
    FoundRoom,
    closing_gap,
    drift,
    is_governed,
    may_keep_up,
    may_let_in,
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
    are of the people's own doing, `told_by` the events of memberships as they came.
    """

    found: FoundRoom
    members: Mapping[UserId, str]
    set_by: Mapping[tuple[str, str], SetBy]
    names: Mapping[UserId, str | None]
    by_name: frozenset[UserId] = frozenset()
    by_themselves: Mapping[UserId, str] = field(default_factory=dict)
    told_by: Mapping[UserId, Mapping[str, Any]] = field(default_factory=dict)


def read_state(events: Iterable[Mapping[str, Any]], bot: UserId, places: Places) -> Read:
    """Make a `FoundRoom` of state events. What cannot be read is as if it were not there."""
    state: dict[tuple[str, str], Any] = {}
    by_hand: set[tuple[str, str]] = set()
    members: dict[UserId, str] = {}
    own: dict[UserId, str] = {}
    names: dict[UserId, str | None] = {}
    set_by: dict[tuple[str, str], SetBy] = {}
    by_name: set[UserId] = set()
    told_by: dict[UserId, Mapping[str, Any]] = {}
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
            told_by |= {user: {"event_id": None, "sender": None, **event} for user in who}
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
    return Read(found, members, set_by, names, frozenset(by_name), own, told_by)


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


@dataclass(frozen=True, slots=True)
class _Judged:
    """A room as it was found and judged: `gap` is what keeps strangers out and does not, `closes` whether
    that may be put back now, `undoing` what is put back of what somebody changed without the right."""

    found: FoundRoom
    hands: Hands
    gap: list[SetState]
    undoing: list[SetState]
    pause: Pause
    closes: bool


async def take_in(work: UnitOfWork, action: ReadBack, seq: int, room: RoomId, read: Read) -> bool:
    """Take in what was read of a place's room; whether the gate is passed.

    A room of others to which the bot may only invite is as they have it: nothing waits for a gate.
    Repairs go into the outbox with another read back behind them. Raises `DoesNotHold` after
    `MOST_ROUNDS`.
    """
    place = PlaceId(action.room)
    kept = {} if place.is_direct else await rooms.members(work.connection, room)
    read = read if place.is_direct else _but_for_the_gone(work, place, kept, read)
    await _note_people(work, place, room, kept, read)
    if place.is_direct:
        return True
    if place not in work.landscape.networks and place not in work.landscape.groups:
        return False  # its row was set aside: the room is left alone
    before = await work.expected_of(place)
    pending = await outbox.waiting_in(work.connection, place, but=seq)
    judged = await _judge(work, place, read, before, pending)
    if judged.gap and judged.closes and action.round >= MOST_ROUNDS:
        raise DoesNotHold(", ".join(sorted({step.event.type for step in judged.gap})))
    await apply_rules(work, place, read.members.items())
    await _report(work, place, before, judged)
    await _hear_late(work, place, room, kept, read)
    await work.settle([place])
    _look_again(work, action, judged, pending)
    return may_let_in(judged.found, work.surroundings.maker.bot) and not _still_open(judged)


def _but_for_the_gone(work: UnitOfWork, place: PlaceId, kept: Mapping[UserId, str], read: Read) -> Read:
    """Who has left and is not known, or no longer, is nobody of whom anything is kept."""
    known = {*kept, *work.landscape.looking_after(place)}
    gone = {user for user, how in read.members.items() if how == "leave" and user not in known}
    members = {user: how for user, how in read.members.items() if user not in gone}
    own = {user: how for user, how in read.by_themselves.items() if user not in gone}
    told_by = {user: event for user, event in read.told_by.items() if user not in gone}
    return replace(read, members=members, by_themselves=own, told_by=told_by) if gone else read


async def _note_people(
    work: UnitOfWork, place: PlaceId, room: RoomId, kept: Mapping[UserId, str], read: Read
) -> None:
    if not place.is_direct:
        await invitations.seen(work, place, read.by_themselves, kept)
    await rooms.save_memberships(work.connection, room, read.members, read.names, now=work.now)
    if place in work.landscape.networks or place in work.landscape.groups:
        for user in sorted(read.by_name - await work.paths.named_in(place)):
            await work.paths.invited_by_name(place, user)


async def _judge(
    work: UnitOfWork, place: PlaceId, read: Read, before: FoundRoom | None, pending: Sequence[Action]
) -> _Judged:
    """Take over what was changed by hand with the right, and tell what of the rest is to be put back."""
    marks = await by_hand.marks(work.connection, place)
    keys = frozenset(waiting.key for waiting in pending)
    hands = Hands(work, place, _beside_what_is_kept(read, before), before, read.set_by, marks, keys)
    found = hands.judged()
    pause, closes = work.landscape.pause_of(place), await may_close(work, place)
    undoing = [] if pause else hands.undoing
    left = _as_left(work, place, found, closes)
    work.expect(place, project_room(left, [*pending, *undoing], work.surroundings.maker))
    work.put(*undoing)
    await hands.take_over()
    await by_hand.set_marks(work.connection, place, hands.fresh_marks())
    found = replace(found, by_hand=found.by_hand - hands.refused)
    return _Judged(found, hands, _gap(work, place, found, pending), undoing, pause, closes)


def _gap(work: UnitOfWork, place: PlaceId, found: FoundRoom, pending: Sequence[Action]) -> list[SetState]:
    """What keeps strangers out, and does not yet; nothing where the bot has not the power to set it."""
    maker = work.surroundings.maker
    wanted = wanted_room(work.landscape, place, work.surroundings.server)
    gap = closing_gap(wanted, found, maker) if wanted and may_keep_up(found, maker.bot) else []
    return _not_put_off(work, gap, _put_off(pending), found)


def _put_off(pending: Iterable[Action]) -> set[str]:
    """The keys of what waits until something else is done."""
    return {step.key for step in pending if step.behind}


async def _report(work: UnitOfWork, place: PlaceId, before: FoundRoom | None, judged: _Judged) -> None:
    """Tell the coordinators what is put back, and what the bot can no longer do."""
    found, maker = judged.found, work.surroundings.maker
    wanted = wanted_room(work.landscape, place, work.surroundings.server)
    if wanted and judged.closes and not _has_come_to_power(before, found, maker.bot):
        repairs = judged.gap if judged.pause else [*drift(wanted, found, maker), *judged.undoing]
        await report(work, place, repairs, judged.hands)
        await report_loss(work, place, judged.gap, judged.hands)
    if judged.pause in (Pause.ROOM, Pause.ALL):
        await report_open(work, place, judged.gap, judged.hands)
    if found.creator and before and may_keep_up(before, maker.bot) and not may_keep_up(found, maker.bot):
        await report_power(work, place, found.creator)
    if found.creator and _has_come_to_power(before, found, maker.bot):
        await report_new_power(work, place, found.creator)
    if judged.gap and judged.closes and judged.pause:
        await note_closing(work, place)


def _look_again(work: UnitOfWork, action: ReadBack, judged: _Judged, pending: Sequence[Action]) -> None:
    """Read the room once more behind what is put back, or behind what still waits for something else."""
    put_off = _put_off(pending)
    if judged.gap and judged.closes:
        log.warning("room_not_closed", place=action.room, round=action.round)
        work.put(ReadBack(action.room, action.round + 1))
    elif put_off and action.key not in put_off:
        work.put(ReadBack(action.room, behind=tuple(sorted(put_off))))


def _beside_what_is_kept(read: Read, before: FoundRoom | None) -> FoundRoom:
    """The room as it was read, with what its state does not tell."""
    if before is None:
        return replace(read.found, members=read.members)
    return replace(
        read.found,
        aliases=before.aliases,
        published=before.published,
        members={**before.members, **read.members},
        overrides=before.overrides,
    )


def _still_open(judged: _Judged) -> bool:
    """Whether strangers may come in or read. Who has it paused answers for the levels themselves."""
    theirs = judged.pause in (Pause.ROOM, Pause.ALL)
    return any(not (theirs and step.event.type == POWER_LEVELS[0]) for step in judged.gap)


def _not_put_off(
    work: UnitOfWork, gap: list[SetState], put_off: Set[str], found: FoundRoom
) -> list[SetState]:
    """`gap` without what waits until the room is linked elsewhere: the members of which networks get in.

    Where others get in it waits no longer.
    """
    if _is_for_members(found.state.get(JOIN_RULES, {})):
        return [step for step in gap if step.key not in put_off]
    work.put(*(step for step in gap if step.key in put_off))
    return gap


def _is_for_members(rules: Mapping[str, Any]) -> bool:
    """Whether a room lets in the members of rooms of ours, and nobody else."""
    allowed = rules.get("allow")
    return (
        rules.get("join_rule") == "restricted"
        and isinstance(allowed, list)
        and all(isinstance(one, dict) and isinstance(one.get("room_id"), PlaceId) for one in allowed)
    )


def _has_come_to_power(before: FoundRoom | None, found: FoundRoom, bot: UserId) -> bool:
    """Whether somebody has just given the bot the power over a room of theirs that it had asked for."""
    return before is not None and may_keep_up(found, bot) and not may_keep_up(before, bot)


def _as_left(work: UnitOfWork, place: PlaceId, found: FoundRoom, closes: bool) -> FoundRoom:
    """The room as it was found; where repairs are paused, as if all were well, so that none is made.

    With `closes`, what keeps strangers out is as it was found all the same.
    """
    wanted = wanted_room(work.landscape, place, work.surroundings.server)
    if wanted is None or not work.landscape.is_paused(place):
        return found
    maker = work.surroundings.maker
    left = [step for step in drift(wanted, found, maker) if not (closes and step.closing)]
    return project_room(found, left, maker)


async def _hear_late(
    work: UnitOfWork, place: PlaceId, room: RoomId, kept: Mapping[UserId, str], read: Read
) -> None:
    """Treat what people did with memberships, and was not heard of, as if its events had come now.

    Of a room that was never read before nothing is known that they could have changed. What was heard is
    none of it: the room may have been read before the last of them.
    """
    changed = [user for user, how in read.members.items() if kept and kept.get(user) != how]
    heard = await inbox.were_handled(
        work.connection, [str(read.told_by[user]["event_id"]) for user in changed]
    )
    for user in changed:
        raw = read.told_by[user]
        if raw["event_id"] in heard or raw["sender"] == work.surroundings.maker.bot:
            continue
        content = {**raw["content"], "membership": read.members[user]}
        with suppress(Malformed):
            event = Event.parse({**raw, "content": content, "room_id": room}, work.now)
            await note_membership(work, place, event, user, kept.get(user))
            await heed_hand(work, place, event, user, kept.get(user))
