"""Spaces of others are brought in with their rooms, with the whole service at a homeserver in memory (P4)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import select

from appservice.store import tables
from tests.appservice.adopting import (
    ALICE,
    BEN,
    CHILD,
    PARENT,
    SHUT,
    VIA,
    Town,
    opened,
    room,
)


@pytest_asyncio.fixture
async def town(service_database: str) -> AsyncIterator[Town]:
    async with opened(service_database) as town:
        yield town


# -- Spaces -----------------------------------------------------------------------------------------


async def test_p4_a_space_is_shown_first_and_becomes_a_network_with_its_rooms_after_a_yes(town: Town) -> None:
    altos = await room(town, name="Altos", preset="public_chat")
    basses = await room(town, name="Basses", preset="public_chat")
    shed = await room(town, by=BEN, name="Shed", preset="public_chat")
    secret = await room(town, by=BEN, name="Secret")
    inner = await town.space(basses, preset="public_chat")
    town.alice.set_state(inner, "m.room.name", {"name": "Low Voices"})
    made = await town.space(altos, inner, shed, secret, preset="public_chat")
    town.alice.set_state(inner, CHILD, VIA, made)  # a loop
    for one in (altos, basses, inner, made):
        town.lift(one, town.bot, 100)
    town.ben.join(made)
    town.lift(made, BEN, 50)
    shown = await town.asks(f"adopt {made} --into arts")
    assert shown.startswith("Choirs becomes a network under Arts:")
    assert "Altos, Shed and Basses become groups of it" in shown
    assert "Low Voices becomes a network below it" in shown
    assert "Secret" not in shown
    assert town.fake.room(altos).membership(town.bot) is None, "nothing is touched before the yes"
    said = await town.asks("yes")
    assert said.startswith("Choirs is a network under Arts now")
    after = await town.landscape()
    by_name = {n.name: n.id for n in after.networks.values()}
    choirs, low = by_name["Choirs"], by_name["Low Voices"]
    async with town.service.foundation.database.reading() as connection:
        query = select(tables.undertakings.c.total).order_by(tables.undertakings.c.id.desc())
        total = int((await connection.execute(query.limit(1))).scalar_one())
    assert total > 10, "what the rooms below need is counted, for who waits longer"
    assert after.parents(choirs) == (by_name["Arts"],)
    assert after.parents(low) == (choirs,)
    assert [g.name for g in after.groups_of(choirs)] == ["Altos"]
    assert [g.name for g in after.groups_of(low)] == ["Basses"]
    assert set(after.coordinators_of(choirs)) == {ALICE, BEN}
    assert town.content(altos, PARENT, made)["canonical"] is True
    assert town.content(basses, PARENT, inner)["canonical"] is True
    assert town.fake.room(shed).membership(town.bot) == "leave"
    assert "2 rooms that I cannot get into, or that you are not in, stay as they are" in said
    assert town.content(made, CHILD, shed) == VIA
    before = len(town.writes())
    assert await town.asks(f"adopt {made} --into arts") == "Choirs is under Arts already."
    assert town.writes()[before:] == []


async def test_what_the_bot_knows_of_a_room_is_not_shown_to_who_forges_a_space_around_it(town: Town) -> None:
    secret = await room(town, by=BEN, name="Secret")
    town.ben.invite(secret, town.bot)
    town.lift(secret, town.bot, 100, by=BEN)
    said = await town.asks(f"adopt {secret} --into Quiet", BEN)
    assert said.startswith("Secret is a group of Quiet now")
    made = await town.space(secret, preset="public_chat")
    shown = await town.asks(f"adopt {made} --into arts")
    assert "Secret" not in shown
    said = await town.asks("yes")
    assert "Secret" not in said
    assert "One room that I cannot get into, or that you are not in, stays as it is" in said


async def test_a_space_with_very_many_rooms_is_too_much_at_once(town: Town) -> None:
    rooms = [await room(town, name=f"Room {n}", preset="public_chat") for n in range(51)]
    made = await town.space(*rooms, preset="public_chat")
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("Choirs has 51 rooms that I do not have yet, and I bring in at most 50 at once.")


async def test_a_space_added_by_hand_is_told_how_to_be_brought_in(town: Town) -> None:
    [arts] = [r for r in town.fake.world.rooms.values() if r.content("m.room.name").get("name") == "Arts"]
    altos = await room(town, name="Altos", preset="public_chat")
    made = await town.space(altos, preset="public_chat")
    town.alice.join(arts.room_id)
    town.alice.set_state(arts.room_id, CHILD, VIA, made)
    await town.calm(lambda: bool(town.said(town.direct[ALICE])))
    said = town.said(town.direct[ALICE])[-1]
    assert f"adopt {made} --into arts brings it in with its rooms" in said
    await town.asks(f"adopt {made} --into arts")
    assert (await town.asks("yes")).startswith("Choirs is a network under Arts now")
    after = await town.landscape()
    [choirs] = [n.id for n in after.networks.values() if n.name == "Choirs"]
    assert [g.name for g in after.groups_of(choirs)] == ["Altos"]
    assert arts.content(CHILD, made)["via"] == VIA["via"], "it stays where she has put it"


async def test_h1_a_space_that_holds_the_network_itself_cannot_be_under_it(town: Town) -> None:
    [arts] = [r for r in town.fake.world.rooms.values() if r.content("m.room.name").get("name") == "Arts"]
    made = await town.space(arts.room_id, preset="public_chat")
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("Choirs holds Arts, so it cannot be under Arts: that would be a circle.")
    assert town.fake.room(made).membership(town.bot) == "leave"


async def test_a_wish_of_somebody_who_is_not_there_keeps_nobody_else_from_inviting_the_bot(
    town: Town,
) -> None:
    """Alice names a room of Ben's; when Ben, who is a coordinator, invites the bot there, it stays."""
    made = await room(town, by=BEN)
    assert SHUT in await town.asks(f"adopt {made} --into arts")
    said = len(town.said(town.direct[ALICE]))
    town.ben.invite(made, town.bot)
    await town.calm(lambda: town.fake.room(made).membership(town.bot) == "join")
    assert town.fake.room(made).membership(town.bot) == "join"
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}
    assert len(town.said(town.direct[ALICE])) == said, "and Alice does not hear of it"


async def test_a_space_without_power_for_the_bot_comes_in_and_asks_for_it(town: Town) -> None:
    altos = await room(town, name="Altos", preset="public_chat")
    made = await town.space(altos, preset="public_chat")
    await town.asks(f"adopt {made} --into arts")
    said = await town.asks("yes")
    assert "In Choirs and Altos I have level 0 and need 100" in said
    town.lift(made, town.bot, 100)
    town.lift(altos, town.bot, 100)
    await town.calm(lambda: town.content(altos, PARENT, made) != {})
    said = town.said(town.direct[ALICE])
    assert [s for s in said if s.startswith("I have the power that I need in Choirs now")]
