"""The benches that take long (of events, growth, limits, inputs), in small, and what they complain of."""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
from pathlib import Path

import aiohttp
import pytest

from appservice.demo.synapse import free_port
from appservice.store.database import Database
from tests.bench import fuzz
from tests.bench.delivered import Service
from tests.bench.growth import CALLS, START, Turns, over, table
from tests.bench.limits import Bucket, Found, Limits
from tests.bench.place import Json, Large, person
from tests.bench.soak import Sample, Soak, Soaked, growth_of, judged, slope_an_hour, slope_of
from tests.bench.town import KINDS, Living, Town
from tests.hedgerow import running, settings_for
from tests.registration import Registration

SIZES = (50, 500, 5000)


async def test_both_benches_measure_a_service(tmp_path: Path) -> None:
    large, file, port = Large(12, 1, 20), tmp_path / "hedgerow.db", free_port()
    await large.write(Database(f"sqlite+aiosqlite:///{file}"))
    homeserver = Living(large)
    town = Town(large, homeserver)
    registration = Registration(url=f"http://127.0.0.1:{port}")
    settings = settings_for(await homeserver.start(), registration, file, admins=[str(person(0))])
    small = argparse.Namespace(events=300, every=50, ahead=1, hours=0.05, rate=0.0)
    async with running(settings), aiohttp.ClientSession() as session:
        service = Service(os.getpid(), port, file)
        await service.until(0)
        soaked = judged(await Soak(service, town, small).run(), town, homeserver)
        turns = Turns(large, homeserver, service, session)
        await turns.events(1)
        for kind in KINDS:
            await turns.questions(kind, 1)
        await turns.provisioning()
    await homeserver.stop()
    assert (soaked.pushed, soaked.unanswered, soaked.answered_twice, soaked.waiting) == (300, 0, 0, 0)
    assert soaked.handled == soaked.different == town.different
    assert 200 < soaked.different < 300
    assert (soaked.cut, soaked.cut_and_taken) == (2, 0)
    assert len(soaked.samples) > 5
    assert soaked.lag is not None
    assert 30 < soaked.samples[-1].mib < 1000
    assert set(turns.measured) == {
        *("an event", "an event of the soak", "a network with two groups", CALLS),
        *(f"“{kind}”" for kind in KINDS),
    }
    rooms, calls_for_a_room = 5, 3
    assert turns.measured[CALLS][0] >= rooms * calls_for_a_room


async def test_a_soak_for_a_time_ends_when_it_is_over_at_no_more_than_its_rate(tmp_path: Path) -> None:
    large, file, port = Large(12, 1, 20), tmp_path / "hedgerow.db", free_port()
    await large.write(Database(f"sqlite+aiosqlite:///{file}"))
    homeserver = Living(large)
    town = Town(large, homeserver)
    registration = Registration(url=f"http://127.0.0.1:{port}")
    settings = settings_for(await homeserver.start(), registration, file, admins=[str(person(0))])
    short = argparse.Namespace(events=0, every=50, ahead=1, hours=1 / 3600, rate=100.0)
    async with running(settings):
        service = Service(os.getpid(), port, file)
        await service.until(0)
        soaked = judged(await Soak(service, town, short).run(), town, homeserver)
    await homeserver.stop()
    assert 0 < soaked.pushed <= 200
    assert soaked.handled == soaked.different
    assert soaked.samples[-1].seconds >= 1
    assert not any("pushed in time" in fault for fault in soaked.faults)


def _town(seed_of: Large) -> Town:
    return Town(seed_of, Living(seed_of))


def test_a_town_repeats_some_of_its_events_and_delays_others() -> None:
    town = _town(Large(12, 1, 20))
    transactions = list(town.transactions(20_000))
    events: list[Json] = list(itertools.chain(*transactions))
    assert len(events) == 20_000
    sizes = {len(transaction) for transaction in transactions}
    assert {1, 100} <= sizes <= set(range(1, 101))
    numbers = [int(event["event_id"].rpartition(".")[2]) for event in events]
    assert 0.08 < 1 - len(set(numbers)) / len(numbers) < 0.12
    first = list(dict.fromkeys(numbers))
    late = sum(number < most for number, most in zip(first, itertools.accumulate(first, max), strict=True))
    assert 0.03 < late / len(first) < 0.08
    kinds = {event["type"] for event in events}
    assert kinds == {f"m.room.{k}" for k in ("message", "redaction", "member", "encrypted")} | {"m.reaction"}
    said = {e["event_id"] for e in events if e["room_id"].startswith("!direct")}
    assert said == town.asked
    assert 100 < len(said) < 300


def _soaked(mib: list[float], **more: int) -> Soaked:
    samples = [Sample(100_000 * n, here) for n, here in enumerate(mib)]
    return Soaked(wanted=1000, pushed=1000, lag=1.0, samples=samples, **more)


def test_the_slope_is_that_of_the_line_nearest_to_all_samples() -> None:
    samples = [Sample(100_000 * n, 150 + 2 * n + (0.5 if n % 2 else -0.5)) for n in range(21)]
    assert slope_of(samples) == pytest.approx(2, abs=0.01)
    assert growth_of(samples) == pytest.approx(40, abs=0.2)
    assert slope_of(samples[:1]) == 0


@pytest.mark.parametrize(
    ("soaked", "fault"),
    [
        (_soaked([150, 151, 150, 151]), None),
        (_soaked([150, 160, 170, 180]), "memory grew by 20.0 MiB"),
        (_soaked([150, 210, 150, 150, 150, 150, 150]), "memory went up to 210 MiB"),
        (_soaked([150, 150], waiting=3), "3 events and actions wait"),
        (_soaked([150, 150], unanswered=2), "2 questions have no answer"),
        (_soaked([150, 150], answered_twice=1), "1 questions have more than one"),
        (_soaked([150, 150], different=3, handled=2), "2 of 3 events were handled"),
        (_soaked([150, 150], cut=4, cut_and_taken=1), "1 transactions were taken that were not whole"),
    ],
)
def test_a_soak_complains_of_what_is_not_as_it_must_be(soaked: Soaked, fault: str | None) -> None:
    assert soaked.faults == ([] if fault is None else [fault])


@pytest.mark.parametrize(("hours", "fault"), [(1, "memory grew by 2.00 MiB an hour"), (4, None)])
def test_a_soak_for_a_time_complains_of_what_grows_with_the_hours(hours: int, fault: str | None) -> None:
    """Of more than ten MiB in all it does not: so much a day may bring."""
    samples = [Sample(1000 * n, 150 + 2 * n, 3600.0 * hours * n) for n in range(12)]
    assert slope_an_hour(samples) == pytest.approx(2 / hours)
    soaked = Soaked(wanted=0, pushed=11_000, lag=1.0, samples=samples)
    assert soaked.faults == ([] if fault is None else [fault])


class Turn:
    """A turn without its fuzzer: it takes a minute of a processor, and one target finds something."""

    def __init__(self, finds: str = "") -> None:
        self.taken: list[str] = []
        self.seeds = set[int]()
        self._finds = finds

    def __call__(
        self, name: str, runs: int, corpus: Path, seconds: int, seed: int
    ) -> tuple[subprocess.CompletedProcess[bytes], int]:
        self.taken.append(name)
        self.seeds.add(seed)
        return subprocess.CompletedProcess([], 1 if name == self._finds else 0, b""), 1000

    def processor_seconds(self) -> float:
        return 60.0 * len(self.taken)


def _turns(monkeypatch: pytest.MonkeyPatch, finds: str = "") -> Turn:
    turn = Turn(finds)
    monkeypatch.setattr(fuzz, "_apart", turn)
    monkeypatch.setattr(fuzz, "_processor_seconds", turn.processor_seconds)
    return turn


def test_a62_fuzzing_for_hours_gives_each_target_its_part_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _turns(monkeypatch)
    assert fuzz.all_hours(["sheet", "command"], 0.1, tmp_path / "corpus")
    assert first.taken == ["sheet", "command"] * 3
    second = _turns(monkeypatch)
    assert fuzz.all_hours(["sheet", "command"], 0.2, tmp_path / "corpus")
    assert second.taken == ["sheet", "command"] * 3
    assert len(first.seeds | second.seeds) == 12
    monkeypatch.setattr(fuzz, "_sources", lambda: "others")
    third = _turns(monkeypatch)
    assert fuzz.all_hours(["sheet"], 0.1, tmp_path / "corpus")
    assert third.taken == ["sheet"] * 6


def test_a62_what_has_found_something_has_no_more_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = _turns(monkeypatch, finds="sheet")
    assert not fuzz.all_hours(["sheet", "command"], 0.1, tmp_path)
    assert turn.taken == ["sheet", "command", "command", "command"]


def test_what_grows_with_the_logarithm_may_and_what_grows_with_the_number_may_not() -> None:
    logarithmic, linear = [[5.0, 7.0, 10.0], [2.0, 3.0, 12.0]]
    found = [{"a": [logarithmic[n]] * 3, "b": [linear[n]] * 3} for n in range(3)]
    assert over(found, SIZES, margin=1.3) == ["b"]
    assert over(found, SIZES, margin=10.0) == []


def test_what_is_linear_by_its_nature_is_told_and_not_judged() -> None:
    found = [{START: [float(size)], "b": [float(size)]} for size in SIZES]
    assert over(found, SIZES, margin=1.3) == ["b"]
    [_, start, other, _] = table(found, SIZES, margin=1.3)
    assert "times 10.00, 100.00 linear by its nature" in start
    assert other.endswith("OVER")


def test_a_bucket_lets_a_burst_through_and_then_as_much_as_leaks() -> None:
    bucket = Bucket(per_second=2.0, burst=3)
    for _ in range(3):
        assert bucket.wait(0.0) == 0
        bucket.filled += 1
    assert bucket.wait(0.0) == pytest.approx(0.5)
    assert bucket.wait(0.4) == pytest.approx(0.1)
    assert bucket.wait(0.5) == 0


def test_a_room_that_is_made_is_counted_as_something_said_too_and_only_if_it_may_be_made() -> None:
    limits = Limits(times=0.001)
    assert [limits.wait("createRoom", "", "") > 0 for _ in range(11)] == [False] * 10 + [True]
    assert limits.wait("message", "!one", "") > 0
    assert limits.wait("join", "!one", "") == 0
    limits = Limits(times=0.001)
    assert [limits.wait("invite", "!one", "@one") > 0 for _ in range(6)] == [False] * 5 + [True]
    assert [limits.wait("invite", "!one", f"@{n}") > 0 for n in range(6)] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("found", "faults"),
    [
        (Found("", {"state": 10}, {"state": 1}, [0.1] * 96 + [9.0] * 4, 0, 1.0, True), []),
        (
            Found("", {"state": 6, "invite": 3}, {"invite": 1}, [0.1], 0, 1.0, True),
            ["11.1% of the requests were wasted"],
        ),
        (Found("", {"state": 1}, {}, [0.1] * 95 + [9.0] * 5, 0, 1.0, True), ["p95 was 9.00 s"]),
        (
            Found("", {"state": 1}, {}, [0.1], 2, 1.0, False),
            ["2 questions have no answer", "the blueprint was not made in time"],
        ),
    ],
)
def test_a_limit_is_complained_of_where_calls_are_wasted_or_answers_wait(
    found: Found, faults: list[str]
) -> None:
    assert found.faults == faults
