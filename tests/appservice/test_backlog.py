"""How much waits, and for how long."""

from __future__ import annotations

import pytest

from appservice.store import inbox, outbox
from appservice.store.backlog import Backlog, backlog
from appservice.store.database import Database
from spaces.actions import AddAlias, CreateRoom, Invite, Say
from spaces.identifiers import NetworkId, RoomId, UserId

pytestmark = pytest.mark.both_databases

ALICE = UserId("@alice:hs.test")
PLACE = NetworkId("n.abcdefghijklmnop")


async def measured(database: Database, now: float) -> Backlog:
    async with database.reading(apart=True) as connection:
        return await backlog(connection, now)


async def test_where_nothing_waits_all_is_nought(database: Database) -> None:
    assert await measured(database, 50.0) == Backlog()


async def test_the_lag_is_that_of_the_oldest_event_or_transaction_that_waits(database: Database) -> None:
    async with database.writing() as connection:
        await inbox.keep_events(connection, [{"event_id": f"${n}"} for n in range(3)], 10.0)
        await inbox.handled(connection, 1)
        await inbox.set_aside(connection, 2, "because")
        await inbox.keep_transaction(connection, b"{}", 30.0)
    assert await measured(database, 50.0) == Backlog(lag=40.0, waiting=2, set_aside=1)
    async with database.writing() as connection:
        await inbox.handled(connection, 3)
    assert await measured(database, 50.0) == Backlog(lag=20.0, waiting=1, set_aside=1)
    assert (await measured(database, 20.0)).lag == 0  # the clock went back


async def test_what_waits_to_be_delivered_is_told_by_what_its_key_begins_with(database: Database) -> None:
    early = (CreateRoom(PLACE), Say(RoomId("!a"), "answer:$1", {}), AddAlias(PLACE, "hedge_arts"))
    late = (Say(RoomId("!b"), "answer:$2", {}), Invite(PLACE, ALICE))
    async with database.writing() as connection:
        await outbox.put(connection, early, undertaking=None, now=10.0)
        await outbox.put(connection, late, undertaking=None, now=20.0)
        await outbox.delivered(connection, 1)
    assert (await measured(database, 50.0)).outbox == {
        "Say": (2, 40.0),
        "Alias": (1, 40.0),
        "Membership": (1, 30.0),
    }
