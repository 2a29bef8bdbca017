"""People come and go, links and memberships change: nobody with a path is ever taken out, and nobody
without one stays past the grace; `leave` leaves exactly the right rooms.

What decides is the service's own (`bot/paths/departing.py`, the `leave` command) over a work in memory;
what is right is told by a model that knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.command import Call, ToConfirm
from bot.networks.membership import Membership
from bot.paths.departing import DAY, recount_person, recount_place, take_out
from bot.ports import Heard
from spaces import changes
from spaces.access import may_enter
from spaces.errors import Refusal
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.reach import shifted
from tests.bot.fake_work import FakeWork

PEOPLE = tuple(UserId(f"@p{n}:example.org") for n in range(11))
NETWORKS, GROUPS = 9, 12
GRACES = (0, 1, 7)
EXAMPLES, STEPS = 85, 50
LOOKS = 3 * (NETWORKS + 1)  # three for each network of the longest way down, and for its groups
_THERE = ("join", "invite")

people = st.sampled_from(PEOPLE)
networks = st.integers(0, NETWORKS - 1)
groups = st.integers(0, GROUPS - 1)
accesses = st.sampled_from(Access)
taken: list[str] = []


class Town(FakeWork):
    """A work in memory that notes whose paths have changed, as the store does."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[PlaceId | UserId] = set()
        self.paths.read = {}

    async def change(self, landscape: Landscape, *, what: str, about: PlaceId) -> int:
        self.marked |= shifted(self.landscape, landscape, landscape.changed_since(self.landscape))
        before = dict(self.memberships)
        written = await super().change(landscape, what=what, about=about)
        for place, user in self.memberships.keys() - before.keys():  # coordinators are invited by name
            self.paths.by_name.add((place, user))
            self.marked.add(user)
        return written

    def move(self, place: PlaceId, user: UserId, membership: str) -> None:
        self.memberships[place, user] = membership
        self.marked.add(user)

    async def invite(self, place: PlaceId, user: UserId, *, reason: str) -> None:
        await super().invite(place, user, reason=reason)
        self.marked.add(user)

    async def remove(self, place: PlaceId, user: UserId, *, reason: str) -> None:
        await super().remove(place, user, reason=reason)
        self.marked.add(user)


def done(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What it returns: nothing here waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


class Reach(RuleBasedStateMachine):
    """`lost` is since when, by the model, somebody has been seen without a path where they are."""

    @initialize(
        access=st.lists(st.sampled_from([Access.PRIVATE, *Access]), min_size=NETWORKS, max_size=NETWORKS),
        comings=st.lists(st.tuples(people, networks), min_size=20, max_size=40),
    )
    def begin(self, access: list[Access], comings: list[tuple[UserId, int]]) -> None:
        self.town, self.now = Town(), 1000 * DAY
        self.lost: dict[tuple[PlaceId, UserId], float] = {}
        landscape, self.networks, self.groups = Landscape(), list[NetworkId](), list[GroupId]()
        for n, drawn in enumerate(access):
            above = [self.networks[-1], self.networks[max(n - 4, 0)]] if n % 3 else []
            word = drawn if n % 3 else Access.PUBLIC
            landscape, made = changes.create_network(
                landscape, self.town.ids, name=f"N{n}", access=word, under=above, agreed=above
            )
            landscape = changes.describe(landscape, self.town.ids, made, grace_days=GRACES[n % 3])
            self.networks.append(made)
        for n in range(GROUPS):
            home, word = self.networks[n % NETWORKS], (Access.PRIVATE, Access.PRIVATE, Access.INVITE)[n % 3]
            landscape, group = changes.create_group(
                landscape, self.town.ids, name=f"G{n}", home=home, access=word
            )
            also = self.networks[(n + 3) % NETWORKS]
            landscape = changes.share(landscape, group, also, home_agrees=True, network_agrees=True)
            self.groups.append(group)
        self.town.landscape = landscape
        self.read_all()
        for user, network in comings:
            self.join_with_groups(user, network)
            taken.pop()

    # -- what happens ------------------------------------------------------------------------------

    def _change(self, make: Any, *arguments: Any, **more: Any) -> None:
        taken.append("change")
        with suppress(Refusal):
            landscape = make(self.town.landscape, *arguments, **more)
            done(self.town.change(landscape, what="it", about=self.networks[0]))

    @rule(parent=networks, child=networks)
    def link(self, parent: int, child: int) -> None:
        ends = self.networks[parent], self.networks[child]
        self._change(changes.link, *ends, parent_agrees=True, child_agrees=True)

    @rule(group=groups, network=networks)
    def share(self, group: int, network: int) -> None:
        ends = self.groups[group], self.networks[network]
        self._change(changes.share, *ends, home_agrees=True, network_agrees=True)

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        """A link or a share."""
        landscape = self.town.landscape
        if held := [*sorted(landscape.links), *sorted(landscape.shares)]:
            one = data.draw(st.sampled_from(held))
            self._change(changes.unlink if one in landscape.links else changes.unshare, *one)

    @rule(n=st.integers(0, NETWORKS + GROUPS - 1), access=accesses)
    def open_or_shut(self, n: int, access: Access) -> None:
        place = [*self.networks, *self.groups][n]
        self._change(changes.describe, self.town.ids, place, access=access)

    @rule(network=networks, user=people, named=st.booleans())
    def coordinate(self, network: int, user: UserId, named: bool) -> None:
        change = changes.add_coordinator if named else changes.remove_coordinator
        self._change(change, self.networks[network], user)

    @rule(user=people, data=st.data())
    def join(self, user: UserId, data: st.DataObject) -> None:
        """As far as the homeserver lets them."""
        taken.append("join")
        self._enter(user, data.draw(st.sampled_from([*self.networks, *self._rooms()])))

    @rule(user=people, network=networks)
    def join_with_groups(self, user: UserId, network: int) -> None:
        taken.append("join")
        self._enter(user, self.networks[network])
        for group in self.town.landscape.groups_of(self.networks[network]):
            self._enter(user, group.id)
        for below in self.town.landscape.children(self.networks[network]):
            self._enter(user, below)

    def _enter(self, user: UserId, place: PlaceId) -> None:
        standing = done(self.town.standing_of(user))
        if place not in standing.joined and may_enter(self.town.landscape, standing, place):
            self.town.move(place, user, "join")

    @rule(user=people, data=st.data())
    def invite_by_name(self, user: UserId, data: st.DataObject) -> None:
        taken.append("invite")
        place = data.draw(st.sampled_from([*self.networks, *self.groups]))
        if self.town.memberships.get((place, user)) not in _THERE:
            done(self.town.paths.invited_by_name(place, user))
            self.town.move(place, user, "invite")

    @rule(data=st.data())
    def go_by_hand(self, data: st.DataObject) -> None:
        taken.append("go")
        here = sorted(pair for pair, how in self.town.memberships.items() if how in _THERE)
        spaces = [pair for pair in here if pair[0].is_network and pair[0] not in self.town.landscape.unlisted]
        for place, user in data.draw(st.lists(st.sampled_from(spaces or here), max_size=3)) if here else ():
            self.town.move(place, user, "leave")

    @rule(user=people, network=networks)
    def say_leave(self, user: UserId, network: int) -> None:
        taken.append("leave")
        left, before = self.networks[network], len(self.town.removed)
        expected = self._to_be_left(left, user)
        with suppress(Refusal):
            self._say_leave(user, left)
        assert {place for place, _ in self.town.removed[before:]} == expected
        assert {who for _, who in self.town.removed[before:]} <= {user}

    def _say_leave(self, user: UserId, place: PlaceId) -> None:
        at = datetime.fromtimestamp(self.now, UTC)
        heard = Heard(user, RoomId("!direct"), EventId("$leave"), "leave", at, is_direct=True)
        call = Call(heard, done(self.town.standing_of(user)), self.town)
        try:
            done(Membership().leave(call, place))
        except ToConfirm as shown:
            done(Membership().leave(replace(call, confirmed=shown.agreement), place))

    # -- what the service sees ---------------------------------------------------------------------

    @rule(network=networks)
    def forget_room(self, network: int) -> None:
        """As after a restart: who is in it is not known."""
        taken.append("forget")
        assert self.town.paths.read is not None
        self.town.paths.read.pop(self.networks[network], None)

    @rule()
    def read_all(self) -> None:
        self.town.paths.read = dict.fromkeys([*self.networks, *self._rooms()], self.now)

    @rule()
    def two_days_pass(self) -> None:
        self.tick(2.0, answers=True)

    @rule(days=st.sampled_from([1.0, 7.0]))
    def somebody_is_due_before_the_service_has_looked(self, days: float) -> None:
        """As where something changes between its looking and the taking out."""
        taken.append("tick")
        self.now += days * DAY
        self.read_all()
        self._take_out()

    @rule(days=st.sampled_from([0.0, 0.5, 1.0, 3.0, 7.0]), answers=st.booleans())
    def tick(self, days: float, answers: bool) -> None:
        """Time passes and the service looks; what it asks to be read is read, if the homeserver `answers`.

        A first look may have a network read by whose members a second sees that somebody has no path,
        and has their rooms read; the third takes them out. Whoever is out of a network may so have lost
        the places below it: the looks for those come after.
        """
        taken.append("tick")
        self.now += days * DAY
        for _ in range(LOOKS if answers else 1):
            before = len(self.town.removed)
            self._look()
            asked_for = set(self.town.paths.asked_for)
            self.town.paths.asked_for.clear()
            for place in asked_for if answers else ():
                assert self.town.paths.read is not None
                self.town.paths.read[place] = self.now
            if not asked_for and len(self.town.removed) == before:
                break
        if answers:
            self._nobody_stays_too_long()

    def _look(self) -> None:
        """What `appservice.departing.Departing.tick` does."""
        unsure: set[PlaceId | UserId] = set()
        while self.town.marked:
            subject = self.town.marked.pop()
            recount = recount_place if isinstance(subject, PlaceId) else recount_person
            if not done(recount(self.town, subject, self.now)):
                unsure.add(subject)
        self._note_losses()
        self._take_out()
        self.town.marked |= unsure

    def _take_out(self) -> None:
        for due in [one for one in self.town.paths.departures.values() if one.due_at <= self.now]:
            before = len(self.town.removed)
            done(take_out(self.town, due, self.now))
            for place, user in self.town.removed[before:]:
                taken.append("taken out")
                self._was_right(place, user)

    # -- the model ---------------------------------------------------------------------------------

    def _rooms(self) -> list[GroupId]:
        return sorted(self.town.landscape.groups)

    def _ways(self, place: PlaceId) -> list[NetworkId]:
        """The networks that let their members into `place`, by the words of PRODUCT."""
        landscape = self.town.landscape
        if place in landscape.networks:
            private = landscape.networks[NetworkId(place)].access is Access.PRIVATE
            ways = [ln.parent for ln in landscape.links.values() if ln.child == place and ln.holds]
            return ways if private else []
        group = landscape.groups[GroupId(place)]
        word = landscape.networks[group.home].access if group.is_kit else group.access
        if word is Access.PUBLIC or (word is Access.INVITE and not group.is_kit):
            return []
        return [group.home, *(s.network for s in landscape.shares.values() if s.group == place and s.holds)]

    def _is_in(self, place: PlaceId, user: UserId, *how: str) -> bool:
        return self.town.memberships.get((place, user)) in (how or _THERE)

    def _has_path(self, place: PlaceId, user: UserId) -> bool:
        ways, home = self._ways(place), self.town.landscape.groups.get(GroupId(place))
        keeper = self.town.landscape.coordinators.get((home.home if home else NetworkId(place), user))
        looks_after = keeper is not None and not keeper.former
        named = (place, user) in self.town.paths.by_name
        return not ways or looks_after or named or any(self._is_in(way, user, "join") for way in ways)

    def _note_losses(self) -> None:
        """Once all that could be a path is known, the grace begins."""
        read = self.town.paths.read or {}
        here = {pair for pair, how in self.town.memberships.items() if how in _THERE}
        lost = {pair for pair in here if not self._has_path(*pair)}
        for pair in self.lost.keys() - lost:
            del self.lost[pair]
        for place, user in lost:
            if all(way in read for way in self._ways(place)):
                self.lost.setdefault((place, user), self.now)

    def _grace(self, place: PlaceId) -> float:
        group = self.town.landscape.groups.get(GroupId(place))
        return self.town.landscape.networks[group.home if group else NetworkId(place)].grace_days * DAY

    def _was_right(self, place: PlaceId, user: UserId) -> None:
        assert not self._has_path(place, user), f"{user} has a path to {place}"
        assert (place, user) in self.lost, f"{user} was taken out of {place} at once"
        assert self.now >= self.lost.pop((place, user)) + self._grace(place), "the grace was not over"

    def _nobody_stays_too_long(self) -> None:
        read = self.town.paths.read or {}
        for (place, user), since in self.lost.items():
            known = all(way in read for way in self._ways(place))
            too_long = since + self._grace(place) <= self.now and known
            assert not (too_long and self._is_in(place, user)), f"{user} is in {place} still"

    def _to_be_left(self, network: NetworkId, user: UserId) -> set[PlaceId]:
        landscape = self.town.landscape
        leaves: set[PlaceId] = {network}
        for group in landscape.groups.values():
            listing = {group.home, *(s.network for s in landscape.shares.values() if s.group == group.id)}
            others = listing - {network}
            if network in listing and not any(self._is_in(other, user, "join") for other in others):
                leaves.add(group.id)
        return {place for place in leaves if self._is_in(place, user)}

    @invariant()
    def nobody_who_stays_was_told_to_go_for_good(self) -> None:
        """Whoever is noted as going is, or was at the last look, without a path."""
        for pair in self.town.paths.departures:
            marked = {*pair} & self.town.marked
            assert marked or not self._is_in(*pair) or not self._has_path(*pair)


def test_h4_who_is_taken_out_of_a_network_is_taken_out_of_its_groups_too() -> None:
    """A network without any above it is made private and put below one where its member is not."""
    reach = Reach()
    reach.begin(access=[Access.PRIVATE] * NETWORKS, comings=[(PEOPLE[0], 0)])
    entered = {place for place, _ in reach.town.memberships}
    assert len(entered) > 3
    reach.open_or_shut(n=0, access=Access.PRIVATE)
    reach.link(parent=3, child=0)
    reach.two_days_pass()
    below = {group.id for group in reach.town.landscape.groups_of(reach.networks[0])}
    assert {place for place, _ in reach.town.removed} == {reach.networks[0]} | (below & entered)


def test_h4_a59_only_who_has_no_path_is_taken_out_and_leave_leaves_the_right_rooms() -> None:
    taken.clear()
    run_state_machine_as_test(
        Reach,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert len(taken) >= 2_000
    assert {"tick", "join", "leave", "change", "invite", "go", "forget"} <= set(taken)
    assert taken.count("taken out") >= 20
