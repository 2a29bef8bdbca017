"""The long forms of what `tests/crashes` and `tests/appservice` try for a moment.

    python -m tests.bench.faults writes [--times 1000]        killed while it writes
    python -m tests.bench.faults deliveries [--times 10000]   killed while it delivers a blueprint
    python -m tests.bench.faults services [--times 5000]      killed while it makes, changes, restores
    python -m tests.bench.faults transactions [--times 1000]  one of a hundred hostile events, again and again
    python -m tests.bench.faults calls                        each request goes wrong, in each way by itself
    python -m tests.bench.faults synapse [--times 200]        a real Synapse killed while it makes a room

The first three on SQLite and then, a fifth as often, on PostgreSQL; or `--only sqlite|postgresql`.
Each ends with a line of what was found; what should not be ends it with an exception.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from appservice import provisioning
from appservice.demo.synapse import LocalSynapse, free_port
from appservice.homeserver import Homeserver, HomeserverError, Identity
from appservice.places import Places
from appservice.provisioning import MARKER, Provisioner
from appservice.store.database import Database
from appservice.store.migrate import migrate
from spaces.actions import CreateRoom, StateEvent
from spaces.identifiers import NetworkId, RoomId, UserId
from spaces.power_levels import RoomKind, power_levels
from tests.appservice.stage import ALICE, DIRECT, PlayedRooms, Stage, message, says
from tests.bench.stores import KINDS, shaped
from tests.crashes.hostile_events import hundred, transaction
from tests.crashes.killed_deliveries import killed_at_delivering
from tests.crashes.killed_services import killed_in_service
from tests.crashes.killed_writers import integrity, killed_at_writing
from tests.crashes.rounds import HASTY, TIMEOUT_SECONDS, once_each, the_round, unexpected
from tests.crashes.test_every_call import FAULTS
from tests.databases import Databases, driven
from tests.registration import Registration


async def _migrated(file: Path) -> Database:
    database = Database(f"sqlite+aiosqlite:///{file}")
    await migrate(database)
    return database


def writes(databases: Databases, times: int) -> str:
    with databases.empty() as url:
        found = killed_at_writing(driven(url), times, random.Random(69))
        assert found.acknowledged <= found.kept, found.acknowledged - found.kept
        file = Database(driven(url)).path
        assert file is None or integrity(file) == "ok"
    whole = "" if file is None else ", integrity ok"
    return f"{times} kills: all of {len(found.acknowledged)} acknowledged transactions are there{whole}"


def deliveries(databases: Databases, times: int) -> str:
    began = time.monotonic()
    for found in killed_at_delivering(databases, times, random.Random(11)):
        if found.rounds % 50 == 0:
            print(f"  {len(found.struck)} kills, {time.monotonic() - began:.0f} s", flush=True)
    print(f"  by the last call before: {dict(found.kinds.most_common())}")
    seconds = time.monotonic() - began
    return (
        f"{len(found.struck)} kills in {found.rounds} blueprints, {seconds:.0f} s: each with one room for "
        f"each place, and the same end, {found.slowest:.1f} s after the last kill at most"
    )


def services(databases: Databases, times: int) -> str:
    began = time.monotonic()
    for found in killed_in_service(databases, times, random.Random(3)):
        if found.rounds % 10 == 0:
            print(f"  {len(found.struck)} kills, {time.monotonic() - began:.0f} s", flush=True)
    print(f"  by what was asked for: {dict(found.steps)}")
    print(f"  by the last call before: {dict(found.calls.most_common())}")
    seconds = time.monotonic() - began
    return (
        f"{len(found.struck)} kills in {found.rounds} lives of places, {seconds:.0f} s: one room for each "
        f"place, as open in each step as undisturbed, and the same end, {found.slowest:.1f} s after the last "
        "kill at most"
    )


async def transactions(folder: Path, times: int) -> str:
    database = await _migrated(folder / "hedgerow.db")
    stage, began = Stage(database), time.monotonic()
    await stage.knows(DIRECT, ALICE)
    arts = await stage.found("Arts")
    await PlayedRooms(stage).settle_all()
    body = transaction([*hundred(f"!{arts}"), message("plain")])
    async with stage.running():
        for number in range(times):
            await stage.mailbox.accept(str(number), body)
            if number % 25 == 24:
                await stage.until_worked_off()
        await stage.until_worked_off()
    answered = Counter(said.said for said in says(await stage.waiting()))
    assert answered["answer:$mplain"] == 1
    assert set(answered.values()) == {1}, answered
    await database.close()
    seconds = time.monotonic() - began
    return f"{times} times {len(hundred(''))} hostile events in {seconds:.0f} s: each answered once"


async def calls(folder: Path) -> str:
    _hurry()
    right, wrong, made = await the_round(folder / "right.db"), 0, 0
    for number, (name, fault) in enumerate(FAULTS.items()):
        came = await the_round(folder / f"{number}.db", lambda fake, fault=fault: once_each(fake, fault))
        is_well = came.end == right.end and not unexpected(came.log)
        doubled = [rooms for rooms in came.rooms.values() if len(rooms) > 1]
        wrong, made = wrong + (not is_well or bool(doubled)), made + len(came.calls)
        print(f"  {name}: {'well' if is_well else 'NOT WELL'}, {len(came.calls)} calls", flush=True)
    assert not wrong, f"{wrong} did not end well"
    return f"{len(FAULTS)} ways in which each request went wrong: {made} calls, the same end each time"


def _hurry() -> None:
    """Back-offs of milliseconds (`tests/crashes/rounds.py`)."""
    for module, name, value in HASTY:
        setattr(module, name, value)
    (Homeserver.call.__kwdefaults__ or {})["seconds"] = TIMEOUT_SECONDS


async def synapse(folder: Path, times: int) -> str:
    provisioning._SECONDS_AT_A_GHOST = 3.0  # nothing else is made here that might still come
    registration, chance = Registration(), random.Random(24)
    server = registration.server_name
    file = registration.write(folder / "registration.yaml")
    real = LocalSynapse(folder / "synapse", free_port(), server, (file,))
    await real.start()
    bot = Homeserver(Identity(real.base_url, UserId(registration.bot), registration.as_token, "DEVICE"))
    try:
        await bot.register()
        await bot.make_device("bench")
        provisioner, states = Provisioner(bot, Places(server), time.monotonic), Counter[str]()
        for number in range(times):
            states[await _kill_in(real, bot, provisioner, chance)] += 1
            if number % 10 == 9:
                print(f"  {number + 1}: {dict(states)}", flush=True)
        marks = Counter([await _mark(bot, room) for room in await bot.joined_rooms()])
        assert max(marks.values()) == 1, marks
        assert len(marks) == times, f"{len(marks)} rooms of {times}"
    finally:
        await bot.close()
        await real.stop()
    return f"{times} kills of Synapse in createRoom: one room for each, found as {dict(states)}"


async def _kill_in(
    real: LocalSynapse, bot: Homeserver, provisioner: Provisioner, chance: random.Random
) -> str:
    """Kill it while it makes a room, and go on until there is one; what the first look found."""
    place = NetworkId.of_bytes(secrets.token_bytes(10))
    shut, unnamed = (
        StateEvent("m.room.join_rules", {"join_rule": "invite"}),
        StateEvent("m.room.canonical_alias", {}),
    )
    levels = power_levels(RoomKind.SPACE, "12", bot.user, ())
    action = CreateRoom(place, (shut, unnamed), levels, space=True, version="12")
    making = asyncio.create_task(provisioner.make(action, tried=False))
    await asyncio.sleep(chance.uniform(0, 0.12))
    await real.kill()
    with suppress(HomeserverError):
        await making
    await real.start()
    alias, first = f"#{place.alias_localpart}:{bot.server}", "nothing"
    if (room := await bot.resolve_alias(alias)) is not None:
        try:
            first = "a whole room" if len(await bot.state(room)) > 3 else "half a room"
        except HomeserverError:
            first = "a ghost"
    while True:
        try:
            room = await provisioner.make(action, tried=True)
        except HomeserverError:
            await asyncio.sleep(1.1)
        else:
            assert await bot.resolve_alias(alias) == room
            return first


async def _mark(bot: Homeserver, room: RoomId) -> str:
    [created] = [event for event in await bot.state(room) if event["type"] == "m.room.create"]
    return str(created["content"].get(MARKER))


_ON_BOTH = {"writes": (writes, 1000), "deliveries": (deliveries, 10_000), "services": (services, 5_000)}
_LESS_ON_POSTGRESQL = 5


def on_one(what: str, kind: str, folder: Path, times: int | None) -> None:
    run, usual = _ON_BOTH[what]
    usual //= 1 if kind == "sqlite" else _LESS_ON_POSTGRESQL
    with shaped(kind, folder) as databases:
        print(f"{kind}: {run(databases, times or usual)}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=[*_ON_BOTH, "transactions", "calls", "synapse"])
    parser.add_argument("--times", type=int)
    parser.add_argument("--only", choices=KINDS, help="one kind of database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.what in _ON_BOTH:
            for kind in [given.only] if given.only else KINDS:
                on_one(given.what, kind, folder, given.times)
        elif given.what == "transactions":
            print(asyncio.run(transactions(folder, given.times or 1000)))
        elif given.what == "calls":
            print(asyncio.run(calls(folder)))
        else:
            print(asyncio.run(synapse(folder, given.times or 200)))


if __name__ == "__main__":
    main()
