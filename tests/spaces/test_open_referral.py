"""Listings as Open Referral tells of them, and back, without loss."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.directory import ListingKind
from spaces.hsds import Record
from spaces.identifiers import NetworkId
from spaces.listings import Contact, Listing
from spaces.open_referral import (
    changed,
    id_of,
    number_of,
    own_id,
    record_of,
    told_of,
    web_address,
)
from tests.open_referral import an_id, brief, organization, service

SERVICE, ORGANISATION = ListingKind.SERVICE, ListingKind.ORGANISATION


def listed(record: Record, kind: ListingKind = SERVICE) -> Listing:
    told = told_of(kind, record)
    listing = Listing(4711, kind, NetworkId("n.arts"), told.name, told.about, told.place, told.contact)
    return replace(
        listing, source="feed", source_id=record["id"], record=json.dumps(record), confirmed_at=9e8
    )


LUNCH = listed(brief(service(), "organization"))
TRUST = listed(organization(), ORGANISATION)
MADE = Listing(4711, SERVICE, NetworkId("n.arts"), "Toy library", confirmed_at=9e8)


def test_d4_a_listing_holds_what_the_record_tells() -> None:
    assert (LUNCH.name, LUNCH.about) == ("Mill Lunch", "A warm lunch.\nAll are welcome.")
    assert LUNCH.place == "Old Mill, 1 Mill Lane, Milltown, ZZ1 1ZZ"
    assert LUNCH.contact == Contact(
        "+44 1632 960002", "lunch@mill.example.org", "https://mill.example.org/lunch"
    )
    assert TRUST.contact == Contact("+44 1632 960001", "office@mill.example.org", "https://mill.example.org")


@pytest.mark.parametrize("listing", [LUNCH, TRUST])
def test_d4_what_nobody_edited_comes_back_as_it_came(listing: Listing) -> None:
    assert record_of(listing, listing.source_id) == json.loads(listing.record)


@pytest.mark.parametrize(
    ("edit", "there", "gone"),
    [
        ({"name": "Mill Supper"}, {"name": "Mill Supper"}, "Mill Lunch"),
        ({"about": "Soup."}, {"description": "Soup."}, "A warm lunch"),
        ({"place": "Town Hall"}, {}, "Mill Lane"),
        (
            {"contact": replace(LUNCH.contact, email="cook@mill.example.org")},
            {"email": "cook@mill.example.org"},
            "lunch@",
        ),
        ({"contact": replace(LUNCH.contact, phone="")}, {}, "960002"),
        ({"contact": replace(LUNCH.contact, web="")}, {}, "example.org/lunch"),
    ],
)
def test_d4_what_was_edited_wins_over_what_the_source_said(edit: Record, there: Record, gone: str) -> None:
    record = record_of(replace(LUNCH, **edit), LUNCH.source_id)
    assert record == record | there
    assert gone not in json.dumps(record)
    assert record["schedules"]
    assert record["last_modified"] == "1998-07-09T16:00:00Z"


def test_d4_who_takes_their_phone_out_is_not_contradicted_by_fields_that_nobody_knows() -> None:
    odd = listed({**brief(service(), "organization"), "telephone": "+44 1632 960002"})
    assert "telephone" in record_of(odd, odd.source_id)
    assert "960002" not in json.dumps(record_of(replace(odd, contact=Contact()), odd.source_id))


def test_d4_what_is_made_in_chat_goes_out_with_all_that_it_holds() -> None:
    contact = Contact("01632 960003", "toys@example.org", "toys.example.org")
    made = replace(MADE, about="Borrow a toy", place="Chapel", contact=contact)
    record = record_of(made, own_id("hs.test", 4711))
    told = told_of(SERVICE, record)
    assert record["status"] == "active"
    assert (told.name, told.about, told.place) == ("Toy library", "Borrow a toy", "Chapel")
    assert told.contact == replace(contact, web="https://toys.example.org")


def test_d4_a_source_changes_what_it_changes_and_leaves_what_people_edited() -> None:
    edited = replace(LUNCH, about="Edited in chat")
    newer = brief(service(name="Mill Dinner"), "organization") | {"id": LUNCH.source_id}
    now = changed(edited, told_of(SERVICE, newer), newer)
    assert (now.name, now.about) == ("Mill Dinner", "Edited in chat")


@given(st.integers(1, 2**31 - 1))
def test_an_id_of_our_own_is_a_uuid_from_which_the_number_is_read(number: int) -> None:
    made = own_id("hs.test", number)
    assert uuid.UUID(made).version == 8
    assert number_of("hs.test", made) == number
    assert number_of("other.test", made) is None


@pytest.mark.parametrize("text", ["", "4711", an_id("x"), "0" * 36, own_id("hs.test", 5)[:-1] + "!"])
def test_what_is_no_id_of_ours_has_no_number(text: str) -> None:
    assert number_of("hs.test", text) is None


def test_a_source_whose_ids_are_no_uuids_gets_ours() -> None:
    assert id_of("hs.test", LUNCH) == LUNCH.source_id
    assert id_of("hs.test", replace(LUNCH, source_id="42")) == own_id("hs.test", 4711)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("mill.example.org/a", "https://mill.example.org/a"),
        ("http://example.org", "http://example.org"),
        ("javascript://example.org/%0aalert(1)", ""),
        ("https://[", ""),
        ("none", ""),
    ],
)
def test_an_address_of_the_web_is_one_or_is_left_out(written: str, address: str) -> None:
    assert web_address(written) == address
