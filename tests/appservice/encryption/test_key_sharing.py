"""Who gets the key of a room, and when it changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from appservice.encryption import NotPrivate
from appservice.store.encryption import Rotation
from tests.appservice.encryption.played import (
    ALICE,
    EVE,
    HELLO,
    NO_ROTATION,
    PHONES,
    ROOM,
    KeyServer,
    Phones,
    heard,
    says,
)
from tests.appservice.stage import BOT
from tests.clock import Clock


async def test_45_devices_get_the_key_in_three_rounds(phone: Phones, server: KeyServer) -> None:
    bot = await phone(BOT)
    devices = [await phone(ALICE, f"DEVICE{n}") for n in range(45)]
    sent = await says(bot)
    assert server.calls["send"] == 3
    for device in devices:
        await device.take()
        assert await heard(device, BOT, sent) == "Hello"
    await says(bot)
    assert server.calls["send"] == 3


async def test_a_device_without_keys_does_not_keep_it_from_others_and_is_not_asked_each_time(
    phone: Phones, server: KeyServer, clock: Clock
) -> None:
    bot, alice, _ = await phone(BOT), await phone(ALICE), await phone(ALICE, "EMPTY")
    server.one_time[ALICE, "EMPTY"].clear()
    last = server.fallback.pop((ALICE, "EMPTY"))
    sent = await says(bot)
    await alice.take()
    assert await heard(alice, BOT, sent) == "Hello"
    assert (ALICE, "EMPTY") not in server.waiting
    claims = server.calls["claim"]
    await says(bot)
    assert server.calls["claim"] == claims
    server.fallback[ALICE, "EMPTY"] = last
    clock.seconds += 601
    await says(bot)
    assert len(server.waiting[ALICE, "EMPTY"]) == 1


async def test_devices_with_broken_keys_are_left_out(phone: Phones, server: KeyServer) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    good = server.devices[ALICE][PHONES[ALICE]]
    keys = good["keys"]
    broken: list[Any] = [
        {},
        "no device",
        {**good, "user_id": EVE},
        {**good, "keys": {}},
        {**good, "signatures": {}},
        {**good, "signatures": {ALICE: {f"ed25519:{PHONES[ALICE]}": "x"}}},
        {**good, "unsigned": {"device_display_name": 5}},
        {**good, "keys": {**keys, f"curve25519:{PHONES[ALICE]}": "short"}},
    ]
    for n, device in enumerate(broken):
        server.devices[ALICE][f"B{n}"] = device
    sent = await says(bot)
    await alice.take()
    assert await heard(alice, BOT, sent) == "Hello"
    assert list(bot.machine.device_store[ALICE]) == [PHONES[ALICE]]


async def test_who_has_left_and_a_device_that_is_gone_get_nothing_and_cannot_go_on_reading(
    phone: Phones, server: KeyServer
) -> None:
    bot, alice, eve = await phone(BOT), await phone(ALICE), await phone(EVE)
    tablet = await phone(ALICE, "TABLET")
    first = await says(bot)
    for one in (alice, eve, tablet):
        await one.take()
    server.readers.remove(eve.calls.user)
    second = await says(bot)
    assert second["session_id"] != first["session_id"]
    assert (EVE, PHONES[EVE]) not in server.waiting
    assert await heard(eve, BOT, second) is None
    await tablet.take()
    del server.devices[ALICE]["TABLET"]
    await bot.take(changed=[ALICE])
    third = await says(bot)
    assert third["session_id"] != second["session_id"]
    assert (ALICE, "TABLET") not in server.waiting
    await alice.take()
    assert await heard(alice, BOT, third) == "Hello"


async def test_who_comes_late_reads_from_then_on(phone: Phones) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    first = await says(bot)
    late = await phone(ALICE, "LATE")
    await bot.take(changed=[ALICE])
    second = await says(bot)
    assert second["session_id"] == first["session_id"]
    await late.take()
    await alice.take()
    assert await heard(late, BOT, second) == "Hello"
    assert await heard(late, BOT, first) is None
    assert await heard(alice, BOT, first) == "Hello"


async def test_a_device_that_comes_back_is_known_again(phone: Phones, server: KeyServer) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    await says(bot)
    kept = server.devices[ALICE].pop(PHONES[ALICE])
    await bot.take(changed=[ALICE])
    await says(bot)
    server.devices[ALICE][PHONES[ALICE]] = kept
    await bot.take(changed=[ALICE])
    sent = await says(bot)
    await alice.take()
    assert await heard(alice, BOT, sent) == "Hello"


@pytest.mark.parametrize(("rotation", "served"), [(Rotation(3), 3), (Rotation(500), 100), (NO_ROTATION, 100)])
async def test_the_key_changes_after_as_many_messages_as_the_room_says_a_hundred_at_most(
    phone: Phones, rotation: Rotation, served: int
) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    sent = [await says(bot, str(n), rotation) for n in range(served + 1)]
    sessions = [one["session_id"] for one in sent]
    assert len(set(sessions[:served])) == 1
    assert sessions[served] != sessions[0]
    await alice.take()
    assert [await heard(alice, BOT, one) for one in sent] == [str(n) for n in range(served + 1)]


async def test_a_key_whose_time_runs_out_while_it_is_shared_is_changed_at_once(phone: Phones) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    send = bot.calls.send_to_devices

    async def slowly(messages: dict[str, Any]) -> None:
        await send(messages)
        bot.calls.send_to_devices = send
        bot.machine.outbound_group_sessions[ROOM].creation_time -= timedelta(days=8)

    bot.calls.send_to_devices = slowly
    sent = await says(bot)
    await alice.take()
    assert await heard(alice, BOT, sent) == "Hello"


@pytest.mark.parametrize("others", ["in it", "invited", "nobody at all"])
async def test_what_is_for_one_person_goes_to_no_third_and_no_key_either(
    phone: Phones, server: KeyServer, others: str
) -> None:
    bot, alice, eve = await phone(BOT), await phone(ALICE), await phone(EVE)
    server.readers = [bot.calls.user, alice.calls.user]
    sent = await bot.encryption.encipher(ROOM, "m.room.message", HELLO, NO_ROTATION, ALICE)
    await alice.take()
    assert await heard(alice, BOT, sent) == "Hello"
    if others == "in it":
        server.readers.append(eve.calls.user)
    elif others == "invited":
        server.invited.append(eve.calls.user)
    else:
        server.readers = [bot.calls.user]
    with pytest.raises(NotPrivate):
        await bot.encryption.encipher(ROOM, "m.room.message", HELLO, NO_ROTATION, ALICE)
    assert (EVE, PHONES[EVE]) not in server.waiting


@pytest.mark.parametrize("may", [True, False])
async def test_who_is_invited_gets_the_key_only_where_they_may_read_what_was_said_before(
    phone: Phones, server: KeyServer, may: bool
) -> None:
    bot, _, eve = await phone(BOT), await phone(ALICE), await phone(EVE)
    server.readers.remove(eve.calls.user)
    server.invited, server.shows_to_invited = [eve.calls.user], may
    await says(bot)
    assert ((EVE, PHONES[EVE]) in server.waiting) is may
