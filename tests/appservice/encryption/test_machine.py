"""Reading and writing between devices, and what must not be taken for a key."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nio.crypto import OutboundGroupSession
from nio.responses import KeysClaimResponse

from appservice.encryption import Damaged, NotPrivate
from appservice.homeserver import Unreachable
from appservice.key_news import KeyNews
from appservice.olm import MOST_DEVICES, MOST_ROOM_KEYS, MOST_TALKS
from appservice.store.encryption import Rotation
from spaces.errors import Unavailable
from tests.appservice.encryption.played import ROOM, KeyServer, Phone
from tests.appservice.stage import BOT, Clock

ALICE, EVE = "@alice:hs.test", "@eve:hs.test"
HELLO = {"msgtype": "m.text", "body": "Hello"}
PHONES = {BOT: "BOT-PHONE", ALICE: "ALICE-PHONE", EVE: "EVE-PHONE"}
NO_ROTATION = Rotation()
Phones = Callable[..., Any]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> KeyServer:
    return KeyServer()


@pytest.fixture
def phone(server: KeyServer, tmp_path: Path, clock: Clock) -> Iterator[Phones]:
    made: list[Phone] = []

    async def make(user: str, device_id: str = "") -> Phone:
        one = Phone(server, tmp_path, user, device_id or PHONES[user], clock)
        made.append(one)
        await one.begin()
        server.readers = sorted({*server.readers, one.calls.user})
        return one

    yield make
    for one in made:
        one.encryption.close()


async def says(who: Phone, body: str = "Hello", rotation: Rotation = NO_ROTATION) -> dict[str, Any]:
    return await who.encryption.encipher(ROOM, "m.room.message", {**HELLO, "body": body}, rotation)


async def heard(by: Phone, sender: str, content: dict[str, Any]) -> str | None:
    found = await by.encryption.decipher(ROOM, sender, content)
    return None if found is None else str(found.content["body"])


async def test_what_one_writes_the_other_reads_and_nobody_else_could(phone: Phones) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    relation = {"m.in_reply_to": {"event_id": "$asked"}}
    content = {**HELLO, "m.relates_to": relation}
    sent = await bot.encryption.encipher(ROOM, "m.room.message", content, NO_ROTATION)
    assert "Hello" not in str(sent)
    assert sent["m.relates_to"] == relation
    assert await heard(alice, BOT, sent) is None
    assert await alice.take()
    found = await alice.encryption.decipher(ROOM, BOT, sent)
    assert found is not None
    assert (found.kind, found.content, found.index) == ("m.room.message", HELLO, 0)


async def test_both_go_on_after_a_restart(phone: Phones) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    first = await says(bot)
    await alice.take()
    bot.restart()
    alice.restart()
    assert await heard(alice, BOT, first) == "Hello"
    again = await says(bot, "Again")
    await alice.take()
    assert await heard(alice, BOT, again) == "Again"
    back = await says(alice, "Back")
    await bot.take()
    assert await heard(bot, ALICE, back) == "Back"


async def test_a_message_under_another_name_or_in_another_room_is_not_read(phone: Phones) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    await phone(EVE)
    sent = await says(alice)
    await bot.take()
    assert await heard(bot, EVE, sent) is None
    assert await bot.encryption.decipher("!other:hs.test", ALICE, sent) is None
    assert await heard(bot, ALICE, sent) == "Hello"


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


# -- who gets the key -------------------------------------------------------------------------------


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


# -- the homeserver goes away -----------------------------------------------------------------------


async def test_while_the_homeserver_is_away_nothing_is_said_and_then_it_is(
    phone: Phones, server: KeyServer
) -> None:
    bot, alice = await phone(BOT), await phone(ALICE)
    server.is_away = True
    with pytest.raises(Unreachable):
        await says(bot)
    server.is_away = False
    sent = await says(bot)
    await alice.take()
    assert await heard(alice, BOT, sent) == "Hello"


async def test_a_change_told_while_devices_are_asked_for_is_not_lost(
    phone: Phones, server: KeyServer
) -> None:
    bot = await phone(BOT)
    await phone(ALICE)
    asked = bot.calls.query

    async def query(users: list[str]) -> dict[str, Any]:
        answer = await asked(users)
        await bot.take(changed=[ALICE])
        return dict(answer)

    bot.calls.query = query
    await says(bot)
    bot.calls.query = asked
    late = await phone(ALICE, "LATE")
    sent = await says(bot)
    await late.take()
    assert await heard(late, BOT, sent) == "Hello"


async def test_keys_whose_upload_was_not_confirmed_are_not_lost_by_a_crash(
    phone: Phones, server: KeyServer
) -> None:
    alice, bot = await phone(ALICE), await phone(BOT)
    bot.machine.uploaded_key_count = 10
    uploaded = bot.calls.upload

    async def upload(keys: dict[str, Any]) -> int:
        await uploaded(keys)
        raise Unreachable("no answer")

    bot.calls.upload = upload
    with pytest.raises(Unreachable):
        await bot.encryption.tend()
    bot.calls.upload = uploaded
    bot.restart()
    keys = server.one_time[BOT, PHONES[BOT]]
    server.one_time[BOT, PHONES[BOT]] = dict([list(keys.items())[-1]])
    sent = await says(alice)
    await bot.take()
    assert await heard(bot, ALICE, sent) == "Hello"


async def test_when_all_one_time_keys_are_used_the_fallback_key_serves(
    phone: Phones, server: KeyServer
) -> None:
    alice, bot = await phone(ALICE), await phone(BOT)
    server.one_time[BOT, PHONES[BOT]].clear()
    bot.restart()
    sent = await says(alice)
    await bot.take()
    assert await heard(bot, ALICE, sent) == "Hello"


# -- the store --------------------------------------------------------------------------------------


async def test_a_store_that_is_no_database_counts_as_damaged(phone: Phones, tmp_path: Path) -> None:
    bot = await phone(BOT)
    bot.encryption.close()
    [file] = (tmp_path / BOT.strip("@")).glob("*.db")
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(Damaged):
        bot.encryption.open(PHONES[BOT])
    assert not bot.encryption.is_open


async def test_a_folder_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, server: KeyServer, clock: Clock
) -> None:
    (tmp_path / BOT.strip("@")).write_text("a file")
    with pytest.raises(Unavailable, match=r"encryption\.store"):
        Phone(server, tmp_path, BOT, "PHONE", clock)


async def test_the_store_is_for_this_user_only(phone: Phones, tmp_path: Path) -> None:
    await phone(BOT)
    assert (tmp_path / BOT.strip("@")).stat().st_mode & 0o077 == 0


# -- what others may try ----------------------------------------------------------------------------


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
