"""P3, A11, A23: stopped before or after any single call of a blueprint with a bridge, the end is the same."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any, Literal

import pytest

from appservice.applying import Applying
from appservice.engine import Foundation
from config.sections import Settings
from spaces.blueprint import Blueprint, WantedBridge, WantedGroup, WantedNetwork
from spaces.identifiers import UserId
from spaces.network import Access, Kind
from tests.fake import FakeHomeserver, Registration
from tests.hedgerow import settings_for

ALICE = UserId("@alice:hs.test")
SHARES = 4
PLACE = Blueprint(
    networks=(
        WantedNetwork(
            "Somerset",
            Kind.ECOSYSTEM,
            coordinators=(ALICE,),
            networks=(
                WantedNetwork("Arts UK", groups=(WantedGroup("Painting", topic="Brushes and courage"),)),
                WantedNetwork("Health UK", access=Access.PRIVATE),
            ),
        ),
    ),
    bridges=(
        WantedBridge(
            "Arts & Health",
            ("Arts UK", "Health UK"),
            groups=(WantedGroup("Singing for Lungs", access=Access.INVITE),),
        ),
    ),
)


async def intend(settings: Settings) -> int:
    """Write the blueprint's intent into the database; nothing is delivered yet."""
    foundation = Foundation(settings)
    await foundation.lay()
    undertaking = await Applying(foundation, PLACE).apply()
    await foundation.database.close()
    assert undertaking is not None
    return undertaking


async def deliver(settings: Settings, undertaking: int) -> tuple[str, ...]:
    """Deliver what waits, as `apply` does when no service runs; the reasons of what failed."""
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        return (await Applying(foundation, PLACE).watch(undertaking, lambda _: None)).failed
    finally:
        await foundation.database.close()


async def undisturbed(tmp_path: Path) -> tuple[Path, int, dict[str, Any], int]:
    """An intent on disk, its undertaking, the homeserver's end state, and the number of calls it took."""
    intent = tmp_path / "intent.db"
    undertaking = await intend(settings_for("http://127.0.0.1:1", Registration(), intent))
    async with homeserver() as fake:
        database = copied(intent, tmp_path / "undisturbed.db")
        failed = await deliver(settings_for(fake.base_url, fake.registration, database), undertaking)
        assert failed == ()
        return intent, undertaking, fake.end_state(), len(fake.calls)


def homeserver() -> FakeHomeserver:
    fake = FakeHomeserver(Registration())
    fake.add_user(ALICE)
    return fake


def copied(intent: Path, to: Path) -> Path:
    for behind in ("", "-wal"):
        if Path(f"{intent}{behind}").exists():
            shutil.copy(f"{intent}{behind}", f"{to}{behind}")
    return to


async def disturbed(
    database: Path, undertaking: int, n: int, when: Literal["before", "after"]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Stop everything at the n-th call, start again, and see what it came to."""
    async with homeserver() as fake:
        settings = settings_for(fake.base_url, fake.registration, database)
        fake.stop_at(n, when)
        first = asyncio.create_task(deliver(settings, undertaking))
        await asyncio.wait_for(fake.stopped.wait(), 30)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        fake.resume()
        failed = await asyncio.wait_for(deliver(settings, undertaking), 60)
        assert failed == (), f"call {n}, {when}"
        return fake.end_state(), fake.rooms_by_marker()


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a11_a23_stopped_at_any_call_it_comes_to_the_same_end(
    tmp_path: Path, when: Literal["before", "after"], share: int
) -> None:
    intent, undertaking, end, calls = await undisturbed(tmp_path)
    assert calls > 60
    for n in range(share + 1, calls + 1, SHARES):
        database = copied(intent, tmp_path / f"{n}.db")
        found, rooms = await disturbed(database, undertaking, n, when)
        assert [ids for ids in rooms.values() if len(ids) > 1] == [], f"call {n}, {when}: a second room"
        assert found == end, f"call {n}, {when}"
