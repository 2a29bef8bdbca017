"""Lists of people, read; and what is to become of each entry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.identifiers import NetworkId, UserId
from spaces.invitations import (
    RESTS_SECONDS,
    Entry,
    Invitation,
    Result,
    entries_in,
    entries_in_table,
    verdict,
    with_pills,
)

A, B, C = (UserId(f"@{name}:example.org") for name in "abc")
ARTS = NetworkId("n.arts")


def typed(entries: tuple[Entry, ...]) -> list[str]:
    """IDs as they are, anything else with a question mark."""
    return [entry.user or f"?{entry.typed}" for entry in entries]


LISTS: list[tuple[str, list[str]]] = [
    ("@a:example.org", [A]),
    ("@a:example.org, @b:example.org", [A, B]),
    ("@a:example.org @b:example.org;@c:example.org", [A, B, C]),
    ("@a:example.org\n@b:example.org\r\n\n@c:example.org\n", [A, B, C]),
    ("@a:example.org and @b:example.org", [A, B]),
    ("@a:example.org, @a:example.org", [A]),
    ("Ann Other <@a:example.org>, Bob <@b:example.org>", [A, B]),
    ('"Other, Ann" <@a:example.org>', ['?"Other', A]),
    ("[Ann](https://matrix.to/#/@a:example.org)", [A]),
    ("https://matrix.to/#/@a:example.org?via=example.org", [A]),
    ("https://matrix.to/#/%40a%3Aexample.org", [A]),
    ("matrix:u/a:example.org", [A]),
    ("- @a:example.org\n- @b:example.org", [A, B]),
    ("1. @a:example.org\n2) @b:example.org", [A, B]),
    ("(@a:example.org) @b:example.org.", [A, B]),
    ("@a:example.org (Ann, the first)", [A, "?(Ann", "?the first)"]),
    ("ann@example.org", ["?ann@example.org"]),
    ("Ann Other", ["?Ann Other"]),
    ("@ann @b:example.org", ["?@ann", B]),
    ("@ann @bob", ["?@ann", "?@bob"]),
    ("ann @b:example.org", ["?ann", B]),
    ("@a:example.org:8448", ["@a:example.org:8448"]),
    ("", []),
    (" , ; \n and , -", []),
]


@pytest.mark.parametrize(("text", "expected"), LISTS, ids=range(len(LISTS)))
def test_a_pasted_list_is_read_entry_by_entry(text: str, expected: list[str]) -> None:
    assert typed(entries_in(text)) == expected


PILLS: list[tuple[str, str, list[str]]] = [
    (
        "Ann, Bob",
        f'<a href="https://matrix.to/#/{A}">Ann</a>, <a href="https://matrix.to/#/{B}">Bob</a>',
        [A, B],
    ),
    ("Ann Other", '<a href="https://matrix.to/#/%40a%3Aexample.org?via=x">Ann Other</a>', [A]),
    ("A & B", f'<a href="https://matrix.to/#/{A}">A &amp; B</a>', [A]),
    ("@a:example.org", f'<a href="https://matrix.to/#/{A}">@a:example.org</a>', [A]),
    ("Ann", '<a href="https://matrix.to/#/!room:example.org">Ann</a>', ["?Ann"]),
    ("Ann", '<a href="https://example.org/#/@a:example.org">Ann</a>', ["?Ann"]),
]


@pytest.mark.parametrize(("text", "html", "expected"), PILLS, ids=range(len(PILLS)))
def test_who_is_chosen_from_a_clients_list_is_found_by_the_link(
    text: str, html: str, expected: list[str]
) -> None:
    assert typed(entries_in(with_pills(text, html))) == expected


TABLES: list[tuple[str, list[str]]] = [
    ("name,matrix id\nAnn,@a:example.org\nBob,@b:example.org\n", [A, B]),
    ("@a:example.org\n@b:example.org", [A, B]),
    ('Name;ID\n"Other; Ann";@a:example.org\nBob;bob\n', [A, "?Bob bob"]),
    ("name\tid\nAnn\t@a:example.org\n\n", [A]),
    ("Ann,@a:example.org\nBob,@a:example.org", [A]),
    ("name,id\nAnn,", ["?Ann"]),
]


@pytest.mark.parametrize(("text", "expected"), TABLES, ids=range(len(TABLES)))
def test_a_table_is_read_row_by_row(text: str, expected: list[str]) -> None:
    assert typed(entries_in_table(text)) == expected


def test_a_quotation_mark_left_open_in_a_large_table_takes_nobody_away() -> None:
    people = [f"@p{n}:example.org" for n in range(9_000)]
    assert typed(entries_in_table('name,id\n"Ann,' + "\n".join(people)))[-9_000:] == people


@given(st.text(max_size=200))
def test_any_text_at_all_is_read(text: str) -> None:
    for entry in (*entries_in(text), *entries_in_table(text)):
        assert entry.user is None or UserId.parse(entry.user) == entry.user


@given(st.lists(st.integers(0, 999), min_size=1, max_size=50), st.sampled_from([", ", "\n", " ", ";"]))
def test_each_id_of_a_list_is_found_once_whatever_stands_between(numbers: list[int], between: str) -> None:
    users = [f"@p{number}:example.org" for number in numbers]
    assert typed(entries_in(between.join(users))) == list(dict.fromkeys(users))


def known(state: Result, at: float = 0.0) -> Invitation:
    return Invitation(ARTS, A, state, at, B)


DAY = 86_400.0
VERDICTS = [
    (None, None, Result.WAITING),
    (None, "leave", Result.WAITING),
    (None, "knock", Result.WAITING),
    (None, "join", Result.THERE),
    (None, "invite", Result.INVITED_BEFORE),
    (None, "ban", Result.BANNED),
    (known(Result.FAILED), None, Result.WAITING),
    (known(Result.WAITING), None, Result.UNDER_WAY),
    (known(Result.WAITING, -2 * DAY), None, Result.WAITING),
    (known(Result.DECLINED, -89 * DAY), "leave", Result.DECLINED_BEFORE),
    (known(Result.DECLINED, -91 * DAY), "leave", Result.WAITING),
    (known(Result.DECLINED, -89 * DAY), "join", Result.THERE),
    (known(Result.JOINED), "leave", Result.WAITING),
    (known(Result.ASKED), None, Result.WAITING),
]


@pytest.mark.parametrize(("before", "membership", "expected"), VERDICTS, ids=range(len(VERDICTS)))
def test_what_is_to_become_of_somebody(
    before: Invitation | None, membership: str | None, expected: Result
) -> None:
    assert verdict(before, membership, 0.0) is expected


def test_who_said_no_is_invited_again_where_that_is_wished_for() -> None:
    no = known(Result.DECLINED)
    assert verdict(no, "leave", RESTS_SECONDS - 1) is Result.DECLINED_BEFORE
    assert verdict(no, "leave", RESTS_SECONDS - 1, again=True) is Result.WAITING


def test_who_was_asked_is_not_asked_twice() -> None:
    asked = known(Result.ASKED)
    assert verdict(asked, None, DAY, asking=True) is Result.ASKED_BEFORE
    assert verdict(asked, None, DAY, asking=True, again=True) is Result.WAITING
    assert verdict(asked, None, RESTS_SECONDS + 1, asking=True) is Result.WAITING
