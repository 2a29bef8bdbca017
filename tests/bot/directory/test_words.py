"""A word stands in the index as it is looked for, however it was written."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.directory.words import words_of


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Café™, the Children’s", ["cafetm", "the", "childrens"]),
        ("𝐓𝐞𝐚 ϒ", ["tea", "υ"]),
        ("ŉ STRASSE straße", ["n", "strasse", "strasse"]),
    ],
)
def test_a_word_is_small_letters_without_accents_or_signs(written: str, words: list[str]) -> None:
    assert words_of(written) == words


@given(st.text())
@example("™")
@example("ϲ")
def test_a_word_taken_apart_once_more_is_the_same_word(text: str) -> None:
    assert [words_of(word) for word in words_of(text)] == [[word] for word in words_of(text)]
