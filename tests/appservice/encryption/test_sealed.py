"""Encrypted events on their way in: heard, kept until their key comes, or given up; with the keys played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from appservice.encryption import Deciphered
from appservice.homeserver import Unreachable
from appservice.sealed import Sealed
from appservice.store import encryption
from appservice.store.database import Database
from appservice.store.encryption import Rotation
from spaces.actions import Join, Say
from spaces.identifiers import RoomId, UserId
from tests.appservice.square import Square
from tests.appservice.stage import ALICE, BEN, DIRECT, SHARED, Stage, says, state, text_of

Json = dict[str, Any]
COMPLAINT = "its key has not reached me"


class PlayedKeys:
    """What can be deciphered, by session; and which rooms are encrypted as the homeserver has it."""

    def __init__(self) -> None:
        self.said: dict[str, Json] = {}
        self.kind = "m.room.message"
        self.encrypted: set[str] = {DIRECT, SHARED}
        self.is_away = False
        self.asked = 0

    async def decipher(self, room: str, sender: str, content: Mapping[str, Any]) -> Deciphered | None:
        if content["session_id"] == "breaks":
            raise RecursionError
        said = self.said.get(content["session_id"])
        return None if said is None else Deciphered(self.kind, said, content["session_id"], sender, 0)

    async def encryption_of(self, room: RoomId) -> Json | None:
        self.asked += 1
        if self.is_away:
            raise Unreachable("away")
        return {"rotation_period_msgs": 7} if room in self.encrypted else None

    async def take_transaction(self, body: Mapping[str, Any]) -> None:
        pass


class Scene:
    """The stage, with an inbox that opens what is encrypted."""

    def __init__(self, stage: Stage, keys: PlayedKeys) -> None:
        self.stage, self.keys = stage, keys
        played: Any = keys
        self.sealed = Sealed(stage.works, stage.listeners, played, played, "!hedge", lambda: None)
        self.sealed.listens(stage.clock())

    async def hears(self, *events: Json) -> list[Say]:
        """What is said in the end, of all that came so far."""
        await self.stage.push(*events)
        await self.work_off()
        return says(await self.stage.waiting())

    async def work_off(self) -> None:
        keys: Any = self.keys
        self.stage.inbox.deciphers(self.sealed, keys)
        await self.stage.work_off()

    async def after(self, seconds: float) -> list[Say]:
        self.stage.clock.seconds += seconds
        await self.sealed.judge()
        await self.work_off()
        return says(await self.stage.waiting())

    async def statuses(self) -> dict[str, tuple[str, bool]]:
        """Of each event: its status, and whether its body is kept."""
        return {id_: (status, body is not None) for id_, status, body, _ in await self.stage.stored()}


@pytest.fixture
async def scene(database: Database) -> Scene:
    stage = Stage(database)
    await stage.knows(DIRECT, ALICE)
    await stage.knows(SHARED, None)
    return Scene(stage, PlayedKeys())


def letter(
    name: str, room: RoomId = DIRECT, sender: UserId = ALICE, *, session: str = "", **outside: Any
) -> Json:
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "…", "session_id": session or name}
    event = {"event_id": f"${name}", "type": "m.room.encrypted", "room_id": room, "sender": sender}
    return {**event, "content": {**content, **outside}}


def text(body: str = "help", **more: Any) -> Json:
    return {"msgtype": "m.text", "body": body, **more}


async def test_what_can_be_read_is_heard_like_any_message(scene: Scene) -> None:
    scene.keys.said["a"] = text("whoami")
    [answer] = await scene.hears(letter("a"))
    assert ALICE in text_of(answer)
    assert await scene.statuses() == {"$a": ("handled", False)}
    async with scene.stage.database.reading() as connection:
        assert await encryption.rotation_of(connection, DIRECT) == Rotation(10)


async def test_one_without_its_key_waits_and_holds_up_no_other(scene: Scene) -> None:
    scene.keys.said["b"] = text("whoami")
    assert len(await scene.hears(letter("a"), letter("b"))) == 1
    assert await scene.statuses() == {"$a": ("sealed", True), "$b": ("handled", False)}
    assert len(await scene.after(4)) == 1
    scene.keys.said["a"] = text("help")
    await scene.sealed.try_again()
    await scene.work_off()
    assert len(says(await scene.stage.waiting())) == 2
    assert scene.sealed.given_up == 0


async def test_a_key_that_came_unnoticed_is_found_by_the_next_look(scene: Scene) -> None:
    await scene.hears(letter("a"))
    scene.keys.said["a"] = text("whoami")
    [answer] = await scene.after(1)
    assert COMPLAINT not in text_of(answer)


async def test_after_five_seconds_the_one_who_wrote_is_told_once_an_hour_two_ways_out(scene: Scene) -> None:
    assert await scene.hears(letter("a")) == []
    assert await scene.after(4.9) == []
    [complaint] = await scene.after(0.2)
    assert COMPLAINT in text_of(complaint)
    assert "Send it again" in text_of(complaint)
    assert "!hedge" in text_of(complaint)
    assert complaint.content["relates"] == {"m.in_reply_to": {"event_id": "$a"}}
    assert complaint.content["person"] == ALICE
    assert await scene.statuses() == {"$a": ("handled", False)}
    await scene.hears(letter("b"))
    assert len(await scene.after(6)) == 1
    await scene.after(3600)
    await scene.hears(letter("c"))
    assert len(await scene.after(6)) == 2
    assert scene.sealed.given_up == 3


async def test_a_restart_does_not_repeat_the_complaint_nor_lose_what_waits(scene: Scene) -> None:
    await scene.hears(letter("a"))
    await scene.after(6)
    await scene.hears(letter("b"), letter("c"))
    again = Scene(scene.stage, scene.keys)
    again.keys.said["c"] = text("whoami")
    found = await again.after(6)
    assert [COMPLAINT in text_of(said) for said in found] == [True, False]


@pytest.mark.parametrize(("room", "sender"), [(SHARED, ALICE), (DIRECT, BEN)])
async def test_where_others_are_it_is_only_counted(scene: Scene, room: RoomId, sender: UserId) -> None:
    await scene.hears(letter("a", room, sender))
    assert await scene.after(6) == []
    assert scene.sealed.given_up == 1
    assert await scene.statuses() == {"$a": ("handled", False)}


async def test_n2_what_is_said_in_an_encrypted_group_counts_once_opened_or_not(database: Database) -> None:
    square = await Square(Stage(database)).begin()
    room = square.room(square.painting)
    scene = Scene(square.stage, PlayedKeys())
    scene.keys.encrypted.add(room)
    scene.keys.said = {"a": text("Hello"), "n": {"msgtype": "m.notice", "body": "Beep"}}
    await square.moves(BEN, "join", square.painting)
    await scene.hears(letter("a", room), letter("b", room), letter("n", room))
    assert await square.told(BEN) == ["Painting: one message"]
    await scene.after(6)
    assert await square.told(BEN) == ["Painting: 2 messages"]
    scene.keys.said["b"] = text("Hello")
    await scene.hears(letter("b", room))
    assert await square.told(BEN) == ["Painting: 2 messages"]


async def test_while_keys_do_not_come_nobody_is_blamed(scene: Scene) -> None:
    scene.sealed.listens(None)
    await scene.hears(letter("a"))
    assert await scene.after(60) == []
    scene.sealed.listens(scene.stage.clock())
    assert await scene.after(4) == []
    assert len(await scene.after(2)) == 1


async def test_the_same_letter_as_another_event_is_not_read_twice(scene: Scene) -> None:
    scene.keys.said["a"] = text("whoami")
    assert len(await scene.hears(letter("a"))) == 1
    assert len(await scene.hears(letter("b", session="a"))) == 1
    assert await scene.statuses() == {"$a": ("handled", False), "$b": ("handled", False)}


@pytest.mark.parametrize("where", ["inside", "outside"])
async def test_an_edit_is_one_wherever_it_says_so(scene: Scene, where: str) -> None:
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$before"}}
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": "$before"}}}
    inside, outside = (edit, {}) if where == "inside" else (reply, edit)
    scene.keys.said["a"] = text("whoami", **inside)
    assert await scene.hears(letter("a", **outside)) == []


async def test_the_thread_is_taken_from_outside(scene: Scene) -> None:
    scene.keys.said["a"] = text("whoami")
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$root"}}
    [answer] = await scene.hears(letter("a", **thread))
    assert answer.content["relates"]["event_id"] == "$root"


async def test_what_is_encrypted_in_a_room_that_is_not_is_left_alone(scene: Scene) -> None:
    scene.keys.encrypted.clear()
    scene.keys.said["a"] = text("whoami")
    assert await scene.hears(letter("a")) == []
    assert await scene.after(6) == []
    async with scene.stage.database.reading() as connection:
        assert await encryption.rotation_of(connection, DIRECT) is None


async def test_while_the_homeserver_is_away_it_waits(scene: Scene) -> None:
    scene.keys.is_away = True
    scene.keys.said["a"] = text("whoami")
    assert await scene.hears(letter("a")) == []
    scene.keys.is_away = False
    assert len(await scene.after(1)) == 1


@pytest.mark.parametrize(
    "kind", ["m.room.encrypted", "m.room.redaction", "m.room.member", "m.room.encryption"]
)
async def test_only_messages_and_reactions_can_be_in_it(scene: Scene, kind: str) -> None:
    scene.keys.kind = kind
    scene.keys.said["a"] = text("whoami")
    assert await scene.hears(letter("a")) == []
    assert await scene.statuses() == {"$a": ("handled", False)}


async def test_one_that_was_taken_back_is_nothing(scene: Scene) -> None:
    assert await scene.hears({**letter("a"), "content": {}}) == []
    assert await scene.after(6) == []
    assert scene.sealed.given_up == 0


async def test_in_an_unknown_room_it_is_found_out_whose_that_is(scene: Scene) -> None:
    room = RoomId("!unknown")
    scene.keys.encrypted.add(room)
    await scene.hears(letter("a", room))
    assert await scene.stage.waiting() == [Join(room, ALICE, invited=False)]
    assert await scene.statuses() == {}


async def test_a_room_that_becomes_encrypted_is_remembered(scene: Scene) -> None:
    content = {"algorithm": "m.megolm.v1.aes-sha2"}
    await scene.hears(
        state("1", "m.room.encryption", content),
        state("2", "m.room.encryption", content, key="x", room_id=DIRECT),
    )
    async with scene.stage.database.reading() as connection:
        assert await encryption.rotation_of(connection, SHARED) == Rotation()
        assert await encryption.rotation_of(connection, DIRECT) is None


async def test_that_a_room_is_not_encrypted_is_asked_once_a_minute_until_it_becomes_so(scene: Scene) -> None:
    scene.keys.encrypted.clear()
    for name in "abc":
        scene.keys.said[name] = text("whoami")
    await scene.hears(letter("a"))
    asked = scene.keys.asked
    await scene.hears(letter("b"))
    assert scene.keys.asked == asked
    content = {"algorithm": "m.megolm.v1.aes-sha2"}
    said = await scene.hears(state("1", "m.room.encryption", content, room_id=DIRECT), letter("c"))
    assert len(said) == 1


async def test_a_room_whose_encryption_was_not_told_is_asked_about_after_a_minute(scene: Scene) -> None:
    scene.keys.encrypted.clear()
    await scene.hears(letter("a"))
    scene.keys.encrypted.add(DIRECT)
    scene.stage.clock.seconds += 61
    scene.keys.said["b"] = text("whoami")
    assert len(await scene.hears(letter("b"))) == 1


async def test_one_that_breaks_does_not_end_it_for_those_behind_it(scene: Scene) -> None:
    await scene.hears(letter("a"), letter("b"))
    await scene.stage.push()
    seen = scene.keys.decipher

    async def decipher(room: str, sender: str, content: Mapping[str, Any]) -> Deciphered | None:
        broken = {**content, "session_id": "breaks"} if content["session_id"] == "a" else content
        return await seen(room, sender, broken)

    played: Any = scene.keys
    played.decipher = decipher
    scene.keys.said["b"] = text("whoami")
    [answer] = await scene.after(1)
    assert COMPLAINT not in text_of(answer)
    await scene.after(6)
    assert scene.sealed.given_up == 1
