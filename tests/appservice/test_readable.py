"""Whatever happens in a room, and however late some of it is heard of: what a digest counts for somebody is
what the homeserver would let them read.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appservice.activity import LivelySource, note_visibility
from appservice.event import Event
from appservice.store import rooms
from appservice.store.database import Database
from appservice.work import UnitOfWork
from bot.digests.items import Period, Reader
from spaces.access import Sight, Standing
from spaces.actions import SetState, StateEvent
from spaces.identifiers import GroupId, UserId
from spaces.nearness import Nearness
from tests.appservice.square import SAM, Square
from tests.appservice.stage import ALICE, BEN, BOT, Json, Stage
from tests.readable import Past

_HISTORY = "m.room.history_visibility"
_NEXT = {"leave": ("join", "invite", "ban"), "invite": ("join", "leave"), "join": ("leave", "ban")}
_PEOPLE = (BEN, SAM)

_rarely = st.sampled_from((False, False, False, True))
_visibilities = st.sampled_from(("shared", "invited", "joined", "joined", "world_readable"))

steps = st.one_of(
    st.tuples(st.just("said"), st.sampled_from((ALICE, ALICE, BEN)), _rarely),
    st.tuples(st.just("said"), st.just(ALICE), _rarely),
    st.tuples(st.just("moved"), st.sampled_from(_PEOPLE), st.sampled_from((0, 0, 1, 2))),
    st.tuples(st.just("set"), st.sampled_from((ALICE, BOT)), _visibilities, _rarely),
    st.tuples(st.just("set"), st.sampled_from((ALICE, BOT)), _visibilities, _rarely),
    st.tuples(st.just("read")),
    st.tuples(st.just("redacted"), st.integers(0, 3), st.booleans()),
)


class _Undone(Exception):
    """The example is over: nothing of it stays in the database."""


@dataclass
class Said:
    event: str
    sender: UserId
    n: int  # in the past of the room
    heard_at: float | None = None
    is_redacted: bool = False


@dataclass
class Play:
    """One group's room, from when it is first read. `late` events are heard when all is over."""

    square: Square
    work: UnitOfWork
    group: GroupId
    past: Past
    said: list[Said] = field(default_factory=list)
    late: list[Json] = field(default_factory=list)

    async def do(self, step: tuple[Any, ...]) -> None:
        kind, *rest = step
        await getattr(self, f"_{kind}")(*rest)

    async def _said(self, who: UserId, is_late: bool) -> None:
        event = self.square.said(self.group, who)
        self.said.append(Said(event["event_id"], who, self.past.add("said", who, event["event_id"])))
        await self._hear(event, is_late)

    async def _moved(self, who: UserId, way: int) -> None:
        ways = _NEXT.get(self.past.membership(who), ("leave",))
        how = ways[way % len(ways)]
        self.past.add("member", who, how)
        await self._hear(self.square.moved(self.group, who, how))

    async def _set(self, who: UserId, value: str, is_late: bool) -> None:
        """By hand, or by the bot: its own events are not heard, and it knows beforehand."""
        content = {"history_visibility": value}
        self.past.add("visibility", who, value)
        if who == BOT:
            self.square.stage.clock.seconds += 10
            self.work.put(SetState(self.group, StateEvent(_HISTORY, content)))
            await self.work.flush()
            self.work._actions.clear()
            found = await self.work.expected_of(self.group)
            assert found is not None
            self.work.expect(self.group, replace(found, state={**found.state, (_HISTORY, ""): content}))
        else:
            event = self.square.event(self.group, who, _HISTORY, content, state_key="")
            await self._hear(event, is_late)

    async def _read(self) -> None:
        self.square.stage.clock.seconds += 10
        content = {"history_visibility": self.past.visibility_at(len(self.past.events))}
        state = {"type": _HISTORY, "state_key": "", "content": content}
        await note_visibility(self.work, self.group, [state])

    async def _redacted(self, which: int, is_here: bool) -> None:
        """Here, or elsewhere, where it takes nothing away."""
        if which < len(self.said):
            said = self.said[which]
            said.is_redacted |= is_here
            where = self.group if is_here else self.square.walking
            redacts = {"redacts": said.event}
            await self._hear(self.square.event(where, said.sender, "m.room.redaction", redacts))

    async def _hear(self, event: Json, is_late: bool = False) -> None:
        if is_late:
            self.late.append(event)
            return
        for said in self.said:
            if said.event == event["event_id"]:
                said.heard_at = self.square.stage.clock()
                event = {**event, "content": {}} if said.is_redacted else event
        heard = Event.parse(event, self.square.stage.clock())
        await self.square.stage.listeners.hear(heard, self.work)

    async def end(self) -> None:
        """Sam comes, who was not there all the time, and what was under way arrives."""
        while self.past.membership(SAM) != "join":
            await self._moved(SAM, 0)
        for event in self.late:
            self.square.stage.clock.seconds += 10
            await self._hear(event)

    async def counted(self, who: UserId, said: Said) -> int:
        """How many messages a digest tells `who` of, of the moment in which that one was heard."""
        here = await rooms.places_of(self.work.connection, who)
        standing = Standing(who, joined=frozenset(p for p, how in here if how == "join"))
        sight, networks = Sight(who, frozenset(), frozenset()), frozenset(self.work.landscape.networks)
        reader = Reader(who, standing, sight, networks, Nearness(self.work.landscape, sight))
        at = said.heard_at or 0.0
        found = await LivelySource(self.work).items(reader, Period(at, at + 1))
        return sum(int(item.weight) for item in found)

    def may_be_told(self, who: UserId, said: Said) -> bool:
        is_there = self.past.membership(who) == "join"
        return is_there and said.sender != who and not said.is_redacted and self.past.may_read(who, said.n)


async def _play(square: Square, group: GroupId, first: str, story: list[tuple[Any, ...]]) -> None:
    try:
        async with square.stage.works.begin("test") as work:
            play = Play(square, work, group, Past(first))
            for step in story:
                await play.do(step)
            await play.end()
            for said in play.said:
                for who in _PEOPLE:
                    counted = await play.counted(who, said)
                    assert counted <= play.may_be_told(who, said), (who, said, play.past)
            raise _Undone
    except _Undone:
        square.stage.works.surroundings.tallies.forget()


def test_a42_a46_a47_what_is_counted_for_somebody_they_may_read(migrated_url: str) -> None:
    with asyncio.Runner() as runner:
        database = Database(migrated_url)
        square = runner.run(Square(Stage(database)).begin())
        groups = {square.painting: "shared", square.chess: "invited"}

        @given(st.sampled_from(sorted(groups)), st.lists(steps, min_size=4, max_size=12))
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        def plays(group: GroupId, story: list[tuple[Any, ...]]) -> None:
            runner.run(_play(square, group, groups[group], story))

        plays()
        runner.run(database.close())
