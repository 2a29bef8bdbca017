"""Who may read what was said in a room, beside the homeserver's rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spaces.history import Visibility, is_open_to_members, may_read, visibility_of
from tests.readable import Past

_NEXT = {"leave": ("invite", "join", "ban"), "invite": ("join", "leave", "ban"), "join": ("leave", "ban")}
_VISIBILITIES = tuple(str(one) for one in Visibility)


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """A room in which Mia comes and goes as people can, and Ben says something now and then."""
    past = Past(draw(st.sampled_from(_VISIBILITIES)))
    for kind in draw(st.lists(st.sampled_from(("member", "visibility", "said", "said")), max_size=14)):
        if kind == "member":
            past.add("member", "mia", draw(st.sampled_from(_NEXT.get(past.membership("mia"), ("leave",)))))
        elif kind == "visibility":
            past.add("visibility", "ben", draw(st.sampled_from(_VISIBILITIES)))
        else:
            past.add("said", "ben", "$said")
    return past


def _ours(past: Past, n: int) -> bool:
    is_in, since = past.membership("mia") == "join", past.joined_since("mia")
    return may_read(past.visibility_at(n), float(n), is_in=is_in, since=since)


@given(pasts())
@settings(max_examples=300, deadline=None)
def test_what_we_let_somebody_read_the_homeserver_does(past: Past) -> None:
    said = [n for n, event in enumerate(past.events) if event.kind == "said"]
    assert [n for n in said if _ours(past, n) and not past.may_read("mia", n)] == []


@given(pasts())
@settings(max_examples=300, deadline=None)
def test_of_their_present_stay_somebody_reads_everything(past: Past) -> None:
    since = past.joined_since("mia")
    said = [n for n, event in enumerate(past.events) if event.kind == "said"]
    assert all(_ours(past, n) for n in said if since is not None and n > since)


@pytest.mark.parametrize(
    ("visibility", "is_in", "since", "may"),
    [
        *(("world_readable", False, None, True), ("shared", False, None, False)),
        *(("shared", True, 20.0, True), ("invited", True, 20.0, False), ("joined", True, 20.0, False)),
        *(("invited", True, 5.0, True), ("joined", True, None, True), ("joined", True, 10.0, False)),
        *(("", True, 20.0, False), ("anything", True, 5.0, True)),
    ],
)
def test_a42_what_was_said_at_ten_is_read_by(
    visibility: str, is_in: bool, since: float | None, may: bool
) -> None:
    assert may_read(visibility, 10.0, is_in=is_in, since=since) is may


@pytest.mark.parametrize("value", [None, 7, "", "public", ["shared"], {"a": 1}])
def test_what_is_no_visibility_is_the_narrowest(value: object) -> None:
    assert visibility_of(value) is Visibility.JOINED
    assert not is_open_to_members(visibility_of(value))


def test_a_visibility_is_read_as_it_stands() -> None:
    assert [visibility_of(value) for value in _VISIBILITIES] == list(Visibility)
