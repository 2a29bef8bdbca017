from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.arguments import read
from spaces.access import Standing
from spaces.errors import Ambiguous, Malformed, Refusal, Unknown
from spaces.identifiers import UserId
from spaces.network import Access
from tests.bot.speaking import (
    ALICE,
    ARTS,
    BOB,
    CRAFTS,
    HEALTH,
    HIDDEN,
    LANDSCAPE,
    PAINTING,
    SOMERSET,
    RememberingWork,
    call,
    command_named,
    network,
)


async def values(name: str, text: str, work: RememberingWork | None = None) -> dict[str, Any]:
    return dict((await read(command_named(name), text, call(work=work))).values)


async def refusal(name: str, text: str) -> str:
    with pytest.raises(Refusal) as caught:
        await values(name, text)
    return caught.value.sentence


@pytest.mark.parametrize(
    "text",
    [
        "Arts UK --under somerset-west --access private --ask",
        '"Arts UK" --under "Somerset West" --access private --ask',
        "“Arts UK” —under “Somerset West” –access private —ask",
        "„Arts UK“ --UNDER=‘Somerset West’ --access=PRIVATE ―ask",
        "«Arts UK» --ask --under somerset west --access private",
        "--ask --access private Arts UK --under Somerset West",
        "Arts   UK\n--under Somerset\u2028West --private --ask",
        "Arts UK --under https://matrix.to/#/!west:hs.test?via=hs.test --access private --ask",
        "Arts UK --under !west:hs.test --access private --ask",
        "Arts UK --under #hedge_somerset-west:hs.test --access private --ask",
    ],
)
async def test_a_command_reads_the_same_with_every_quote_and_dash(text: str) -> None:
    work = RememberingWork(rooms={"!west:hs.test": SOMERSET.id})
    read_values = await values("network create", text, work)
    assert read_values == {
        "name": "Arts UK",
        "under": SOMERSET.id,
        "access": Access.PRIVATE,
        "ask": True,
        "topic": "",
    }


@pytest.mark.parametrize(
    "name",
    [
        "Don't Panic",
        "The “Old” Mill",
        "Rock 'n' Roll",
        "Arts – Crafts",
        "Rag-and-bone",
        '5" Pipes',
        "‘Tis Us",
    ],
)
async def test_a_name_keeps_its_own_apostrophes_dashes_and_inner_quotes(name: str) -> None:
    assert (await values("network create", f"{name} --ask"))["name"] == name


async def test_what_stands_in_quotes_is_no_option() -> None:
    got = await values("network create", 'Arts UK --topic "we like --ask and\nmore"')
    assert (got["topic"], got["ask"]) == ("we like --ask and more", False)


async def test_an_empty_text_may_be_said_with_quotes() -> None:
    assert (await values("network create", 'Arts UK --topic ""'))["topic"] == ""


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("network create", "", "`network create` needs `NAME`: its name."),
        ("network create", '""', "needs `NAME`"),
        ("bridge create", "Arts & Health", "needs `--between NETWORK[, …]`: its parents."),
        ("network create", "Arts UK --under", "`--under` needs a value behind it: the network above it."),
        ("network create", "Arts UK --under --ask", "`--under` needs a value behind it"),
        ("network create", "Arts UK --under=", "`--under` needs a value behind it"),
        ("network create", "Arts --ask --ask", "`--ask` is there twice"),
        ("network create", "Arts --access public --private", "`--access` is there twice"),
        ("network create", "Arts --acces public", "has no option `--acces`. Did you mean `--access`?"),
        ("network create", "Arts —Crafts", "If it is part of a text"),
        ("network create", "Arts --access privat", "Did you mean `private`?"),
        ("network create", "Arts --ask=yes", "`--ask` stands by itself"),
        ("network create", "Arts --access public UK", "I cannot tell where “UK” belongs"),
        ("network create", "“Arts UK --ask", "The quotation mark before “Arts UK --ask” is never closed."),
        ("accept", "three", "“three” is not a number"),
        ("accept", "3 4", "I do not know what to do with “4”."),
        ("invite", "bob --to arts", "“bob” is not a Matrix ID"),
        ("network create", "x" * 4_001, "That is too long for one command: 4,001 characters"),
    ],
)
async def test_what_cannot_be_read_is_told_with_its_mend(name: str, text: str, part: str) -> None:
    assert part in await refusal(name, text)


async def test_a_missing_argument_is_named_and_brings_an_example() -> None:
    sentence = await refusal("network create", "--ask")
    assert sentence.endswith("its name. For example: `network create Arts UK --under Somerset`.")


async def test_what_cannot_be_read_brings_the_usage() -> None:
    sentence = await refusal("network create", "Arts --ask --ask")
    assert sentence.endswith(
        "Usage: `network create NAME [--under NETWORK] [--access public|private|invite] "
        "[--ask] [--topic TEXT]`"
    )


async def test_people_are_read_from_ids_links_and_lists() -> None:
    text = (
        "@bob:hs.test, @alice:hs.test and <@bob:hs.test>\nhttps://matrix.to/#/%40carol%3Ahs.test "
        "[Dan](https://matrix.to/#/@dan:hs.test) matrix:u/eve:hs.test --to arts"
    )
    got = await values("invite", text)
    assert got["people"] == [BOB, ALICE, *(UserId(f"@{n}:hs.test") for n in ("carol", "dan", "eve"))]
    assert got["to"] == ARTS.id


async def test_an_option_named_by_a_word_of_python_is_said_without_underscore() -> None:
    assert await values("coordinator add", "@bob:hs.test --in arts") == {"person": BOB, "in_": ARTS.id}


async def test_an_optional_argument_may_be_left_out() -> None:
    assert await values("tree", " ") == {"network": None}
    assert await values("tree", "Somerset West") == {"network": SOMERSET.id}


async def test_a_group_is_found_by_its_path_or_the_link_to_its_room() -> None:
    work = RememberingWork(rooms={"!a/b": PAINTING.id})
    assert await values("show", "arts/painting") == {"place": PAINTING.id}
    assert await values("show", "https://matrix.to/#/!a%2Fb/$event?via=hs.test", work) == {
        "place": PAINTING.id
    }
    assert await values("show", "matrix:roomid/a%2Fb", work) == {"place": PAINTING.id}


@pytest.mark.parametrize("typed", ["!quiet:hs.test", "https://matrix.to/#/!quiet:hs.test"])
async def test_a_hidden_room_is_answered_like_one_that_is_not_there(typed: str) -> None:
    sentences = []
    for rooms in ({"!quiet:hs.test": HIDDEN.id}, {}):
        with pytest.raises(Unknown) as caught:
            await values("show", typed, RememberingWork(rooms=rooms))
        sentences.append(caught.value.sentence)
    assert sentences[0] == sentences[1]


async def test_a_network_before_a_new_name_takes_as_many_words_as_name_one() -> None:
    for text in ("Somerset West The Levels", "somerset-west The Levels", "“Somerset West” “The Levels”"):
        assert await values("network rename", text) == {"network": SOMERSET.id, "name": "The Levels"}


async def between(text: str, *more: str) -> list[Any]:
    work = RememberingWork(landscape=LANDSCAPE.having(*(network(name) for name in more)))
    got: list[Any] = (await values("bridge create", f"Joined --between {text}", work))["between"]
    return got


async def test_a_list_of_networks_is_cut_at_and_and_commas() -> None:
    assert await between("Arts and Health") == [ARTS.id, HEALTH.id]
    assert await between("arts, somerset-west,Health") == [ARTS.id, SOMERSET.id, HEALTH.id]
    assert await between("Arts, Crafts, and Health") == [ARTS.id, CRAFTS.id, HEALTH.id]
    assert await between("Arts & Health") == [ARTS.id, HEALTH.id]


async def test_a_name_with_and_within_is_kept_whole_where_only_that_is_known() -> None:
    mills = network("Mills and Ponds")
    assert await between("Mills and Ponds and Health", mills.name) == [mills.id, HEALTH.id]
    assert await between("Health and Mills and Ponds", mills.name) == [HEALTH.id, mills.id]


async def test_two_ways_to_read_a_list_are_a_question_and_quotes_answer_it() -> None:
    both = network("Arts and Crafts")
    with pytest.raises(Ambiguous, match="more than one way"):
        await between("Arts and Crafts and Health", both.name)
    assert await between("“Arts and Crafts” and Health", both.name) == [both.id, HEALTH.id]
    assert await between("“Arts” and “Crafts” and Health", both.name) == [ARTS.id, CRAFTS.id, HEALTH.id]


async def test_a_list_is_read_as_several_even_where_the_whole_is_a_name_too() -> None:
    assert await between("Arts and Health", "Arts and Health") == [ARTS.id, HEALTH.id]
    mills = network("Mills and Ponds")
    assert await between("Mills and Ponds", mills.name) == [mills.id]


async def test_the_part_of_a_list_that_is_not_known_is_named() -> None:
    with pytest.raises(Unknown, match="called “Helth”"):
        await between("Arts and Crafts and Helth")
    with pytest.raises(Unknown, match="called “Quiet Place”"):
        await between("Arts and Quiet Place and Health")
    with pytest.raises(Malformed, match="up to 16"):
        await between(" and ".join(["Arts"] * 17))


@pytest.mark.parametrize("mark", ["\0", "\u202e", "\u2066", "\ufeff", "\x1b", "\u200f"])
async def test_a32_marks_that_nobody_sees_are_taken_out(mark: str) -> None:
    assert (await values("network create", f"Ar{mark}ts"))["name"] == "Arts"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"])
async def test_a32_every_line_end_is_a_space(end: str) -> None:
    assert (await values("network create", f"Arts{end}UK"))["name"] == "Arts UK"


async def test_a32_a_lone_surrogate_is_replaced() -> None:
    assert (await values("network create", "Arts\ud800"))["name"] == "Arts\N{REPLACEMENT CHARACTER}"


_SIGNS = ["--", "—", "=", '"', "“", "”", "'", ",", "@", "!", "#", "%", " ", "\n", "\0", "\ud83d", "\u202e"]
_SAID = [
    "--under",
    "--access=",
    "--to",
    "--between",
    " and ",
    "Arts",
    "Health",
    "@a:b",
    "https://matrix.to/#/",
]
_SNIPPETS = st.sampled_from([*_SIGNS, *_SAID, "matrix:u/"])
_TEXTS = st.lists(
    st.one_of(_SNIPPETS, st.text(st.characters(exclude_categories=()), max_size=6)), max_size=24
).map("".join)


@settings(deadline=None)
@given(
    name=st.sampled_from(["network create", "network rename", "bridge create", "invite", "show", "accept"]),
    text=_TEXTS,
)
async def test_a32_no_text_breaks_the_parser(name: str, text: str) -> None:
    try:
        got = await values(name, text)
    except Refusal as refused:
        refused.sentence.encode()
    else:
        assert not {"\n", "\r", "\0", "\u2028"} & set(str(got.get("name", "")))
        str(got).encode()


@given(text=_TEXTS)
async def test_a_stranger_learns_nothing_of_what_is_hidden(text: str) -> None:
    """The same words, with and without the hidden network there, give the same."""

    async def said(networks: dict[Any, Any]) -> str:
        work = RememberingWork(landscape=replace(LANDSCAPE, networks=networks))
        try:
            return str(
                (
                    await read(command_named("show"), text, replace(call(work=work), standing=Standing(BOB)))
                ).values
            )
        except Refusal as refused:
            return refused.sentence

    without = {k: v for k, v in LANDSCAPE.networks.items() if k != HIDDEN.id}
    assert await said(dict(LANDSCAPE.networks)) == await said(without)
