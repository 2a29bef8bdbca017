"""What the doctor finds in the rooms, and what the repair makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from appservice.applying import Applying
from appservice.doctor import Repairing
from appservice.engine import Foundation
from appservice.findings import Finding
from appservice.repairs import Join, LookAgain, together
from appservice.store import outbox
from appservice.store.database import Database
from config.blueprints import read_blueprint
from config.settings import Settings
from spaces.identifiers import RoomId
from tests.appservice.doctor.examined import about, findings
from tests.fake import FakeHomeserver, Fault, Room
from tests.hedgerow import ADMIN
from tests.synapse.running import written

BOT = "@hedgerow:hs.test"


@pytest.fixture
def somerset(fake: FakeHomeserver, laid_out: Settings) -> Settings:
    """Somerset is to have a group, in rooms of version 11: there the bot can lose its power."""
    fake.add_user(ADMIN)
    rooms = laid_out.rooms.model_copy(update={"version": "11"})
    return laid_out.model_copy(update={"rooms": rooms})


async def planted(settings: Settings, folder: Path, **network: Any) -> None:
    """Make the rooms, without a service."""
    network = {"name": "Somerset", "access": "public", "groups": [{"name": "Walks"}], **network}
    foundation = Foundation(settings)
    await foundation.lay()
    applying = Applying(
        foundation, read_blueprint(written(folder / "blueprint.yaml", {"networks": [network]}))
    )
    undertaking = await applying.apply()
    assert undertaking is not None
    assert (await applying.watch(undertaking, lambda progress: None)).failed == ()
    await foundation.database.close()


def room(fake: FakeHomeserver, name: str) -> Room:
    [found] = [one for one in fake.world.rooms.values() if one.content("m.room.name").get("name") == name]
    return found


def put(fake: FakeHomeserver, room: Room, kind: str, content: Any, key: str = "", sender: str = BOT) -> None:
    """State as it came about somehow, whoever had the right."""
    fake.world.emit(room, kind, sender, content, key)


async def of_rooms(settings: Settings) -> list[Finding]:
    return [finding for finding in await findings(settings) if finding.about == "rooms"]


async def test_power_that_was_taken_from_the_bot_is_told_with_who_can_give_it_back(
    fake: FakeHomeserver, somerset: Settings, tmp_path: Path
) -> None:
    await planted(somerset, tmp_path)
    assert await about(somerset, "rooms") == [
        "ok      rooms: the bot is in all 4 rooms and has the power that it needs."
    ]
    walks = room(fake, "Walks")
    levels = walks.content("m.room.power_levels")
    put(fake, walks, "m.room.power_levels", {**levels, "users": {BOT: 50, ADMIN: 100}})
    assert await about(somerset, "rooms") == [
        f"failed  rooms: the bot has power 50 in “Walks” ({walks.room_id}) and needs 100. To mend it: "
        f"{ADMIN} gives {BOT} power 100 there; in Element: room settings, Roles & Permissions."
    ]
    put(fake, walks, "m.room.power_levels", {**levels, "users": {}, "events": {"m.room.name": 120}})
    [line] = await about(somerset, "rooms")
    assert "has power 0 in “Walks”" in line
    assert "needs 120. To mend it: nobody there has that power" in line


async def test_levels_that_were_changed_are_put_back_by_the_repair(
    fake: FakeHomeserver, somerset: Settings, tmp_path: Path
) -> None:
    await planted(somerset, tmp_path)
    for name in ("Walks", "Somerset"):
        levels = room(fake, name).content("m.room.power_levels")
        put(fake, room(fake, name), "m.room.power_levels", {**levels, "invite": 0}, sender=ADMIN)
    found = await of_rooms(somerset)
    assert [(one.verdict, one.found) for one in found] == [
        ("look", f"the power levels of “{name}” are not what they should be")
        for name in ("Somerset", "Walks")
    ]
    [repair] = together([one.repair for one in found if one.repair])
    assert isinstance(repair, LookAgain)
    assert str(repair) == "put back the power levels of 2 rooms"
    assert (await Repairing(somerset).do(repair)).why_not == ""
    assert [room(fake, name).level("invite") for name in ("Walks", "Somerset")] == [50, 50]
    assert (await of_rooms(somerset))[0].verdict == "ok"


async def test_a_room_that_the_bot_was_taken_out_of_is_joined_again_where_that_can_be(
    fake: FakeHomeserver, somerset: Settings, tmp_path: Path
) -> None:
    await planted(somerset, tmp_path)
    space, welcome = room(fake, "Somerset"), room(fake, "Somerset: welcome")
    put(fake, space, "m.room.join_rules", {"join_rule": "invite"})
    put(fake, space, "m.room.member", {"membership": "leave"}, BOT, ADMIN)
    put(fake, welcome, "m.room.member", {"membership": "invite"}, BOT, ADMIN)
    walks = room(fake, "Walks")
    del fake.world.rooms[walks.room_id]
    out, invited, gone = await of_rooms(somerset)
    assert out.found.startswith(f"the bot was taken out of “Somerset” ({space.room_id})")
    assert f"somebody there who may invite invites {BOT}, and" in out.mend
    assert invited.found == f"the bot is invited to “Somerset: welcome” ({welcome.room_id}), and is not in it"
    assert gone.found.startswith(f"the homeserver does not know “Walks” ({walks.room_id}), or not that the")
    assert "are not of the same time: bring back both from backups of one day." in gone.mend
    refused = await Repairing(somerset).do(Join(RoomId(space.room_id), "Somerset"))
    assert "the homeserver does not let it in" in refused.why_not
    assert "Somebody in the room has to invite it." in str(refused)
    assert (await Repairing(somerset).do(Join(RoomId(welcome.room_id), "Somerset: welcome"))).why_not == ""
    assert welcome.membership(BOT) == "join"
    assert [one.found for one in await of_rooms(somerset)] == [out.found, gone.found]


async def test_of_many_rooms_some_are_told_and_the_rest_counted_and_mended_all_the_same(
    fake: FakeHomeserver, somerset: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planted(somerset, tmp_path)
    monkeypatch.setattr("appservice.doctor.rooms._MOST", 2)
    for name in ("Somerset", "Somerset: news", "Somerset: welcome", "Walks"):
        levels = room(fake, name).content("m.room.power_levels")
        changed = {"users": {}} if name == "Walks" else {"ban": 0}
        put(fake, room(fake, name), "m.room.power_levels", {**levels, **changed})
    found = await of_rooms(somerset)
    assert [one.verdict for one in found] == ["failed", "look", "look"]
    assert found[0].found.startswith("the bot has power 0 in “Walks”")
    assert found[-1].found == "and 2 more rooms that are not as they should be"
    [repair] = together([one.repair for one in found if one.repair])
    assert isinstance(repair, LookAgain)
    assert len(repair.places) == 3


async def test_public_rooms_that_the_directory_does_not_show_are_looked_at(
    fake: FakeHomeserver, somerset: Settings, tmp_path: Path
) -> None:
    await planted(somerset, tmp_path, kind="ecosystem")
    assert (await about(somerset, "publishing"))[0].startswith("ok ")
    assert any(fake.world.listed.values())
    fake.world.listed.clear()
    [line] = await about(somerset, "publishing")
    assert line.startswith("look    publishing: one public room does not stand in the room directory.")
    assert "`enable_room_list_search: false`" in line


async def test_a_repair_that_the_homeserver_does_not_let_be_done_is_left_to_the_service(
    fake: FakeHomeserver, somerset: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planted(somerset, tmp_path)
    walks = room(fake, "Walks")
    levels = walks.content("m.room.power_levels")
    put(fake, walks, "m.room.power_levels", {**levels, "invite": 0}, sender=ADMIN)
    [found] = await of_rooms(somerset)
    assert found.repair is not None
    fake.script("GET /rooms/{room_id}/state", Fault.bad_gateway(), None)
    monkeypatch.setattr("appservice.doctor.repairing._PATIENCE_SECONDS", 0.5)
    assert (await Repairing(somerset).do(found.repair)).why_not.endswith("`hedgerow run` goes on with that.")
    database = Database(somerset.database_url)
    async with database.reading() as connection:
        assert await outbox.depth(connection) == 1
    await database.close()
