"""What is kept of rooms that are brought in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appservice.store import adoptions
from appservice.store.adoptions import Adoption
from appservice.store.database import Database
from bot.adopting.ports import Shown
from spaces.adopting import Why
from spaces.identifiers import EventId, NetworkId, RoomId, UserId
from tests.appservice.adopting import (
    ALICE,
    BEN,
)

pytestmark = pytest.mark.both_databases


# -- the store ----------------------------------------------------------------------------------------


async def test_the_last_word_on_a_room_tells_whether_it_is_wished_for(database: Database) -> None:
    arts, one, two = NetworkId("n.aaaaaaaaaaaaaaaa"), EventId("$one"), EventId("$two")
    room, inner, alice = RoomId("!room"), RoomId("!inner"), UserId(ALICE)
    shut = Adoption(one, room, arts, alice, "#room:hs.test", why=Why.SHUT)
    below = Adoption(one, inner, arts, alice, inner, below=True, place=arts)
    async with database.writing() as connection:
        await adoptions.keep(connection, [below, shut], now=1.0)
        assert await adoptions.of_event(connection, one) == (shut, below)
        assert await adoptions.wished(connection, room) == shut
        assert await adoptions.wished(connection, inner) is None
        done = replace(shut, event=two, why=None, place=arts)
        await adoptions.keep(connection, [done], now=2.0)
        assert await adoptions.wished(connection, room) is None
        await adoptions.forget(connection, before=1.5)
        assert await adoptions.of_event(connection, one) == ()
        assert await adoptions.of_event(connection, two) == (done,)


async def test_what_was_shown_last_of_a_space_is_what_counts(database: Database) -> None:
    room, alice = RoomId("!room"), UserId(ALICE)
    async with database.writing() as connection:
        for words in ("this", "that"):
            await adoptions.keep_shown(connection, alice, "#s:hs.test", Shown(room, words), now=1.0)
        assert await adoptions.shown(connection, alice, "#s:hs.test") == Shown(room, "that")
        assert await adoptions.shown(connection, UserId(BEN), "#s:hs.test") is None
        await adoptions.forget(connection, before=2.0)
        assert await adoptions.shown(connection, alice, "#s:hs.test") is None
