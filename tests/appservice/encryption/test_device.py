"""The bot's device over starts, losses and refusals, on the fake homeserver."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Table, delete, func, select

from appservice.app import Hedgerow
from appservice.cross_signing import is_cross_signed
from appservice.store import encryption as store
from appservice.store import tables
from appservice.store.database import Connection, Database
from appservice.store.encryption import Rotation
from config.sections import Settings
from spaces.errors import Unavailable
from spaces.identifiers import RoomId, UserId
from tests.databases import Databases
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import running, settings_for

KEY = "a-key-of-the-configuration"
BOT = UserId("@hedgerow:hs.test")


@pytest.fixture
def settings(fake: FakeHomeserver, service_database: str, tmp_path: Path) -> Callable[..., Settings]:
    def make(**encryption: Any) -> Settings:
        store = str(tmp_path / "hedgerow-crypto")
        section = {"enabled": True, "key": KEY, "store": store, **encryption}
        return settings_for(fake.base_url, fake.registration, service_database, encryption=section)

    return make


def shown(fake: FakeHomeserver) -> dict[str, Any]:
    """What `/keys/query` answers for the bot."""
    account = fake.world.accounts[BOT]
    keys = {f"{usage}s": {BOT: key} for usage, key in account.signing_keys.items()}
    return {"device_keys": {BOT: account.keys}, **keys}


def device_of(service: Hedgerow) -> str:
    return service.engine.homeserver.device_id


def calls(fake: FakeHomeserver, name: str) -> list[Any]:
    return [call for call in fake.calls if call.name == name]


async def test_a_second_start_finds_the_same_device_signed_and_writes_nothing_about_keys(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings()) as service:
        device = device_of(service)
        assert service.foundation.health.cross_signed is True
        assert is_cross_signed(shown(fake), BOT, device)
    before = {
        name: len(calls(fake, f"POST /keys/{name}"))
        for name in ("device_signing/upload", "signatures/upload")
    }
    uploads = len(calls(fake, "POST /keys/upload"))
    async with running(settings()) as service:
        assert device_of(service) == device
        assert service.foundation.health.cross_signed is True
    assert before == {"device_signing/upload": 1, "signatures/upload": 1}
    assert len(calls(fake, "POST /keys/signatures/upload")) == 1
    assert len(calls(fake, "POST /keys/upload")) == uploads
    assert list(fake.world.accounts[BOT].devices) == [device]


async def test_the_catch_up_does_not_take_the_devices_keys_away(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings()) as service:
        await service.reconciler.catch_up()
        await service.reconciler.catch_up()
        device = device_of(service)
    for call in calls(fake, "GET /sync"):
        is_for_keys = '"rooms": []' in call.query["filter"]
        assert call.query.get("device_id") == (device if is_for_keys else None), call.query


async def test_without_encryption_there_are_no_keys_and_no_word_of_them(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings(enabled=False, key=None)) as service:
        assert service.foundation.health.cross_signed is None
        assert "cross_signed" not in service.foundation.meters.render()
    assert not [call for call in fake.calls if "/keys/" in call.path]


@pytest.mark.parametrize("how", ["folder gone", "file damaged"])
async def test_a_lost_store_gets_a_new_device_under_the_same_identity(
    fake: FakeHomeserver, settings: Callable[..., Settings], tmp_path: Path, how: str
) -> None:
    async with running(settings()) as service:
        old, master = device_of(service), shown(fake)["master_keys"]
    folder = tmp_path / "hedgerow-crypto"
    if how == "folder gone":
        shutil.rmtree(folder)
    else:
        [file] = folder.glob("*.db")
        file.write_bytes(b"nothing" * 1000)
    async with running(settings()) as service:
        new = device_of(service)
        assert new != old
        assert is_cross_signed(shown(fake), BOT, new)
        assert shown(fake)["master_keys"] == master
        assert list(fake.world.accounts[BOT].devices) == [new]
    async with running(settings()) as service:
        assert device_of(service) == new


async def test_of_a_lost_database_the_devices_go_as_well(
    fake: FakeHomeserver, settings: Callable[..., Settings], databases: Databases, tmp_path: Path
) -> None:
    """Everybody would go on encrypting for them."""
    async with running(settings()) as service:
        lost = device_of(service)
    shutil.rmtree(tmp_path / "hedgerow-crypto")
    with databases.empty() as url:
        async with running(settings().model_copy(update={"database": SecretStr(url)})) as service:
            assert device_of(service) != lost
            assert list(fake.world.accounts[BOT].devices) == [device_of(service)]
            assert service.foundation.health.cross_signed is True


async def test_an_old_device_that_could_not_be_removed_is_removed_later(
    fake: FakeHomeserver, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    async with running(settings()) as service:
        old = device_of(service)
    shutil.rmtree(tmp_path / "hedgerow-crypto")
    fake.script("DELETE /devices/{device_id}", Fault.bad_gateway(), times=None)
    async with running(settings()) as service:
        new = device_of(service)
        assert set(fake.world.accounts[BOT].devices) == {old, new}
        fake.clear_script()
        assert service.engine.secrecy is not None
        await service.engine.secrecy.device.look_after()
        assert list(fake.world.accounts[BOT].devices) == [new]


async def test_killed_while_it_takes_a_new_device_it_goes_on_with_that_one(
    fake: FakeHomeserver, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    async with running(settings()) as service:
        old = device_of(service)
    shutil.rmtree(tmp_path / "hedgerow-crypto")
    fake.script(
        lambda call: call.name == "PUT /devices/{device_id}" and old not in call.path,
        Fault.hanging(),
        times=None,
    )
    service, stop = Hedgerow(settings()), asyncio.Event()
    task = asyncio.create_task(service.run(stop))
    async with asyncio.timeout(20):
        while True:
            if len(calls(fake, "PUT /devices/{device_id}")) == 3:
                break
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    fake.clear_script()
    fake.release()
    async with running(settings()) as service:
        new = device_of(service)
        assert new != old
        assert is_cross_signed(shown(fake), BOT, new)
        assert list(fake.world.accounts[BOT].devices) == [new]


async def test_a_device_that_somebody_removed_at_the_homeserver_comes_back_with_its_keys(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings()) as service:
        device = device_of(service)
        account = fake.world.accounts[BOT]
        identity = account.keys[device]["keys"]
    account.devices.clear()
    account.keys.clear()
    account.one_time_keys.clear()
    async with running(settings()) as service:
        assert device_of(service) == device
        assert account.keys[device]["keys"] == identity
        assert is_cross_signed(shown(fake), BOT, device)


async def test_a_store_lost_together_with_the_device_at_the_homeserver_gets_a_new_one_too(
    fake: FakeHomeserver, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    async with running(settings()) as service:
        old = device_of(service)
    account = fake.world.accounts[BOT]
    account.devices.clear()
    account.keys.clear()
    shutil.rmtree(tmp_path / "hedgerow-crypto")
    async with running(settings()) as service:
        assert device_of(service) != old
        assert is_cross_signed(shown(fake), BOT, device_of(service))


async def test_keys_that_the_homeserver_refuses_cost_a_new_device(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings()) as service:
        old = device_of(service)
    account = fake.world.accounts[BOT]
    account.keys.clear()  # so that it publishes again, from a store that is an old copy
    fake.script("POST /keys/upload", Fault.error(400))
    async with running(settings()) as service:
        assert device_of(service) != old
        assert is_cross_signed(shown(fake), BOT, device_of(service))


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_where_cross_signing_is_refused_the_service_runs_and_says_so(
    fake: FakeHomeserver, settings: Callable[..., Settings], status: int
) -> None:
    fake.script("POST /keys/device_signing/upload", Fault.error(status), times=None)
    async with running(settings()) as service:
        assert service.foundation.health.cross_signed is False
        assert "hedgerow_cross_signed 0" in service.foundation.meters.render()
        fake.clear_script()
        assert service.engine.secrecy is not None
        await service.engine.secrecy.device.look_after()
        assert "hedgerow_cross_signed 1" in service.foundation.meters.render()


async def test_another_key_is_refused_before_anything_is_changed(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings()) as service:
        device = device_of(service)
    keys = dict(fake.world.accounts[BOT].keys)
    with pytest.raises(Unavailable, match="does not open"):
        async with running(settings(key="another-key-of-the-configuration")):
            pass
    assert fake.world.accounts[BOT].keys == keys
    async with running(settings()) as service:
        assert device_of(service) == device


async def test_a_conversation_from_before_is_found_to_be_encrypted_at_the_first_start(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    alice = fake.add_user("@alice:hs.test")
    async with running(settings(enabled=False)) as service:
        rooms = [RoomId(await alice.create_dm(BOT)) for _ in range(2)]
        database = service.foundation.database
        await _until(database, lambda c: _count(c, tables.conversations, 2))
        alice.set_state(rooms[0], "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        await _until(database, lambda c: _count(c, tables.encrypted_rooms, 1))
        async with database.writing() as connection:
            await connection.execute(delete(tables.encrypted_rooms))
    async with running(settings()) as service, service.foundation.database.reading() as connection:
        known = [await store.rotation_of(connection, room) for room in rooms]
    assert known == [Rotation(), None]


async def _count(connection: Connection, table: Table, wanted: int) -> bool:
    query = select(func.count()).select_from(table)
    return bool((await connection.execute(query)).scalar_one() == wanted)


async def _until(database: Database, is_so: Callable[[Connection], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while True:
            async with database.reading() as connection:
                if await is_so(connection):
                    return
            await asyncio.sleep(0.02)


async def test_without_a_key_it_does_not_start(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    with pytest.raises(Unavailable, match=r"`encryption\.key` is missing"):
        async with running(settings(key=None)):
            pass
