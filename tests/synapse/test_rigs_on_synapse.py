"""Pushing and the second client, on the real homeserver and on the fake alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from appservice.demo.synapse import LocalSynapse
from tests.fake import FakeHomeserver
from tests.receiver import Json, Receiver
from tests.registration import Registration
from tests.second_client import Refused, SecondClient
from tests.synapse.probe import Probe, q

PEOPLE = ("rigs-ann", "rigs-ben")
PASSWORD = "a password"


@dataclass
class Place:
    """A homeserver to try something on, with two people and the registration that it knows."""

    base_url: str
    registration: Registration
    ann: SecondClient
    ben: SecondClient


@pytest.fixture(params=["fake", "synapse"])
def homeserver(request: pytest.FixtureRequest) -> FakeHomeserver | LocalSynapse:
    found: FakeHomeserver | LocalSynapse = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def place(
    homeserver: FakeHomeserver | LocalSynapse, registration: Registration
) -> AsyncIterator[Place]:
    base_url = homeserver.base_url
    for name in PEOPLE:
        if isinstance(homeserver, LocalSynapse):
            await homeserver.register(name, PASSWORD)
        else:
            homeserver.add_user(f"@{name}:hs.test", PASSWORD)
            registration = homeserver.registration
    async with (
        await SecondClient.log_in(base_url, PEOPLE[0], PASSWORD) as ann,
        await SecondClient.log_in(base_url, PEOPLE[1], PASSWORD) as ben,
    ):
        yield Place(base_url, registration, ann, ben)


async def _no_log_in(localpart: str) -> tuple[str, str]:
    raise AssertionError(localpart)


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Probe]:
    probe = Probe(place.base_url, place.registration, "rigs", _no_log_in)
    await probe.start()
    yield probe
    await probe.close()


async def test_a_person_talks_with_the_bot(place: Place, bot: Probe) -> None:
    room = await place.ann.create_dm(bot.bot_id)
    await bot.bot("POST", f"/join/{q(room)}", {})
    asked = await place.ann.say(room, "!hedge help")
    await place.ann.react(room, asked, "+")
    said = (await bot.say(room, "One moment"))["event_id"]
    relation = {"rel_type": "m.replace", "event_id": said}
    edit = {
        "msgtype": "m.text",
        "body": "* Done",
        "m.relates_to": relation,
        "m.new_content": {"body": "Done"},
    }
    await bot.bot("PUT", f"/rooms/{q(room)}/send/m.room.message/edit-{q(said)}", edit)
    replies = await place.ann.wait_for_reply(room, asked)
    assert [(reply["content"]["body"], reply["answers"]) for reply in replies] == [("* Done", None)]
    relates = {"m.in_reply_to": {"event_id": asked}}
    answer = {"msgtype": "m.text", "body": "Here it is", "m.relates_to": relates}
    await bot.bot("PUT", f"/rooms/{q(room)}/send/m.room.message/answer-{q(asked)}", answer)
    replies = await place.ann.wait_for_reply(room, asked, count=2)
    assert [reply["answers"] for reply in replies] == [None, asked]
    assert await place.ann.bodies(room, place.ann.user_id) == ["!hedge help"]
    assert (await place.ann.members(room))[bot.bot_id] == "join"
    with pytest.raises(TimeoutError):
        await place.ann.wait_for_reply(room, asked, within=0.2, count=3)


async def test_a_person_sees_what_others_let_them_see(place: Place, bot: Probe) -> None:
    space = await bot.room(creation_content={"type": "m.space"}, preset="public_chat", name="Town")
    shut = await bot.room(name="Shut")
    for room in (space, shut):
        await bot.bot("PUT", f"/rooms/{q(space)}/state/m.space.child/{q(room)}", {"via": ["hs.test"]})
    assert [room["name"] for room in await place.ben.hierarchy(space)] == ["Town"]
    assert await place.ben.join(space, via=["hs.test"]) == space
    assert (await place.ben.content(space, "m.room.name"))["name"] == "Town"
    assert ("m.space.child", shut) in await place.ben.state(space)
    for refused in (place.ben.join(shut), place.ben.state(shut), place.ben.hierarchy(shut)):
        with pytest.raises(Refused) as refusal:
            await refused
        assert refusal.value.errcode == "M_FORBIDDEN"
    await bot.bot("POST", f"/rooms/{q(shut)}/invite", {"user_id": place.ben.user_id})
    told = (await place.ben.invites())[shut]
    assert {"m.room.name", "m.room.member"} <= {event["type"] for event in told}
    await bot.bot("PUT", f"/directory/list/appservice/rigs/{q(space)}", {"visibility": "public"})
    listed = await place.ben.public_rooms(f"{place.registration.appservice_id}|rigs")
    assert [room["room_id"] for room in listed] == [space]
    await bot.bot("PUT", f"/directory/list/appservice/rigs/{q(space)}", {"visibility": "private"})
    await place.ben.leave(space)


async def test_a_ping_tells_what_came_of_it(place: Place, bot: Probe) -> None:
    path = f"/appservice/{place.registration.appservice_id}/ping"
    assert (await bot.bot("POST", path, {}))["errcode"] == "M_CONNECTION_FAILED"
    async with Receiver(place.registration).listening() as receiver:
        assert "duration_ms" in await bot.bot("POST", path, {})
        receiver.ping_status = 403
        answer = await bot.bot("POST", path, {})
    assert (answer["errcode"], answer["status"]) == ("M_BAD_STATUS", 403)
    await bot.bot("POST", "/appservice/another/ping", {})
    assert [line.partition(". ")[2] for line in bot.seen] == [
        "POST: 502 M_CONNECTION_FAILED",
        "POST: 200",
        "POST: 502 M_BAD_STATUS",
        "POST: 403 M_FORBIDDEN",
    ]


def _with(event_id: str) -> Callable[[list[Json]], bool]:
    return lambda events: any(event["event_id"] == event_id for event in events)


async def _sent_at_once(bot: Probe, receiver: Receiver) -> None:
    """Wait until the homeserver is not catching up with what nobody took before.

    What it hears of while it ends that, it keeps until the next time it catches up
    (`_Recoverer` of Synapse's appservice/scheduler.py).
    """
    room = await bot.room(name="Heard?")
    in_a_row = 0
    while in_a_row < 5:
        said = (await bot.say(room, "Heard?"))["event_id"]
        try:
            await receiver.until(_with(said), within=2)
            in_a_row += 1
        except TimeoutError:
            in_a_row = 0


async def test_what_concerns_the_bot_is_pushed_and_nothing_else(place: Place, bot: Probe) -> None:
    async with Receiver(place.registration).listening() as receiver:
        await bot.bot("POST", f"/appservice/{place.registration.appservice_id}/ping", {})
        assert bot.seen[-1].endswith("POST: 200")
        await _sent_at_once(bot, receiver)
        elsewhere = await place.ben.create_room(name="Not ours")
        room = await place.ann.create_dm(bot.bot_id)
        early = await place.ann.say(room, "before the bot is in")
        await bot.bot("POST", f"/join/{q(room)}", {})
        heard = await place.ann.say(room, "once it is in")
        answered = (await bot.say(room, "its own"))["event_id"]
        await bot.bot("POST", f"/rooms/{q(room)}/leave", {})
        await place.ann.say(room, "after it has left")
        held = await bot.room(room_alias_name=bot.alias("held"))
        last = (await bot.say(held, "last"))["event_id"]
        await receiver.until(_with(last))
    pushed = [event for event in receiver.events if event["room_id"] in (room, elsewhere)]
    assert [event["type"] for event in pushed] == [
        "m.room.member",
        "m.room.member",
        "m.room.message",
        "m.room.message",
        "m.room.member",
    ]
    ids = [event["event_id"] for event in pushed]
    assert ids[2:4] == [heard, answered]
    assert early not in ids
