"""Who sees what takes place, whose yes counts, and what may be said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spaces import bans, changes
from spaces.access import Standing
from spaces.errors import Malformed
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Banned
from spaces.occasions import (
    Occasion,
    Yes,
    check_words,
    coming,
    is_yes,
    may_come,
    news_of,
    rescheduled,
    sees_occasions,
)
from tests.bot.fake_work import CountedIds

ANN, MIA, SAM = (UserId(f"@{name}:a.org") for name in ("ann", "mia", "sam"))
NOW, HOUR = 1_800_000_000.0, 3_600.0


def arts(access: Access = Access.PRIVATE) -> tuple[Landscape, NetworkId]:
    return changes.create_network(Landscape(), CountedIds(), name="Arts", access=access, coordinators=(ANN,))


@pytest.mark.parametrize("access", list(Access))
def test_members_see_what_takes_place_and_others_only_where_it_is_public(access: Access) -> None:
    landscape, network = arts(access)
    assert sees_occasions(landscape, Standing(MIA, joined=frozenset({network})), network)
    assert sees_occasions(landscape, Standing(ANN), network)
    assert sees_occasions(landscape, Standing(SAM), network) == (access is Access.PUBLIC)
    assert sees_occasions(landscape, Standing(SAM, is_admin=True), network) == (access is Access.PUBLIC)
    assert sees_occasions(landscape, Standing(SAM, invited=frozenset({network})), network) == (
        access is Access.PUBLIC
    )


def test_members_of_a_parent_do_not_see_what_takes_place_in_a_private_network_below() -> None:
    landscape, parent = arts(Access.PUBLIC)
    landscape, below = changes.create_network(
        landscape, CountedBelow(), name="Crafts", access=Access.PRIVATE, under=(parent,), agreed=(parent,)
    )
    assert not sees_occasions(landscape, Standing(MIA, joined=frozenset({parent})), below)


class CountedBelow(CountedIds):
    def __init__(self) -> None:
        super().__init__()
        for _ in range(10):
            self.network()


def test_what_sleeps_or_is_not_there_is_seen_by_nobody() -> None:
    landscape, network = arts(Access.PUBLIC)
    standing = Standing(ANN, joined=frozenset({network}))
    assert not sees_occasions(changes.archive(landscape, network), standing, network)
    assert not sees_occasions(landscape, standing, NetworkId("n.nowhere"))


def test_a_yes_counts_once_of_who_is_there_and_not_banned() -> None:
    landscape, network = arts()
    news = news_of(landscape, network)
    assert news is not None
    there = {who: Standing(who, joined=frozenset({news})) for who in (ANN, MIA)}
    answers = [Yes(MIA), Yes(ANN, taken_back=True), Yes(MIA), Yes(SAM), Yes(ANN)]
    assert coming(landscape, network, answers, there) == [MIA, ANN]
    assert coming(landscape, network, answers[:2], there) == [MIA]
    gone = {**there, MIA: Standing(MIA)}
    assert coming(landscape, network, answers, gone) == [ANN]
    banned = bans.ban(landscape, [Banned(network, MIA)])
    assert coming(banned, network, answers, there) == [ANN]
    assert not may_come(banned, there[MIA], network)


@pytest.mark.parametrize(
    ("key", "is_one"),
    [("✅", True), ("✅\ufe0f", True), ("✔️", True), ("✔", True), ("👍", False), ("", False)],
)
def test_a_tick_says_yes_in_each_of_its_forms_and_nothing_else_does(key: str, is_one: bool) -> None:
    assert is_yes(key) == is_one


def test_a_name_and_a_place_are_one_line_of_some_length() -> None:
    assert check_words(" Repair\n café\u200b ", "Village\thall") == ("Repair café", "Village hall")
    for name, place in (("x" * 81, "Hall"), ("x", "Hall"), ("Café", "y" * 121), ("Café", "")):
        with pytest.raises(Malformed):
            check_words(name, place)


def test_what_moves_is_reminded_of_anew_and_what_only_ends_later_is_not() -> None:
    at = NOW + 50 * HOUR
    one = Occasion(1, NetworkId("n.arts"), ANN, "Café", "Hall", at, None, "Europe/London", NOW, NOW)
    moved = rescheduled(one, at + 24 * HOUR, None, NOW)
    assert moved.remind_at is not None
    assert moved.remind_at > NOW
    assert rescheduled(replace(one, remind_at=None), at, at + HOUR, NOW).remind_at is None
