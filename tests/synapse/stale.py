"""A backup is brought back after the original is lost: what was made since has its rooms still, one each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, Room, user
from tests.synapse.running import written
from tests.waiting import until

_WARDEN = "backupwarden"


async def brought_back(hedge: Hedge, kept: str) -> int:
    """How many rooms the bot has then. `kept` is the name of a network that is in the backup.

    It begins and ends with a service that does not run, and raises `AssertionError` where a room is lost or
    made twice.
    """
    first, second = _blueprints(hedge.directory, kept)
    saved, asked_for = hedge.directory / f"{kept}.hedgerow", f"{kept} asked for"
    await hedge.start()
    assert (await hedge.apply(first)).code == 0
    made = await hedge.command("backup", str(saved))
    assert made.code == 0, made
    assert (await hedge.apply(second)).code == 0
    await _ask(hedge, f'network create "{asked_for}" --under "{kept}"')
    before = await hedge.home.landscape()
    await _lose(hedge, saved)

    restored = await hedge.command("restore", str(saved), "--yes")
    assert restored.code == 0, restored
    early = await hedge.apply(second)
    assert (early.code, "Start `hedgerow run`" in early.err) == (1, True)
    await hedge.start()
    await hedge.until_delivered()
    assert (await hedge.apply(second)).code == 0
    await until(lambda: _knows(hedge, asked_for))
    await hedge.until_delivered()
    planned = await hedge.plan(second)
    assert planned.out == "Nothing to do.\n", planned
    rooms = await _judged(hedge, before)
    assert await hedge.stop() == 0
    return rooms


async def _ask(hedge: Hedge, command: str) -> None:
    """Give a command that a blueprint knows nothing of, and wait until it is done."""
    async with hedge.home.people(_WARDEN) as (warden,):
        talk = await warden.create_dm(BOT)
        asked = await warden.say(talk, command)
        await warden.wait_for_reply(talk, asked)
    await hedge.until_delivered()


async def _lose(hedge: Hedge, saved: Path) -> None:
    """The service is killed, and its database gone: until then nothing is brought back."""
    refused = await hedge.command("restore", str(saved), "--yes")
    assert (refused.code, "A service acts on this database." in refused.err) == (1, True)
    await hedge.kill()
    for file in hedge.directory.glob("hedgerow.db*"):
        file.unlink()


async def _judged(hedge: Hedge, before: dict[str, Room]) -> int:
    """How many rooms there are: one for each place, and the same as `before`, with the same people."""
    markers = Counter(room.marker for room in await hedge.home.all_of_the_bots() if room.marker)
    assert set(markers.values()) == {1}, markers
    after = await hedge.home.landscape()
    assert {name: room.id for name, room in after.items()} == {n: room.id for n, room in before.items()}
    assert all(after[name].members == room.members for name, room in before.items())
    return len(markers)


def _blueprints(folder: Path, kept: str) -> tuple[Path, Path]:
    """What the backup knows of, and what is there when it is lost."""
    below = _network(f"{kept} below", "loom", access="private")
    whole = {**_network(kept, "choir", "band"), "networks": [below]}
    return (
        written(folder / f"{kept} first.yaml", {"networks": [_network(kept, "choir")]}),
        written(folder / f"{kept} second.yaml", {"networks": [whole]}),
    )


def _network(name: str, *groups: str, access: str = "public") -> dict[str, object]:
    return {
        "name": name,
        "access": access,
        "coordinators": [user(_WARDEN)],
        "groups": [{"name": f"{name} {group}"} for group in groups],
    }


def _knows(hedge: Hedge, name: str) -> bool:
    return bool(hedge.store.rows("SELECT 1 FROM networks WHERE name = :name", name=name))
