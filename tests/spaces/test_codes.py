"""How codes look and are read, when they serve, and where they lead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces import codes
from spaces.access import Standing
from spaces.changes import create_group, remove_coordinator
from spaces.codes import (
    ALPHABET,
    LENGTH,
    MOST_TRIES,
    Code,
    Role,
    digest,
    invited_by,
    lifetime,
    serves,
    shut_for,
    time_left,
    uses_for,
    written,
)
from spaces.errors import Conflict, Malformed
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator, Status
from tests.spaces.worlds import CountedIds, network

ADA, BEN, SAM = (UserId(f"@{name}:hs.test") for name in ("ada", "ben", "sam"))
NOW = 1_000_000.0

letters = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


# -- the letters ------------------------------------------------------------------------------------


def test_a_code_has_more_than_sixty_bits_and_no_two_letters_that_look_alike() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert len(ALPHABET) ** LENGTH > 2**70
    assert not set(ALPHABET) & set("01oil")
    assert not set(ALPHABET) & set("aeiou")


@given(letters)
def test_a_code_is_the_same_however_it_is_typed(made: str) -> None:
    code = written(made)
    assert len(code.split("-")) == 3
    for typed in (
        code.upper(),
        made,
        code.replace("-", " "),
        code.replace("-", "–"),
        f" “{code}”. ",
        f"https://hedgerow.example.org/join/{code}",
    ):
        assert digest(typed) == digest(code)


def test_a_code_alone_is_known_as_one() -> None:
    assert codes.is_code("BCDFG hjkmn-pqrst")
    assert codes.is_code("https://hedgerow.example.org/join/bcdfg-hjkmn-pqrst")
    for other in ("bcdfg-hjkmn-pqrs", "bcdfg-hjkmn-pqrst2", "network create ar", "bcdfg-hjkmn-pqrsa", ""):
        assert not codes.is_code(other)


@given(letters, letters)
def test_other_codes_have_other_digests(one: str, other: str) -> None:
    assert (digest(one) == digest(other)) == (one == other)


def test_what_is_kept_of_a_code_is_not_the_code() -> None:
    assert "22222" not in digest("22222-22222-22222")
    assert len(digest("\ud800")) == 64


# -- how long and how often -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("", 168),
        ("1h", 1),
        ("7d", 168),
        ("7 days", 168),
        ("2W", 336),
        ("1 week", 168),
        ("366d", 8784),
        ("36 hours", 36),
    ],
)
def test_a_lifetime_is_read_as_people_write_it(said: str, hours: int) -> None:
    assert lifetime(said) == hours * 3600


@pytest.mark.parametrize("said", ["0d", "367d", "53w", "7", "d", "soon", "-1d", "7dd", "99999999d", "1.5d"])
def test_a_lifetime_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(Malformed, match="--expires 7d"):
        lifetime(said)


def test_a_code_for_a_role_serves_once_and_another_without_limit_unless_it_is_said() -> None:
    assert (uses_for(None, None), uses_for(None, Role.COORDINATOR)) == (None, 1)
    assert (uses_for(3, Role.COORDINATOR), uses_for(1, None)) == (3, 1)
    for wished in (0, codes.MOST_USES + 1):
        with pytest.raises(Malformed, match="from 1 to 100,000"):
            uses_for(wished, None)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(604_800, "7 days"), (604_799, "7 days"), (172_800, "48 hours"), (3_600, "one hour"), (1, "one hour")],
)
def test_the_time_left_is_rounded_up(seconds: float, said: str) -> None:
    assert str(time_left(seconds)) == said


# -- when it serves ---------------------------------------------------------------------------------


def _garden() -> tuple[Landscape, NetworkId]:
    return network(Landscape(), CountedIds(), "Garden", access=Access.INVITE, by=[ADA, BEN])


def _code(garden: NetworkId, **more: object) -> Code:
    return replace(Code(101, garden, ADA, NOW + 10), **more)


def test_a_code_serves_until_it_ends_is_revoked_or_used_up() -> None:
    landscape, garden = _garden()
    code = _code(garden, uses_left=1)
    assert serves(landscape, code, NOW)
    assert serves(landscape, replace(code, uses_left=None), NOW + 9.9)
    assert not serves(landscape, code, NOW + 10)
    assert not serves(landscape, replace(code, uses_left=0), NOW)
    assert not serves(landscape, replace(code, revoked=True), NOW)


def test_a_code_goes_with_its_maker_and_its_network() -> None:
    landscape, garden = _garden()
    code = _code(garden)
    assert not serves(remove_coordinator(landscape, garden, ADA), code, NOW)
    assert serves(remove_coordinator(landscape, garden, BEN), code, NOW)
    again = remove_coordinator(landscape, garden, ADA).having(Coordinator(garden, ADA))
    assert serves(again, code, NOW)
    for status in (Status.ARCHIVED, Status.PROPOSED):
        asleep = landscape.having(replace(landscape.networks[garden], status=status))
        assert not serves(asleep, code, NOW)
    assert not serves(Landscape(), code, NOW)


# -- where it leads ---------------------------------------------------------------------------------


def test_members_get_into_private_groups_by_themselves_and_are_invited_to_the_others() -> None:
    ids = CountedIds()
    landscape, garden = network(Landscape(), ids, "Garden", access=Access.INVITE, by=[ADA])
    landscape, shut = create_group(landscape, ids, name="Trustees", home=garden, access=Access.INVITE)
    landscape, bench = create_group(landscape, ids, name="Bench", home=garden)
    landscape, other = network(landscape, ids, "Other", by=[ADA])
    code = _code(garden, groups=(bench, shut))
    assert invited_by(landscape, Standing(SAM), code) == (garden, shut)
    assert invited_by(landscape, Standing(SAM, invited=frozenset({garden})), code) == (shut,)
    assert invited_by(landscape, Standing(SAM, joined=frozenset({garden, shut})), code) == ()
    gone = landscape.having(replace(landscape.groups[shut], status=Status.ARCHIVED))
    assert invited_by(gone, Standing(SAM), code) == (garden,)
    moved = landscape.having(replace(landscape.groups[shut], home=other))
    assert invited_by(moved, Standing(SAM), code) == (garden,)
    with pytest.raises(Conflict, match="is not a group of “Other”"):
        codes.check_groups(landscape, other, [bench])


# -- wrong tries ------------------------------------------------------------------------------------


def test_ten_wrong_codes_shut_the_door_until_the_first_of_them_is_an_hour_old() -> None:
    tries = [NOW + n for n in range(MOST_TRIES)]
    assert shut_for(tries[:-1], NOW + 9) == 0
    assert shut_for(tries, NOW + 9) == 3600 - 9
    assert shut_for(tries, NOW + 3599) == 1
    assert shut_for(tries, NOW + 3600) == 0
    assert shut_for([*tries, NOW + 20], NOW + 100) == 3600 + 1 - 100
