"""People are brought in by list on a real homeserver, and hear of it in their own clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.synapse.home import Home, user
from tests.synapse.talking import Village, answers

_BLUEPRINT: dict[str, Any] = {"networks": [{"name": "Gardeners", "coordinators": [user("cora")]}]}


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """At a homeserver that speaks with others: one that is not there, and none besides."""
    extra = {"federation_domain_whitelist": ["unreachable.invalid"]}
    home = Home.prepare(tmp_path_factory.mktemp("speaking"), **extra)
    asyncio.run(home.synapse.start())
    try:
        with Village.of(home, tmp_path_factory.mktemp("invitations"), _BLUEPRINT) as village:
            yield village
    finally:
        asyncio.run(home.synapse.stop())


async def test_each_person_of_a_list_has_a_result_and_a_plain_reason(village: Village) -> None:
    names = ("cora", "gmia", "gned", "gsam")
    async with village.talking("cora") as (cora,), village.home.people(*names[1:]) as (mia, ned, sam):
        first = await cora.ask(f"invite {mia.user_id}, {ned.user_id} --to gardeners")
        assert first.splitlines()[0] == "2 invitations to Gardeners are out."
        space = (await village.room("Gardeners")).id
        await mia.join(space)
        await ned.leave(space)
        asked = await cora.person.say(
            cora.room_id,
            f"invite --to gardeners\nMia <{mia.user_id}>\n{ned.user_id}\n{sam.user_id}, sam\n"
            f"{user('nobody-of-that-name')}\n@far:unreachable.invalid\n@out:elsewhere.invalid",
        )
        [answer] = await answers(cora.person, cora.room_id, asked)
        today = next(line for line in answer.splitlines() if "said no on" in line)
        assert answer.splitlines() == [
            "One invitation to Gardeners is out.",
            "- one is there already",
            "- one said no within the last 90 days, and is not asked again without --again",
            "- one entry is no Matrix ID",
            "- 3 could not be invited",
            "One by one:",
            f"- {user('nobody-of-that-name')} could not be invited: this server knows nobody of that name.",
            "- @far:unreachable.invalid could not be invited: "
            "their server, unreachable.invalid, cannot be reached.",
            "- @out:elsewhere.invalid could not be invited: "
            "this server has no dealings with theirs, elsewhere.invalid.",
            "- “sam” is no Matrix ID. One looks like @alice:example.org.",
            today,
            "- @gmia:hs.test is there already.",
            "- @gsam:hs.test is invited.",
        ]
        members = (await village.room("Gardeners")).members
        assert members[sam.user_id] == "invite"
        assert members[ned.user_id] == "leave"
        assert user("nobody-of-that-name") not in members
        again = await cora.ask(f"invite {ned.user_id} --to gardeners --again")
        assert again == "One invitation to Gardeners is out."
        assert (await village.room("Gardeners")).members[ned.user_id] == "invite"


async def test_a_role_is_given_to_who_exists_and_to_nobody_else(village: Village) -> None:
    nobody = user("nobody-at-all")
    async with village.talking("cora") as (cora,), village.home.people("gvic") as (vic,):
        name = f"/_matrix/client/v3/profile/{vic.user_id}/displayname"
        await vic.call("PUT", name, {"displayname": ""})  # which makes the profile as a whole 404
        told = await cora.ask(f"coordinator add {nobody} --in gardeners")
        assert told.startswith(f"This server knows nobody called {nobody}. Nothing was done.")
        told = await cora.ask(f"coordinator add {vic.user_id} --in gardeners")
        assert told.startswith(f"{vic.user_id} looks after Gardeners from now on")
        space = (await village.room("Gardeners")).id
        assert space in await vic.invites()
        await vic.join(space)
        levels = (await vic.content(space, "m.room.power_levels"))["users"]
        assert (levels[vic.user_id], nobody in levels) == (50, False)
        assert nobody not in await vic.members(space)


async def test_what_waits_is_declined_by_its_number_and_the_invitation_is_gone(village: Village) -> None:
    async with village.talking("cora", "gpia") as (cora, pia):
        assert await pia.ask("invites") == "Nothing waits for you."
        assert (await cora.ask(f"invite {pia.user_id} --to gardeners")).endswith("is out.")
        assert "1: an invitation to Gardeners, asked for by" in await pia.ask("invites")
        assert (await pia.ask("decline 1")).startswith("All right: you do not come to Gardeners")
        assert (await village.room("Gardeners")).members[pia.user_id] == "leave"
        assert "said no on" in await cora.ask(f"invite {pia.user_id} --to gardeners")


async def test_a_table_that_is_sent_as_a_file_is_read_as_the_list(village: Village) -> None:
    async with village.talking("cora") as (cora,), village.home.people("gtia", "guma") as (tia, uma):
        table = f"name,matrix id\nTia,{tia.user_id}\nUma,{uma.user_id}\n"
        uploaded = await cora.person.upload(table.encode(), "text/csv")
        content = {"msgtype": "m.file", "filename": "people.csv", "url": uploaded}
        sent = await cora.person.send(
            cora.room_id, "m.room.message", {**content, "body": "invite --to gardeners"}
        )
        assert (await cora.answer_to(sent)).startswith("2 invitations to Gardeners are out.")
        members = (await village.room("Gardeners")).members
        assert members[tia.user_id] == members[uma.user_id] == "invite"
