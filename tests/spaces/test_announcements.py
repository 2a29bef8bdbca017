"""Announcements: where one is posted, who reads it, what a coordinator is told, and how it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces import changes
from spaces.access import Standing, may_see
from spaces.announcements import (
    HEADLINE,
    LONGEST,
    Announcement,
    Post,
    check_text,
    counted_places,
    headline,
    known_to,
    news_of,
    pings_room,
    posted_in,
    reads,
)
from spaces.bans import ban
from spaces.errors import Malformed
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Banned
from tests.spaces.worlds import PEOPLE, CountedIds, Step, grown, moderate, network, stories

ADA, BEN, CAT, _ = PEOPLE


def county() -> tuple[Landscape, dict[str, NetworkId]]:
    """Somerset, of Ada, over Arts, over Painting; Garden, for invited people only, over Herbs."""
    landscape, ids, made = Landscape(), CountedIds(), dict[str, NetworkId]()
    for name, under, access in (
        ("Somerset", None, Access.PUBLIC),
        ("Arts", "Somerset", Access.PUBLIC),
        ("Painting", "Arts", Access.PUBLIC),
        ("Garden", "Somerset", Access.INVITE),
        ("Herbs", "Garden", Access.PUBLIC),
    ):
        above = [made[under]] if under else []
        by = (ADA,) if name == "Somerset" else (BEN,)
        landscape, made[name] = network(landscape, ids, name, under=above, access=access, by=by)
    return landscape, made


def member(user: UserId, *places: PlaceId) -> Standing:
    return Standing(user, joined=frozenset(places))


def posts(landscape: Landscape, networks: tuple[NetworkId, ...]) -> list[Post]:
    rooms = ((network, news_of(landscape, network)) for network in networks)
    return [Post(1, network, room) for network, room in rooms if room is not None]


def test_to_descendants_goes_to_all_that_have_agreed_to_be_below_the_hidden_ones_too() -> None:
    landscape, made = county()
    assert posted_in(landscape, made["Somerset"], below=False, declines=set()) == (made["Somerset"],)
    assert set(posted_in(landscape, made["Somerset"], below=True, declines=set())) == set(made.values())
    proposed = changes.link(
        landscape, made["Painting"], made["Garden"], parent_agrees=True, child_agrees=False
    )
    below = posted_in(proposed, made["Painting"], below=True, declines=set())
    assert below == (made["Painting"],)


def test_who_declines_does_so_for_itself_and_not_for_what_is_below() -> None:
    landscape, made = county()
    declines = {(made["Arts"], made["Somerset"])}
    posted = posted_in(landscape, made["Somerset"], below=True, declines=declines)
    assert set(posted) == set(made.values()) - {made["Arts"]}
    assert made["Arts"] in posted_in(landscape, made["Arts"], below=True, declines=declines)


def test_no_number_tells_of_what_is_hidden_nor_of_what_is_reached_only_by_way_of_it() -> None:
    landscape, made = county()
    posted = posted_in(landscape, made["Somerset"], below=True, declines=set())
    known = known_to(landscape, Standing(ADA), made["Somerset"], posted)
    assert set(known) == {made["Somerset"], made["Arts"], made["Painting"]}
    assert may_see(landscape, Standing(ADA), made["Herbs"])
    assert counted_places(landscape, Standing(ADA), known).isdisjoint(landscape.places_of(made["Garden"]))


def test_what_is_posted_is_read_by_members_as_they_are_now() -> None:
    landscape, made = county()
    one = Announcement(1, made["Somerset"], ADA, "The fair is on Saturday", 0.0)
    [post] = [post for post in posts(landscape, tuple(made.values())) if post.network == made["Arts"]]
    mia = member(CAT, made["Arts"])
    assert reads(landscape, mia, one, post, set())
    assert not reads(landscape, member(CAT), one, post, set())
    assert not reads(landscape, mia, one, post, {(made["Arts"], made["Somerset"])})
    assert reads(landscape, mia, one, post, {(made["Arts"], made["Painting"])})
    assert not reads(ban(landscape, [Banned(made["Arts"], CAT)]), mia, one, post, set())


def test_what_is_written_by_hand_is_read_in_that_room_alone() -> None:
    landscape, made = county()
    [post] = posts(landscape, (made["Arts"],))
    one = Announcement(1, made["Arts"], BEN, "The hall is open", 0.0, by_hand=True)
    assert not reads(landscape, member(CAT, made["Arts"]), one, post, set())
    assert reads(landscape, member(CAT, post.place), one, post, set())


@pytest.mark.parametrize(
    ("text", "pings"),
    [
        ("@room Come", True),
        ("Come (@room)", True),
        ("Come, @room!", True),
        ("The @roomy hall", False),
        ("@room:example.org", False),
        ("me@room", False),
        ("@Room", False),
        ("room", False),
    ],
)
def test_everyone_is_notified_by_that_very_word_alone(text: str, pings: bool) -> None:
    assert pings_room(text) is pings


def test_a_text_stands_on_one_line_and_may_not_be_very_long() -> None:
    assert check_text("  The\u202e hall\nis open ") == "The hall is open"
    assert len(check_text("x" * LONGEST)) == LONGEST
    with pytest.raises(Malformed, match="1,501 characters, and an announcement 1,500 at most"):
        check_text("x" * (LONGEST + 1))
    with pytest.raises(Malformed, match="no text"):
        check_text(" \u200b ")


def test_a_digest_has_the_first_sentence_or_the_beginning_of_it() -> None:
    assert headline("The hall is open again from today. Bring cake.") == "The hall is open again from today."
    assert headline("Hello! The hall is open again from today. Come.") == (
        "Hello! The hall is open again from today."
    )
    cut = headline("word " * 60)
    assert cut.endswith("word …")
    assert len(cut) <= HEADLINE + 2
    assert len(headline("x" * 500)) <= HEADLINE + 2
    assert headline("two\nlines") == "two lines"


# -- any hierarchy -----------------------------------------------------------------------------------------


def _below(landscape: Landscape, top: NetworkId) -> set[NetworkId]:
    """Naively: whatever a chain of links that stand leads down to."""
    found = {top}
    for _ in landscape.networks:
        found |= {child for parent in found for child in landscape.children(parent)}
    return found


def _readers(
    landscape: Landscape,
    source: NetworkId,
    declines: set[tuple[NetworkId, NetworkId]],
    people: list[Standing],
) -> set[UserId]:
    """Naively: members of some network that takes it and has a room for news."""
    taking = {n for n in _below(landscape, source) if n == source or (n, source) not in declines}
    taking = {n for n in taking if news_of(landscape, n) is not None}
    return {
        who.user
        for who in people
        for n in taking
        if who.joined & landscape.places_of(n) or who.user in landscape.coordinators_of(n)
    }


@moderate
@given(stories, st.binary(min_size=60, max_size=60))
def test_n3_it_reaches_the_members_of_all_that_take_it_and_none_who_are_only_where_it_is_declined(
    story: list[Step], letters: bytes
) -> None:
    ids = CountedIds()
    landscape, first = network(Landscape(), ids, "First", by=(ADA,))
    landscape, _ = changes.create_group(landscape, ids, name="Talk", home=first)
    landscape = grown(landscape, ids, story)
    networks, places = list(landscape.networks), [*landscape.networks, *landscape.groups]
    pairs = list(zip(letters[:20:2], letters[1:20:2], strict=True))
    declines = {(networks[a % len(networks)], networks[b % len(networks)]) for a, b in pairs}
    declines |= {(networks[a % len(networks)], first) for a in letters[20:24]}
    joined = [frozenset(places[n % len(places)] for n in letters[24 + 9 * i : 33 + 9 * i]) for i in range(4)]
    people = [Standing(user, joined=joined[i]) for i, user in enumerate(PEOPLE)]

    posted = posted_in(landscape, first, below=True, declines=declines)
    one = Announcement(1, first, ADA, "The fair", 0.0)
    its = posts(landscape, posted)
    assert len({post.place for post in its}) == len(its) == len(posted)
    ways = {who.user: [post for post in its if reads(landscape, who, one, post, declines)] for who in people}
    assert {user for user, found in ways.items() if found} == _readers(landscape, first, declines, people)

    known = known_to(landscape, people[0], first, posted)
    counted = counted_places(landscape, people[0], known)
    assert set(known) <= set(posted)
    assert all(may_see(landscape, people[0], place) for place in counted)
    in_them = {who.user for who in people if who.joined & counted}
    assert in_them <= {user for user, found in ways.items() if found}
