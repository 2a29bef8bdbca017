"""How people are shown: by name where it tells who they are, else with the Matrix ID."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.display_names import MOST_SHOWN, called, kept_name, name_skeleton
from spaces.identifiers import UserId, printable

CORA = UserId("@cora:example.org")
BOT_NAMES = ("Hedgerow", "hedgerow")


def shown(name: Any, *, is_anothers: bool = False) -> str:
    return called(CORA, kept_name(name), BOT_NAMES, is_anothers=is_anothers)


@pytest.mark.parametrize("name", ["Cora", "Cora O'Neill", "Ōe 健三郎", "Зоя", "Cora (weaving)", "Cora 🦔"])
def test_a_plain_name_stands_alone(name: str) -> None:
    assert shown(name) == name


@pytest.mark.parametrize(
    "name", [None, "", "   ", 5, ["Cora"], {"name": "Cora"}, "\u200b\u2060", "\ud800", "\0"]
)
def test_who_has_no_name_is_shown_by_the_matrix_id(name: Any) -> None:
    assert shown(name) == CORA


def test_a_name_that_looks_like_anothers_stands_with_the_matrix_id() -> None:
    assert shown("Ben", is_anothers=True) == "Ben (@cora:example.org)"


@pytest.mark.parametrize(
    "name",
    ["Hedgerow", "hedgerow", "ＨＥＤＧＥＲＯＷ", "Hеdgerow", "The real Hedgerow bot", "Hedgerovv",
     "@ben:example.org", "Ben ＠ben:example.org", "@room", "Bеn", "🦔", "…", "\u3164", "Ben\u3164"],
)  # fmt: skip
def test_a39_a_name_that_claims_to_be_someone_or_tells_nobody_stands_with_the_matrix_id(name: str) -> None:
    assert shown(name) == f"{name} (@cora:example.org)"


@pytest.mark.parametrize(
    ("name", "as_shown"),
    [(" Cora", "Cora"), ("Cora\n\nBen", "Cora Ben"), ("Co\u200bra", "Cora"), ("Cora\u202e", "Cora"),
     ("Co\ud800ra", "Cora"), ("Co\0ra", "Cora"), ("Cora\u00a0", "Cora"), ("Cora   B", "Cora B")],
)  # fmt: skip
def test_a_name_that_cannot_be_shown_as_it_is_stands_with_the_matrix_id(name: str, as_shown: str) -> None:
    assert shown(name) == f"{as_shown} (@cora:example.org)"


def test_a_name_is_shown_up_to_a_hundred_characters() -> None:
    assert shown("c" * MOST_SHOWN) == "c" * MOST_SHOWN
    assert shown("c" * (MOST_SHOWN + 1)) == "c" * MOST_SHOWN + " (@cora:example.org)"


def test_look_alikes_have_one_skeleton_and_who_has_no_name_that_of_the_localpart() -> None:
    assert name_skeleton("Cora", CORA) == name_skeleton("Соrа", CORA) == name_skeleton(None, CORA)
    assert name_skeleton("Cora", CORA) != name_skeleton("Ben", CORA)


@pytest.mark.parametrize(("one", "other"), [("Alice", "AIice"), ("Lilo", "L1l0"), ("Marnie", "Mamie")])
def test_letters_that_look_alike_in_one_script_make_no_difference(one: str, other: str) -> None:
    assert name_skeleton(one, CORA) == name_skeleton(other, CORA)


@given(st.text(max_size=200) | st.text("\u0000\ud800\ufdfa\u202e @:\nab", max_size=200))
def test_any_name_can_be_kept_and_is_shown_on_one_line_that_tells_who_it_is(name: str) -> None:
    kept = kept_name(name)
    if kept is not None:
        assert "\0" not in kept
        kept.encode()
    assert len(name_skeleton(kept, CORA)) <= 200
    text = shown(name)
    assert text.isprintable() or printable(text) == text
    assert "\n" not in text
    assert text == name or text.endswith(("(@cora:example.org)", CORA))
