"""Units of work that come while one is being committed go together; none is undone for another's fault."""

from __future__ import annotations

import asyncio

import pytest

from appservice.group_commit import GroupCommit
from appservice.store import journal
from appservice.store.database import Database
from appservice.work import UnitOfWork
from tests.appservice.stage import Stage

pytestmark = pytest.mark.both_databases


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


class Refused(Exception):
    """Made to fail."""


async def marks_of(stage: Stage, names: range) -> list[str | None]:
    async with stage.database.reading() as connection:
        return [await journal.mark(connection, f"mark {number}") for number in names]


async def sets(number: int, work: UnitOfWork) -> int:
    await journal.set_mark(work.connection, f"mark {number}", "set")
    return number


async def test_what_comes_while_one_is_committed_goes_in_one_commit(
    stage: Stage,
) -> None:
    commits = GroupCommit(stage.works, "test")
    before = stage.commits
    given = await asyncio.gather(*(commits.commit(lambda w, n=n: sets(n, w)) for n in range(20)))
    assert given == [*range(20)]
    assert await marks_of(stage, range(20)) == ["set"] * 20
    assert stage.commits - before == 2, "the first alone, then all the others"


async def test_one_that_fails_is_undone_alone(stage: Stage) -> None:
    commits = GroupCommit(stage.works, "test")

    async def breaks(work: UnitOfWork) -> int:
        await sets(5, work)
        raise Refused

    does = [lambda w, n=n: sets(n, w) for n in range(4)]
    given = await asyncio.gather(
        *(commits.commit(each) for each in (*does, breaks, lambda w: sets(6, w))), return_exceptions=True
    )
    assert [type(each) for each in given] == [int, int, int, int, Refused, int]
    assert await marks_of(stage, range(7)) == ["set"] * 4 + [None, None, "set"]
    assert await commits.commit(lambda w: sets(5, w)) == 5


async def test_nothing_is_given_before_it_is_committed(stage: Stage) -> None:
    commits = GroupCommit(stage.works, "test")
    async with stage.database.writing():
        waits = [asyncio.create_task(commits.commit(lambda w, n=n: sets(n, w))) for n in range(3)]
        done, _ = await asyncio.wait(waits, timeout=0.05)
        assert not done
    assert await asyncio.gather(*waits) == [0, 1, 2]
