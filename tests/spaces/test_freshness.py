"""What is asked about, when, and together with what."""

from __future__ import annotations

from spaces.directory import ListingKind
from spaces.freshness import asked_now, confirmed, is_due, nearly_due_before, unanswered
from spaces.identifiers import NetworkId, UserId
from spaces.listings import Listing

DAY = 86_400.0
NOW = 1000 * DAY
MIA, BOB = UserId("@mia:example.org"), UserId("@bob:example.org")


def listing(number: int, *, days: float) -> Listing:
    """Last confirmed so many days ago."""
    return Listing(
        number, ListingKind.ORGANISATION, NetworkId("n.arts"), "Mill", confirmed_at=NOW - days * DAY
    )


def asked(whom: dict[int, tuple[UserId, ...]], *listings: Listing) -> list[int]:
    return [one.number for one in asked_now({one.number: one for one in listings}, whom, NOW)]


def test_after_half_a_year_it_is_due_and_not_before() -> None:
    assert is_due(listing(1, days=180), NOW)
    assert not is_due(listing(1, days=179.9), NOW)
    assert nearly_due_before(NOW) == NOW - 166 * DAY


def test_what_soon_is_due_is_asked_with_what_is_if_the_same_person_is_asked() -> None:
    whom = {1: (MIA,), 2: (MIA,), 3: (BOB,)}
    due, soon, others = listing(1, days=181), listing(2, days=170), listing(3, days=170)
    assert asked(whom, due, soon, others) == [1, 2]
    assert asked(whom, soon, others) == []


def test_what_is_due_and_has_nobody_to_be_asked_is_counted_as_asked() -> None:
    assert asked({1: (), 2: ()}, listing(1, days=200), listing(2, days=170)) == [1]


def test_a_word_makes_it_fresh_again() -> None:
    old = unanswered(listing(1, days=300))
    assert old.stale
    fresh = confirmed(old, NOW)
    assert (fresh.stale, fresh.asked_at, fresh.confirmed_at) == (False, None, NOW)
