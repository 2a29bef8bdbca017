"""Encrypted conversations on a real Synapse, with clients that are not ours."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.encrypted_client import EncryptedClient, Json, encrypted_device, words_of
from tests.synapse.hedge import Hedge
from tests.synapse.home import ADMIN, BOT, Home, user

PASSWORD = "a password"
_COMPLAINT = "its key has not reached me"


@asynccontextmanager
async def devices_of(home: Home, name: str, count: int = 1) -> AsyncIterator[list[EncryptedClient]]:
    """Devices of one person, each logged in by itself."""
    await home.synapse.register(name, PASSWORD)
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(encrypted_device(home.synapse.base_url, user(name), PASSWORD))
            for _ in range(count)
        ]


async def shown_of_the_bot(device: EncryptedClient) -> Json:
    """What anybody is told of the bot's keys."""
    return await device.call("POST", "/keys/query", {"device_keys": {BOT: []}})


def number(hedge: Hedge, name: str) -> float:
    """One number of `/metrics`."""
    with urllib.request.urlopen(f"http://127.0.0.1:{hedge.home.port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


async def becomes(hedge: Hedge, name: str, value: float, within: float = 30) -> None:
    found = None
    try:
        async with asyncio.timeout(within):
            while True:
                found = await asyncio.to_thread(number, hedge, name)
                if found == value:
                    return
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"{name} is {found}, not {value}") from None


# -- reading and writing ----------------------------------------------------------------------------


async def test_a_question_in_an_encrypted_direct_message_is_answered_encrypted(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-direct") as (alice,):
        room = await alice.create_dm(BOT)
        asked = await alice.say(room, "whoami")
        [answer] = await alice.answers(room, asked)
        everything = await alice.timeline(room)
    assert answer["type"] == "m.room.encrypted"
    assert set(answer["content"]) >= {"algorithm", "ciphertext", "session_id", "m.relates_to"}
    assert answer["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
    assert not {"body", "formatted_body", "msgtype", "org.hedgerow.said"} & set(answer["content"])
    assert f"You are {user('enc-direct')}" in answer["said"]["body"]
    assert not [event for event in everything if event["type"] == "m.room.message"]
    assert await hedge.stop() == 0


async def test_a_question_that_waits_until_a_name_is_looked_up_is_answered_encrypted(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, ADMIN) as (ada,):
        room = await ada.create_dm(BOT)
        await ada.answers(room, await ada.say(room, "network create Sealed Town"))
        nobody = user("nobody-at-all")
        [answer] = await ada.answers(
            room, await ada.say(room, f'coordinator add {nobody} --in "Sealed Town"')
        )
    assert answer["type"] == "m.room.encrypted"
    assert f"This server knows nobody called {nobody}." in answer["said"]["body"]
    assert await hedge.stop() == 0


async def test_what_was_written_encrypted_before_the_bot_came_is_answered(home: Home, hedge: Hedge) -> None:
    await hedge.start()
    async with devices_of(home, "enc-early") as (alice,):
        assert await hedge.stop() == 0
        room = await alice.create_room(BOT, is_direct=True)
        asked = await alice.say(room, "whoami")
        await hedge.start()
        [answer] = await alice.answers(room, asked)
    assert "You are" in answer["said"]["body"]
    assert answer["type"] == "m.room.encrypted"


async def test_in_an_encrypted_group_the_bot_answers_in_the_thread_and_takes_an_edit_for_one(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, ADMIN) as (ada,), devices_of(home, "enc-group") as (alice,):
        room = await ada.create_room(BOT, alice.user_id)
        await ada.until_in(room, BOT)
        await alice.join(room)
        await ada.until_in(room, alice.user_id)
        root = await ada.say(room, "Who are we?")
        thread = {"rel_type": "m.thread", "event_id": root}
        asked = await alice.say(room, "!hedge whoami", **{"m.relates_to": thread})
        edit = {"rel_type": "m.replace", "event_id": asked}
        await alice.say(room, "* !hedge help", **{"m.relates_to": edit})
        again = await alice.say(room, "!hedge whoami")
        [answer] = await ada.answers(room, asked)
        await ada.answers(room, again)
        said = [event for event in await ada.timeline(room) if event["sender"] == BOT]
    assert answer["type"] == "m.room.encrypted"
    relation = answer["content"]["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", root)
    assert "You are" in answer["said"]["body"]
    messages = [event for event in said if event["type"] == "m.room.encrypted"]
    assert len(messages) == 2
    assert await hedge.stop() == 0


async def test_the_same_ciphertext_under_another_event_is_not_done_again_not_even_after_a_restart(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-replay") as (alice,):
        room = await alice.create_dm(BOT)
        asked = await alice.say(room, "whoami")
        await alice.answers(room, asked)
        [event] = [one for one in await alice.timeline(room) if one["event_id"] == asked]
        for n in range(2):
            path = f"/rooms/{room}/send/m.room.encrypted/replay{n}"
            repeated = (await alice.call("PUT", path, event["content"]))["event_id"]
            after = await alice.say(room, "whoami")
            await alice.answers(room, after)
            found = await alice.timeline(room)
            assert not [one for one in found if repeated in json.dumps(one["content"])]
            if n == 0:
                assert await hedge.stop() == 0
                await hedge.start()


# -- the device -------------------------------------------------------------------------------------


async def test_after_a_restart_in_the_middle_the_same_device_goes_on_both_ways(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-restart") as (alice,):
        room = await alice.create_dm(BOT)
        await alice.ask(room, "whoami")
        before = (await shown_of_the_bot(alice))["device_keys"][BOT][device_of(hedge)]
        await hedge.kill()
        meanwhile = await alice.say(room, "help")
        await hedge.start()
        [answer] = await alice.answers(room, meanwhile)
        assert answer["type"] == "m.room.encrypted"
        assert answer["said"] is not None
        assert "You are" in await alice.ask(room, "whoami")
        after = (await shown_of_the_bot(alice))["device_keys"][BOT][device_of(hedge)]
    assert after["keys"] == before["keys"]


async def test_a_lost_crypto_store_gets_a_new_device_and_the_old_one_goes(home: Home, hedge: Hedge) -> None:
    await hedge.start()
    async with devices_of(home, "enc-lost") as (alice,):
        room = await alice.create_dm(BOT)
        await alice.ask(room, "whoami")
        old = device_of(hedge)
        master = (await shown_of_the_bot(alice))["master_keys"][BOT]["keys"]
        assert await hedge.stop() == 0
        shutil.rmtree(hedge.directory / "hedgerow-crypto")
        await hedge.start()
        shown = await shown_of_the_bot(alice)
        assert device_of(hedge) != old
        assert old not in shown["device_keys"][BOT]
        assert shown["master_keys"][BOT]["keys"] == master
        verify_device(shown, device_of(hedge))
        await alice.sync()
        assert "You are" in await alice.ask(room, "whoami")
    assert await hedge.stop() == 0


def device_of(hedge: Hedge) -> str:
    """The device that this Hedgerow holds for its own: tests before have left theirs at the homeserver."""
    [(device,)] = hedge.store.rows("SELECT value FROM marks WHERE name = 'device'")
    return str(device)


def verify_device(shown: Json, device_id: str) -> None:
    """Raises `InvalidSignature` or `KeyError` unless it is signed, from the master key down."""
    device = shown["device_keys"][BOT][device_id]
    master, signing = shown["master_keys"][BOT], shown["self_signing_keys"][BOT]
    [master_key], [signing_key] = master["keys"].values(), signing["keys"].values()
    _verify(signing, master_key, f"ed25519:{master_key}")
    _verify(device, signing_key, f"ed25519:{signing_key}")
    _verify(device, device["keys"][f"ed25519:{device_id}"], f"ed25519:{device_id}")


def _verify(signed: Json, public: str, key_id: str) -> None:
    bare = {name: value for name, value in signed.items() if name not in ("signatures", "unsigned")}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key, signature = (
        base64.b64decode(one + "=" * (-len(one) % 4)) for one in (public, signed["signatures"][BOT][key_id])
    )
    Ed25519PublicKey.from_public_bytes(key).verify(signature, text)


async def test_the_device_is_cross_signed_as_others_see_it_and_says_so_itself(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, ADMIN) as (ada,):
        verify_device(await shown_of_the_bot(ada), device_of(hedge))
        room = await ada.create_dm(BOT)
        assert "cross-signed" in await ada.ask(room, "status")
    assert await asyncio.to_thread(number, hedge, "hedgerow_cross_signed") == 1
    looked = await hedge.command("doctor")
    assert (looked.code, looked.err) == (0, "")
    assert "cross-signed" in looked.out
    assert "failed" not in looked.out


async def test_another_key_in_the_configuration_is_refused_with_a_sentence_and_nothing_is_lost(
    home: Home, hedge: Hedge, hedgerow_at: Callable[..., Hedge]
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-key") as (alice,):
        room = await alice.create_dm(BOT)
        await alice.ask(room, "whoami")
        device = device_of(hedge)
        assert await hedge.stop() == 0
        other = hedgerow_at(home, {"HEDGEROW_ENCRYPTION__KEY": "quite-another-key-0123"})
        ended = await other.command("run")
        assert ended.code == 1
        assert "`encryption.key` does not open" in ended.err
        await hedge.start()
        assert "You are" in await alice.ask(room, "whoami")
        assert device_of(hedge) == device


# -- who gets the keys ------------------------------------------------------------------------------


async def test_each_device_of_a_person_reads_the_answer_and_so_does_one_that_comes_between_two(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-three", 3) as (phone, *others):
        room = await phone.create_dm(BOT)
        first = await phone.say(room, "whoami")
        for device in (phone, *others):
            assert "You are" in words_of(await device.answers(room, first))[0]
        async with devices_of(home, "enc-three") as (fourth,):
            second = await others[0].say(room, "help")
            for device in (phone, *others, fourth):
                assert words_of(await device.answers(room, second)), device.device_id
            assert not words_of(await fourth.answers(room, first))
    assert await hedge.stop() == 0


async def test_who_comes_late_reads_from_then_on_and_who_has_left_gets_no_key(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with (
        devices_of(home, ADMIN) as (ada,),
        devices_of(home, "enc-late") as (late,),
        devices_of(home, "enc-gone") as (gone,),
    ):
        room = await ada.create_room(BOT, gone.user_id)
        await gone.join(room)
        await ada.until_in(room, BOT)
        await ada.until_in(room, gone.user_id)
        first = await ada.say(room, "!hedge whoami")
        [answer] = await gone.answers(room, first)
        assert answer["said"] is not None
        await ada.call("POST", f"/rooms/{room}/invite", {"user_id": late.user_id})
        await late.join(room)
        await gone.call("POST", f"/rooms/{room}/leave", {})
        await ada.until_in(room, late.user_id)
        await ada.until_not_in(room, gone.user_id)
        await gone.sync()
        received = gone.key_messages
        second = await ada.say(room, "!hedge whoami")
        [seen] = await late.answers(room, second)
        assert seen["said"] is not None
        assert late.read(room, answer) is None
        await gone.sync()
        assert gone.key_messages == received
        assert gone.read(room, seen) is None
        assert seen["content"]["session_id"] != answer["content"]["session_id"]


@pytest.mark.long
async def test_a_thousand_messages_with_changing_keys_are_read_and_each_question_answered_once(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-many") as (alice,):
        room = await alice.create_dm(BOT, rotation_period_msgs=100)
        asked: list[str] = []
        for n in range(20):
            for m in range(49):
                await alice.say(room, f"Word {m} of {n}", msgtype="m.notice")
            asked.append(await alice.say(room, "whoami"))
        await alice.answers(room, asked[-1], within=120)
        everything = await alice.timeline(room, limit=1100)
    encrypted = [event for event in everything if event["type"] == "m.room.encrypted"]
    sessions = {event["content"]["session_id"] for event in encrypted if event["sender"] != BOT}
    assert len(sessions) >= 10
    replies = [event["content"]["m.relates_to"] for event in encrypted if event["sender"] == BOT]
    assert [reply["m.in_reply_to"]["event_id"] for reply in replies] == asked
    assert not [event for event in everything if event["type"] == "m.room.message"]
    assert await asyncio.to_thread(number, hedge, "hedgerow_undecryptable_total") == 0


# -- what cannot be read ----------------------------------------------------------------------------


async def test_what_cannot_be_read_is_answered_encrypted_once_an_hour_and_in_a_group_only_counted(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, ADMIN) as (ada,):
        direct = await ada.create_dm(BOT)
        await ada.ask(direct, "whoami")
        asked, _ = await ada.say_without_key(direct, "help")
        [complaint] = await ada.answers(direct, asked)
        assert complaint["type"] == "m.room.encrypted"
        assert _COMPLAINT in complaint["said"]["body"]
        assert "!hedge help" in complaint["said"]["body"]
        await becomes(hedge, "hedgerow_undecryptable_total", 1)
        second, _ = await ada.say_without_key(direct, "help")
        await becomes(hedge, "hedgerow_undecryptable_total", 2)
        assert await hedge.stop() == 0
        await hedge.start()
        third, _ = await ada.say_without_key(direct, "help")
        room = await ada.create_room(BOT)
        await ada.until_in(room, BOT)
        fourth, _ = await ada.say_without_key(room, "!hedge help")
        await becomes(hedge, "hedgerow_undecryptable_total", 2)
        await ada.forget_key(direct)
        assert "You are" in await ada.ask(direct, "whoami")
        for where, question in ((direct, second), (direct, third), (room, fourth)):
            assert await ada.answers(where, question, count=0) == []


async def test_a_key_that_comes_late_is_waited_for_and_other_messages_meanwhile_are_answered(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-wait") as (alice,):
        room = await alice.create_dm(BOT)
        await alice.ask(room, "whoami")
        asked, share = await alice.say_without_key(room, "help")
        await alice.forget_key(room)
        assert "You are" in await alice.ask(room, "whoami")
        assert await alice.answers(room, asked, count=0) == []
        await share()
        [answer] = await alice.answers(room, asked)
    assert "whoami" in answer["said"]["body"]
    assert _COMPLAINT not in answer["said"]["body"]
    assert await asyncio.to_thread(number, hedge, "hedgerow_undecryptable_total") == 0


async def test_what_waits_for_its_key_over_a_restart_is_answered_when_it_comes(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    async with devices_of(home, "enc-sleep") as (alice,):
        room = await alice.create_dm(BOT)
        await alice.ask(room, "whoami")
        asked, share = await alice.say_without_key(room, "help")
        await asyncio.sleep(1)
        await hedge.kill()
        await share()
        await hedge.start()
        [answer] = await alice.answers(room, asked)
    assert "whoami" in answer["said"]["body"]


# -- the other transport ----------------------------------------------------------------------------


async def test_keys_may_come_by_transaction_where_the_homeserver_offers_it(
    tmp_path: Path, hedgerow_at: Callable[..., Hedge]
) -> None:
    offered = {"msc2409_to_device_messages_enabled": True, "msc3202_transaction_extensions": True}
    home = Home.prepare(tmp_path / "home", experimental_features=offered)
    await home.synapse.start()
    hedge = hedgerow_at(home, {"HEDGEROW_ENCRYPTION__TRANSPORT": "transactions"})
    await hedge.start()
    async with devices_of(home, "enc-push", 2) as (alice, tablet):
        room = await alice.create_dm(BOT)
        assert "You are" in await alice.ask(room, "whoami")
        assert await hedge.stop() == 0
        await hedge.start()
        await tablet.join(room)
        asked = await tablet.say(room, "whoami")
        for device in (alice, tablet):
            assert words_of(await device.answers(room, asked))
    assert not [line for line in home.requests if "/sync" in line]
    assert await hedge.stop() == 0
    await home.synapse.stop()
