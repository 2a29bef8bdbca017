"""A62: whatever is written, it is read or refused. `python -m tests.bench.fuzz` tries a million inputs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzed import TARGETS
from tests.mutated import mutated
from tests.well_formed import seeds

_EDITS = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=4
)
_WORDS = st.sampled_from(
    [b"\x00", b"\xff", "\u202e".encode(), b"[" * 2000, b"1e999", b"NaN", b"{}", b"- ", b'"']
)


def edited(seed: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """`seed` with something else in the place of some of its bytes."""
    for at, length, instead in edits:
        where = at % (len(seed) + 1)
        seed = seed[:where] + instead + seed[where + length :]
    return seed


@pytest.mark.parametrize("name", TARGETS)
def test_a62_whatever_is_written_is_read_or_refused(name: str) -> None:
    target, known = TARGETS[name], seeds(name)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
    @given(st.sampled_from(known), _EDITS, _WORDS)
    def reads(seed: bytes, edits: list[tuple[int, int, bytes]], word: bytes) -> None:
        target(edited(seed, [*edits, (edits[0][0] + 7, 1, word)]))

    held: Callable[[], None] = reads
    held()


@pytest.mark.parametrize("name", TARGETS)
def test_a62_what_keeps_its_shape_but_is_odd_is_read_or_refused(name: str) -> None:
    target, known = TARGETS[name], seeds(name)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(known), st.integers(0, 2**32))
    def reads(seed: bytes, chance: int) -> None:
        target(mutated(seed, known, Random(chance)))

    held: Callable[[], None] = reads
    held()


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_well_formed_is_read(name: str) -> None:
    read = [TARGETS[name](seed) for seed in seeds(name)]
    assert all(read) or (
        name == "command" and sum(read) > 400
    )  # what is said in dialogues is no command, too
