"""The newspaper, set and read again."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import pytest
from pypdf import PdfReader

from appservice.paper.printed import newspaper_html, newspaper_of
from spaces.errors import Conflict, Unavailable
from spaces.identifiers import UserId
from spaces.news import News, PlaceTold, Reach
from tests.appservice.paper.made_up import HARMLESS, alias, hostile, news, story, whole_week


def pages(told: News) -> list[str]:
    """The text of each page on one line, words that were divided at the end of a line put together."""
    reader = PdfReader(io.BytesIO(newspaper_of(told)))
    assert all(round(float(page.mediabox.width)) == 595 for page in reader.pages)
    # pypdf reads the letters of some fonts with a zero before each
    read = (page.extract_text().replace("\0", "") for page in reader.pages)
    return [" ".join(text.replace("-\n", "").replace("‐\n", "").split()) for text in read]


def test_n5_the_paper_holds_all_there_is_to_tell_the_front_story_first() -> None:
    [text] = pages(whole_week())
    told = (
        "Somerset",
        "1–7 Mar 2027",
        "Forty voices",
        "By Ada of the choir",
        "Then there was cake.",
        "Stories",
        "Frogs are back.",
        "Announcements",
        "Water is off.",
        "Saturday 13 March 2027, 15:00 to 17:00",
        "Village hall",
        "A long ladder (a loan) ask 48211",
        "Who mends a cello bow ask 58211",
        "#hedge_somerset:example.org",
        "#hedge_somerset_painting:example.org",
        "Ada Example and Ben look after this network.",
        "write to @hedgerow:example.org",
    )
    places = [text.index(words) for words in told]
    assert places == sorted(places)
    assert "1 / 1" in text


def test_a_paper_of_several_pages_is_numbered_and_leaves_nothing_out() -> None:
    many = tuple(story(f"story {n}", f"Headline {n}", text=f"Word{n} " * 120, at=float(n)) for n in range(12))
    found = pages(whole_week(stories=many))
    assert len(found) >= 3
    assert [f"{n} / {len(found)}" in text for n, text in enumerate(found, 1)] == [True] * len(found)
    whole = " ".join(found)
    assert [whole.count(f"Word{n} ") for n in range(12)] == [120] * 12


def test_long_names_other_scripts_and_tags_do_not_break_it() -> None:
    long = "Donaudampfschifffahrts" * 4
    cjk = PlaceTold("健康と芸術の会" * 12, "毎週土曜日", alias("x"))
    told = replace(hostile(), name=long, places=(cjk, *hostile().places))
    whole = "".join(pages(told)).replace(" ", "")
    assert long in whole
    assert whole.count(HARMLESS.replace(" ", "")) >= 10
    assert newspaper_html(told).count("<script") == 0


def test_what_is_empty_is_left_out_and_where_all_is_nothing_is_printed() -> None:
    html = newspaper_html(news(stories=(story(),), reach=Reach(UserId("@hedgerow:example.org"))))
    for heading in ("Stories", "Announcements", "Events", "Offers", "Wanted", "Where to join in"):
        assert f">{heading}<" not in html
    with pytest.raises(Conflict) as refused:
        newspaper_of(news(places=(PlaceTold("Painting", "", alias("p")),)))
    assert str(refused.value.sentence).startswith(
        "Somerset has nothing to print from 2027-03-01 to 2027-03-08: no story"
    )


@pytest.mark.parametrize("name", ["weasyprint", "segno"])
def test_without_what_it_needs_it_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Unavailable) as refused:
        newspaper_of(whole_week())
    assert f"The newspaper needs {name}" in refused.value.sentence
    assert "hedgerow[paper]" in refused.value.sentence
