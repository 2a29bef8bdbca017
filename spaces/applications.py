"""Applications: who asked to be let in, what they were asked, and who may decide when.

An application waits for a coordinator's yes or no. It comes from `join` (asking → open, once all
questions are answered) or from a knock, which is open at once.

    asking ──answered──▶ open ──▶ approved | denied
       └────────────────┴──────▶ withdrawn | closed (what was asked for is archived)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from spaces.access import Deed, Standing, may, may_see
from spaces.errors import Malformed
from spaces.identifiers import PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Status

MOST_QUESTIONS = 5
LONGEST_QUESTION = 200
LONGEST_ANSWER = 1_000
DRAFT_LASTS_SECONDS = 3 * 86_400.0
"""How long the answers to a network's questions are waited for."""
REMIND_AFTER_SECONDS = 24 * 3_600.0
ESCALATE_AFTER_SECONDS = 48 * 3_600.0
AGAIN_AFTER_SECONDS = 24 * 3_600.0
"""How long after a no the same person may ask again."""
MOST_TOLD_AN_HOUR = 10
"""Of so many applications to one place within an hour coordinators are told at once; of others later."""


class State(StrEnum):
    ASKING = "asking"  # questions are still being answered: nobody but the applicant knows
    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"  # the place was archived


LIVE = (State.ASKING, State.OPEN)


class Way(StrEnum):
    """How they asked; a knock is answered in Matrix, without a direct message."""

    JOIN = "join"
    KNOCK = "knock"


@dataclass(frozen=True, slots=True)
class Application:
    """One person's wish to get into one place. `number` is 0 until it is kept.

    `called` is the place's name as they knew it. `answers` are to the first of `questions`; of a knock
    the one answer is the reason given with it, without a question. `since` is when the questions were
    put or, once open, when it was put to the coordinators, in seconds since 1970. `reminded`: the
    coordinators have been told a second time; `escalated`: others have been told; `orphaned`: the
    admins have been told that there is no coordinator.
    """

    place: PlaceId
    person: UserId
    called: str
    since: float
    state: State = State.OPEN
    way: Way = Way.JOIN
    questions: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    decided_by: UserId | None = None
    decided_at: float | None = None
    word: str = ""
    reminded: bool = False
    escalated: bool = False
    orphaned: bool = False
    number: int = 0

    @property
    def next_question(self) -> str | None:
        """What has yet to be answered first, if anything."""
        return self.questions[len(self.answers)] if len(self.answers) < len(self.questions) else None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


# -- questions --------------------------------------------------------------------------------------


def read_questions(typed: str) -> tuple[str, ...]:
    """The questions in a text: each ends with a question mark or with its line.

    Raises `Malformed` for too many or too long ones.
    """
    pieces = (piece.strip() for line in typed.splitlines() for piece in re.split(r"(?<=[?？؟])\s+", line))
    questions = tuple(" ".join(piece.split()) for piece in pieces if piece)
    if len(questions) > MOST_QUESTIONS:
        raise Malformed(
            "These are {count} questions, and {most} is the most. Leave out the least important.",
            count=len(questions),
            most=MOST_QUESTIONS,
        )
    for question in questions:
        if len(question) > LONGEST_QUESTION:
            raise Malformed(
                "The question “{begun} …” has {length} characters, and {most} is the most. Shorten it.",
                begun=question[:40],
                length=len(question),
                most=LONGEST_QUESTION,
            )
    return questions


def questions_of(landscape: Landscape, place: PlaceId) -> tuple[str, ...]:
    """What a network asks of who applies to it or to one of its groups."""
    return tuple(landscape.networks[landscape.network_of(place)].questions.splitlines())


def check_answer(said: str) -> str:
    """`said` on one line. Raises `Malformed` where it is too long."""
    if len(said) > LONGEST_ANSWER:
        raise Malformed(
            "That answer has {length} characters, and {most} is the most. Say it in fewer words.",
            length=len(said),
            most=LONGEST_ANSWER,
        )
    return " ".join(said.split())


# -- who --------------------------------------------------------------------------------------------


def may_decide(landscape: Landscape, standing: Standing, place: PlaceId) -> bool:
    """Whether they may say yes or no: who may invite to it, which its coordinators may and nobody else."""
    return may(landscape, standing, Deed.INVITE, place)


def may_look(landscape: Landscape, standing: Standing, application: Application) -> bool:
    """Whether they may read an application that others decide: it has waited too long there.

    Coordinators of a parent may; where there is no coordinator, admins.
    """
    place = application.place
    told = application.escalated or application.orphaned
    if not told or application.state is not State.OPEN or not may_see(landscape, standing, place):
        return False
    parents = landscape.parents(landscape.network_of(place))
    if application.escalated and not landscape.coordinated_by(standing.user).isdisjoint(parents):
        return True
    return standing.is_admin and not landscape.looking_after(place)


def is_there(landscape: Landscape, place: PlaceId) -> bool:
    """Whether one can get into the place at all."""
    return is_known(landscape, place) and landscape.status_of(place) is Status.ACTIVE


def is_known(landscape: Landscape, place: PlaceId) -> bool:
    """Whether it can be read at present: a row of the store may be broken."""
    return place in landscape.networks or place in landscape.groups


# -- when -------------------------------------------------------------------------------------------


def comes_too_soon(newest: Application, now: float) -> bool:
    """Whether who has had a no would ask again too soon after it."""
    denied = newest.state is State.DENIED and newest.decided_at is not None
    return denied and now - (newest.decided_at or 0.0) < AGAIN_AFTER_SECONDS


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done about applications now; none stands in two of these that tell the same people."""

    expired: tuple[Application, ...] = ()
    closed: tuple[Application, ...] = ()
    orphaned: tuple[Application, ...] = ()
    to_remind: tuple[Application, ...] = ()
    to_escalate: tuple[Application, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return not (self.expired or self.closed or self.orphaned or self.to_remind or self.to_escalate)


def due(landscape: Landscape, applications: Iterable[Application], now: float) -> Due:
    """What is due among the applications that live.

    Answers that did not come expire; what is archived closes; one that nobody can decide goes to the
    admins, one that waits for 24 hours is brought to mind, and one that waits for 48 goes further up.
    """
    live = [a for a in applications if a.is_live and is_known(landscape, a.place)]
    closed = tuple(a for a in live if not is_there(landscape, a.place))
    there = [a for a in live if is_there(landscape, a.place)]
    waiting = [a for a in there if a.state is State.OPEN]
    old, older = now - REMIND_AFTER_SECONDS, now - ESCALATE_AFTER_SECONDS
    return Due(
        expired=tuple(a for a in there if a.state is State.ASKING and a.since <= now - DRAFT_LASTS_SECONDS),
        closed=closed,
        orphaned=tuple(a for a in waiting if not a.orphaned and not landscape.looking_after(a.place)),
        to_remind=tuple(
            a for a in waiting if not a.reminded and a.since <= old and landscape.looking_after(a.place)
        ),
        to_escalate=tuple(a for a in waiting if not a.escalated and a.since <= older),
    )
