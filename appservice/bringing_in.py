"""What comes of a room that was looked into because somebody wants it: a group, a network, or why not.

`adopt` ──▶ the bot comes in ──▶ a room: a group ─────────────────────────▶ the answer
                 │           └─▶ a Space: shown, and after a yes a network;
                 │                what stands in it is looked into in turn ─▶ the answer
                 └─▶ not let in: remembered, until an invitation comes
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from appservice.adopting import become, count_as_listed
from appservice.audit import Trail
from appservice.performing import Outcome
from appservice.places import Places
from appservice.readback import read_state
from appservice.store import adoptions, outbox, people, rooms
from appservice.store.adoptions import Adoption
from appservice.store.outbox import Undertaking
from appservice.work import UnitOfWork
from bot.adopting import words
from bot.adopting.judging import Judge, Refused, lack_in
from bot.adopting.ports import Asked, Shown
from bot.adopting.words import Lack, Taken
from bot.answering import asks_for_a_yes
from bot.networks.rules import check_no_lookalike, named, ways_in
from bot.ports import Awaited
from bot.reply import Document, Paragraph, joined, plain, to_json
from spaces import adopting
from spaces.actions import Action, Adopt, Content, Join, Leave, ReadBack, SetState, StateEvent
from spaces.adopting import MOST_ROOMS, Outside, Why
from spaces.by_hand import is_listed, via_of
from spaces.errors import Refusal
from spaces.identifiers import EventId, NetworkId, PlaceId, RoomId, UserId
from spaces.network import Access
from spaces.power_levels import creators_stand_above
from spaces.reconcile import POWER_LEVELS, may_keep_up

_CHILD = "m.space.child"


async def brought_in(
    work: UnitOfWork, places: Places, action: Adopt, outcome: Outcome, undertaking: int | None
) -> None:
    """Make of the room what it may become. `undertaking` is what they wait for who have asked, if they do."""
    if action.network in work.landscape.networks:
        work.audit = Trail(work.connection, work.surroundings.now, action.user)
        found = await outbox.undertaking(work.connection, undertaking) if undertaking is not None else None
        await _Arrival(work, places, action, outcome, found).settle()


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The bot has looked into one room, or was not let in."""

    work: UnitOfWork
    places: Places
    action: Adopt
    outcome: Outcome
    waited_for: Undertaking | None

    @property
    def room(self) -> RoomId:
        return self.outcome.room or RoomId(self.action.room)

    async def settle(self) -> None:
        work, action = self.work, self.action
        seen = None if self.outcome.state is None else adopting.outside(self.room, self.outcome.state)
        judge = Judge(work.landscape, await work.standing_of(action.user), self._asked(), self._bot)
        place = await work.place_of_room(self.room)
        refused = judge.refusal(seen, place, talks=seen is not None and await self._is_talk(seen))
        if refused is not None or seen is None:
            assert refused is not None
            await self._refuse(refused, seen)
        elif seen.is_space and not action.agreed:
            await self._show(judge, seen)
        else:
            try:
                await (self._as_network(seen) if seen.is_space else self._as_group(seen))
            except Refusal as refusal:
                said = Document((Paragraph((refusal.said,)),))
                await self._refuse(Refused(Why.MANY, said), seen)

    @property
    def _bot(self) -> UserId:
        return self.work.surroundings.maker.bot

    def _asked(self) -> Asked:
        action = self.action
        return Asked(str(action.room), action.network, action.user, action.event, action.via, action.wants)

    async def _is_talk(self, seen: Outside) -> bool:
        """Whether one person talks with the bot there alone, and has not made it a room for others."""
        here = await rooms.conversation(self.work.connection, self.room)
        is_where_asked = self.waited_for is not None and self.waited_for.room == self.room
        return here is not None and here.person is not None and (is_where_asked or not seen.name)

    async def _is_known(self) -> bool:
        """Whether the bot has another reason to be there."""
        if await self.work.place_of_room(self.room) is not None:
            return True
        return await rooms.conversation(self.work.connection, self.room) is not None

    # -- not, or not yet ---------------------------------------------------------------------------

    async def _refuse(self, refused: Refused, seen: Outside | None) -> None:
        await self._keep(why=refused.why)
        inviter = self.action.inviter
        if seen is not None and not await self._is_known():
            self.work.put(Join(self.room, inviter) if inviter else Leave(self.room))
        if self.action.below:
            await self._report()
        elif inviter and refused.why is Why.SHUT:
            return  # who asked was told so before, and not that somebody has invited the bot since
        else:
            await self._answer(refused.answer)

    async def _show(self, judge: Judge, space: Outside) -> None:
        work, action = self.work, self.action
        below = adopting.below(self.outcome.hierarchy, space.room, tuple(self._listed()))
        rooms_below = adopting.names_of(below)
        found = {room: place for room in rooms_below if (place := await work.place_of_room(room))}
        shown = judge.show(space, below, found, work.ids)
        if isinstance(shown, Refused):
            await self._refuse(shown, space)
        elif self.waited_for is None:
            await self._keep()
            await self._answer(words.go_on_with_space(space, named(work.landscape, action.network)))
        else:
            await self._ask(self.waited_for, shown.preview)

    async def _ask(self, found: Undertaking, preview: Document) -> None:
        """Show what would become of the Space, and wait for a yes."""
        work, action = self.work, self.action
        agreement = f"{action.wants}\n{plain(preview)}"
        shown = Shown(self.room, agreement)
        await adoptions.keep_shown(work.connection, action.user, str(action.room), shown, now=work.now)
        said = f"adopt {action.room} --into {work.landscape.networks[action.network].slug}"
        asked = Awaited("confirmation", said, agreement, EventId(found.event), work.now, _thread(found))
        if found.room is not None:
            await people.wait_for(work.connection, action.user, found.room, asked)
        await self._answer(joined((preview, asks_for_a_yes())))

    # -- what it becomes ---------------------------------------------------------------------------

    async def _as_group(self, seen: Outside) -> None:
        work, action = self.work, self.action
        landscape, group = adopting.with_room(work.landscape, work.ids, seen, action.network)
        await self._become(
            group, seen, lambda: work.change(landscape, what=f"adopt {self.room}", about=group)
        )
        if action.below:
            await self._report()
            return
        taken = await self._taken(group)
        ways = ways_in(work.landscape, group, await work.standing_of(action.user))
        members = len(seen.joined - {self._bot})
        above = named(work.landscape, action.network)
        looking_after = work.landscape.coordinators_of(action.network)
        await self._answer(words.became_a_group(taken, above, ways, members, looking_after, self._bot))

    async def _as_network(self, seen: Outside) -> None:
        work, action = self.work, self.action
        standing = await work.standing_of(action.user)
        check_no_lookalike(work.landscape, standing, seen.called)
        landscape, network = adopting.with_space(
            work.landscape,
            work.ids,
            seen,
            under=action.network,
            by=action.user,
            coordinators=adopting.coordinators_in(seen, action.user, self._bot),
        )
        await self._become(
            network, seen, lambda: work.change(landscape, what=f"adopt {self.room}", about=network)
        )
        await self._go_on_below(network)
        await self._report()

    async def _become(self, place: PlaceId, seen: Outside, change: Callable[[], Awaitable[object]]) -> None:
        """The room is that of `place` from now on; then what that entails."""
        work, action = self.work, self.action
        read = read_state(self.outcome.state or (), self._bot, self.places)
        await rooms.save_memberships(work.connection, self.room, read.members, read.names, now=work.now)
        await become(work, self.room, place, read)
        await count_as_listed(work, action.network, self.room, place)
        is_ruled = may_keep_up(read.found, self._bot)
        if not is_ruled:
            await self._list_at_once(place, adopting.access_in(seen, Access.PUBLIC))
        await change()
        work.put(ReadBack(place))
        if is_ruled and self.waited_for is not None:
            work.carry_on(self.waited_for.id)
        await self._keep(place=place)

    async def _list_at_once(self, place: PlaceId, access: Access) -> None:
        """A room in which the bot has no power is never closed by it, so that nothing waits for that."""
        work, action = self.work, self.action
        space = await work.expected_of(action.network)
        key = (_CHILD, place)
        if space is None or access is Access.INVITE or key in space.state:
            return
        content = {"via": [work.surroundings.server], "suggested": False}
        work.expect(action.network, replace(space, state={**space.state, key: content}))
        if may_keep_up(space, self._bot):
            work.put(SetState(action.network, StateEvent(_CHILD, content, str(self.room))))

    async def _go_on_below(self, network: NetworkId) -> None:
        """Look into all that stands in the Space, as many rooms as come in at once."""
        work, action = self.work, self.action
        known = {one.room for one in await adoptions.of_event(work.connection, action.event)}
        found = self._listed()
        fresh = [room for room in found if room not in known]
        taken, left = fresh[: MOST_ROOMS + 1 - len(known)], fresh[MOST_ROOMS + 1 - len(known) :]
        await self._keep_below(network, taken, None)
        await self._keep_below(network, left, Why.MANY)
        steps: list[Action] = [
            replace(
                action, room=room, network=network, via=via_of(found[room]), agreed=True, below=True, wants=""
            )
            for room in taken
        ]
        undertaking = None if self.waited_for is None else self.waited_for.id
        await outbox.put(work.connection, steps, undertaking=undertaking, now=work.now)
        if undertaking is not None:
            await outbox.add_to_total(work.connection, undertaking, len(steps))

    def _listed(self) -> dict[RoomId, Content]:
        """What the Space lists, as its own state has it."""
        events = (event for event in self.outcome.state or () if event.get("type") == _CHILD)
        listed = ((RoomId(str(e.get("state_key"))), e.get("content")) for e in events)
        return {r: c for r, c in listed if r.startswith("!") and isinstance(c, dict) and is_listed(c)}

    async def _keep_below(self, network: NetworkId, found: Sequence[RoomId], why: Why | None) -> None:
        action = self.action
        rows = [Adoption(action.event, room, network, action.user, room, True, None, why) for room in found]
        await adoptions.keep(self.work.connection, rows, now=self.work.now)

    # -- what is said of it ------------------------------------------------------------------------

    async def _keep(self, *, place: PlaceId | None = None, why: Why | None = None) -> None:
        action, target = self.action, str(self.action.room)
        row = Adoption(action.event, self.room, action.network, action.user, target, action.below, place, why)
        await adoptions.keep(self.work.connection, [row], now=self.work.now)

    async def _report(self) -> None:
        """What came of the Space and its rooms so far."""
        work, action = self.work, self.action
        rows = await adoptions.of_event(work.connection, action.event)
        tops = [row for row in rows if not row.below and row.place is not None]
        if not tops or tops[0].place not in work.landscape.networks:
            return
        top = tops[0]
        assert top.place is not None
        found = [await self._taken(row.place, row) for row in rows if row.below]
        below = sorted(found, key=lambda one: one.place.name.casefold() if one.place else "")
        people_there = work.landscape.coordinators_of(NetworkId(top.place))
        above = named(work.landscape, top.network)
        space = await self._taken(top.place)
        await self._answer(words.became_a_network(space, below, above, people_there, self._bot))

    async def _taken(self, place: PlaceId | None, row: Adoption | None = None) -> Taken:
        landscape = self.work.landscape
        if place is None or (place not in landscape.networks and place not in landscape.groups):
            return Taken(why=None if row is None else row.why)
        return Taken(named(landscape, place), place.is_network, None, await self._lack(place))

    async def _lack(self, place: PlaceId) -> Lack | None:
        """What the bot lacks in the room of `place`."""
        work, bot = self.work, self._bot
        found, room = await work.expected_of(place), await rooms.room_of(work.connection, place)
        if found is None or room is None or may_keep_up(found, bot):
            return None
        here = await rooms.members(work.connection, room)
        above = {found.creator} if found.creator and creators_stand_above(found.version) else set()
        levels = found.state.get(POWER_LEVELS)
        joined = frozenset(user for user, membership in here.items() if membership == "join")
        seen = Outside(room, found.version, joined=joined, levels=levels, creators=frozenset(above))
        return lack_in(seen, bot)

    async def _answer(self, said: Document) -> None:
        work, action, found = self.work, self.action, self.waited_for
        if found is None:
            await work.tell(action.user, said, said=f"adopt:{action.event}:{self.room}")
        else:
            reply = await work.for_reader(said, found.language, action.user)
            await outbox.set_reply(work.connection, found.id, to_json(reply))


def _thread(found: Undertaking) -> EventId | None:
    relates = found.relates or {}
    return EventId(relates["event_id"]) if relates.get("rel_type") == "m.thread" else None
