"""P3, A11, A23: stopped before or after any single call of a blueprint with a bridge, the end is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from appservice import applying
from appservice.applying import Applying
from appservice.engine import Foundation
from config.sections import Settings
from spaces.blueprint import Blueprint, WantedBridge, WantedGroup, WantedNetwork
from spaces.identifiers import UserId
from spaces.network import Access, Kind
from tests.crashes.moments import Moment, When, in_turns, watched
from tests.databases import Databases
from tests.fake import FakeHomeserver, Registration
from tests.hedgerow import settings_for

ALICE = UserId("@alice:hs.test")
SHARES = 3  # not two: calls are killed before and after in turns
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


@dataclass(frozen=True)
class Undisturbed:
    undertaking: int
    end: dict[str, Any]
    calls: int
    moments: list[Moment]


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


def homeserver() -> FakeHomeserver:
    fake = FakeHomeserver(Registration())
    fake.add_user(ALICE)
    return fake


async def undisturbed(
    databases: Databases, database: str, wanted: Callable[[int], When | None]
) -> Undisturbed:
    """What it comes to, and what a kill at each of the calls that are `wanted` would have left."""
    async with homeserver() as fake:
        settings = settings_for(fake.base_url, fake.registration, database)
        undertaking = await intend(settings)
        with watched(fake, databases, database, wanted) as moments:
            assert await deliver(settings, undertaking) == ()
        return Undisturbed(undertaking, fake.end_state(), len(fake.calls), moments)


@pytest.mark.parametrize("share", range(SHARES))
async def test_a11_a23_stopped_at_any_call_it_comes_to_the_same_end(
    databases: Databases, service_database: str, share: int
) -> None:
    def wanted(call: int) -> When | None:
        return in_turns(call) if call % SHARES == share else None

    run = await undisturbed(databases, service_database, wanted)
    assert run.calls > 60
    for moment in run.moments:
        fake = homeserver()
        fake.go_on_from(moment.homeserver)
        with databases.holding(moment.rows) as database:
            async with fake:
                settings = settings_for(fake.base_url, fake.registration, database)
                failed = await asyncio.wait_for(deliver(settings, run.undertaking), 60)
        assert failed == (), moment
        rooms = fake.rooms_by_marker()
        assert [ids for ids in rooms.values() if len(ids) > 1] == [], f"{moment}: a second room"
        assert fake.end_state() == run.end, moment


async def test_who_applies_is_told_of_the_last_call_and_does_not_look_in_vain(
    service_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "_LOOK_SECONDS", 60.0)
    async with homeserver() as fake:
        settings = settings_for(fake.base_url, fake.registration, service_database)
        undertaking = await intend(settings)
        assert await asyncio.wait_for(deliver(settings, undertaking), 30) == ()
