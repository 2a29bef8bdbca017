"""The service starts, ends and outlasts its homeserver as an operator needs it to."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, Home
from tests.synapse.running import hedgerow, written
from tests.synapse.talking import Talk, answers
from tests.waiting import until

_STOP_SECONDS = 8  # what a service manager's patience is reckoned with


async def test_a22_started_before_its_homeserver_it_waits_and_then_is_ready(
    tmp_path: Path, hedgerow_at: Callable[..., Hedge]
) -> None:
    apart = Home.prepare(tmp_path / "home")
    hedge = hedgerow_at(apart)
    hedge.launch()
    await until(lambda: "homeserver_does_not_answer" in hedge.log.read_text("utf-8"))
    assert await hedge.readiness() == 503
    await apart.synapse.start()
    await hedge.until_ready()
    async with apart.people("ada") as (ada,):
        talk = Talk(ada, await ada.create_dm(BOT))
        assert (await talk.ask("status")).startswith("Hedgerow ")
    assert await hedge.stop() == 0
    await apart.synapse.stop()


async def test_without_a_homeserver_it_stops_as_readily(
    tmp_path: Path, hedgerow_at: Callable[..., Hedge]
) -> None:
    hedge = hedgerow_at(Home.prepare(tmp_path / "home"))
    hedge.launch()
    await until(lambda: "homeserver_does_not_answer" in hedge.log.read_text("utf-8"))
    assert await hedge.stop(within=_STOP_SECONDS) == 0


async def test_told_to_stop_in_the_midst_of_work_it_ends_in_order_and_goes_on_later(
    hedge: Hedge, home: Home
) -> None:
    networks: list[dict[str, Any]] = [{"name": f"Midway {n}"} for n in range(5)]
    blueprint = written(hedge.directory / "blueprint.yaml", {"networks": networks})
    await hedge.start()
    before = len(home.requests)
    applying = hedge.applying(blueprint)
    await until(lambda: sum("createRoom" in line for line in home.requests[before:]) >= 3)
    applying.kill()
    applying.wait()
    assert await hedge.stop(within=_STOP_SECONDS) == 0
    assert len(await home.landscape()) < 15
    await hedge.start()
    await hedge.until_delivered()
    assert len(await home.landscape()) == 15
    assert (await hedge.plan(blueprint)).out == "Nothing to do.\n"


async def test_what_was_said_before_the_bot_came_is_answered_once(hedge: Hedge, home: Home) -> None:
    await hedge.start()
    async with home.people("early") as (early,):
        known = Talk(early, await early.create_dm(BOT))
        await known.ask("help")
        assert await hedge.stop() == 0
        first = await early.say(known.room_id, "whoami")
        room = await early.create_dm(BOT)
        asked = await early.say(room, "whoami")
        await hedge.start()
        for place, question in ((known.room_id, first), (room, asked)):
            assert (await answers(early, place, question))[0].startswith(f"You are {early.user_id}.")
        last = await early.say(room, "status")
        await answers(early, room, last)
        assert len(await early.wait_for_reply(room, asked)) == 2
        assert len(await early.wait_for_reply(known.room_id, first)) == 1


async def test_a16_what_a_killed_homeserver_had_queued_is_answered_all_the_same(
    tmp_path: Path, hedgerow_at: Callable[..., Hedge]
) -> None:
    apart = Home.prepare(tmp_path / "home")
    await apart.synapse.start()
    often = {"HEDGEROW_RECONCILE__EVERY_SECONDS": "10"}
    hedge = hedgerow_at(apart, often)
    await hedge.start()
    async with apart.people("ada") as (ada,):
        talk = Talk(ada, await ada.create_dm(BOT))
        await talk.ask("help")
        os.kill(hedge.pid, signal.SIGSTOP)  # so that Synapse has nothing acknowledged
        asked = [await ada.say(talk.room_id, f"network create Storm {n}") for n in range(3)]
        await apart.synapse.kill()
        os.kill(hedge.pid, signal.SIGCONT)
        await apart.synapse.start()
        texts = await answers(ada, talk.room_id, asked[0], count=3)
        made = sorted(text.partition(".")[0] for text in texts if "is made" in text)
        assert made == ["Storm 0 is made", "Storm 1 is made", "Storm 2 is made"]
        assert len(await apart.landscape()) == 9
    await apart.synapse.stop()


def test_a79_settings_with_tokens_that_others_know_are_refused(tmp_path: Path) -> None:
    example = Path("config/example.yaml").read_text("utf-8")
    config = tmp_path / "hedgerow.yaml"
    config.write_text(example)
    config.chmod(0o600)
    ended = hedgerow("run", "--config", str(config))
    assert ended.code == 1
    assert "homeserver.as_token" in ended.err
    assert "stand-in" in ended.err
    assert "homeserver.hs_token" in ended.err


async def test_a79_settings_that_everyone_can_read_are_warned_of(
    tmp_path: Path, hedgerow_at: Callable[..., Hedge]
) -> None:
    apart = Home.prepare(tmp_path / "home")
    apart.config.chmod(0o644)
    hedge = hedgerow_at(apart)
    hedge.launch()
    await until(lambda: "Everyone on this machine can read the secrets" in hedge.log.read_text("utf-8"))
    await until(lambda: "homeserver_does_not_answer" in hedge.log.read_text("utf-8"))
    assert await hedge.stop() == 0


async def test_two_services_do_not_act_on_one_database(
    hedge: Hedge, hedgerow_at: Callable[..., Hedge]
) -> None:
    await hedge.start()
    second = hedgerow_at(hedge.home)
    second.launch()
    await until(lambda: "waiting_for_another_process" in hedge.log.read_text("utf-8"))
    await hedge.until_ready()
    assert await second.stop(within=_STOP_SECONDS) == 0
    assert hedge.is_running
