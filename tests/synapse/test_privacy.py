"""What is kept about a person, on a real Synapse: a file for them alone, and nothing once forgotten."""

from __future__ import annotations

import asyncio
import json
import urllib.request

from nio.crypto.attachments import decrypt_attachment

from tests.encrypted_client import EncryptedClient, Json, encrypted_device
from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, Home, user
from tests.waiting import until

PASSWORD = "a password"


async def read(home: Home, device: EncryptedClient, content: Json) -> str:
    """The file that the message refers to, downloaded and opened as a client does."""
    server, _, media = content["file"]["url"].removeprefix("mxc://").partition("/")
    address = f"{home.synapse.base_url}/_matrix/client/v1/media/download/{server}/{media}"
    asking = urllib.request.Request(address, headers={"Authorization": f"Bearer {device.nio.access_token}"})
    with await asyncio.to_thread(urllib.request.urlopen, asking, timeout=20) as answer:
        sealed = answer.read()
    assert b"kept" not in sealed
    file = content["file"]
    return decrypt_attachment(sealed, file["key"]["k"], file["hashes"]["sha256"], file["iv"]).decode()


async def test_s3_my_data_comes_encrypted_and_after_forget_me_no_file_of_ours_names_them(
    home: Home, hedge: Hedge
) -> None:
    await hedge.start()
    await home.synapse.register("kanarek", PASSWORD)

    def traces(*words: str) -> set[tuple[str, str]]:
        """Which word stands in which file or, on PostgreSQL, in which table."""
        files = [path for path in hedge.directory.rglob("*") if path.is_file() and ".db" in path.name]
        in_files = {
            (path.name, word) for path in files for word in words if word.encode() in path.read_bytes()
        }
        return in_files | {(table, word) for word in words for table in hedge.store.tables_with(word)}

    async with encrypted_device(home.synapse.base_url, user("kanarek"), PASSWORD) as kit:
        room = await kit.create_dm(BOT)
        await kit.answers(room, await kit.say(room, "profile set skills: xylotomy"))
        asked = await kit.say(room, "my data")
        await kit.answers(room, asked)
        sealed = [event for event in await kit.timeline(room) if event["type"] == "m.room.encrypted"]
        said = [kit.read(room, event) or {} for event in sealed if event["sender"] == BOT]
        files = [content for content in said if content.get("msgtype") == "m.file"]
        assert [file["filename"] for file in files] == ["hedgerow-my-data.json", "hedgerow-my-data.txt"]
        assert [file["info"]["mimetype"] for file in files] == ["application/json", "text/plain"]
        told = json.loads(await read(home, kit, files[0]))
        assert (told["about"], told["kept"]["profiles"][0]["skills"]) == (user("kanarek"), "xylotomy")
        assert "xylotomy" in await read(home, kit, files[1])
        wanted = (user("kanarek"), "xylotomy", kit.device_id)
        assert {word for _, word in traces(*wanted)} == {*wanted}
        await kit.answers(room, await kit.say(room, "forget me"))
        await kit.say(room, "yes")
        await kit.until_not_in(room, BOT)
    await until(lambda: not traces(*wanted))
    assert await hedge.stop() == 0
