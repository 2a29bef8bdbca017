"""What a unit of work leaves behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from appservice.work import UnitOfWork
from tests.appservice.stage import ALICE, DIRECT, Stage, message


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[weakref.ref[UnitOfWork]]]:
    """All that begin from now on, while nobody looks for cycles."""
    found: list[weakref.ref[UnitOfWork]] = []
    original = UnitOfWork.__init__

    def noted(work: UnitOfWork, *arguments: Any, **more: Any) -> None:
        original(work, *arguments, **more)
        found.append(weakref.ref(work))

    monkeypatch.setattr(UnitOfWork, "__init__", noted)
    gc.disable()
    yield found
    gc.enable()


async def test_what_it_has_gathered_goes_with_it_and_waits_for_no_collector(
    stage: Stage, begun: list[weakref.ref[UnitOfWork]]
) -> None:
    """Hundreds of rooms may be in one."""
    await stage.knows(DIRECT, ALICE)
    await stage.found("Arts")
    await stage.push(message(1), message(2, content={"msgtype": "m.text", "body": "tree"}))
    async with stage.running():
        await stage.until_worked_off()
    assert len(begun) >= 3
    assert [work() for work in begun] == [None] * len(begun)
