"""What `hedgerow doctor` finds at a real Synapse, and mends there.

Synapse knows two application services: Hedgerow, and one that is registered as badly as can be.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.registration import Registration
from tests.second_client import SecondClient
from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, Home
from tests.synapse.running import Finished, written
from tests.waiting import until

BADLY = Registration(
    appservice_id="badly",
    as_token="badly-as-token-0123456789",
    hs_token="badly-hs-token-0123456789",
    sender_localpart="_badly_sender_7c1e",
    bot_localpart="badly",
    alias_prefix="elsewhere_",
    more={"rate_limited": True, "protocols": []},
)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A Synapse of its own."""
    directory = tmp_path_factory.mktemp("hospital")
    files = [str(directory / "registration.yaml"), str(BADLY.write(directory / "badly.yaml"))]
    home = Home.prepare(directory, app_service_config_files=files)
    asyncio.run(home.synapse.start())
    yield home
    asyncio.run(home.synapse.stop())


@asynccontextmanager
async def the_bot(home: Home) -> AsyncIterator[SecondClient]:
    """The bot, as somebody else's program would act as it."""
    token = yaml.safe_load((home.directory / "registration.yaml").read_text())["as_token"]
    async with SecondClient(home.synapse.base_url, BOT, token) as bot:
        yield bot


def found(ended: Finished) -> dict[str, Any]:
    """The JSON that was told, which is all of it."""
    assert ended.err == ""
    told = json.loads(ended.out)
    assert told["well"] == (ended.code == 0)
    return dict(told)


def worse(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["verdict"], one["about"]) for one in told["findings"] if one["verdict"] != "ok"]


async def test_beside_a_service_all_is_well_and_nothing_is_touched_and_what_is_broken_later_is_mended(
    hospital: Home, hedgerow_at: Callable[..., Hedge]
) -> None:
    hedge = hedgerow_at(hospital)
    await hedge.start()
    public = {"kind": "ecosystem", "access": "public"}
    networks = [{"name": "Somerset", **public, "groups": [{"name": "Walks", "access": "public"}]}]
    assert (await hedge.apply(written(hedge.directory / "b.yaml", {"networks": networks}))).code == 0
    before = {name: room.event_ids for name, room in (await hospital.landscape()).items()}
    told = found(await hedge.command("doctor", "--json"))
    assert worse(told) == []
    words = {one["about"]: one["found"] for one in told["findings"]}
    assert words["hs_token"] == "the homeserver reaches Hedgerow, and shows the right one"
    assert words["rate limits"] == "of 24 questions at once the homeserver held none back"
    assert words["rooms"] == "the bot is in all 3 rooms and has the power that it needs"
    assert {name: room.event_ids for name, room in (await hospital.landscape()).items()} == before
    assert await hedge.stop() == 0
    await _break(hospital)
    told = found(await hedge.command("doctor", "--json"))
    assert worse(told) == [("look", "service"), ("failed", "rooms"), ("look", "rooms")]
    mended = found(await hedge.command("doctor", "--json", "--repair", "--yes"))
    assert [one["done"] for one in mended["repaired"]] == [True, True]
    assert worse(mended) == [("look", "service")]
    rooms = await hospital.landscape()
    assert rooms["Walks"].members[BOT] == "join"
    assert rooms["Somerset"].content("m.room.power_levels")["invite"] == 50


async def _break(home: Home) -> None:
    """The bot leaves a group in which somebody is, and lets everyone invite to the Space."""
    rooms = await home.landscape()
    async with home.people("pat") as (pat,):
        await pat.call("POST", f"/_matrix/client/v3/join/{quote(rooms['Walks'].id)}", {})
    path = f"/_matrix/client/v3/rooms/{quote(rooms['Walks'].id)}/leave"
    levels = rooms["Somerset"].content("m.room.power_levels")
    state = f"/_matrix/client/v3/rooms/{quote(rooms['Somerset'].id)}/state/m.room.power_levels/"
    async with the_bot(home) as bot:
        await bot.call("POST", path, {}, user_id=BOT)
        await bot.call("PUT", state, {**levels, "invite": 0}, user_id=BOT)


async def test_synapse_tells_a_wrong_hs_token_from_a_service_that_does_not_run(
    hospital: Home, hedgerow_at: Callable[..., Hedge]
) -> None:
    hedge = hedgerow_at(hospital, {"HEDGEROW_HOMESERVER__HS_TOKEN": "quite-another-token-012345"})
    hedge.launch()
    await until(lambda: "ping_failed" in hedge.log.read_text("utf-8"))
    told = found(await hedge.command("doctor", "--json"))
    assert ("failed", "hs_token") in worse(told)
    assert "shows another one, so nothing that it sends is taken" in str(told)
    hedge.end()
    told = found(await hedge.command("doctor", "--json"))
    assert ("failed", "hs_token") not in worse(told)
    assert ("look", "service") in worse(told)


async def test_synapse_tells_how_badly_a_service_is_registered(
    hospital: Home, hedgerow_at: Callable[..., Hedge]
) -> None:
    hedge = hedgerow_at(
        hospital,
        {
            "HEDGEROW_HOMESERVER__APPSERVICE_ID": BADLY.appservice_id,
            "HEDGEROW_HOMESERVER__AS_TOKEN": BADLY.as_token,
            "HEDGEROW_HOMESERVER__HS_TOKEN": BADLY.hs_token,
            "HEDGEROW_HOMESERVER__BOT_LOCALPART": BADLY.bot_localpart,
        },
    )
    file = str(Path(hospital.directory / "badly.yaml"))
    ended = await hedge.command("doctor", "--registration", file)
    assert ended.code == 1
    for words in (
        f"look    registration: rate_limited ({file}): The homeserver slows the bot down",
        "look    registration: the one that the homeserver has loaded has another sender_localpart than",
        "failed  registration: the one that the homeserver has loaded does not keep #hedge_… for Hedgerow",
        "failed  registration: the one that the homeserver has loaded has no `url`, so it never sends",
        "look    rate limits: of 24 questions at once the homeserver held",
        "ok      publishing: public rooms can stand in Hedgerow's directories of rooms.",
    ):
        assert words in ended.out, words
