"""The bench of answers on a real Synapse, in small, and what it complains of."""

from __future__ import annotations

import pytest

from tests.bench.answered import Answered, Asker, Turns, at_synapse
from tests.bench.echo import Json
from tests.second_client import SecondClient


async def test_the_echo_and_hedgerow_are_asked_in_turns_and_both_answer() -> None:
    async with at_synapse(networks=2, groups=0) as turns:
        found = await turns.take(3)
    assert len(found.echo) == len(found.ours) == 3
    assert min(found.echo + found.ours) > 0
    assert set(found.echoed["body"]) == {"x"}
    assert found.answer["body"].startswith("Network 0, network: network-0")


class Refusing(Asker):
    async def ask(self, room: str, words: str) -> tuple[float, Json]:
        return 1.0, {"body": "I know no network called “Network 0”."}


async def test_a_refusal_is_not_taken_for_an_answer() -> None:
    async with SecondClient("http://127.0.0.1:1", "@alice:hs.test", "token") as alice:
        turns = Turns(Refusing(alice, []), ["!echo"], ["!ours"], ["Network 0"])
        with pytest.raises(RuntimeError, match="I know no network"):
            await turns.take(1)


def test_differences_are_of_pairs_and_of_quantiles() -> None:
    found = Answered(echo=[10.0, 20.0, 30.0], ours=[35.0, 21.0, 12.0])
    assert found.differences == [25.0, 1.0, -18.0]
    assert found.between_quantiles == pytest.approx([1.0, 4.6, 4.92])
