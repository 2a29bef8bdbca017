"""A tree of networks moves from one Synapse to another; a second client looks at what it finds there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from appservice.demo.synapse import LocalSynapse, free_port
from appservice.echoes import said_before
from appservice.homeserver import Homeserver, Identity
from spaces.identifiers import RoomId, UserId
from tests.second_client import Refused
from tests.synapse.hedge import Hedge
from tests.synapse.home import ADMIN, Home, user
from tests.synapse.running import hedgerow, written
from tests.synapse.talking import Talk
from tests.waiting import until

NEW = "new.test"
NEW_BOT = UserId(f"@hedgerow:{NEW}")
LUNCH = (
    "kind,name,about,organisation\norganisation,Vale Mill,Flour,\nservice,Miller's lunch,Hot soup,Vale Mill\n"
)
VALE: dict[str, Any] = {
    "networks": [
        {
            "name": "Vale",
            "kind": "ecosystem",
            "topic": "Up and down the vale",
            "coordinators": [user("vera")],
            "networks": [{"name": "Vale weavers", "access": "private", "coordinators": [user("vera")]}],
            "groups": [
                {"name": "Vale choir", "topic": "Thursdays"},
                {"name": "Vale jury", "access": "invite"},
            ],
        },
        {"name": "Dale", "kind": "ecosystem", "access": "private", "coordinators": [user("vera")]},
    ],
    "bridges": [{"name": "Vale and Dale", "between": ["Vale", "Dale"], "coordinators": [user("vera")]}],
}


def there(localpart: str) -> str:
    return f"@{localpart}:{NEW}"


def new_home(directory: Path) -> Home:
    """A Synapse of its own for `new.test`, with Hedgerow as `hedgerow init` sets it up."""
    directory.mkdir()
    port, listen = free_port(), free_port()
    config, registration = directory / "hedgerow.yaml", directory / "registration.yaml"
    made = hedgerow(
        *("init", "--domain", NEW, "--homeserver", f"http://127.0.0.1:{port}"),
        *("--listen", f"127.0.0.1:{listen}", "--admin", there(ADMIN)),
        *("--config", str(config), "--registration", str(registration)),
    )
    assert made.code == 0, made
    synapse = LocalSynapse(directory / "synapse", port, NEW, (registration,), extra={"bcrypt_rounds": 4})
    return Home(directory, synapse, config, listen)


@asynccontextmanager
async def running(home: Home) -> AsyncIterator[Home]:
    await home.synapse.start()
    try:
        yield home
    finally:
        await home.synapse.stop()


async def lived_in(hedge: Hedge, directory: Path) -> None:
    """Vale and Dale with a coordinator, and Will, who is in one group of it and in Vale itself."""
    await hedge.start()
    applied = await hedge.apply(written(directory / "vale.yaml", VALE))
    assert applied.code == 0, applied
    (directory / "lunch.csv").write_text(LUNCH)
    brought = await hedge.command(
        "directory", "import", str(directory / "lunch.csv"), "--in", "vale", "--yes"
    )
    assert brought.code == 0, brought
    rooms = await hedge.home.landscape()
    async with hedge.home.people("vera", "will") as (vera, will):
        for name in ("Vale", "Vale jury"):
            await vera.join(rooms[name].id)
        await will.join(rooms["Vale"].id)
        await will.join(rooms["Vale weavers"].id)
        await vera.invite(rooms["Vale jury"].id, will.user_id)
        await will.join(rooms["Vale jury"].id)
    await until(lambda: joined(hedge, user("will")) == 3)
    assert await hedge.stop() == 0


def joined(hedge: Hedge, who: str) -> int:
    """In how many rooms Hedgerow knows them to be."""
    query = "SELECT count(*) FROM memberships WHERE \"user\" = :who AND membership = 'join'"
    [(count,)] = hedge.store.rows(query, who=who)
    return int(count)


async def test_o3_a_tree_moves_to_another_synapse_and_its_people_find_it_there(
    home: Home, tmp_path: Path
) -> None:
    await home.begin_anew()
    old = Hedge(home, tmp_path / "old")
    moved = Hedge(new_home(tmp_path / "new"), tmp_path / "moved")
    file, people = tmp_path / "tree.json", tmp_path / "people.csv"
    people.write_text(f"old,new\n{user('vera')},{there('vera')}\n{user('will')},{there('will')}\n")
    try:
        async with running(moved.home):
            await lived_in(old, tmp_path)
            out = await old.command("export", str(file))
            assert out.code == 0, out
            assert (await old.command("export", str(file))).code == 1
            before = await home.landscape()
            for name in ("vera", "will"):
                await moved.home.synapse.register(name, "a password")
            quick = await moved.command("import", str(file), "--yes", "--people", str(people), "--invite")
            assert quick.code == 0, quick
            assert (quick.out.splitlines()[-1], quick.err) == ("Done.", ""), quick
            again = await moved.command("import", str(file), "--yes", "--people", str(people), "--invite")
            assert (again.code, again.out.splitlines()[-1]) == (0, "Nothing to do.")
            await is_as_it_was(moved, before)
            await is_found(moved)
            await a68_is_said_once(moved)
    finally:
        old.end()
        moved.end()


async def is_as_it_was(moved: Hedge, before: Any) -> None:
    """What Will and Vera see on the new server, with clients of their own."""
    async with moved.home.people("will", "vera", "stranger") as (will, vera, stranger):
        assert {names_of(room) for room in (await will.invites()).values()} == {"Vale", "Vale jury"}
        asked = {names_of(state): room for room, state in (await vera.invites()).items()}
        assert set(asked) == {"Vale", "Vale weavers", "Vale jury", "Dale", "Vale and Dale"}
        vale = await will.join(asked["Vale"])
        below = {room["name"]: room for room in await will.hierarchy(vale)}
        assert {"Vale", "Vale weavers", "Vale: news", "Vale choir", "Vale and Dale"} == {
            name for name in below if not name.startswith(("Vale weavers:", "Vale and Dale:"))
        }
        assert below["Vale"]["topic"] == "Up and down the vale"
        assert await stranger.resolve(f"#hedge_vale:{NEW}") == vale
        for name, room in below.items():
            rules = await moved_state(moved, room["room_id"], "m.room.join_rules")
            was = before[name].content("m.room.join_rules")
            assert rules["join_rule"] == was["join_rule"], name
            assert len(rules.get("allow", [])) == len(was.get("allow", [])), name
        weavers, jury = below["Vale weavers"]["room_id"], asked["Vale jury"]
        with pytest.raises(Refused):
            await stranger.join(weavers)
        for room in (weavers, below["Vale choir"]["room_id"], jury):
            await will.join(room)
        levels = await will.content(weavers, "m.room.power_levels")
        assert levels["users"][vera.user_id] == 50
        assert will.user_id not in levels["users"]


async def moved_state(moved: Hedge, room: str, kind: str) -> Any:
    async with await moved.home.overseer() as overseer:
        got = await overseer.call("GET", f"/_synapse/admin/v1/rooms/{room}/state")
    return next(event["content"] for event in got["state"] if event["type"] == kind)


def names_of(state: list[dict[str, Any]]) -> str:
    return next(str(event["content"]["name"]) for event in state if event["type"] == "m.room.name")


async def is_found(moved: Hedge) -> None:
    """The service runs on the new server, and finds what came along."""
    await moved.start()
    async with moved.home.people("will") as (will,):
        talk = Talk(will, await will.create_dm(NEW_BOT))
        assert "Miller's lunch" in await talk.ask("find soup")
    assert await moved.stop() == 0


async def a68_is_said_once(moved: Hedge) -> None:
    """A68: sent, Synapse killed, sent again under the same key with the device: one event."""
    token = yaml.safe_load((moved.home.directory / "registration.yaml").read_text())["as_token"]
    [(device,)] = moved.store.rows("SELECT value FROM marks WHERE name = 'device'")
    synapse = moved.home.synapse
    bot = Homeserver(Identity(synapse.base_url, NEW_BOT, token, device))
    try:
        await bot.register()
        await bot.make_device("Hedgerow")
        async with moved.home.people("vera") as (vera,):
            room = RoomId(await vera.create_dm(NEW_BOT))
            await bot.join(room)
            said = {"msgtype": "m.notice", "body": "Once"}
            first = await bot.send(room, "m.room.message", "the-same-key", said)
            await synapse.kill()
            await synapse.start()
            assert await bot.send(room, "m.room.message", "the-same-key", said) == first
            assert (await vera.bodies(room, NEW_BOT)).count("Once") == 1
            assert await said_before(bot, room, "the-same-key", 0.0) == first
            assert await said_before(bot, room, "another-key", 0.0) is None
    finally:
        await bot.close()
