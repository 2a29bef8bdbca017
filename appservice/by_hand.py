"""What people changed in a room of ours in their own clients, taken over into our tables (PRODUCT: H5).

Each entry set by hand is judged once, by its event: by somebody with the right in that very room it
means what the command means; by anyone else it is put back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from appservice.listing import added_to_space, taken_out_of_space
from appservice.store.by_hand import Mark
from appservice.work import UnitOfWork
from bot.networks.rules import check_no_lookalike
from spaces import changes
from spaces.actions import Content, SetState, StateEvent
from spaces.by_hand import (
    RolesChanged,
    had_right,
    is_listed,
    overrides_after,
    roles_changed,
    with_roles,
)
from spaces.errors import Malformed, Refusal
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Group
from spaces.power_levels import users_in
from spaces.reconcile import POWER_LEVELS, FoundRoom, StateKey
from spaces.wanted import own_topic, room_name

log = structlog.get_logger(__name__)

_CHILD = "m.space.child"
_AVATAR: StateKey = ("m.room.avatar", "")
_THEIRS = ("m.room.name", "m.room.topic", "m.room.avatar", "m.room.canonical_alias", _CHILD)


@dataclass(frozen=True, slots=True)
class SetBy:
    """Who set an entry of a room's state, and with which event; both as they came."""

    sender: str
    event: str


class Hands:
    """What of one room, read just now, somebody has changed since it was last looked at.

    `before` is the room as it was to be, `marks` are the events that were dealt with, and `pending`
    the keys of the actions that wait: a command that is under way came later and wins.
    """

    def __init__(
        self,
        work: UnitOfWork,
        place: PlaceId,
        found: FoundRoom,
        before: FoundRoom | None,
        set_by: Mapping[StateKey, SetBy],
        marks: Mapping[StateKey, Mark],
        pending: frozenset[str],
    ) -> None:
        self._work = work
        self._place = place
        self._found = found
        self._before: Mapping[StateKey, Content] = before.state if before else {}
        self._set_by = set_by
        self._marks = marks
        self._pending = pending
        self._bot = work.surroundings.maker.bot
        self._news = {key: by for key, by in set_by.items() if self._is_news(key, by)}
        self.undoing: list[SetState] = []
        self.refused: set[StateKey] = set()

    def _is_news(self, key: StateKey, by: SetBy) -> bool:
        mark = self._marks.get((key[0], str(key[1])))
        return by.sender != self._bot and (not by.event or mark is None or mark.event != by.event)

    def who_changed(self, key: StateKey) -> UserId | None:
        """Who has set that entry by hand since it was last looked at, or None."""
        by = self._news.get(key)
        try:
            return None if by is None else UserId.parse(by.sender)
        except Malformed:
            return None

    def is_lost(self, step: SetState) -> bool:
        """Whether nobody has changed what `step` puts back: the homeserver has it other than it was."""
        key = (step.event.type, step.event.state_key)
        by = self._set_by.get(key)
        return (
            (by is None or by.sender == self._bot)
            and self._before.get(key) == step.event.content
            and step.key not in self._pending
        )

    def content(self, key: StateKey) -> Content | None:
        """What stands there, as it was read."""
        return self._found.state.get(key)

    def event_of(self, key: StateKey) -> str:
        return self._set_by[key].event if key in self._set_by else ""

    def fresh_marks(self) -> dict[StateKey, Mark]:
        """What is dealt with now: all that people have set, and whose level is which, whoever set it."""
        fresh: dict[StateKey, Mark] = {}
        for key, by in self._set_by.items():
            mark = self._marks.get((key[0], str(key[1])))
            if by.event and (mark is None or mark.event != by.event):
                if key == POWER_LEVELS:
                    fresh[key] = Mark(by.event, {"users": users_in(self._found.state.get(key))})
                elif by.sender != self._bot:
                    fresh[key[0], str(key[1])] = Mark(by.event, {})
        return fresh

    # -- judging ---------------------------------------------------------------------------------

    def _righted(self, key: StateKey) -> UserId | None:
        """Who has changed that entry, if they had the right."""
        who = self.who_changed(key)
        levels = (self._found.state.get(POWER_LEVELS), self._levels_before())
        return who if who is not None and had_right(who, self._found.creator, *levels) else None

    def _levels_before(self) -> Mapping[str, Any] | None:
        mark = self._marks.get(POWER_LEVELS)
        return mark.content if mark else None

    def judged(self) -> FoundRoom:
        """The room as it was read; what was changed without the right counts as not set by hand.

        Such a thing is put back by itself where we know what it should be, and by `undoing` else.
        """
        unrighted = {key for key in self._news if key[0] in _THEIRS and self._righted(key) is None}
        for key in unrighted:
            foreign = key[0] == _CHILD and not isinstance(key[1], PlaceId)
            if key == _AVATAR or (foreign and is_listed(self._found.state.get(key))):
                was = self._before.get(key, {})
                self.undoing.append(SetState(self._place, StateEvent(key[0], was, key[1])))
        by_hand = self._found.by_hand - unrighted
        return replace(self._found, by_hand=by_hand, overrides=self._overrides())

    def _overrides(self) -> Mapping[UserId, int]:
        if not self._place.is_group or self._righted(POWER_LEVELS) is None:
            return self._found.overrides
        before, now = self._people_before(), users_in(self._found.state.get(POWER_LEVELS))
        under_way = self._under_way()
        before = {user: level for user, level in before.items() if user not in under_way}
        now = {user: level for user, level in now.items() if user not in under_way}
        coordinators = self._work.landscape.looking_after(self._place)
        return overrides_after(self._found.overrides, before, now, coordinators, self._bot)

    def _people_before(self) -> Mapping[str, int]:
        return users_in(self._levels_before())

    def _under_way(self) -> frozenset[UserId]:
        """Those whose power a command is about to change: what was read of them tells nothing."""
        if SetState(self._place, StateEvent(POWER_LEVELS[0], {})).key not in self._pending:
            return frozenset()
        landscape = self._work.landscape
        found = landscape.place(self._place)
        network = found.home if isinstance(found, Group) else found.id
        return frozenset({*landscape.coordinators_of(network), *landscape.former_coordinators_of(network)})

    # -- taking over -----------------------------------------------------------------------------

    async def take_over(self) -> None:
        """Make what was changed with the right so in our tables, with a line in the audit log for each."""
        if (by := self._righted(POWER_LEVELS)) is not None:
            await self._levels(by)
        for kind, change in (("m.room.name", _renamed), ("m.room.topic", _described)):
            await self._words((kind, ""), change)
        if (by := self._righted(_AVATAR)) is not None and self._differs(_AVATAR):
            was, is_now = self._shown(_AVATAR, "url")
            await self._work.note("by hand: picture", self._place, before=was, after=is_now, by=by)
        if self._place.is_network:
            for key in sorted(key for key in self._news if key[0] == _CHILD):
                await self._child(key)

    def _differs(self, key: StateKey) -> bool:
        return self._before.get(key, {}) != self._found.state.get(key, {})

    def _shown(self, key: StateKey, part: str) -> tuple[str, str]:
        contents = (self._before.get(key, {}), self._found.state.get(key, {}))
        was, is_now = (str(content.get(part, "")) for content in contents)
        return was, is_now

    async def _levels(self, by: UserId) -> None:
        before, now = self._people_before(), users_in(self._found.state.get(POWER_LEVELS))
        if self._place.is_network:
            network, under_way = NetworkId(self._place), self._under_way()
            roles = roles_changed(self._work.landscape, network, before, now, self._bot, but=under_way)
            await self._roles(network, roles, by)
        for user in sorted(before.keys() | now.keys()):
            if (was := before.get(user, 0)) != (is_now := now.get(user, 0)) and user != self._bot:
                what = f"by hand: power of {user}"
                await self._work.note(what, self._place, before=str(was), after=str(is_now), by=by)

    async def _roles(self, network: NetworkId, roles: RolesChanged, by: UserId) -> None:
        done = [f"coordinator add {user}" for user in roles.promoted]
        done += [f"coordinator remove {user}" for user in roles.demoted]
        if done:
            landscape = with_roles(self._work.landscape, network, roles)
            await self._work.change(landscape, what=f"by hand: {', '.join(done)}", about=network, by=by)

    async def _words(self, key: StateKey, change: Any) -> None:
        """A name or a topic. A command that is under way came later and wins."""
        by, work = self._righted(key), self._work
        if by is None or SetState(self._place, StateEvent(key[0], {})).key in self._pending:
            return
        landscape = work.landscape
        try:
            changed: Landscape = change(work, landscape, self._place, self._found.state[key])
            name = changed.place(self._place).name
            if self._place.is_network and name != landscape.place(self._place).name:
                check_no_lookalike(landscape, await work.standing_of(by), name)
        except Refusal as refusal:
            log.info("change_by_hand_put_back", place=self._place, reason=type(refusal).__name__)
            return
        if changed is not landscape:
            what = "by hand: rename" if key[0] == "m.room.name" else "by hand: describe"
            await work.change(changed, what=what, about=self._place, by=by)

    async def _child(self, key: StateKey) -> None:
        by = self._righted(key)
        if by is None:
            return
        content = self._found.state.get(key, {})
        was_listed, listed = is_listed(self._before.get(key)), is_listed(content)
        network, child = NetworkId(self._place), key[1]
        if listed and not was_listed:
            if not await added_to_space(self._work, network, child, content, by, self.event_of(key)):
                await self._refuse(key)
        elif was_listed and not listed:
            await taken_out_of_space(self._work, network, child, by)

    async def _refuse(self, key: StateKey) -> None:
        """It cannot be so: it is put back, as if nobody had set it."""
        expected = await self._work.expected_of(self._place)
        if expected is not None and not self._work.landscape.is_paused(self._place):
            self.refused.add(key)
            self._work.expect(self._place, replace(expected, by_hand=expected.by_hand - {key}))


def _renamed(work: UnitOfWork, landscape: Landscape, place: PlaceId, content: Content) -> Landscape:
    name = content.get("name")
    shown = room_name(landscape, landscape.place(place))
    if not isinstance(name, str) or name == shown:
        return landscape
    return changes.rename(landscape, work.ids, place, name)


def _described(work: UnitOfWork, landscape: Landscape, place: PlaceId, content: Content) -> Landscape:
    topic = content.get("topic")
    if not isinstance(topic, str) or own_topic(topic) == landscape.place(place).topic:
        return landscape
    return changes.describe(landscape, work.ids, place, topic=own_topic(topic))
