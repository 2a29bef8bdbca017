"""Finding on a real homeserver: what one person finds is, to another, word for word what does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.synapse.home import Home, user
from tests.synapse.talking import Village

_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Quayside",
            "coordinators": [user("quentin")],
            "groups": [
                {"name": "Rowing", "access": "public"},
                {"name": "Lanterns", "access": "invite", "topic": "Whispered evenings"},
            ],
        }
    ]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("find"), _BLUEPRINT) as village:
        yield village


async def test_one_finds_a_hidden_group_and_the_other_is_answered_as_of_nothing(village: Village) -> None:
    async with village.talking("quentin", "stella") as (quentin, stella):
        found = await quentin.ask("find lantern")
        assert found == "- Lanterns, group, in Quayside – join quayside/lanterns"
        assert await stella.ask("find rowi") == "- Rowing, group, in Quayside – join quayside/rowing"
        hidden, nonsense = await stella.ask("find lanterns"), await stella.ask("find lxntxrnz")
        assert hidden.replace("lanterns", "lxntxrnz") == nonsense
        assert nonsense.startswith("I find nothing for “lxntxrnz”.")
        for words in ("whispered evenings", "lantrns", "lant", "Lanterns --kind group"):
            assert "anterns" not in (await stella.ask(f"find {words}")).replace(words.split(" --")[0], "")
