"""P5: a network moves. Whatever goes wrong, it is never missing, and its writes keep their order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

import pytest

from appservice.app import Hedgerow
from tests.crashes.test_command import homeserver, settings
from tests.crashes.test_lifecycle import places, quiet, said
from tests.fake import Call, Event, FakeHomeserver, FakeUser, Fault
from tests.hedgerow import ADMIN, crash, running

FOUNDING = (
    "network create Arts",
    "network create Health",
    "network create Bristol --under arts --access private",
)
TURNS = [{"link up", "link down"}, {"allow"}, {"canonical"}, {"old link up", "old link down"}]
CALLS = 8
"""What a move takes: its writes, the read back, the answer."""


@dataclass
class Place:
    """Bristol, private, which is under Arts or under Health."""

    fake: FakeHomeserver
    admin: FakeUser
    direct: str
    under: str = "Arts"
    since: int = 0

    @classmethod
    async def found(cls, fake: FakeHomeserver) -> Place:
        admin = fake.add_user(ADMIN)
        direct = await admin.create_dm(fake.bot)
        for n, words in enumerate(FOUNDING, 1):
            admin.send(direct, words)
            await quiet(fake, direct, n)
        for place in places(fake):
            admin.join(place)
        await fake.pushed()
        return cls(fake, admin, direct)

    async def up_to_the_yes(self) -> None:
        """It is to move to the other one, and its coordinator has been shown what that would do."""
        self.under = "Health" if self.under == "Arts" else "Arts"
        self.since = max(event.position for event in self._events())
        before = len(said(self.fake, self.direct))
        self.admin.send(self.direct, f"network move bristol --under {self.under}")
        [*_, preview] = await asyncio.wait_for(quiet(self.fake, self.direct, before + 1), 30)
        assert "Shall I?" in preview, preview

    async def say_yes(self) -> int:
        """How much is said once it is answered."""
        self.admin.send(self.direct, "yes")
        return len(said(self.fake, self.direct)) + 1

    def space(self, name: str) -> str:
        rooms = (self.fake.room(place) for place in places(self.fake))
        [found] = [room.room_id for room in rooms if room.content("m.room.name")["name"] == name]
        return found

    # -- what has come about ------------------------------------------------------------------------

    def _events(self) -> list[Event]:
        rooms = [self.fake.room(self.space(name)) for name in ("Bristol", "Arts", "Health")]
        return [event for room in rooms for event in room.timeline]

    def steps(self) -> list[str]:
        """The steps of this move in their order. One that was repeated counts where it came first."""
        events = [event for event in self._events() if event.position > self.since]
        steps = [self._step(event) for event in sorted(events, key=lambda event: event.position)]
        return list(dict.fromkeys(step for step in steps if step))

    def _step(self, event: Event) -> str:
        bristol, new = self.space("Bristol"), self.space(self.under)
        old = self.space("Health" if self.under == "Arts" else "Arts")
        match (event.type, event.room_id, event.state_key):
            case ("m.space.parent", here, there) if (here, there) == (bristol, new):
                return "canonical" if event.content["canonical"] else "link up"
            case ("m.space.child", here, there) if (here, there) == (new, bristol):
                return "link down"
            case ("m.room.join_rules", here, _) if here == bristol:
                return "allow" if [one["room_id"] for one in event.content["allow"]] == [new] else "?"
            case ("m.space.parent", here, there) if (here, there) == (bristol, old):
                return "?" if event.content else "old link up"
            case ("m.space.child", here, there) if (here, there) == (old, bristol):
                return "?" if event.content else "old link down"
        return ""

    def is_somewhere(self) -> bool:
        """Whether one of the two at least has Bristol, both ends say so, and its members get in."""
        bristol = self.fake.room(self.space("Bristol"))
        allowed = {one["room_id"] for one in bristol.content("m.room.join_rules").get("allow", [])}
        return any(
            bristol.content("m.space.parent", above)
            and self.fake.room(above).content("m.space.child", bristol.room_id)
            and above in allowed
            for above in (self.space("Arts"), self.space("Health"))
        )


def in_turns(steps: list[str]) -> list[set[str]]:
    """The same, turn by turn: what is within one may come about in either order."""
    ends = [sum(len(turn) for turn in TURNS[: n + 1]) for n in range(len(TURNS))]
    return [set(steps[end - len(turn) : end]) for turn, end in zip(TURNS, ends, strict=True)]


async def test_p5_the_new_link_is_whole_before_who_gets_in_changes_and_the_old_one_goes_last(
    service_database: str,
) -> None:
    async with homeserver() as fake, running(settings(fake, service_database)):
        place = await Place.found(fake)
        await place.up_to_the_yes()
        before = len(fake.calls)
        at_least = await place.say_yes()
        [*_, answer] = await asyncio.wait_for(quiet(fake, place.direct, at_least), 30)
        assert answer.startswith("Bristol")
        assert in_turns(place.steps()) == TURNS
        assert len(fake.calls) - before == CALLS


async def test_p5_while_the_new_parent_refuses_the_network_stays_whole_where_it_is(
    service_database: str,
) -> None:
    async with homeserver() as fake, running(settings(fake, service_database)) as service:
        place = await Place.found(fake)
        await place.up_to_the_yes()
        health, refused = place.space("Health"), list[Call]()

        def is_refused(call: Call) -> bool:
            is_it = call.params.get("type") == "m.space.child" and call.params["room_id"] == health
            refused.extend([call] if is_it else [])
            return is_it

        fake.script(is_refused, Fault.too_many(700), 3)
        await place.say_yes()
        async with asyncio.timeout(20):
            while len(refused) < 2:
                await asyncio.sleep(0.02)
                assert place.is_somewhere()
        assert set(place.steps()) <= {"link up"}
        await service.reconciler.look_at_rooms()  # nor does a look at all rooms do anything out of turn
        service.engine.outbox.wake()
        async with asyncio.timeout(20):
            while len(place.steps()) < 6:
                await asyncio.sleep(0.02)
                assert place.is_somewhere()
        assert in_turns(place.steps()) == TURNS
        assert len(refused) == 3


@pytest.mark.parametrize("when", ["before", "after"])
async def test_p3_a_move_that_is_killed_at_any_call_is_never_nowhere_and_ends_the_same(
    service_database: str, when: Literal["before", "after"]
) -> None:
    """Each time from where the last move has led."""
    async with homeserver() as fake:
        made = settings(fake, service_database)
        async with running(made):
            place = await Place.found(fake)
        for n in range(1, CALLS + 1):
            first = Hedgerow(made)
            task = asyncio.create_task(first.run(asyncio.Event()))
            await asyncio.wait_for(first.started.wait(), 30)
            await place.up_to_the_yes()
            fake.stop_at(n, when)
            at_least = await place.say_yes()
            await asyncio.wait_for(fake.stopped.wait(), 30)
            await crash(task)
            assert place.is_somewhere(), f"call {n}"
            fake.resume()
            async with running(made):
                answers = await asyncio.wait_for(quiet(fake, place.direct, at_least), 30)
            assert in_turns(place.steps()) == TURNS, f"call {n}"
            assert len(answers) == at_least, f"call {n}: {answers}"
