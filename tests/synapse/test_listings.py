"""A listing on a real homeserver: members of its private network see it, a stranger hears of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.synapse.home import SERVER, Home, user
from tests.synapse.talking import Village

_BLUEPRINT: dict[str, Any] = {
    "networks": [{"name": "Harbour", "access": "private", "coordinators": [user("cora")]}]
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("listings"), _BLUEPRINT) as village:
        yield village


async def test_members_see_what_is_listed_in_a_private_network_and_a_stranger_nothing(
    village: Village,
) -> None:
    async with village.talking("cora", "mia", "samson") as (cora, mia, samson):
        await cora.ask(f"invite {mia.user_id} --to Harbour")
        await mia.person.join((await village.room("Harbour")).id, via=[SERVER])
        said = await cora.ask("list organisation Rope Walk --in Harbour --phone 01823 555 0100")
        found = re.search(r"Rope Walk \(listing (\d{5})\) is in the directory of Harbour", said)
        assert found, said
        number = int(found[1])
        shown = await mia.ask(f"show listing {number}")
        assert shown == f"Rope Walk (listing {number}): organisation in Harbour.\nTelephone: 01823 555 0100"
        assert f"{number}: Rope Walk (organisation)" in await mia.ask("listings Harbour")
        other = 99_999 if number != 99_999 else 99_998
        hidden, nothing = (
            await samson.ask(f"show listing {number}"),
            await samson.ask(f"show listing {other}"),
        )
        assert hidden == f"I know no listing {number}. find shows what there is."
        assert hidden.replace(str(number), str(other)) == nothing
        assert not await samson.has_heard("Rope Walk")
