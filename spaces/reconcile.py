"""Wanted and found → the ordered actions that close the gap; and what the rooms are after them.

`reconcile` is the only maker of provisioning actions: a command, a blueprint, a plan and the
repair of what a homeserver forgot differ only in what they compare. `project` says what a room
will be once an action is done, so that what is under way is not asked for twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from spaces.actions import (
    Action,
    AddAlias,
    Ban,
    Content,
    CreateRoom,
    Invite,
    MoveAlias,
    Publish,
    ReadBack,
    Remove,
    RemoveAlias,
    SetState,
    StateEvent,
    Unban,
    Withdraw,
)
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.moving import in_turn
from spaces.power_levels import (
    BOT,
    COORDINATOR,
    RoomKind,
    beside_its_maker,
    creators_stand_above,
    power_levels,
    settle,
    users_in,
)
from spaces.wanted import WantedRoom

StateKey = tuple[str, str]
"""An event type and its state key, which may be a `PlaceId`."""

POWER_LEVELS: StateKey = ("m.room.power_levels", "")
JOIN_RULES: StateKey = ("m.room.join_rules", "")
CANONICAL_ALIAS: StateKey = ("m.room.canonical_alias", "")
_ENCRYPTION: StateKey = ("m.room.encryption", "")
_EMPTY: Mapping[str, Content] = {"m.space.parent": {}, "m.room.topic": {"topic": ""}}
_SHUT: Content = {"join_rule": "invite"}
_SECURING = frozenset(
    {
        "m.room.power_levels",
        "m.room.join_rules",
        "m.room.history_visibility",
        "m.room.guest_access",
        "m.room.encryption",
    }
)
_GOVERNED = frozenset(
    {
        "m.room.power_levels",
        "m.room.join_rules",
        "m.room.canonical_alias",
        "m.room.name",
        "m.room.topic",
        "m.room.avatar",
        "m.room.history_visibility",
        "m.room.guest_access",
        "m.room.encryption",
        "m.space.parent",
        "m.space.child",
        "m.room.tombstone",
    }
)


@dataclass(frozen=True)
class FoundRoom:
    """A room as it is, or as it will be once what is under way is done.

    Rooms of ours stand in `state` as places, also in its keys. `by_hand` are the entries that
    someone other than the bot has set. `members` need hold only those whom we might invite. `overrides`
    are levels that somebody gave by hand for this room alone. `creator` is None for a room of the bot's.
    """

    version: str
    state: Mapping[StateKey, Content] = field(default_factory=dict)
    by_hand: frozenset[StateKey] = frozenset()
    aliases: frozenset[str] = frozenset()
    published: frozenset[NetworkId] = frozenset()
    members: Mapping[UserId, str] = field(default_factory=dict)
    overrides: Mapping[UserId, int] = field(default_factory=dict)
    creator: UserId | None = None


@dataclass(frozen=True)
class Maker:
    """Who makes rooms: the bot, and the version it names for them."""

    bot: UserId
    version: str


Found = Mapping[PlaceId, FoundRoom]


def is_governed(event_type: str) -> bool:
    """Whether rooms of ours have state of this type that we look after."""
    return event_type in _GOVERNED


def reconcile(wanted: Iterable[WantedRoom], found: Found, maker: Maker) -> list[Action]:
    """The actions that make the `wanted` rooms of `found` ones, in an order in which they can be done.

    `wanted` comes parents first. A room is made closed and read back; links, invitations and
    whatever opens it come after. What was archived before it had a room gets none.
    """
    now = dict(found)
    actions: list[Action] = []
    for room in wanted:
        if room.archived and room.place not in now:
            continue
        steps = _creation(room, maker) if room.place not in now else []
        if steps:
            now[room.place] = project_room(None, steps, maker)
        actions += [*steps, *_difference(room, now[room.place], maker)]
    return sorted(in_turn(actions, found), key=_takes_out)


def _takes_out(action: Action) -> bool:
    """Whether it takes a child out of a Space: that comes last, when it has its new place."""
    return isinstance(action, SetState) and action.event.type == "m.space.child" and not action.event.content


def closing_gap(wanted: WantedRoom, found: FoundRoom, maker: Maker) -> list[SetState]:
    """What keeps a room from being closed as it should be; empty means that the gate is passed."""
    return [step for step in _state_steps(wanted, found, maker) if step.closing]


def drift(wanted: WantedRoom, found: FoundRoom, maker: Maker) -> list[SetState]:
    """All state that would be put to bring the room back to what it should be."""
    return [step for step in _difference(wanted, found, maker) if isinstance(step, SetState)]


def may_keep_up(found: FoundRoom, bot: UserId) -> bool:
    """Whether the bot has the power to look after the room: its own rooms, or those where it is given it."""
    return found.creator is None or users_in(found.state.get(POWER_LEVELS)).get(bot, 0) >= BOT


def level_to_invite(found: FoundRoom) -> int:
    """The level at which the bot invites to a room of others: a coordinator's, or what the room wants."""
    levels: Content = found.state.get(POWER_LEVELS, {})
    needed = levels.get("invite")
    return max(COORDINATOR, needed) if type(needed) is int else COORDINATOR


def may_let_in(found: FoundRoom, bot: UserId) -> bool:
    """Whether the bot looks after the room, or has at least the power to invite to it."""
    level = users_in(found.state.get(POWER_LEVELS)).get(bot, 0)
    return may_keep_up(found, bot) or level >= level_to_invite(found)


def project(found: Found, actions: Iterable[Action], maker: Maker) -> dict[PlaceId, FoundRoom]:
    """The rooms once `actions` are done."""
    rooms = dict(found)
    for action in actions:
        place = action.room
        if isinstance(place, PlaceId) and (place in rooms or isinstance(action, CreateRoom)):
            rooms[place] = project_room(rooms.get(place), (action,), maker)
    return rooms


def project_room(room: FoundRoom | None, actions: Iterable[Action], maker: Maker) -> FoundRoom:
    """One room once `actions` on it are done."""
    for action in actions:
        room = _after(room or FoundRoom(maker.version), action, maker)
    if room is None:
        raise ValueError("no room and nothing that makes one")
    return room


def undone(room: FoundRoom, action: Action) -> FoundRoom:
    """`room` without what `action` would have made of it: it was counted with, and is given up."""
    match action:
        case SetState(event=event):
            key: StateKey = (event.type, event.state_key)
            return replace(room, state={k: v for k, v in room.state.items() if k != key})
        case AddAlias(localpart=localpart) | MoveAlias(localpart=localpart):
            return replace(room, aliases=room.aliases - {localpart})
        case RemoveAlias(localpart=localpart):
            return replace(room, aliases=room.aliases | {localpart})
        case Publish(under=under):
            return replace(room, published=room.published - {under})
        case Withdraw(under=under):
            return replace(room, published=room.published | {under})
        case Invite(user=user) | Remove(user=user) | Ban(user=user) | Unban(user=user):
            return replace(room, members={u: m for u, m in room.members.items() if u != user})
        case _:
            return room


# -- what is to be done ---------------------------------------------------------------------------


def _creation(room: WantedRoom, maker: Maker) -> list[Action]:
    levels = power_levels(room.kind, maker.version, maker.bot, room.coordinators, archived=room.archived)
    state = tuple(StateEvent(type_, content, key) for (type_, key), content in _closed(room).items())
    space = room.kind is RoomKind.SPACE
    return [CreateRoom(room.place, state, levels, space, maker.version), ReadBack(room.place)]


def _closed(room: WantedRoom) -> dict[StateKey, Content]:
    state = {**room.state, CANONICAL_ALIAS: {}}
    if state[JOIN_RULES]["join_rule"] == "public":
        state[JOIN_RULES] = _SHUT
    return state


def _difference(wanted: WantedRoom, found: FoundRoom, maker: Maker) -> list[Action]:
    if not may_keep_up(found, maker.bot):
        return []
    steps = _state_steps(wanted, found, maker)
    shutting = [step for step in steps if step.closing]
    opening = [step for step in steps if not step.closing]
    aliases = frozenset({wanted.alias} if wanted.alias else ())
    outdated = frozenset() if wanted.alias else found.aliases
    return [
        *(Withdraw(wanted.place, under) for under in sorted(found.published - wanted.published_under)),
        *shutting,
        *_bans(wanted, found),
        *([ReadBack(wanted.place)] if shutting else ()),
        *_links(wanted, found),
        *(AddAlias(wanted.place, alias) for alias in sorted(aliases - found.aliases)),
        *opening,
        *(RemoveAlias(wanted.place, alias) for alias in sorted(outdated)),
        *(Publish(wanted.place, under) for under in sorted(wanted.published_under - found.published)),
        *(Invite(wanted.place, user) for user in wanted.invited if user not in {*found.members, maker.bot}),
    ]


def _bans(wanted: WantedRoom, found: FoundRoom) -> Iterator[Ban]:
    """They come before anything that opens the room."""
    for banned in wanted.banned:
        if found.members.get(UserId(banned.who)) != "ban":
            yield Ban(wanted.place, UserId(banned.who), banned.reason)


def _state_steps(wanted: WantedRoom, found: FoundRoom, maker: Maker) -> list[SetState]:
    target: dict[StateKey, Content] = dict(wanted.state)
    target[POWER_LEVELS] = _levels(wanted, found, maker)
    target |= {key: _EMPTY[key[0]] for key in found.state.keys() - target.keys() if key[0] in _EMPTY}
    if (wanted.alias or wanted.archived or found.creator) and CANONICAL_ALIAS in found.by_hand:
        del target[CANONICAL_ALIAS]
    if found.creator and found.state.get(_ENCRYPTION, {}).get("algorithm"):
        target.pop(_ENCRYPTION, None)  # it was encrypted by whoever made it, in their way
    differing = [
        key for key, content in target.items() if found.state.get(key, _EMPTY.get(key[0], {})) != content
    ]
    return [
        SetState(wanted.place, StateEvent(key[0], target[key], key[1]), closing=_closes(key, target[key]))
        for key in sorted(differing, key=_safest_first)
    ]


def _levels(wanted: WantedRoom, found: FoundRoom, maker: Maker) -> Content:
    theirs, there = found.creator is not None, found.state.get(POWER_LEVELS)
    unnamed = found.creator if creators_stand_above(found.version) else None
    levels = power_levels(
        wanted.kind,
        found.version,
        maker.bot,
        [user for user in wanted.coordinators if user != unnamed],
        archived=wanted.archived,
        made_by_others=theirs,
    )
    settled = settle(levels, there, (*wanted.former, maker.bot), found.overrides)
    return beside_its_maker(settled, there) if theirs else settled


def _closes(key: StateKey, content: Content) -> bool:
    """Whether this entry keeps people out, rather than letting them in or telling them something."""
    opens = key == JOIN_RULES and content["join_rule"] == "public"
    return key[0] in _SECURING and not opens


def _safest_first(key: StateKey) -> tuple[int, StateKey]:
    urgent = {JOIN_RULES: 1, POWER_LEVELS: 0, ("m.room.history_visibility", ""): 2}
    return urgent.get(key, 3), key


def _links(wanted: WantedRoom, found: FoundRoom) -> Iterator[SetState]:
    """Links to children. What someone has put or taken away by hand is left as they had it.

    But what is not to be shown there, or sleeps, is taken out whoever put it in.
    """
    for place, content in wanted.children.items():
        key: StateKey = ("m.space.child", place)
        if key not in found.by_hand and found.state.get(key, {}) != content:
            yield SetState(wanted.place, StateEvent("m.space.child", content, place))
    for (event_type, child), content in found.state.items():
        unwanted = bool(content) and isinstance(child, PlaceId) and child not in wanted.children
        ours = (event_type, child) not in found.by_hand or child in wanted.barred
        if event_type == "m.space.child" and unwanted and ours:
            yield SetState(wanted.place, StateEvent("m.space.child", {}, child))


# -- what it will be ------------------------------------------------------------------------------


def _after(room: FoundRoom, action: Action, maker: Maker) -> FoundRoom:
    match action:
        case CreateRoom():
            state = {(event.type, event.state_key): event.content for event in action.state}
            return FoundRoom(action.version or maker.version, {**state, POWER_LEVELS: action.power_levels})
        case SetState():
            key = (action.event.type, action.event.state_key)
            state = {**room.state, key: action.event.content}
            return replace(room, state=state, by_hand=room.by_hand - {key})
        case AddAlias() | MoveAlias():
            return replace(room, aliases=room.aliases | {action.localpart})
        case RemoveAlias():
            return replace(room, aliases=room.aliases - {action.localpart})
        case Publish():
            return replace(room, published=room.published | {action.under})
        case Withdraw():
            return replace(room, published=room.published - {action.under})
        case Invite():
            return replace(room, members={**room.members, action.user: "invite"})
        case Remove() | Unban():
            return replace(room, members={**room.members, action.user: "leave"})
        case Ban():
            return replace(room, members={**room.members, action.user: "ban"})
        case _:
            return room
