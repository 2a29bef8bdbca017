"""One message is read: of the right room, in its newest words, and nothing but what a person has said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from appservice.encryption import Deciphered
from appservice.homeserver import HomeserverError
from appservice.message_reading import read_message
from bot.stories.ports import Message
from spaces.identifiers import EventId, RoomId, UserId

ROOM, EVENT, BOT, MIA = RoomId("!room:hs.test"), EventId("$said"), UserId("@bot:hs.test"), "@mia:hs.test"


def said(body: str = "We sang", **more: Any) -> dict[str, Any]:
    content = more.pop("content", {"msgtype": "m.text", "body": body})
    event = {"event_id": EVENT, "room_id": ROOM, "type": "m.room.message", "sender": MIA, "content": content}
    return {**event, **more}


def changed(body: str, **more: Any) -> dict[str, Any]:
    new = {"msgtype": "m.text", "body": body}
    relation = {"rel_type": "m.replace", "event_id": EVENT}
    content = {"msgtype": "m.text", "body": f"* {body}", "m.new_content": new, "m.relates_to": relation}
    edit = said(event_id="$edit", content=content, **more)
    return {"unsigned": {"m.relations": {"m.replace": edit}}}


class Played:
    """A homeserver with one event, and the key of what is in it."""

    user = BOT

    def __init__(self, found: Any, inside: Mapping[str, Any] | None = None) -> None:
        self.found, self.inside = found, inside
        self.asked: list[tuple[RoomId, EventId]] = []

    async def event(self, room: RoomId, event: EventId) -> Any:
        self.asked.append((room, event))
        if isinstance(self.found, HomeserverError):
            raise self.found
        return self.found

    async def unsealed(self, room: RoomId, sender: UserId, content: Mapping[str, Any]) -> Deciphered | None:
        if self.inside is None:
            return None
        return Deciphered("m.room.message", self.inside, "session", "key", 0)


async def read(found: Any, inside: Mapping[str, Any] | None = None) -> Message | None:
    played: Any = Played(found, inside)
    message = await read_message(played, played, ROOM, EVENT)
    assert played.asked == [(ROOM, EVENT)]
    return message


async def test_a_message_is_read_without_what_it_quotes() -> None:
    assert await read(said("> <@ben:hs.test> And?\n\nWe sang")) == Message(UserId(MIA), "We sang")


async def test_the_newest_words_hold_if_they_are_the_authors() -> None:
    found = await read({**said(), **changed("We sang twice")})
    assert found == Message(UserId(MIA), "We sang twice", EventId("$edit"))
    assert await read({**said(), **changed("Ha", sender="@eve:hs.test")}) == Message(UserId(MIA), "We sang")
    assert await read({**said(), **changed("Ha", room_id="!x:hs.test")}) == Message(UserId(MIA), "We sang")


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(said(room_id="!other:hs.test"), id="a41 of another room"),
        pytest.param({k: v for k, v in said().items() if k != "room_id"}, id="a41 of no room"),
        pytest.param(said(event_id="$other"), id="a41 another event"),
        pytest.param(said(sender=BOT), id="the bot's"),
        pytest.param(said(state_key=""), id="state"),
        pytest.param(said(content={}), id="redacted"),
        pytest.param(said(unsigned={"redacted_because": {}}), id="just redacted"),
        pytest.param(said(content={"msgtype": "m.notice", "body": "Beep"}), id="a notice"),
        pytest.param(said(content={"msgtype": "m.image", "body": "a.png"}), id="a picture"),
        pytest.param(said(type="org.example.note"), id="something else"),
        pytest.param({**said(), **changed("Ha")["unsigned"]["m.relations"]["m.replace"]}, id="an edit"),
        pytest.param("nonsense", id="no event"),
        pytest.param(HomeserverError(404, "M_NOT_FOUND", "no"), id="not there"),
        pytest.param(HomeserverError(403, "M_FORBIDDEN", "no"), id="not to be seen"),
    ],
)
async def test_a41_anything_else_is_nothing(found: Any) -> None:
    assert await read(found) is None


async def test_what_may_be_tried_again_is() -> None:
    with pytest.raises(HomeserverError):
        await read(HomeserverError(502, "", "later"))


async def test_an_encrypted_message_is_read_if_its_key_is_here() -> None:
    sealed = said(type="m.room.encrypted", content={"ciphertext": "…"})
    assert await read(sealed, {"msgtype": "m.text", "body": "We sang"}) == Message(UserId(MIA), "We sang")
    assert await read(sealed) == Message(UserId(MIA), "", is_legible=False)
