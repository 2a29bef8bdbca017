"""What others may try with keys, and what must not be taken for one."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from nio.crypto import OutboundGroupSession
from nio.responses import KeysClaimResponse

from appservice.key_news import KeyNews
from appservice.olm import MOST_DEVICES, MOST_ROOM_KEYS, MOST_TALKS
from tests.appservice.encryption.played import (
    ALICE,
    EVE,
    PHONES,
    ROOM,
    KeyServer,
    Phone,
    Phones,
    heard,
    says,
)
from tests.appservice.stage import BOT


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_key_that_somebody_passes_on_as_their_own_first_or_later_takes_nothing_from_whose_it_is(
    phone: Phones, server: KeyServer, is_first: bool
) -> None:
    bot, alice, eve = await phone(BOT), await phone(ALICE), await phone(EVE)
    sent = await says(alice)
    session = alice.machine.outbound_group_sessions[ROOM]
    original = server.waiting.pop((BOT, PHONES[BOT]))
    if not is_first:
        assert await bot.encryption.take(KeyNews(original))
    await says(eve)  # so that the two devices can talk
    await bot.take()
    device = eve.machine.device_store[BOT][PHONES[BOT]]
    key = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": ROOM,
        "session_id": session.id,
        "session_key": session.session_key,
    }
    olm = eve.machine.session_store.get(device.curve25519)
    content = eve.machine._olm_encrypt(olm, device, "m.room_key", key)
    await eve.calls.send_to_devices({BOT: {PHONES[BOT]: content}})
    await bot.take()
    if is_first:
        assert await bot.encryption.take(KeyNews(original))
    devices = {one.sender_key for one in bot.machine.held(ROOM, session.id)}
    assert devices == {one.machine.account.identity_keys["curve25519"] for one in (alice, eve)}
    bot.restart()
    assert await heard(bot, ALICE, sent) == "Hello"


async def test_a_forwarded_key_is_never_taken(phone: Phones) -> None:
    bot, alice, eve = await phone(BOT), await phone(ALICE), await phone(EVE)
    sent = await says(alice)
    await eve.take()
    bot.calls.server.waiting.clear()
    await says(eve)
    await bot.take()
    [held] = eve.machine.held(ROOM, sent["session_id"])
    device = eve.machine.device_store[BOT][PHONES[BOT]]
    olm = eve.machine.session_store.get(device.curve25519)
    message = eve.machine._encrypt_forwarding_key(ROOM, held, olm, device)
    await eve.calls.send_to_devices(message.as_dict()["messages"])
    await bot.take()
    assert await heard(bot, ALICE, sent) is None


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "m.room.encrypted"},
        {
            "type": "m.room.encrypted",
            "sender": ALICE,
            "content": {"algorithm": "m.olm.v1.curve25519-aes-sha2"},
        },
        {"type": "m.room_key", "sender": ALICE, "content": {"room_id": ROOM, "session_key": "x"}},
        {"type": 1, "sender": [], "content": "x"},
    ],
)
async def test_a_key_message_that_is_none_is_left_out_and_the_next_one_taken(
    phone: Phones, message: dict[str, Any]
) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    sent = await says(alice)
    [good] = bot.calls.server.waiting.pop((BOT, PHONES[BOT]))
    broken = {
        **good,
        "content": {
            **good["content"],
            "ciphertext": {k: {"type": 0, "body": "AA"} for k in good["content"]["ciphertext"]},
        },
    }
    assert not await bot.encryption.take(KeyNews([message, broken]))
    assert await bot.encryption.take(KeyNews([good]))
    assert await heard(bot, ALICE, sent) == "Hello"


async def begun(eve: Phone) -> Any:
    """The bot's device, with which Eve's can talk from now on."""
    await says(eve)
    device = eve.machine.device_store[BOT][PHONES[BOT]]
    eve.calls.server.waiting.pop((BOT, PHONES[BOT]), None)
    return device


def letter(eve: Phone, device: Any, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    olm = eve.machine.session_store.get(device.curve25519)
    sealed = eve.machine._olm_encrypt(olm, device, kind, content)
    return {"type": "m.room.encrypted", "sender": eve.user, "content": sealed}


def room_key(eve: Phone, device: Any, room: str) -> dict[str, Any]:
    session = OutboundGroupSession()
    content = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": room}
    return letter(
        eve, device, "m.room_key", {**content, "session_id": session.id, "session_key": session.session_key}
    )


async def test_a_key_message_that_no_parser_stands_does_not_stop_those_after_it(phone: Phones) -> None:
    bot, alice, eve = await phone(BOT), await phone(ALICE), await phone(EVE)
    device = await begun(eve)
    olm = eve.machine.session_store.get(device.curve25519)
    message_type, body = olm.encrypt("[" * 20_000).to_parts()
    sealed = letter(eve, device, "m.dummy", {})
    mine = bot.machine.account.identity_keys["curve25519"]
    text = body if isinstance(body, str) else base64.b64encode(body).decode().rstrip("=")
    sealed["content"]["ciphertext"][mine] = {"type": message_type, "body": text}
    sent = await says(alice)
    [good] = bot.calls.server.waiting.pop((BOT, PHONES[BOT]))
    no_text = room_key(eve, device, "!\ud800")
    assert await bot.encryption.take(KeyNews([sealed, no_text, good, sealed]))
    assert bot.encryption._waiting.pop("!\ud800", "") == []
    bot.restart()
    assert await heard(bot, ALICE, sent) == "Hello"


async def test_what_stands_unsigned_beside_a_devices_keys_is_never_looked_at(
    phone: Phones, server: KeyServer
) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    for name in ("\ud800", 5, {}):
        server.devices[ALICE][PHONES[ALICE]]["unsigned"] = {"device_display_name": name}
        await bot.take(changed=[ALICE])
        sent = await says(bot)
        await alice.take()
        assert await heard(alice, BOT, sent) == "Hello"


async def test_a_key_of_a_room_that_is_not_known_is_not_kept_but_waits_for_a_message_there(
    phone: Phones, server: KeyServer
) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    server.known = set()
    sent = await says(alice)
    assert await bot.take()
    assert not list(bot.machine.held(ROOM, sent["session_id"]))
    assert await heard(bot, ALICE, sent) == "Hello"
    bot.restart()
    assert await heard(bot, ALICE, sent) == "Hello"


async def test_of_one_device_only_so_many_keys_and_so_many_beginnings_are_kept(
    phone: Phones, server: KeyServer
) -> None:
    bot, eve = await phone(BOT), await phone(EVE)
    device = await begun(eve)
    keys = [room_key(eve, device, ROOM) for _ in range(MOST_ROOM_KEYS + 3)]
    elsewhere = room_key(eve, device, "!nowhere")
    server.known = {ROOM}
    assert await bot.encryption.take(KeyNews([*keys, elsewhere]))
    hers = eve.machine.account.identity_keys["curve25519"]
    beginnings = []
    for _ in range(MOST_TALKS + 3):
        server.one_time[BOT, PHONES[BOT]].clear()
        claimed = await eve.calls.claim({BOT: [PHONES[BOT]]})
        eve.machine.handle_response(KeysClaimResponse(claimed, {}))
        eve.machine.session_store[device.curve25519].sort(key=lambda talk: talk.creation_time, reverse=True)
        beginnings.append(letter(eve, device, "m.dummy", {}))
    await bot.encryption.take(KeyNews(beginnings))
    for _ in range(2):
        assert len(bot.machine.inbound_group_store[ROOM][hers]) == MOST_ROOM_KEYS
        assert not bot.machine.inbound_group_store["!nowhere"]
        assert len(bot.machine.session_store[hers]) == MOST_TALKS
        bot.restart()


async def test_of_one_person_only_so_many_devices_are_looked_at(phone: Phones, server: KeyServer) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    await says(bot)
    looked_at: list[str] = []
    is_sound = bot.machine.is_sound

    def counted(user: str, device_id: str, keys: Any) -> bool:
        looked_at.append(device_id)
        return bool(is_sound(user, device_id, keys))

    bot.machine.is_sound = counted
    for n in range(3 * MOST_DEVICES):
        server.devices[ALICE][f"A{n}"] = {}
    await bot.take(changed=[ALICE])
    sent = await says(bot)
    assert len(looked_at) == MOST_DEVICES
    await alice.take()
    assert await heard(alice, BOT, sent) == "Hello"
