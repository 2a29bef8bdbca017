"""The process that sends digests is killed at each of its commits."""

from __future__ import annotations

import json
import multiprocessing
import signal
from pathlib import Path

import pytest

from appservice import digests as service
from tests.appservice.killed_press import AT_ONCE, Sending, When, send
from tests.appservice.press_house import Board, House, at
from tests.appservice.stage import ALICE, BEN, Stage, says, text_of
from tests.appservice.yard import ROOMS, SAM

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(["tests.appservice.killed_press"])
_SECONDS = 60


def was_killed(order: Sending) -> bool:
    """False where the process came to its end, with fewer commits than that."""
    process = _NURSERY.Process(target=send, args=(order,))
    process.start()
    process.join(_SECONDS)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def heard_by_the_killed(log: Path) -> list[tuple[str, str, str]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [(room, said, words) for room, said, words in map(json.loads, lines)]


@pytest.mark.both_databases
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a75_killed_at_any_commit_of_a_sending_nobody_gets_it_twice_or_not_at_all(
    stage: Stage, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: When
) -> None:
    monkeypatch.setattr(service, "_AT_ONCE", AT_ONCE)
    house = await House(stage, Board()).begin()
    await house.subscribe(ALICE, BEN, SAM, house.arts)
    wanted = sorted([*(ROOMS[who] for who in (ALICE, BEN, SAM)), house.news])
    commit, killed = 0, True
    while killed:
        commit, text = commit + 1, f"News of the {commit + 1}"
        house.board.write(house.arts, at(commit, 12), text)
        order = Sending(migrated_url, house.board, at(commit + 1, 8), commit, when, tmp_path / f"{commit}")
        killed = was_killed(order)
        began = len(house.rooms.done)
        house.press = house.new_press()
        await house.ticks(at(commit + 1, 8) + 30)
        sent = [(said.room, said.said, text_of(said)) for said in says(house.rooms.done[began:])]
        assert not (sent and not killed)
        sent += (
            [tuple(json.loads(line)) for line in order.log.read_text().splitlines()]
            if order.log.exists()
            else []
        )
        # the homeserver takes what is said again under the same name for the same message
        once = {(room, said) for room, said, _ in sent}
        assert sorted(room for room, _ in once) == wanted
        assert all(text in words for _, _, words in sent)
    assert commit > 6  # two commits that make them, one for each that is sent
