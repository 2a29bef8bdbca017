"""What others wrote becomes plain text, and stays the same when it is one."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spaces.plain_text import DEEPEST, NotPlain, cleaned, plain_text


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("<p>Tea &amp; <b>cake</b></p><p>Daily</p>", "Tea & cake\n\nDaily"),
        ("Fish &amp; Chips", "Fish & Chips"),
        ("under 5 < over 6 & more", "under 5 < over 6 & more"),
        ("a<script>alert(1)</script>b", "ab"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", ""),
        ("&amp;lt;img src=x&amp;gt;", ""),
        ("one\x00two\x1b[31m\u202e", "onetwo[31m"),
        ("lone \ud800 half", "lone half"),
        ("https://example.org/?a=1&copy;=2", "https://example.org/?a=1&copy;=2"),
        ("<!-- hidden -->shown", "shown"),
    ],
)
def test_tags_and_unseen_characters_go_and_words_stay(written: str, plain: str) -> None:
    assert plain_text(written) == plain


@given(st.text(st.sampled_from("<>/&;abltgmp#x0 \n\"'=!-"), max_size=40))
@example("&lt;&lt;b>b>")
@example("<a<>")
@example("<<<<<b>b>b>b>b>")
def test_no_text_leaves_a_tag(text: str) -> None:
    plain = plain_text(text)
    assert "<b>" not in plain
    assert "<a" not in plain or ">" not in plain[plain.index("<a") :]


def test_json_nested_too_deep_or_with_no_number_is_not_kept() -> None:
    deep = json.loads("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2))
    with pytest.raises(NotPlain, match="too deep"):
        cleaned(deep)
    with pytest.raises(NotPlain, match="no"):
        cleaned({"latitude": float("inf")})
