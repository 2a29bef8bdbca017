"""Every call that the service makes goes wrong, in every way: the end is the same, and nothing is double.

The calls are those of a round (`tests/crashes/rounds.py`): one that comes to be made is covered by itself.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.crashes.rounds import (
    SHARES,
    TIMEOUT_SECONDS,
    Came,
    hasty,
    shared_out,
    the_round,
    unexpected,
)
from tests.databases import Databases
from tests.fake import Fault

pytestmark = pytest.mark.usefixtures("hasty")
__all__ = ["hasty"]


def swapped(value: Any) -> Any:
    """Each value of another type than it should be."""
    if isinstance(value, dict):
        return {key: swapped(one) for key, one in value.items()} | {"odd": None}
    if isinstance(value, list):
        return {"a list": "was here"}
    return 5 if isinstance(value, str) else [value]


def emptied(value: Any) -> Any:
    return dict.fromkeys(value) if isinstance(value, dict) else []


FAULTS = {
    "500": Fault.error(500),
    "500 after it was done": Fault.error(500, acts=True),
    "502 in HTML": Fault.bad_gateway(),
    "502 in HTML after it was done": Fault.bad_gateway(acts=True),
    "504 after it was done": Fault.gateway_timeout(),
    "reset": Fault.reset(acts=False),
    "reset after it was done": Fault.reset(acts=True),
    "half a body": Fault.half_a_body(),
    "too slow": Fault.slow(TIMEOUT_SECONDS * 1.2),
    "429": Fault.too_many(),
    "429 with a hint": Fault.too_many(20),
    "429 with a header": Fault.too_many(retry_after="0.02"),
    "429 for eleven days": Fault.too_many(10**12),
    "429 for less than nothing": Fault.too_many(-1),
    "429 without a number": Fault.too_many("abc", "soon"),
    "a page in HTML": Fault(200, text="<html>Back soon</html>", acts=True),
    "no JSON": Fault.garbled(lambda text: text[: len(text) // 2]),
    "an empty body": Fault.garbled(lambda text: ""),
    "null": Fault.garbled(lambda text: "null"),
    "a list": Fault.garbled(lambda text: f"[{text}]"),
    "a number": Fault.garbled(lambda text: "1e999"),
    "too deep": Fault.garbled(lambda text: "[" * 100_000),
    "an empty object": Fault.garbled(lambda text: "{}"),
    "an empty list": Fault.garbled(lambda text: "[]"),
    "nulls": Fault.garbled(lambda text: json.dumps(emptied(json.loads(text)))),
    "other types": Fault.garbled(lambda text: json.dumps(swapped(json.loads(text)))),
}


@pytest.fixture(scope="module")
def undisturbed(databases: Databases) -> Callable[[], Awaitable[Came]]:
    """What comes of a round in which nothing goes wrong."""
    kept: list[Came] = []

    async def run() -> Came:
        if not kept:
            with databases.empty() as database:
                kept.append(await the_round(database))
        return kept[0]

    return run


async def test_a23_a26_a31_whatever_goes_wrong_with_every_kind_of_call_the_end_is_the_same(
    service_database: str, undisturbed: Callable[[], Awaitable[Came]]
) -> None:
    """In a third of all ways for each kind; in all of them by `python -m tests.bench.faults calls`."""
    right = await undisturbed()
    came = await the_round(service_database, lambda fake: shared_out(fake, FAULTS.values()))
    kinds = {call.name for call in right.calls}
    disturbed = len(kinds) * len(FAULTS) / SHARES
    assert len(came.calls) > len(right.calls) + disturbed / 2, "it was hardly disturbed"
    assert unexpected(came.log) == []
    assert [rooms for rooms in came.rooms.values() if len(rooms) > 1] == []
    assert came.end == right.end
