"""How much was said where: counted as it is heard, told to who may read it."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.activity import forget_old
from appservice.store import activity, rooms
from appservice.store.database import Database
from bot.digests.items import Period, Section
from spaces import bans, changes
from spaces.identifiers import EventId, PlaceId, RoomId, UserId
from spaces.network import Access, Banned
from tests.appservice.square import RUTH, SAM, Square
from tests.appservice.stage import ALICE, BEN, BOT, Json, Stage

on_both = pytest.mark.both_databases


@pytest.fixture
async def square(database: Database) -> Square:
    return await Square(Stage(database)).begin()


async def _kept(square: Square, place: PlaceId, event: str) -> bool:
    async with square.stage.database.reading() as connection:
        return await activity.message(connection, place, EventId(event)) is not None


@on_both
async def test_what_others_said_is_counted_where_one_is(square: Square) -> None:
    await square.moves(BEN, "join", square.painting, square.walking)
    for _ in range(3):
        await square.says(square.painting)
    await square.says(square.painting, BEN)
    await square.says(square.walking)
    await square.says(square.chess)
    assert await square.told(BEN) == ["Painting: 3 messages", "Walking: one message"]
    assert await square.told(SAM) == []
    await square.moves(ALICE, "join", square.painting)
    assert await square.told(ALICE) == ["Painting: one message"]


async def test_a_group_of_two_networks_is_told_once_and_by_either_of_them(square: Square) -> None:
    await square.moves(BEN, "join", square.painting)
    await square.says(square.painting)
    for networks in ([square.arts], [square.health], [square.arts, square.health]):
        [item] = await square.items(BEN, *networks)
        assert (item.section, item.weight, item.quiet) == (Section.LIVELY, 1, False)
    assert await square.items(BEN, await square.stage.found("Elsewhere")) == []


SAID: dict[str, tuple[Json, bool]] = {
    "a picture": ({"msgtype": "m.image", "body": "p.jpg", "url": "mxc://hs.test/p"}, True),
    "an action": ({"msgtype": "m.emote", "body": "waves"}, True),
    "a message of a kind not known": ({"msgtype": "org.example.new", "body": "x"}, True),
    "a reply": ({"msgtype": "m.text", "body": "Yes", "m.relates_to": {"m.in_reply_to": {}}}, True),
    "a notice": ({"msgtype": "m.notice", "body": "Beep"}, False),
    "an edit": ({"msgtype": "m.text", "body": "*", "m.relates_to": {"rel_type": "m.replace"}}, False),
    "an edit without its relation": ({"msgtype": "m.text", "body": "*", "m.new_content": {}}, False),
    "what was taken back": ({}, False),
    "a type that is none": ({"msgtype": 7, "body": "x"}, False),
    "a command": ({"msgtype": "m.text", "body": "!hedge help"}, False),
}


async def test_what_a_person_says_in_any_way_is_counted_and_nothing_else(square: Square) -> None:
    assert await _counted_of(square, "m.room.message", SAID) == {
        n: is_said for n, (_, is_said) in SAID.items()
    }


SEALED: dict[str, tuple[Json, bool]] = {
    "a message": ({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "…"}, True),
    "an edit": ({"ciphertext": "…", "m.relates_to": {"rel_type": "m.replace", "event_id": "$x"}}, False),
    "a reaction": ({"ciphertext": "…", "m.relates_to": {"rel_type": "m.annotation"}}, False),
    "what was taken back": ({}, False),
}


async def test_n2_what_nobody_here_can_read_is_counted_all_the_same(square: Square) -> None:
    assert await _counted_of(square, "m.room.encrypted", SEALED) == {n: is_ for n, (_, is_) in SEALED.items()}


async def _counted_of(square: Square, kind: str, said: dict[str, tuple[Json, bool]]) -> dict[str, bool]:
    found = {}
    for name, (content, _) in said.items():
        event = square.event(square.painting, SAM, kind, content)
        await square.hears(event)
        found[name] = await _kept(square, square.painting, event["event_id"])
    return found


async def test_an_event_that_comes_again_is_counted_once_and_the_bots_own_never(square: Square) -> None:
    await square.moves(BEN, "join", square.painting)
    said = square.said(square.painting, SAM)
    await square.hears(said, said, square.said(square.painting, BOT))
    assert await square.told(BEN) == ["Painting: one message"]


async def test_what_is_said_in_a_space_or_outside_of_our_rooms_is_not_counted(square: Square) -> None:
    await square.moves(BEN, "join", square.arts)
    await square.stage.knows(RoomId("!elsewhere"), None)
    await square.hears(square.said(square.arts, SAM), square.said(square.painting, SAM, room_id="!elsewhere"))
    assert await square.told(BEN) == []
    assert not await _kept(square, square.arts, "$e2")


@on_both
async def test_a41_only_a_redaction_in_the_same_room_takes_a_message_away(square: Square) -> None:
    await square.moves(BEN, "join", square.painting)
    event = await square.says(square.painting, SAM)
    assert await square.told(BEN) == ["Painting: one message"]
    await square.redacts(square.walking, SAM, event)
    assert await _kept(square, square.painting, event)
    assert not await _kept(square, square.walking, event)
    assert await square.told(BEN) == ["Painting: one message"]
    await square.redacts(square.painting, SAM, event)
    assert not await _kept(square, square.painting, event)
    assert await square.told(BEN) == []


@on_both
async def test_a42_who_comes_later_is_told_of_before_only_where_they_may_read_it(square: Square) -> None:
    for place in (square.painting, square.chess):
        await square.says(place)
    await square.moves(BEN, "join", square.painting, square.chess)
    assert await square.told(BEN) == ["Painting: one message"]
    await square.says(square.chess)
    await square.says(square.chess, BEN)
    assert await square.told(BEN) == ["Chess: one message", "Painting: one message"]
    await square.moves(BEN, "leave", square.chess)
    await square.says(square.chess)
    await square.moves(BEN, "join", square.chess)
    assert await square.told(BEN) == ["Painting: one message"]


CLAIMS: list[Any] = [0, -5, 4_070_908_800_000, 10**400, None, "then", True, float("nan")]


async def test_a43_when_it_came_counts_whatever_an_event_claims(square: Square) -> None:
    await square.moves(BEN, "join", square.painting, square.chess)
    for claimed in CLAIMS:
        start = square.stage.clock() + 1
        for place in (square.painting, square.chess):
            await square.says(place, origin_server_ts=claimed)
        said = ["Chess: one message", "Painting: one message"]
        assert await square.told(BEN, since=start) == said, claimed
        assert await square.told(BEN, since=square.stage.clock() + 1) == []
    await square.moves(RUTH, "join", square.chess)
    assert await square.told(RUTH) == []


async def test_what_comes_late_was_not_said_to_who_came_meanwhile(square: Square) -> None:
    said = square.said(square.chess, ALICE)
    await square.moves(BEN, "join", square.chess)
    await square.moves(SAM, "invite", square.chess)
    square.stage.clock.seconds += 10
    await square.hears(said)
    assert await square.told(BEN) == []


async def test_a47_who_is_not_in_the_room_now_is_told_nothing(square: Square) -> None:
    for who, how in ((BEN, "leave"), (SAM, "ban"), (RUTH, "invite")):
        await square.moves(who, "join", square.painting, square.chess)
        await square.says(square.painting)
        await square.says(square.chess)
        assert len(await square.told(who)) == 2
        await square.moves(who, how, square.painting, square.chess)
        assert await square.told(who) == []


async def test_a47_a_ban_counts_before_it_is_carried_out(square: Square) -> None:
    await square.moves(BEN, "join", square.painting)
    await square.says(square.painting)
    async with square.stage.work() as work:
        banned = bans.ban(work.landscape, [Banned(square.arts, BEN)])
        await work.change(banned, what="ban", about=square.arts)
    assert await square.told(BEN) == []


async def test_what_is_archived_is_not_told(square: Square) -> None:
    await square.moves(BEN, "join", square.painting)
    await square.says(square.painting)
    async with square.stage.work() as work:
        archived = changes.archive(work.landscape, square.painting)
        await work.change(archived, what="archived", about=square.painting)
    assert await square.told(BEN) == []


async def test_a_networks_own_edition_tells_what_each_of_its_members_might_read(square: Square) -> None:
    kit = {g.name: g.id for g in (await square.stage.works.landscape()).groups_of(square.arts) if g.is_kit}
    for place in (square.painting, square.chess, square.walking, *kit.values()):
        await square.says(place)
    said = ["Arts: welcome: one message", "Painting: one message"]
    assert await square.told(None, square.arts) == said
    assert await square.told(None, square.health) == ["Painting: one message", "Walking: one message"]


async def _visibility(square: Square, place: PlaceId, value: str, by: UserId = ALICE) -> None:
    content = {"history_visibility": value}
    square.rooms.set(square.room(place), "m.room.history_visibility", content, by=by)
    if by != BOT:
        await square.hears(square.event(place, by, "m.room.history_visibility", content, state_key=""))


async def test_a46_what_was_said_while_the_past_was_closed_stays_closed(square: Square) -> None:
    await square.says(square.painting)
    await _visibility(square, square.painting, "joined")
    await square.says(square.painting)
    await square.rooms.settle((await square.stage.entries())[0])  # it is read, and not yet put back
    await square.says(square.painting)
    square.stage.clock.seconds += 10
    await square.rooms.settle_all()
    await square.says(square.painting)
    await square.moves(BEN, "join", square.painting)
    assert await square.told(BEN) == ["Painting: 2 messages"]


async def test_a46_a_change_heard_late_closes_what_came_since(square: Square) -> None:
    content = {"history_visibility": "joined"}
    closing = square.event(square.painting, ALICE, "m.room.history_visibility", content, state_key="")
    await square.says(square.painting)
    await square.moves(BEN, "join", square.painting)
    assert await square.told(BEN) == ["Painting: one message"]
    await square.hears(closing)
    assert await square.told(BEN) == []


async def test_a46_what_the_bot_is_about_to_close_counts_as_closed_at_once(square: Square) -> None:
    async with square.stage.work() as work:
        landscape = changes.describe(work.landscape, work.ids, square.painting, access=Access.INVITE)
        await work.change(landscape, what="described", about=square.painting)
    await square.says(square.painting)
    square.stage.clock.seconds += 10
    await square.rooms.settle_all()
    await square.says(square.painting)
    await square.moves(BEN, "join", square.painting)
    assert await square.told(BEN) == []


async def test_what_is_to_be_opened_is_open_once_it_is_read_back(square: Square) -> None:
    async with square.stage.work() as work:
        landscape = changes.describe(work.landscape, work.ids, square.chess, access=Access.PRIVATE)
        await work.change(landscape, what="described", about=square.chess)
    await square.says(square.chess)
    await square.rooms.settle_all()
    await square.says(square.chess)
    await square.moves(BEN, "join", square.chess)
    assert await square.told(BEN) == ["Chess: one message"]


async def test_another_room_of_the_same_place_begins_anew(square: Square) -> None:
    event = await square.says(square.painting)
    async with square.stage.database.writing() as connection:
        await rooms.set_room(connection, square.painting, RoomId("!another"))
    assert not await _kept(square, square.painting, event)
    async with square.stage.database.reading() as connection:
        assert not await activity.is_history_open(connection, square.painting)


@on_both
async def test_what_is_old_and_what_is_of_somebody_is_forgotten(square: Square) -> None:
    await square.moves(BEN, "join", square.painting)
    first, second = [await square.says(square.painting, who) for who in (ALICE, ALICE)]
    third = await square.says(square.painting, SAM)
    now = square.stage.clock()
    await forget_old(square.stage.database, before=now - 10)
    kept = [await _kept(square, square.painting, event) for event in (first, second, third)]
    assert kept == [False, True, True]
    async with square.stage.database.writing() as connection:
        await activity.forget_person(connection, SAM)
    assert [await _kept(square, square.painting, event) for event in (second, third)] == [True, False]


async def test_what_is_the_same_for_all_readers_is_counted_once(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[PlaceId]] = []
    count = activity.tallies

    async def counting(connection: Any, places: Any, period: Period) -> Any:
        asked.append(sorted(places))
        return await count(connection, places, period)

    monkeypatch.setattr(activity, "tallies", counting)
    for who in (BEN, SAM):
        await square.moves(who, "join", square.painting)
    await square.moves(SAM, "join", square.walking)
    await square.says(square.painting)
    for who in (BEN, SAM, BEN):
        assert await square.told(who) == ["Painting: one message"]
    assert asked == [[square.painting], [square.walking]]
    square.stage.clock.seconds += 60
    await square.told(BEN)
    assert len(asked) == 3
