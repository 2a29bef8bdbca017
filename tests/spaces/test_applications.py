"""Applications: questions, who decides, who may look, and what is due when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces import changes
from spaces.access import Standing
from spaces.applications import (
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    Application,
    State,
    due,
    may_decide,
    may_look,
    questions_of,
    read_questions,
)
from spaces.errors import Malformed
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from tests.spaces.worlds import CountedIds

QUINN, RUTH = UserId("@quinn:example.org"), UserId("@ruth:example.org")
SAM, ADA = UserId("@sam:example.org"), UserId("@ada:example.org")
DAY = 86_400.0


def world(*, coordinators: tuple[UserId, ...] = (QUINN,)) -> tuple[Landscape, NetworkId, NetworkId]:
    """Yard, which is Quinn's, under Garden, which is Ruth's."""
    ids = CountedIds()
    landscape, garden = changes.create_network(Landscape(), ids, name="Garden", coordinators=(RUTH,))
    landscape, yard = changes.create_network(
        landscape,
        ids,
        name="Yard",
        access=Access.PRIVATE,
        ask=True,
        under=(garden,),
        agreed=(garden,),
        coordinators=coordinators,
    )
    return landscape, garden, yard


LANDSCAPE, GARDEN, YARD = world()
WAITING = Application(YARD, SAM, "Yard", 0.0, number=1)


# -- questions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "questions"),
    [
        ("", ()),
        ("   \n ", ()),
        ("Why?", ("Why?",)),
        ("Why us?  What do you\tmake?", ("Why us?", "What do you make?")),
        ("Your name\nYour trade?", ("Your name", "Your trade?")),
        ("Pam? Beth sy'n eich denu? Enw", ("Pam?", "Beth sy'n eich denu?", "Enw")),
        ("What?! Why not?", ("What?! Why not?",)),
    ],
)
def test_each_question_ends_with_its_mark_or_its_line(typed: str, questions: tuple[str, ...]) -> None:
    assert read_questions(typed) == questions


def test_there_are_five_questions_of_two_hundred_characters_at_most() -> None:
    assert len(read_questions("Why? " * MOST_QUESTIONS)) == MOST_QUESTIONS
    with pytest.raises(Malformed, match="6 questions"):
        read_questions("Why? " * (MOST_QUESTIONS + 1))
    assert read_questions("y" * (LONGEST_QUESTION - 1) + "?")
    with pytest.raises(Malformed, match="201 characters"):
        read_questions("y" * LONGEST_QUESTION + "?")


@given(st.lists(st.text("abc '\"!", min_size=1).map(lambda t: f"x{t}?"), max_size=MOST_QUESTIONS))
def test_what_is_kept_is_read_again_as_it_was(questions: list[str]) -> None:
    once = read_questions(" ".join(questions))
    assert read_questions("\n".join(once)) == once


def test_a_group_asks_what_its_network_asks() -> None:
    landscape = changes.describe(LANDSCAPE, CountedIds(), YARD, questions="Why?\nWhat?")
    for place in landscape.places_of(YARD):
        assert questions_of(landscape, place) == ("Why?", "What?")
    assert questions_of(landscape, GARDEN) == ()


# -- who --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "decides"),
    [
        (Standing(QUINN), True),
        (Standing(RUTH), False),
        (Standing(SAM), False),
        (Standing(ADA, is_admin=True), False),
        (Standing(SAM, joined=frozenset({YARD})), False),
    ],
)
def test_a54_only_a_coordinator_of_the_very_network_decides(who: Standing, decides: bool) -> None:
    assert may_decide(LANDSCAPE, who, YARD) is decides


def test_an_admin_decides_nothing_where_nobody_coordinates() -> None:
    landscape, _, yard = world(coordinators=())
    assert not may_decide(landscape, Standing(ADA, is_admin=True), yard)


@pytest.mark.parametrize(
    ("application", "who", "looks"),
    [
        (WAITING, Standing(RUTH), False),
        (replace(WAITING, escalated=True), Standing(RUTH), True),
        (replace(WAITING, escalated=True), Standing(SAM), False),
        (replace(WAITING, escalated=True), Standing(ADA, is_admin=True), False),
        (replace(WAITING, escalated=True, state=State.DENIED), Standing(RUTH), False),
        (replace(WAITING, orphaned=True), Standing(RUTH), False),
    ],
)
def test_those_of_a_parent_may_look_once_it_has_waited_too_long(
    application: Application, who: Standing, looks: bool
) -> None:
    assert may_look(LANDSCAPE, who, application) is looks


def test_those_of_a_parent_never_look_at_what_they_may_not_see() -> None:
    landscape = changes.describe(LANDSCAPE, CountedIds(), YARD, access=Access.INVITE)
    assert not may_look(landscape, Standing(RUTH), replace(WAITING, escalated=True))


# -- when -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("application", "age", "todo"),
    [
        (WAITING, DAY - 1, ""),
        (WAITING, DAY, "to_remind"),
        (replace(WAITING, reminded=True), DAY, ""),
        (WAITING, 2 * DAY, "to_remind to_escalate"),
        (replace(WAITING, reminded=True), 2 * DAY, "to_escalate"),
        (replace(WAITING, reminded=True, escalated=True), 9 * DAY, ""),
        (replace(WAITING, state=State.ASKING), 2 * DAY, ""),
        (replace(WAITING, state=State.ASKING), 3 * DAY, "expired"),
        (replace(WAITING, state=State.APPROVED), 9 * DAY, ""),
        (replace(WAITING, place=NetworkId("n.broken")), 9 * DAY, ""),
    ],
)
def test_what_is_due_is_due_once_and_in_time(application: Application, age: float, todo: str) -> None:
    found = due(LANDSCAPE, [application], age)
    assert " ".join(name for name in _NAMES if getattr(found, name)) == todo
    assert found.is_nothing is (todo == "")


_NAMES = ("expired", "closed", "orphaned", "to_remind", "to_escalate")


def test_what_nobody_can_decide_is_due_at_once_and_brought_to_nobodys_mind() -> None:
    landscape, _, yard = world(coordinators=())
    nobodys = replace(WAITING, place=yard)
    assert due(landscape, [nobodys], 0).orphaned == (nobodys,)
    assert due(landscape, [replace(nobodys, orphaned=True)], DAY).is_nothing


def test_what_is_archived_closes_and_is_not_brought_to_mind_any_more() -> None:
    archived = changes.archive(LANDSCAPE, YARD)
    found = due(archived, [WAITING, replace(WAITING, state=State.ASKING)], 9 * DAY)
    assert len(found.closed) == 2
    assert not found.to_remind
    assert not found.expired
