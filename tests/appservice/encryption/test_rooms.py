"""What is sent into a conversation: encrypted, in the clear, or nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from appservice.encrypted_rooms import CannotEncrypt, Rooms
from appservice.encryption import NotPrivate
from appservice.homeserver import HomeserverError
from appservice.key_calls import KeyCalls
from appservice.lanes import Entry
from appservice.outbox import Outbox
from appservice.speech import notice
from appservice.store import encryption
from appservice.store.encryption import Rotation
from bot.greetings import cannot_read_encrypted
from bot.reply import say
from spaces.actions import Say
from spaces.identifiers import RoomId, UserId
from tests.appservice.stage import ALICE, BEN, BOT, DIRECT, SHARED, Stage

CONTENT = {"msgtype": "m.notice", "body": "Hello"}
SAID = notice(say("Hello"))
FOR_ALICE = notice(say("Hello"), person=ALICE)


class PlayedRooms:
    """`KeyCalls`, as far as it tells of rooms."""

    def __init__(self) -> None:
        self.encrypted: set[str] = set()
        self.members: dict[UserId, str] = {ALICE: "join"}
        self.calls: Counter[str] = Counter()

    async def encryption_of(self, room: RoomId) -> dict[str, Any] | None:
        self.calls["encryption"] += 1
        return {"algorithm": "m.megolm.v1.aes-sha2"} if room in self.encrypted else None

    async def members_of(self, room: RoomId) -> dict[UserId, str]:
        self.calls["members"] += 1
        return self.members


@pytest.fixture
def played() -> PlayedRooms:
    return PlayedRooms()


@pytest.fixture
def rooms(stage: Stage, played: PlayedRooms) -> Rooms:
    calls: Any = played
    return Rooms(stage.database, calls)


async def test_without_encryption_an_encrypted_room_hears_nothing_but_that_we_cannot_read_there(
    stage: Stage, rooms: Rooms
) -> None:
    async with stage.database.writing() as connection:
        await encryption.note_room(connection, DIRECT, Rotation())
    with pytest.raises(CannotEncrypt):
        await rooms.wrap(DIRECT, "m.room.message", CONTENT, SAID)
    sayable = notice(cannot_read_encrypted())
    assert await rooms.wrap(DIRECT, "m.room.message", CONTENT, sayable) == ("m.room.message", CONTENT)
    assert await rooms.wrap(SHARED, "m.room.message", CONTENT, SAID) == ("m.room.message", CONTENT)


async def test_a_room_that_became_encrypted_while_we_were_away_is_found_so_before_anything_is_said(
    rooms: Rooms, played: PlayedRooms
) -> None:
    played.encrypted.add(SHARED)
    for _ in range(2):
        with pytest.raises(CannotEncrypt):
            await rooms.wrap(SHARED, "m.room.message", CONTENT, SAID)
    for _ in range(3):
        await rooms.wrap(DIRECT, "m.room.message", CONTENT, FOR_ALICE)
    assert played.calls == {"encryption": 2, "members": 1}


async def test_a_direct_room_that_another_joined_while_we_were_away_is_found_so_each_time(
    rooms: Rooms, played: PlayedRooms
) -> None:
    played.members = {ALICE: "join", BEN: "join"}
    for _ in range(2):
        with pytest.raises(NotPrivate):
            await rooms.wrap(DIRECT, "m.room.message", CONTENT, FOR_ALICE)


@pytest.mark.parametrize(("error", "status"), [(NotPrivate, None), (CannotEncrypt, "failed")])
async def test_what_must_not_be_said_is_dropped_and_what_cannot_be_encrypted_is_given_up(
    stage: Stage, error: type[Exception], status: str | None
) -> None:
    given_up: list[str] = []
    replaced: list[Entry] = []

    class Played:
        async def perform(self, *_: object, **__: object) -> None:
            raise error(DIRECT)

        async def replaced(self, entry: Entry) -> None:
            replaced.append(entry)

        async def give_up(self, entry: Entry, reason: object) -> set[int]:
            given_up.append(str(reason))
            return set()

        def room(self, room: RoomId) -> RoomId:
            return room

    one: Any = Played()
    outbox = Outbox(stage.works, one, one, one, stage.clock)
    await stage.put(Say(DIRECT, "answer:$1", FOR_ALICE))
    [entry] = await stage.entries()
    await outbox._load()
    await outbox._deliver(entry)
    assert len(replaced) == (status is None)
    assert given_up == ([] if status is None else ["the room is encrypted, and encryption is off"])


class PlayedHomeserver:
    user = BOT

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    async def call(self, method: str, path: str, *_: object, **__: object) -> Any:
        for end, answer in self.answers.items():
            if path.endswith(end):
                return answer
        raise HomeserverError(404, "M_NOT_FOUND", "")


@pytest.mark.parametrize(
    ("visibility", "may"),
    [
        ("joined", False),
        ("invited", True),
        ("shared", True),
        ("world_readable", True),
        ("x", False),
        (5, False),
    ],
)
async def test_where_the_history_is_shown_to_whom_is_read_from_the_room(visibility: Any, may: bool) -> None:
    homeserver: Any = PlayedHomeserver({"history_visibility/": {"history_visibility": visibility}})
    assert await KeyCalls(homeserver).shows_to_invited(SHARED) is may


async def test_a_room_that_does_not_say_shows_nothing_to_who_is_invited() -> None:
    homeserver: Any = PlayedHomeserver({})
    assert not await KeyCalls(homeserver).shows_to_invited(SHARED)


async def test_members_are_those_who_are_there_or_invited_but_for_the_bot() -> None:
    members = ((ALICE, "join"), (BEN, "invite"), (BOT, "join"), ("@gone:hs.test", "ban"))
    chunk = [{"state_key": user, "content": {"membership": m}} for user, m in members]
    homeserver: Any = PlayedHomeserver({"/members": {"chunk": [*chunk, 5]}})
    assert await KeyCalls(homeserver).members_of(SHARED) == {ALICE: "join", BEN: "invite"}
