"""A backup is brought back after the original is lost: what was made since has its rooms still, one each."""

from __future__ import annotations

from collections import Counter

from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, user
from tests.synapse.running import until, written

_WARDEN = "backupwarden"


def _network(name: str, *groups: str, access: str = "public") -> dict[str, object]:
    return {
        "name": name,
        "access": access,
        "coordinators": [user(_WARDEN)],
        "groups": [{"name": f"{name} {group}"} for group in groups],
    }


def _knows(hedge: Hedge, name: str) -> bool:
    return bool(hedge.store.rows("SELECT 1 FROM networks WHERE name = :name", name=name))


async def test_a71_a_stale_backup_brought_back_makes_no_second_room(hedge: Hedge) -> None:
    first = written(hedge.directory / "first.yaml", {"networks": [_network("Kept", "choir")]})
    whole = {
        **_network("Kept", "choir", "band"),
        "networks": [_network("Kept below", "loom", access="private")],
    }
    second = written(hedge.directory / "second.yaml", {"networks": [whole]})
    await hedge.start()
    assert (await hedge.apply(first)).code == 0
    saved = hedge.directory / "saved.hedgerow"
    made = await hedge.command("backup", str(saved))
    assert made.code == 0, made
    assert (await hedge.apply(second)).code == 0
    async with hedge.home.people(_WARDEN) as (warden,):
        talk = await warden.create_dm(BOT)
        asked = await warden.say(talk, "network create Asked for --under kept")
        await warden.wait_for_reply(talk, asked)
    await hedge.until_delivered()
    before = await hedge.home.landscape()
    refused = await hedge.command("restore", str(saved), "--yes")
    assert (refused.code, "A service acts on this database." in refused.err) == (1, True)
    await hedge.kill()
    for file in hedge.directory.glob("hedgerow.db*"):
        file.unlink()

    restored = await hedge.command("restore", str(saved), "--yes")
    assert restored.code == 0, restored
    early = await hedge.apply(second)
    assert (early.code, "Start `hedgerow run`" in early.err) == (1, True)
    await hedge.start()
    await hedge.until_delivered()
    assert (await hedge.apply(second)).code == 0
    await until(lambda: _knows(hedge, "Asked for"))
    await hedge.until_delivered()
    assert (await hedge.plan(second)).out == "Nothing to do.\n"
    markers = Counter(room.marker for room in await hedge.home.all_of_the_bots() if room.marker)
    assert set(markers.values()) == {1}
    after = await hedge.home.landscape()
    assert {name: room.id for name, room in after.items()} == {n: room.id for n, room in before.items()}
    assert all(after[name].members == room.members for name, room in before.items())
    assert await hedge.stop() == 0
