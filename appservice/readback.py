"""What a room's state, read just now, means: the gate, repairs, and what people changed by hand.

A room passes the gate when everything that keeps people out is as it should be. Only then is it
linked, invited to or opened. A name or topic that a coordinator set in their client is taken over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from appservice import invitations
from appservice.bans import apply_rules
from appservice.places import Places
from appservice.store import outbox, rooms
from appservice.work import UnitOfWork
from bot.networks.rules import check_no_lookalike
from spaces import changes
from spaces.actions import ReadBack, SetState, StateEvent
from spaces.display_names import kept_name
from spaces.errors import Malformed, Refusal
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.reconcile import JOIN_RULES, FoundRoom, closing_gap, is_governed, project_room
from spaces.wanted import room_name, wanted_room

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
    senders: Mapping[str, str]
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
    senders: dict[str, str] = {}
    by_name: set[UserId] = set()
    version = "1"
    for event in events:
        kind, key, content = event.get("type"), event.get("state_key"), event.get("content")
        if not isinstance(kind, str) or not isinstance(key, str) or not isinstance(content, dict):
            continue
        if kind == "m.room.create":
            version = str(content.get("room_version", "1"))
        elif kind == "m.room.member":
            who = _member(key, content, bot)
            members |= who
            own |= who if event.get("sender") == key else {}
            names |= dict.fromkeys(who, kept_name(content.get("displayname")))
            by_name |= {user for user, how in who.items() if how == "invite" and event.get("sender") != bot}
        elif is_governed(kind) and _is_where_it_belongs(kind, key):
            here = places.localise(StateEvent(kind, content, key))
            state[kind, here.state_key] = here.content
            senders[kind] = str(event.get("sender"))
            if event.get("sender") != bot:
                by_hand.add((kind, here.state_key))
    found = FoundRoom(version, state, frozenset(by_hand))
    return Read(found, members, senders, names, frozenset(by_name), own)


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
    )
    pending = await outbox.waiting_in(work.connection, place, but=seq)
    maker = work.surroundings.maker
    work.expect(place, project_room(found, pending, maker))
    wanted = wanted_room(work.landscape, place, work.surroundings.server)
    put_off = {step.key for step in pending if step.behind}
    gap = _not_put_off(work, closing_gap(wanted, found, maker) if wanted else [], put_off, found)
    if gap and action.round >= MOST_ROUNDS:
        raise DoesNotHold(", ".join(sorted({step.event.type for step in gap})))
    await _adopt(work, place, read, {action.key for action in pending})
    await apply_rules(work, place, read.members.items())
    await work.settle([place])
    if gap:
        log.warning("room_not_closed", place=place, round=action.round)
        work.put(ReadBack(place, action.round + 1))
    elif put_off and action.key not in put_off:
        work.put(ReadBack(place, behind=tuple(sorted(put_off))))
    return not gap


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


async def _adopt(work: UnitOfWork, place: PlaceId, read: Read, pending: Set[str]) -> None:
    """What was renamed or described by hand is so from now on, where our rules allow the name.

    A command that is under way came later and wins.
    """
    bot = work.surroundings.maker.bot
    landscape = work.landscape
    for kind, change in (("m.room.name", _renamed), ("m.room.topic", _described)):
        content = read.found.state.get((kind, ""))
        if content is None or read.senders.get(kind) in (None, bot):
            continue
        if SetState(place, StateEvent(kind, {})).key in pending:
            continue
        try:
            by = UserId.parse(read.senders[kind])
            changed = change(work, landscape, place, content)
            if place.is_network and (name := changed.place(place).name) != landscape.place(place).name:
                check_no_lookalike(landscape, await work.standing_of(by), name)
        except Refusal as refusal:
            log.info("change_by_hand_put_back", place=place, reason=refusal.sentence)
            continue
        if changed is not landscape:
            await work.change(changed, what=f"changed by hand in a Matrix client by {by}", about=place, by=by)
            landscape = changed


def _renamed(work: UnitOfWork, landscape: Landscape, place: PlaceId, content: Mapping[str, Any]) -> Landscape:
    name = content.get("name")
    shown = room_name(landscape, landscape.place(place))
    if not isinstance(name, str) or name == shown:
        return landscape
    return changes.rename(landscape, work.ids, place, name)


def _described(
    work: UnitOfWork, landscape: Landscape, place: PlaceId, content: Mapping[str, Any]
) -> Landscape:
    topic = content.get("topic")
    if not isinstance(topic, str) or topic == landscape.place(place).topic:
        return landscape
    return changes.describe(landscape, work.ids, place, topic=topic)
