"""`hedgerow plan` and `apply` against a real homeserver, with the service running and without."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.synapse.forking import Forked
from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, Home, user
from tests.synapse.running import written
from tests.waiting import until


def _blueprint(name: str) -> dict[str, Any]:
    top: dict[str, Any] = {"name": name, "coordinators": [user("ann"), user("ben")]}
    groups = [{"name": f"{name} walks"}, {"name": f"{name} council", "access": "invite"}]
    below = {"name": f"{name} youth", "access": "private"}
    away = {"name": f"{name} away", "kind": "ecosystem", "access": "private"}
    bridge = {"name": f"{name} fair", "between": [f"{name} youth", f"{name} away"]}
    return {"networks": [{**top, "groups": groups, "networks": [below]}, away], "bridges": [bridge]}


async def _provisioning(home: Home, before: int) -> list[str]:
    """What the bot has written since."""
    await home.landscape()  # until Synapse has written down what it answered before
    return home.provisioning[before:]


@pytest.mark.parametrize("running", [False, True], ids=["alone", "beside the service"])
async def test_a_plan_has_a_line_for_each_write_of_apply_and_is_empty_after_it(
    hedge: Hedge, home: Home, running: bool
) -> None:
    name = "Riverside" if running else "Hillside"
    blueprint = written(hedge.directory / "blueprint.yaml", _blueprint(name))
    if running:
        await hedge.start()
    before = len(home.provisioning)
    planned = await hedge.plan(blueprint, "--detailed-exitcode")
    *lines, total = planned.out.splitlines()
    assert (planned.code, planned.err) == (2, "")
    assert await _provisioning(home, before) == []
    applied = await hedge.apply(blueprint)
    assert (applied.code, applied.out, applied.err) == (0, "Done.\n", "")
    made = await _provisioning(home, before)
    assert all(line.split()[1] == "200" for line in made)
    assert total == f"{len(lines)} writes."
    assert len(made) == len(lines), made
    assert len(await home.landscape()) == sum("create the" in line for line in lines) == 13
    again = await hedge.plan(blueprint, "--detailed-exitcode")
    assert (again.code, again.out) == (0, "Nothing to do.\n")


async def test_a_change_of_the_blueprint_is_planned_as_the_difference(hedge: Hedge, home: Home) -> None:
    wanted = _blueprint("Lakeside")
    blueprint = written(hedge.directory / "blueprint.yaml", wanted)
    assert (await hedge.apply(blueprint)).code == 0
    wanted["networks"][0]["groups"].append({"name": "Lakeside boats", "topic": "Bring a jacket"})
    written(blueprint, wanted)
    planned = await hedge.plan(blueprint)
    assert planned.out.splitlines() == [
        "  list “Lakeside boats” in “Lakeside”",
        "  create the room “Lakeside boats”",
        "2 writes.",
    ]
    before = len(home.provisioning)
    assert (await hedge.apply(blueprint)).code == 0
    assert len(await _provisioning(home, before)) == 2
    boats = (await home.landscape())["Lakeside boats"]
    assert boats.content("m.room.topic")["topic"] == "Bring a jacket"


async def test_killed_after_its_commit_the_outcome_of_apply_is_the_same(hedge: Hedge, home: Home) -> None:
    blueprint = written(hedge.directory / "blueprint.yaml", _blueprint("Seaside"))
    applying = hedge.applying(blueprint)
    await _until_something_is_made(home, applying)
    applying.kill()
    await asyncio.to_thread(applying.wait)
    await hedge.start()
    await hedge.until_delivered()
    planned = await hedge.plan(blueprint)
    assert planned.out == "Nothing to do.\n"
    rooms = await home.landscape()
    assert len(rooms) == 13
    assert len({room.marker for room in rooms.values()}) == 13
    assert rooms["Seaside"].members == {BOT: "join", user("ann"): "invite", user("ben"): "invite"}


async def test_apply_gives_way_to_the_service_and_still_says_done(hedge: Hedge, home: Home) -> None:
    blueprint = written(hedge.directory / "blueprint.yaml", _blueprint("Roadside"))
    applying = hedge.applying(blueprint)
    await _until_something_is_made(home, applying)
    hedge.launch()
    await hedge.until_ready()
    assert await asyncio.to_thread(applying.wait, 60) == 0
    assert "waiting_for_another_process_to_give_way" in hedge.log.read_text("utf-8")
    assert len(await home.landscape()) == 13
    assert (await hedge.plan(blueprint)).out == "Nothing to do.\n"


async def _until_something_is_made(home: Home, applying: Forked) -> None:
    before = len(home.provisioning)

    def something_is_made() -> bool:
        assert applying.poll() is None
        return any("createRoom" in line for line in home.provisioning[before:])

    await until(something_is_made)
