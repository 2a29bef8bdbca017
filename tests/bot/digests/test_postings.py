"""Which offers and wants are news to whom, and which of one's own are about to end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.digests.items import Period
from bot.digests.postings import DAY, WEEK, ending_postings, new_postings
from spaces import changes
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId
from spaces.market import Posting, Terms, lasting
from spaces.network import Access, Banned
from tests.bot.digests.readers import MIA, SAM, lines_of, reader_of
from tests.bot.digests.test_places import County

NOW = 100 * DAY
WEEKLY, DAILY = Period(NOW - WEEK, NOW), Period(NOW - DAY, NOW)


def posting(network: NetworkId, text: str = "A long ladder", **more: Any) -> Posting:
    values: dict[str, Any] = {"owner": SAM, "made_at": NOW - 1, "ends_at": NOW + 60 * DAY, **more}
    return Posting(48213, ListingKind.OFFER, network, text=text, **values)


def test_new_offers_and_wants_are_told_the_nearest_first_without_whose_they_are() -> None:
    county = County()
    fresh = [
        posting(county.devon, "A surfboard"),
        posting(county.health, "Crutches", terms=Terms.LEND),
        replace(posting(county.arts, "Somebody who frames"), kind=ListingKind.WANT, number=1),
        replace(posting(county.arts, "Old frames", terms=Terms.GIFT), kind=ListingKind.WANT, number=2),
        posting(county.somerset),
    ]
    reader = reader_of(county.landscape, county.arts)
    told = lines_of(new_postings(county.landscape, reader, fresh))
    assert told == [
        "“Somebody who frames”, wanted in Arts – ask 1",
        "“Old frames” (a gift), wanted in Arts – ask 2",
        "“Crutches” (a loan), offered in Health – ask 48213",
        "“A long ladder”, offered in Somerset – ask 48213",
    ]
    assert "sam" not in " ".join(told).lower()


def test_a44_nothing_of_a_network_that_the_reader_may_not_find() -> None:
    county = County()
    hidden = county.network("Canary", county.arts, access=Access.INVITE)
    fresh = [posting(hidden), posting(county.arts, "Frames")]
    for who in (MIA, None):
        reader = reader_of(county.landscape, county.arts, user=who)
        [line] = lines_of(new_postings(county.landscape, reader, fresh))
        assert "Frames" in line


def test_ones_own_is_not_new_and_what_one_is_banned_from_or_has_turned_off_is_not_told() -> None:
    county = County()
    fresh = [posting(county.arts, owner=MIA), posting(county.health), posting(county.somerset)]
    county.landscape = county.landscape.having(Banned(county.health, MIA))
    joined = (county.arts, county.somerset)
    reader = reader_of(county.landscape, *joined, turned_off={county.somerset})
    assert new_postings(county.landscape, reader, fresh) == []
    assert len(new_postings(county.landscape, reader_of(county.landscape, county.arts, user=SAM), fresh)) == 1


def ending(county: County, period: Period, *postings: Posting) -> list[str]:
    reader = reader_of(county.landscape, county.arts)
    return lines_of(ending_postings(county.landscape, MIA, reader, postings, period))


def test_ones_own_that_is_about_to_end_is_told_of_with_what_keeps_it() -> None:
    county = County()
    mine = posting(county.arts, owner=MIA, made_at=NOW - 5 * DAY, ends_at=NOW + 2 * DAY)
    short = lasting(mine, NOW - 5 * DAY, NOW + 2 * DAY)
    [line] = ending(county, WEEKLY, short)
    assert line == "Your offer 48213: “A long ladder” in Arts stands until 12 April 1970 – renew 48213"
    assert ending(county, WEEKLY, replace(short, owner=SAM)) == []
    assert ending(county, WEEKLY, replace(short, network=county.devon)) == []
    county.landscape = changes.archive(county.landscape, county.arts)
    reader = replace(reader_of(county.landscape, county.arts), networks=frozenset({county.arts}))
    assert ending_postings(county.landscape, MIA, reader, [short], WEEKLY) == []


def test_what_the_owner_has_just_been_asked_about_is_not_said_twice() -> None:
    county = County()
    long = posting(county.arts, owner=MIA, made_at=NOW - 55 * DAY, ends_at=NOW + 5 * DAY)
    assert ending(county, WEEKLY, replace(long, remind_at=None)) == []
    assert len(ending(county, WEEKLY, replace(long, remind_at=NOW + 1))) == 1
    last = replace(long, made_at=NOW - 59 * DAY - DAY / 2, ends_at=NOW + DAY / 2, remind_at=None)
    assert len(ending(county, DAILY, last)) == 1


def test_what_is_quiet_makes_no_edition_by_itself() -> None:
    county = County()
    mine = posting(county.arts, owner=MIA, ends_at=NOW + DAY, remind_at=NOW + 1)
    reader = reader_of(county.landscape, county.arts)
    [item] = ending_postings(county.landscape, MIA, reader, [mine], WEEKLY)
    assert item.quiet
    assert not any(item.quiet for item in new_postings(county.landscape, reader, [replace(mine, owner=SAM)]))
