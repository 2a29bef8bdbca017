"""How much is done for one person, room or server within a time."""

from __future__ import annotations

import pytest

from appservice.budget import (
    ANSWERS_AMONG_SEVERAL,
    ANSWERS_IN_DIRECT,
    INVITATIONS_BY_PERSON,
    INVITATIONS_BY_SERVER,
    Answers,
    Budget,
    Invitations,
    Verdict,
)
from spaces.identifiers import UserId
from tests.appservice.stage import ALICE, BEN, DIRECT, FAR, SHARED

START = 1_000_000.0


def test_no_more_than_the_most_is_taken_within_any_such_time() -> None:
    budget = Budget(3, 60)
    assert [budget.take("a", START + n) for n in (0, 10, 59, 59.9)] == [True, True, True, False]
    assert [budget.take("a", START + n) for n in (60, 69.9, 70, 71)] == [True, False, True, False]


def test_each_key_has_its_own() -> None:
    budget = Budget(1, 60)
    assert [budget.take(key, START) for key in ("a", "b", "a")] == [True, True, False]


def test_to_ask_what_is_left_takes_nothing() -> None:
    budget = Budget(1, 60)
    assert [budget.is_left("a", START) for _ in range(3)] == [True, True, True]
    assert len(budget) == 0


def test_a_clock_that_goes_back_holds_nobody_up() -> None:
    budget = Budget(1, 60)
    assert budget.take("a", START)
    assert budget.take("a", START - 3600)


def test_a61_the_number_of_keys_is_bounded_and_who_was_quiet_longest_is_forgotten() -> None:
    budget = Budget(2, 60, keys=10)
    for n in range(1000):
        budget.take("busy", START + n * 31)
        budget.take(n, START + n * 31)
        assert len(budget) <= 10
    assert not budget.take("busy", START + 999 * 31)


# -- invitations ------------------------------------------------------------------------------------


def test_a61_one_person_may_invite_so_often_an_hour() -> None:
    invitations = Invitations()
    taken = [invitations.take(FAR, START + n) for n in range(INVITATIONS_BY_PERSON + 5)]
    assert taken == [True] * INVITATIONS_BY_PERSON + [False] * 5
    assert invitations.refused == 5
    assert invitations.take(FAR, START + 3600)


def test_a61_one_server_may_invite_so_often_an_hour_whoever_does() -> None:
    invitations = Invitations()
    people = [UserId(f"@p{n}:elsewhere.test") for n in range(INVITATIONS_BY_SERVER + 5)]
    assert sum(invitations.take(person, START) for person in people) == INVITATIONS_BY_SERVER
    assert invitations.take(ALICE, START), "another server is not held up"


def test_a61_what_one_person_has_too_many_of_is_not_taken_from_the_others_of_their_server() -> None:
    invitations = Invitations()
    for n in range(1000):
        invitations.take(FAR, START + n)
    assert invitations.take(UserId("@near:elsewhere.test"), START + 1000)


# -- answers ----------------------------------------------------------------------------------------


def verdicts(answers: Answers, times: list[float], *, direct: bool) -> list[Verdict]:
    """What becomes of what is said at these times, each acted upon."""
    found = []
    for now in times:
        verdict = answers.verdict(SHARED, BEN, now, direct=direct)
        if verdict is Verdict.ANSWER:
            answers.count(SHARED, BEN, now, direct=direct)
        elif verdict is Verdict.LAST_WORD:
            answers.pause(SHARED, BEN, now)
        found.append(verdict)
    return found


@pytest.mark.parametrize(("direct", "most"), [(False, ANSWERS_AMONG_SEVERAL), (True, ANSWERS_IN_DIRECT)])
def test_a63_after_the_most_comes_one_last_word_and_then_silence_for_a_minute(
    direct: bool, most: int
) -> None:
    step = 1 / 32
    found = verdicts(Answers(), [START + n * step for n in range(most + 4)], direct=direct)
    assert found == [Verdict.ANSWER] * most + [Verdict.LAST_WORD] + [Verdict.SILENCE] * 3


def test_a63_when_the_minute_is_over_it_goes_on() -> None:
    times = [START] * (ANSWERS_AMONG_SEVERAL + 1) + [START + 59.9, START + 60]
    assert verdicts(Answers(), times, direct=False)[-2:] == [Verdict.SILENCE, Verdict.ANSWER]


def test_a63_two_bots_that_answer_each_other_for_ten_minutes_get_a_few_words_in_each() -> None:
    found = verdicts(Answers(), [START + n / 4 for n in range(2400)], direct=False)
    said = [verdict for verdict in found if verdict is not Verdict.SILENCE]
    assert len(said) <= 10 * (ANSWERS_AMONG_SEVERAL + 1)


def test_who_asks_too_much_in_one_room_is_answered_in_another_and_so_are_others_there() -> None:
    answers = Answers(among_several=1)
    answers.count(SHARED, BEN, START, direct=False)
    answers.pause(SHARED, BEN, START)
    assert answers.verdict(SHARED, BEN, START, direct=False) is Verdict.SILENCE
    assert answers.verdict(SHARED, ALICE, START, direct=False) is Verdict.ANSWER
    assert answers.verdict(DIRECT, BEN, START, direct=True) is Verdict.ANSWER


def test_what_is_undone_and_done_again_counts_once() -> None:
    answers, times = Answers(), [START] * (ANSWERS_AMONG_SEVERAL + 2)
    once = verdicts(answers, times, direct=False)
    for budget in answers.budgets:
        budget.undo()
    assert verdicts(answers, times, direct=False) == once
    for budget in answers.budgets:
        budget.settle()
        budget.undo()
    assert verdicts(answers, [START], direct=False) == [Verdict.SILENCE]
    invitations = Invitations()
    for _ in range(3):
        assert all(invitations.take(FAR, START) for _ in range(INVITATIONS_BY_PERSON))
        for budget in invitations.budgets:
            budget.undo()
