"""Reading and writing between devices, over restarts, crashes and outages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appservice.encryption import Damaged
from appservice.homeserver import Unreachable
from spaces.errors import Unavailable
from tests.appservice.encryption.played import (
    ALICE,
    EVE,
    HELLO,
    NO_ROTATION,
    PHONES,
    ROOM,
    KeyServer,
    Phone,
    Phones,
    heard,
    says,
)
from tests.appservice.stage import BOT
from tests.clock import Clock


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
