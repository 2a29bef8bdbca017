"""The two spellings of what a homeserver has for a device, and answers that are neither."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.key_news import KeyNews
from tests.appservice.stage import ALICE, BOT

MINE = {"type": "m.room.encrypted", "to_user_id": BOT, "to_device_id": "HERE"}
THEIRS = {**MINE, "to_device_id": "ELSEWHERE"}


def test_what_sync_and_what_a_transaction_brings_mean_the_same() -> None:
    by_sync = KeyNews.of_sync(
        {
            "to_device": {"events": [MINE]},
            "device_lists": {"changed": [ALICE], "left": ["@gone:hs.test"]},
            "device_one_time_keys_count": {"signed_curve25519": 7},
            "device_unused_fallback_key_types": [],
        }
    )
    by_transaction = KeyNews.of_transaction(
        {
            "de.sorunome.msc2409.to_device": [MINE, THEIRS],
            "org.matrix.msc3202.device_lists": {"changed": [ALICE], "left": ["@gone:hs.test"]},
            "org.matrix.msc3202.device_one_time_keys_count": {BOT: {"HERE": {"signed_curve25519": 7}}},
            "org.matrix.msc3202.device_unused_fallback_key_types": {BOT: {"HERE": []}},
        },
        BOT,
        "HERE",
    )
    assert by_sync == by_transaction
    assert by_sync == KeyNews([MINE], frozenset({ALICE, "@gone:hs.test"}), 7, wants_fallback_key=True)


def test_sync_says_that_no_key_is_left_by_leaving_it_out_and_a_transaction_then_says_nothing() -> None:
    assert KeyNews.of_sync({"device_one_time_keys_count": {}}).one_time_keys == 0
    assert KeyNews.of_sync({}).one_time_keys is None
    empty = KeyNews.of_transaction({"events": []}, BOT, "HERE")
    assert empty.one_time_keys is None
    assert not empty


def test_a_fallback_key_is_wanted_only_where_the_homeserver_says_that_it_is_used() -> None:
    assert KeyNews.of_sync({"device_unused_fallback_key_types": []}).wants_fallback_key
    assert not KeyNews.of_sync({"device_unused_fallback_key_types": ["signed_curve25519"]}).wants_fallback_key
    assert not KeyNews.of_sync({}).wants_fallback_key


@pytest.mark.parametrize(
    "odd", [None, [], "x", 5, {"events": "x"}, {"changed": [5, {}], "signed_curve25519": "x"}]
)
def test_what_has_another_form_is_as_if_it_were_not_there(odd: Any) -> None:
    keys = ("to_device", "device_lists", "device_one_time_keys_count", "device_unused_fallback_key_types")
    found = KeyNews.of_sync(dict.fromkeys(keys, odd))
    assert (list(found.messages), found.changed) == ([], frozenset())
    pushed = ("device_lists", "device_one_time_keys_count", "device_unused_fallback_key_types")
    body = {"de.sorunome.msc2409.to_device": odd, **{f"org.matrix.msc3202.{key}": odd for key in pushed}}
    assert not KeyNews.of_transaction(body, BOT, "HERE")
