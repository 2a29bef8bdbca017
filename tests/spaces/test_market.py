"""How long offers and wants stand, when one is asked, and who may make them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spaces import bans, changes
from spaces.access import Sight, Standing, may_find
from spaces.directory import ListingKind
from spaces.errors import Malformed
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.market import (
    AGAIN_AFTER_SECONDS,
    ASK_LASTS_SECONDS,
    SHOWN_SECONDS,
    Ask,
    Posting,
    Said,
    State,
    Terms,
    check_text,
    comes_too_soon,
    ended,
    entry_of,
    has_left,
    is_shown,
    lasting,
    may_post,
    networks_of,
)
from spaces.network import Banned
from tests.bot.fake_work import CountedIds

DAY, NOW = 86_400.0, 1_000_000.0
MIA = UserId("@mia:example.org")
ARTS = NetworkId("n.arts")
LADDER = Posting(48_213, ListingKind.OFFER, ARTS, MIA, "A long ladder", NOW, NOW, Terms.LEND)


def arts() -> tuple[Landscape, NetworkId]:
    return changes.create_network(
        Landscape(), CountedIds(), name="Arts", coordinators=(UserId("@ann:a.org"),)
    )


@pytest.mark.parametrize(
    ("days", "asked_before"),
    [(None, 7), (60, 7), (14, 7), (13.9, 1), (2, 1), (1.9, None), (0.2, None)],
)
def test_who_made_it_is_asked_a_week_before_the_end_or_a_day_before_that_of_a_short_one(
    days: float | None, asked_before: float | None
) -> None:
    end = None if days is None else NOW + days * DAY
    posting = lasting(LADDER, NOW, end)
    assert posting.ends_at == (end or NOW + 60 * DAY)
    assert posting.remind_at == (None if asked_before is None else posting.ends_at - asked_before * DAY)


def test_it_stands_until_its_end_and_can_be_renewed_for_thirty_days_after_it() -> None:
    posting = lasting(LADDER, NOW)
    end = posting.ends_at
    assert posting.stands(end - 1)
    assert not posting.stands(end)
    assert is_shown(posting, end + SHOWN_SECONDS - 1)
    assert posting.may_be_renewed(end + SHOWN_SECONDS - 1)
    assert not is_shown(posting, end + SHOWN_SECONDS)
    assert not posting.may_be_renewed(end + SHOWN_SECONDS)


@pytest.mark.parametrize(
    ("state", "shown", "renewed"),
    [
        (State.MET, False, False),
        (State.UNMET, False, False),
        (State.CLOSED, False, False),
        (State.REMOVED, True, False),
        (State.LEFT, True, True),
    ],
)
def test_what_was_ended_is_shown_where_others_ended_it_and_renewed_where_they_left(
    state: State, shown: bool, renewed: bool
) -> None:
    posting = ended(lasting(LADDER, NOW), state, NOW + DAY)
    assert not posting.stands(NOW + DAY)
    assert posting.remind_at is None
    assert (is_shown(posting, NOW + 2 * DAY), posting.may_be_renewed(NOW + 2 * DAY)) == (shown, renewed)
    late = NOW + DAY + SHOWN_SECONDS
    assert not is_shown(posting, late)
    assert not posting.may_be_renewed(late)


def test_renewed_after_having_left_it_is_open_as_a_new_one_is() -> None:
    again = lasting(ended(lasting(LADDER, NOW), State.LEFT, NOW), NOW + DAY)
    assert again == replace(lasting(LADDER, NOW), ends_at=NOW + 61 * DAY, remind_at=NOW + 54 * DAY)


def test_the_index_has_it_for_those_who_may_see_its_network_until_it_ends() -> None:
    entry = entry_of(lasting(LADDER, NOW))
    assert (entry.title, entry.about, entry.ends_at) == ("A long ladder", "lend", NOW + 60 * DAY)
    stranger = Sight(UserId("@sam:example.org"), frozenset(), frozenset())
    assert not may_find(stranger, entry)
    assert may_find(replace(stranger, finds=frozenset({ARTS})), entry)
    assert may_find(replace(stranger, user=MIA), entry)


@pytest.mark.parametrize("text", ["Tea", "    a  b ", "x" * 301, "\u202e" * 10])
def test_a_text_too_short_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="from 5 to 300"):
        check_text(text)


def test_a_text_stands_on_one_line_without_what_cannot_be_seen() -> None:
    assert check_text(" A long\n ladder\u202e ") == "A long ladder"
    assert len(check_text("x" * 300)) == 300


def test_members_may_offer_in_a_network_and_who_is_banned_may_not() -> None:
    landscape, network = arts()
    member, stranger = Standing(MIA, joined=frozenset({network})), Standing(MIA)
    assert may_post(landscape, member, network)
    assert not may_post(landscape, stranger, network)
    assert networks_of(landscape, member) == [network]
    assert networks_of(landscape, stranger) == []
    assert not has_left(landscape, member, network)
    assert has_left(landscape, stranger, network)
    banned = bans.ban(landscape, [Banned(network, MIA)])
    assert not may_post(banned, member, network)
    assert has_left(banned, member, network)
    assert has_left(landscape, member, NetworkId("n.gone"))


def test_an_ask_waits_for_two_weeks_and_a_no_holds_for_thirty_days() -> None:
    ask = Ask(48_214, 48_213, MIA, NOW)
    assert ask.waits(NOW + ASK_LASTS_SECONDS - 1)
    assert not ask.waits(NOW + ASK_LASTS_SECONDS)
    declined = replace(ask, said=Said.NO, said_at=NOW)
    assert not declined.waits(NOW)
    assert comes_too_soon([ask, declined], NOW + AGAIN_AFTER_SECONDS - 1)
    assert not comes_too_soon([ask, declined], NOW + AGAIN_AFTER_SECONDS)
    assert not comes_too_soon([replace(declined, said=Said.LAPSED)], NOW)
