import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.lookalikes import mixes_scripts, skeleton


@pytest.mark.parametrize(
    "other",
    [
        "Есоtopia",  # Cyrillic Е, с, о
        "ecotopia",
        " Ecotopia ",
        "Ecotopia\u200b",
        "Ｅｃｏｔｏｐｉａ",
        "Εcοtορia",  # Greek Ε, ο, ο, ρ
        "Ecotopıa",
        "𝐄𝐜𝐨𝐭𝐨𝐩𝐢𝐚",
    ],
)
def test_a38_names_that_look_alike_have_one_skeleton(other):
    assert skeleton(other) == skeleton("Ecotopia")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Arts UK", "Arts US"), ("Café", "Cafe"), ("Group 1", "Group I"), ("Мир", "Mup"), ("Ward 0", "Ward O")],
)
def test_names_that_a_reader_can_tell_apart_have_different_skeletons(one, other):
    assert skeleton(one) != skeleton(other)


def test_spaces_dashes_and_quotes_make_no_difference():
    assert skeleton("Women’s  Health – East") == skeleton("women's health - east")


def test_a_name_of_nothing_visible_has_no_skeleton():
    assert skeleton(" \u200b\u00a0 ") == ""


@pytest.mark.parametrize("name", ["Есоtopia", "Αrts", "Health Սnited", "pаypal circle"])
def test_a38_a_word_of_several_scripts_is_seen(name):
    assert mixes_scripts(name)


@pytest.mark.parametrize(
    "name", ["Клуб Hedgerow", "Τέχνη", "Tシャツ部", "Arts & Health 2", "Clwb Ŵyl", "ブルーグラス", "Café 5ª"]
)
def test_words_of_one_script_each_are_fine(name):
    assert not mixes_scripts(name)


@given(st.text(max_size=60))
def test_a_skeleton_is_stable_and_does_not_depend_on_how_accents_are_typed(name):
    assert skeleton(skeleton(name)) == skeleton(name)
    assert skeleton(unicodedata.normalize("NFD", name)) == skeleton(name)
