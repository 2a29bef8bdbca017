"""Two people find each other by an offer and a want, on a real homeserver; a third sees nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.second_client import Refused
from tests.synapse.home import BOT, Home
from tests.synapse.talking import Talk, Village, soon

_BLUEPRINT: dict[str, Any] = {"networks": [{"name": "Fair", "access": "public"}]}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("market"), _BLUEPRINT) as village:
        yield village


async def _is_in_the_fair(talk: Talk, room: str) -> None:
    await talk.person.join(room)

    async def knows() -> bool:
        return "Fair" in await talk.ask("whoami")

    await soon(knows)


async def test_who_wants_something_and_who_offers_it_meet_in_a_room_of_their_own(village: Village) -> None:
    fair = (await village.room("Fair")).id
    async with village.talking("anton", "benno", "catrin") as (anton, benno, catrin):
        for talk in (anton, benno, catrin):
            await _is_in_the_fair(talk, fair)
        before = {talk: set(await talk.person.invites()) for talk in (anton, benno, catrin)}
        offered = await anton.ask("offer A long ladder --terms lend")
        assert "It stands in Fair for 60 days" in offered
        number = offered.partition("close ")[2].split()[0]
        wanted = await benno.ask("want Ladders for a weekend")
        assert f"ask {number}" in wanted
        assert "anton" not in wanted
        assert "They are not told who you are" in await benno.ask(f"ask {number}")
        await soon(lambda: anton.has_heard("Somebody in Fair asks"))
        assert not await anton.has_heard("benno")
        assert "with you and benno waits for you" in await anton.ask("yes")
        await soon(lambda: benno.has_heard("They say yes"))
        await _meet(anton, benno, catrin, before)


async def _meet(anton: Talk, benno: Talk, catrin: Talk, before: Mapping[Talk, set[str]]) -> None:
    fresh = {talk: set(await talk.person.invites()) - before[talk] for talk in (anton, benno, catrin)}
    [room] = fresh[anton]
    assert fresh == {anton: {room}, benno: {room}, catrin: set()}
    for talk in (benno, anton):
        await talk.person.join(room)

    async def is_theirs() -> bool:
        members = await anton.person.members(room)
        return {who for who, how in members.items() if how == "join"} == {anton.user_id, benno.user_id}

    await soon(is_theirs)
    [line] = await benno.person.bodies(room, BOT)
    assert "A long ladder" in line
    assert "benno" in line
    await anton.person.say(room, "Come and fetch it")
    with pytest.raises(Refused):
        await catrin.person.join(room)
