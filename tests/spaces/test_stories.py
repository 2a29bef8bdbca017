"""How stories go up, and when they stand: as rules, and over random landscapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spaces import changes
from spaces.bans import ban
from spaces.errors import Malformed
from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Banned, Digest
from spaces.stories import (
    LONGEST_TEXT,
    Ending,
    Level,
    Step,
    Story,
    check_byline,
    check_headline,
    cleaned,
    ended,
    is_open_to,
    offers_above,
    stands,
    title,
    waits_for,
    way_of,
)
from tests.bot.fake_work import CountedIds

MIA, ALICE = UserId("@mia:example.org"), UserId("@alice:example.org")


class World:
    """A chain of networks, the lowest first, with a group in it; what each network has said of a story."""

    def __init__(self, names: int = 3, access: Access = Access.PRIVATE) -> None:
        ids, land = CountedIds(), Landscape()
        self.networks: list[NetworkId] = []
        for n in reversed(range(names)):
            under = tuple(self.networks[:1])
            land, made = changes.create_network(
                land,
                ids,
                name=f"N{n}",
                access=Access.PRIVATE,
                under=under,
                agreed=under,
                coordinators=(ALICE,),
            )
            self.networks.insert(0, made)
        land, self.group = changes.create_group(land, ids, name="G", home=self.networks[0], access=access)
        self.land = land
        self.story = Story(
            1, self.group, RoomId("!g"), EventId("$e"), ALICE, 0.0, author=MIA, text="Once", byline="Mia"
        )
        self.levels: dict[NetworkId, Level] = {
            self.networks[0]: Level(1, self.networks[0], Step.PROPOSED, 0.0)
        }

    def says(self, network: NetworkId, step: Step, now: float = 1.0) -> None:
        self.levels[network] = replace(self.levels[network], step=step, since=now)
        for level in list(offers_above(self.land, self.story, self.levels, now)):
            self.levels[level.network] = level

    def standing(self) -> list[int]:
        return [
            n
            for n, network in enumerate(self.networks)
            if stands(self.land, self.story, self.levels, network)
        ]


def test_it_goes_up_one_level_after_the_other() -> None:
    world = World()
    low, middle, top = world.networks
    assert waits_for(world.land, world.story, world.levels, low)
    assert middle not in world.levels
    world.says(low, Step.TAKEN)
    assert waits_for(world.land, world.story, world.levels, middle)
    assert top not in world.levels
    world.says(middle, Step.TAKEN)
    world.says(top, Step.TAKEN)
    assert world.standing() == [0, 1, 2]
    assert way_of(world.story, world.levels, top) == (world.group, low, middle, top)


def test_what_is_declined_goes_no_further() -> None:
    world = World()
    world.says(world.networks[0], Step.DECLINED)
    assert set(world.levels) == {world.networks[0]}
    assert not list(offers_above(world.land, world.story, world.levels, 2.0))


@pytest.mark.parametrize("access", [Access.INVITE, Access.PRIVATE])
def test_from_a_group_for_invited_people_only_its_author_lets_it_go_further(access: Access) -> None:
    world = World(access=access)
    world.says(world.networks[0], Step.TAKEN)
    assert (world.networks[1] in world.levels) == (access is Access.PRIVATE)
    world.story = replace(world.story, may_travel=True)
    world.says(world.networks[0], Step.TAKEN)
    world.says(world.networks[1], Step.TAKEN)
    assert world.standing() == [0, 1]
    world.story = replace(world.story, may_travel=False)
    assert world.standing() == ([0] if access is Access.INVITE else [0, 1])


def test_from_a_room_that_was_encrypted_it_stands_as_long_as_its_coordinators_let_it() -> None:
    world = World()
    world.says(world.networks[0], Step.TAKEN)
    world.story = replace(world.story, sealed=True)
    assert world.standing() == []
    world.land = changes.describe(world.land, CountedIds(), world.group, digest=Digest.STORIES)
    assert world.standing() == [0]


def test_a_ban_from_a_network_on_the_way_takes_it_away_from_there_on() -> None:
    world = World()
    for network in world.networks:
        world.says(network, Step.TAKEN)
    world.land = ban(world.land, [Banned(world.networks[1], str(MIA))], protected=frozenset())
    assert world.standing() == [0]


def _archive(world: World) -> None:
    world.land = changes.archive(world.land, world.networks[1])


def _unlink(world: World) -> None:
    world.land = changes.unlink(world.land, parent=world.networks[2], child=world.networks[1])


def _take_back(world: World) -> None:
    world.story = ended(world.story, Ending.WITHDRAWN, 2.0)


def _decline(world: World) -> None:
    world.levels[world.networks[1]] = replace(world.levels[world.networks[1]], step=Step.DECLINED)


def _ban(world: World) -> None:
    world.land = ban(world.land, [Banned(world.group, str(MIA))], protected=frozenset())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([Step.TAKEN, Step.DECLINED]), min_size=4, max_size=4),
    st.lists(st.sampled_from([_archive, _unlink, _take_back, _decline, _ban]), max_size=3, unique=True),
    st.sampled_from(list(Access)[1:]),
)
def test_it_stands_only_where_all_below_have_it_and_nobody_has_taken_it_back(
    steps: list[Step], deeds: list[Callable[[World], None]], access: Access
) -> None:
    world = World(4, access)
    for network, step in zip(world.networks, steps, strict=True):
        if network in world.levels:
            world.says(network, step)
    for deed in deeds:
        if deed is not _decline or world.networks[1] in world.levels:
            deed(world)
    standing = world.standing()
    assert standing == list(range(len(standing)))
    assert len(standing) <= next((n for n, step in enumerate(steps) if step is Step.DECLINED), 4)
    if _take_back in deeds or _ban in deeds:
        assert standing == []
    if _archive in deeds or _decline in deeds or access is Access.INVITE:
        assert standing in ([], [0])
    if _unlink in deeds:
        assert len(standing) <= 2
    if not deeds and access is not Access.INVITE:
        assert len(standing) == next((n for n, step in enumerate(steps) if step is Step.DECLINED), 4)


def test_levels_that_run_in_a_circle_lead_nowhere() -> None:
    world = World(2)
    low, top = world.networks
    world.levels = {
        low: Level(1, low, Step.TAKEN, 1.0, source=top),
        top: Level(1, top, Step.TAKEN, 1.0, source=low),
    }
    assert not is_open_to(world.land, world.story, world.levels, top)


def test_a_story_without_its_text_is_told_by_nothing() -> None:
    gone = ended(World().story, Ending.REDACTED, 3.0)
    assert (gone.text, gone.byline, gone.is_there) == ("", None, False)


def test_text_is_kept_line_by_line_without_what_cannot_be_seen_and_cut() -> None:
    assert cleaned(" a\u202e b \n\n\tc\x00 ") == "a b\n\nc"
    assert len(cleaned("x" * 9_999)) == LONGEST_TEXT
    long = replace(World().story, text="word " * 40)
    assert title(long) == " ".join(["word"] * 19) + " …"
    assert title(long, Level(1, NetworkId("n"), Step.TAKEN, 0.0, headline="Singing helps")) == "Singing helps"


def test_a_headline_and_a_name_are_neither_empty_nor_endless() -> None:
    assert check_headline(" Singing\n helps ") == "Singing helps"
    for typed in ("", "ab", "x" * 121):
        with pytest.raises(Malformed):
            check_headline(typed)
    assert check_byline("Mia of Wells") == "Mia of Wells"
    for typed in (" ", "x" * 61):
        with pytest.raises(Malformed):
            check_byline(typed)


def test_a_group_that_is_forgotten_has_no_story() -> None:
    world = World()
    gone = replace(world.story, group=GroupId("g.gone"))
    assert not is_open_to(world.land, gone, world.levels, world.networks[0])
