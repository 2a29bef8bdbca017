"""Who finds what in their digest, read in their own clients: two networks, a bridge, a shared group, one by
invitation only, and an encrypted one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.second_client import Refused
from tests.synapse.home import BOT, Home, user
from tests.synapse.talking import Talk, Village, soon, without_links

_PETRA = user("petra")
_BLUEPRINT: dict[str, Any] = {
    "networks": [
        {
            "name": "Copperhill",
            "access": "public",
            "coordinators": [_PETRA],
            "groups": [{"name": "Kiln"}, {"name": "Vault", "encrypted": True}],
        },
        {
            "name": "Silverdale",
            "access": "private",
            "coordinators": [_PETRA],
            "groups": [{"name": "Loom"}, {"name": "Snug", "access": "invite"}],
        },
    ],
    "bridges": [
        {
            "name": "Tin Bridge",
            "between": ["Copperhill", "Silverdale"],
            "coordinators": [_PETRA],
            "groups": [{"name": "Weave"}],
        }
    ],
}
_SEALED = {
    "algorithm": "m.megolm.v1.aes-sha2",
    "ciphertext": "nobody has its key",
    "session_id": "made up",
    "sender_key": "made up",
    "device_id": "MADEUP",
}


@pytest.fixture(scope="module")
def village(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with Village.of(home, tmp_path_factory.mktemp("who"), _BLUEPRINT) as village:
        yield village


def _is_eight(village: Village) -> None:
    due = float(int(time.time())) + 1
    village.hedge.store.rows("UPDATE digest_subscriptions SET next_at = :due", due=due)


async def _joined(talk: Talk, room: str) -> bool:
    """Whether they have got in; the way in may be open only in a moment."""
    try:
        await talk.person.join(room)
    except Refused:
        return False
    return True


async def _has_counted(village: Village, messages: int) -> bool:
    [(counted,)] = village.hedge.store.rows("SELECT count(*) FROM messages")
    return bool(counted >= messages)


async def _digest(talk: Talk) -> dict[str, list[str]]:
    """What stands in the one digest that they got, by its headings; nothing while there is none."""
    bodies = await talk.person.bodies(talk.room_id, BOT)
    found = [without_links(body).splitlines() for body in bodies if body.startswith("Your digest,")]
    assert len(found) < 2
    sections: dict[str, list[str]] = {}
    for line in found[0][1:-1] if found else []:
        if line.startswith("- "):
            sections[[*sections][-1]].append(line.removeprefix("- "))
        else:
            sections[line] = []
    return sections


async def test_each_person_gets_what_they_may_read_and_each_thing_once(village: Village) -> None:
    rooms = await village.home.landscape()
    async with village.talking("petra", "dora", "emil", "fay") as (petra, dora, emil, fay):
        everybody = (petra, dora, emil, fay)
        assert "is now in Copperhill too" in await petra.ask("group share Loom --with Copperhill")
        await petra.ask(f"invite {emil.user_id} --to Silverdale, Snug")
        theirs = {
            petra: ("Copperhill", "Silverdale", "Tin Bridge", "Kiln", "Vault", "Loom", "Snug", "Weave"),
            dora: ("Copperhill", "Kiln", "Vault"),
            emil: ("Silverdale", "Loom", "Snug"),
            fay: ("Copperhill", "Tin Bridge", "Weave", "Loom"),
        }
        for talk, names in theirs.items():
            for name in names:
                await soon(lambda t=talk, n=name: _joined(t, rooms[n].id), within=20)
        for talk in (dora, emil, fay):
            await talk.ask("digest daily")
            await soon(lambda t=talk: t.has_heard("every day"))
        said = await emil.person.say(rooms["Loom"].id, "The red thread is finished")
        await petra.person.react(rooms["Loom"].id, said, "⭐")
        for talk, name in ((dora, "Kiln"), (petra, "Kiln"), (petra, "Snug"), (petra, "Weave"), (fay, "Loom")):
            await talk.person.say(rooms[name].id, f"Words said in {name}")
        for talk in (dora, petra):
            await talk.person.send(rooms["Vault"].id, "m.room.encrypted", _SEALED)
        await petra.ask("announce Copperhill Market day is Friday --to descendants")
        await petra.ask("yes")
        await petra.ask('event "Open house" tomorrow 14:00 --at "The old mill" --in Silverdale')
        await soon(lambda: emil.has_heard("The red thread is finished"), within=20)
        await soon(lambda: _has_counted(village, 8), within=30)
        _is_eight(village)
        for talk in (dora, emil, fay):
            await soon(lambda t=talk: _digest(t), within=40)
        found = {talk: await _digest(talk) for talk in everybody}
    for sections in found.values():
        sections.pop("New networks and groups", None)  # who has asked after eight hears of them, too
        for line in sections.get("What is on", []):
            assert line.startswith("Open house: ")
            assert line.endswith(", 14:00, The old mill, in Silverdale")
    market, thread = (
        "Copperhill: Market day is Friday",
        "“The red thread is finished”, by emil (Loom → Silverdale)",
    )
    assert found[petra] == {}
    assert found[dora] == {
        "Announcements": [market],
        "Where people talk": found[dora]["Where people talk"],
    }
    assert sorted(found[dora]["Where people talk"]) == ["Kiln: one message", "Vault: one message"]
    assert [*found[emil]] == ["What is on", "Where people talk"]
    assert sorted(found[emil]["Where people talk"]) == ["Loom: one message", "Snug: one message"]
    assert [*found[fay]] == ["Stories", "Announcements", "What is on", "Where people talk"]
    assert (found[fay]["Stories"], found[fay]["Announcements"]) == ([thread], [market])
    assert sorted(found[fay]["Where people talk"]) == ["Loom: one message", "Weave: one message"]
