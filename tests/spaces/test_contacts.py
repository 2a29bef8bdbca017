"""What is said of a listing is plausible, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spaces.contacts import (
    ABOUT_AT_MOST,
    PLACE_AT_MOST,
    check_about,
    check_contact,
    check_email,
    check_located,
    check_phone,
    check_web,
)
from spaces.errors import Malformed
from spaces.listings import Contact


@pytest.mark.parametrize(
    ("check", "typed"),
    [
        (check_phone, "01823 555 0100"),
        (check_phone, "+44 (0)1823-555 0100 ext. 12"),
        (check_phone, "111"),
        (check_email, "us+help@mill.example.org"),
        (check_email, "us@mühle.example.org"),
        (check_web, "https://mill.example.org"),
        (check_web, "http://mill.example.org:8080/a?b=c#d"),
        (check_web, ""),
    ],
)
def test_what_is_plausible_is_kept(check: Callable[[str], str], typed: str) -> None:
    assert check(f" {typed} ") == typed


@pytest.mark.parametrize(
    ("check", "typed"),
    [
        (check_phone, "12"),
        (check_phone, "ring the bell"),
        (check_phone, "0" * 21),
        (check_phone, "01823 555 0100, ask for Mia"),
        (check_email, "us"),
        (check_email, "us@home"),
        (check_email, "us@mill..org"),
        (check_email, "a b@mill.example.org"),
        (check_email, "us@mill.example.org?subject=x"),
        (check_email, f"{'a' * 65}@mill.example.org"),
        (check_web, "mill.example.org"),
        (check_web, "javascript:alert(1)"),
        (check_web, "ftp://mill.example.org"),
        (check_web, "https://mill"),
        (check_web, "https://me:secret@mill.example.org"),
        (check_web, "https://mill.example.org:port"),
        (check_web, "https://[mill"),
        (check_web, "https://mill.example.org/a b"),
        (check_web, "https://mill.example.org/" + "a" * 300),
        (check_web, "https://mill.example.org/\N{RIGHT-TO-LEFT OVERRIDE}"),
        (check_about, "a" * (ABOUT_AT_MOST + 1)),
        (check_about, "unseen \N{ZERO WIDTH SPACE} letters"),
        (check_located, "a" * (PLACE_AT_MOST + 1)),
    ],
)
def test_what_is_not_is_refused(check: Callable[[str], str], typed: str) -> None:
    with pytest.raises(Malformed) as refused:
        check(typed)
    assert len(refused.value.sentence) < 250


def test_lines_become_one_and_nothing_stays_nothing() -> None:
    assert check_about(" Looks after\n the mill ") == "Looks after the mill"
    assert check_located("") == ""
    assert check_contact("", " ", "<https://mill.example.org>") == Contact(web="https://mill.example.org")
