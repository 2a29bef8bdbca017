"""The fake homeserver's own promises: faults happen where they are ordered, pushing, the end state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.fake import FakeHomeserver, Fault, MatrixError
from tests.receiver import Receiver

ALIAS = "#hedge_n.aaaa:hs.test"
WANTED = {"room_alias_name": "hedge_n.aaaa", "creation_content": {"org.hedgerow.place": "n.aaaa"}}


class Asker:
    """Asks the fake as the bot; what has no JSON body is answered with its text."""

    def __init__(self, fake: FakeHomeserver, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.session = session

    async def __call__(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        url = f"{self.fake.base_url}/_matrix/client/v3{path}"
        params = {"user_id": self.fake.bot, **query}
        async with self.session.request(method, url, json=body, params=params) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())


@pytest.fixture
async def ask(fake: FakeHomeserver) -> AsyncIterator[Asker]:
    fake.add_bot()
    headers = {"Authorization": f"Bearer {fake.registration.as_token}"}
    # A connection for each call: aiohttp repeats some calls by itself on one that it keeps.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        yield Asker(fake, session)


async def test_calls_are_written_down_with_their_template(fake: FakeHomeserver, ask: Asker) -> None:
    await ask("POST", "/createRoom", WANTED)
    await ask("PUT", f"/rooms/{fake.room_of('n.aaaa').room_id}/state/m.room.topic/", {"topic": "x"})
    await ask("POST", "/rooms/!none/invite", {"user_id": "@a:hs.test"})
    await ask("GET", "/no/such/thing")
    assert [call.name for call in fake.calls] == [
        "POST /createRoom",
        "PUT /rooms/{room_id}/state/{type}/{state_key}",
        "POST /rooms/{room_id}/invite",
        "GET /_matrix/client/v3/no/such/thing",
    ]
    assert fake.calls[0].body == WANTED
    assert fake.calls[0].as_user == fake.bot
    assert fake.calls[1].params["type"] == "m.room.topic"


@pytest.mark.parametrize(("when", "rooms"), [("before", 0), ("after", 1)])
async def test_everything_stops_at_the_call_that_was_named(
    fake: FakeHomeserver, ask: Asker, when: Any, rooms: int
) -> None:
    told: list[bool] = []
    fake.on_stop = lambda: told.append(True)
    fake.stop_at(2, when)
    assert (await ask("GET", "/capabilities"))[0] == 200
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await ask("POST", "/createRoom", WANTED)
    assert fake.stopped.is_set()
    assert told == [True]
    assert len(fake.calls) == 2
    assert len(fake.world.rooms) == rooms
    fake.resume()
    assert (await ask("GET", "/capabilities"))[0] == 200


@pytest.mark.parametrize(
    ("fault", "status", "made"),
    [
        (Fault.too_many(1500), 429, False),
        (Fault.bad_gateway(), 502, False),
        (Fault.bad_gateway(acts=True), 502, True),
        (Fault.gateway_timeout(), 504, True),
        (Fault.error(500), 500, False),
        (Fault.empty_answer(), 200, True),
        (Fault.slow(0.01), 200, True),
    ],
    ids=["429", "502", "502 after acting", "504", "500", "no room id", "slow"],
)
async def test_one_call_goes_wrong_and_the_next_does_not(
    fake: FakeHomeserver, ask: Asker, fault: Fault, status: int, made: bool
) -> None:
    fake.script("POST /createRoom", fault)
    assert (await ask("POST", "/createRoom", WANTED))[0] == status
    assert bool(fake.rooms_by_marker()) is made
    second = await ask("POST", "/createRoom", WANTED)
    assert second[1].get("errcode") == ("M_ROOM_IN_USE" if made else None)


async def test_a_rate_limit_is_told_in_the_body_in_the_header_or_not_at_all(
    fake: FakeHomeserver, ask: Asker
) -> None:
    fake.script(lambda call: call.method == "GET", Fault.too_many(retry_after="7"))
    fake.script(lambda call: call.method == "GET", Fault.too_many(-1))
    fake.script(lambda call: call.method == "GET", Fault.too_many())
    async with ask.session.get(f"{fake.base_url}/_matrix/client/versions") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert (await ask("GET", "/capabilities"))[1]["retry_after_ms"] == -1
    assert "retry_after_ms" not in (await ask("GET", "/capabilities"))[1]


async def test_a_limit_lets_pass_what_waits_as_long_as_told(fake: FakeHomeserver, ask: Asker) -> None:
    limit = fake.limit("GET /capabilities", burst=2, seconds=0.05)
    answers = [await ask("GET", "/capabilities") for _ in range(3)]
    assert [status for status, _ in answers] == [200, 200, 429]
    await asyncio.sleep(answers[2][1]["retry_after_ms"] / 1000)
    assert (await ask("GET", "/capabilities"))[0] == 200
    assert limit.refused == 1


async def test_a26_a_dropped_answer_leaves_the_room_made(fake: FakeHomeserver, ask: Asker) -> None:
    fake.script("POST /createRoom", Fault.reset(acts=True))
    with pytest.raises(aiohttp.ClientError):
        await ask("POST", "/createRoom", WANTED)
    assert list(fake.rooms_by_marker()) == ["n.aaaa"]


async def test_a27_a_ghost_alias_points_to_no_room(fake: FakeHomeserver, ask: Asker) -> None:
    fake.script("POST /createRoom", Fault.ghost_alias())
    with pytest.raises(aiohttp.ClientError):
        await ask("POST", "/createRoom", WANTED)
    status, found = await ask("GET", "/directory/room/%23hedge_n.aaaa%3Ahs.test")
    assert status == 200
    assert (await ask("GET", f"/rooms/{found['room_id']}/state"))[0] == 403
    assert fake.end_state()["ghosts"] == [ALIAS]


async def test_a28_an_alias_can_be_held_by_someone_elses_room(fake: FakeHomeserver, ask: Asker) -> None:
    mallory = fake.add_user("@mallory:hs.test")
    room_id = await fake.squat(ALIAS, mallory, creation_content={"org.hedgerow.place": "n.aaaa"})
    assert (await ask("POST", "/createRoom", WANTED))[1]["errcode"] == "M_ROOM_IN_USE"
    assert fake.room(ALIAS).room_id == room_id
    assert (await ask("GET", f"/rooms/{room_id}/state"))[0] == 403


async def test_a29_a_half_made_room_has_no_power_levels_and_no_join_rules(
    fake: FakeHomeserver, ask: Asker
) -> None:
    fake.script("POST /createRoom", Fault.half_made())
    assert (await ask("POST", "/createRoom", WANTED))[0] == 413
    assert {kind for kind, _ in fake.room(ALIAS).state} == {"m.room.create", "m.room.member"}


async def test_a_call_hangs_until_it_is_released(fake: FakeHomeserver, ask: Asker) -> None:
    fake.script("GET /capabilities", Fault.hanging())
    waiting = asyncio.create_task(ask("GET", "/capabilities"))
    await ask("GET", "/joined_rooms")
    assert not waiting.done()
    fake.release()
    assert (await waiting)[0] == 200


async def test_of_many_at_once_one_gets_the_alias(fake: FakeHomeserver, ask: Asker) -> None:
    answers = await asyncio.gather(*(ask("POST", "/createRoom", WANTED) for _ in range(20)))
    assert sorted({status for status, _ in answers}) in ([200, 409], [200, 400, 409])
    assert len(fake.world.rooms) == 1


async def test_a_crash_forgets_sends_without_a_device(fake: FakeHomeserver, ask: Asker) -> None:
    await ask("POST", "/createRoom", WANTED)
    await ask("PUT", "/devices/D", {})
    path = f"/rooms/{fake.room_of('n.aaaa').room_id}/send/m.room.message"
    for txn_id, device in (("1", {}), ("2", {"device_id": "D"})):
        for _ in range(2):
            await ask("PUT", f"{path}/{txn_id}", {"msgtype": "m.text", "body": txn_id}, **device)
            fake.crash()
    assert [body for _, body in fake.end_state()["rooms"]["n.aaaa"]["messages"]] == ["1", "1", "2"]


async def test_pages_of_hidden_events_are_empty_and_not_the_end(fake: FakeHomeserver, ask: Asker) -> None:
    await ask("POST", "/createRoom", WANTED)
    room = fake.room_of("n.aaaa")
    for event in room.timeline[-4:]:
        fake.hide(event.event_id)
    _, page = await ask("GET", f"/rooms/{room.room_id}/messages", dir="b", limit="3")
    assert page["chunk"] == []
    _, page = await ask("GET", f"/rooms/{room.room_id}/messages", dir="b", limit="3", **{"from": page["end"]})
    assert len(page["chunk"]) == 2


# -- pushing ----------------------------------------------------------------------------------------


async def test_events_are_pushed_in_order_one_transaction_at_a_time(fake: FakeHomeserver) -> None:
    alice = fake.add_user("@alice:hs.test")
    fake.add_bot()
    async with Receiver(fake.registration).listening() as receiver:
        room = await alice.create_dm(fake.bot)
        alice.send(room, "before the bot is in: not pushed")
        fake.world.set_membership(fake.bot, fake.room(room), fake.bot, {"membership": "join"})
        for number in range(250):
            alice.send(room, str(number))
        await fake.pushed()
    bodies = [event["content"]["body"] for event in receiver.events if event["type"] == "m.room.message"]
    assert bodies == [str(number) for number in range(250)]
    assert receiver.most_at_once == 1
    assert max(len(events) for _, events in receiver.transactions) == 100
    numbers = [int(txn_id) for txn_id, _ in receiver.transactions]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "refusal",
    [lambda: web.Response(status=200), lambda: web.json_response({}, status=400)],
    ids=["empty", "400"],
)
async def test_what_is_not_taken_comes_again(fake: FakeHomeserver, refusal: Any) -> None:
    alice = fake.add_user("@alice:hs.test")
    fake.add_bot()
    receiver = Receiver(fake.registration)
    receiver.answer = refusal
    async with receiver.listening():
        await alice.create_dm(fake.bot)
        await receiver.until(lambda events: len(events) >= 3)
        assert {txn_id for txn_id, _ in receiver.transactions} == {"1"}
        receiver.answer = lambda: web.json_response({})
        await fake.pushed()
    assert len({event["event_id"] for event in receiver.events}) == 1


async def test_a16_a_crash_loses_what_was_queued_and_counts_from_1_again(fake: FakeHomeserver) -> None:
    alice = fake.add_user("@alice:hs.test")
    fake.add_bot()
    receiver = Receiver(fake.registration)
    async with receiver.listening():
        first = await alice.create_dm(fake.bot)
        await fake.pushed()
    await alice.create_dm(fake.bot)
    fake.crash()
    async with receiver.listening():
        last = await alice.create_dm(fake.bot)
        await fake.pushed()
    came = [(txn_id, [event["room_id"] for event in events]) for txn_id, events in receiver.transactions]
    assert came == [("1", [first]), ("1", [last])]


async def test_events_are_pushed_again_as_told(fake: FakeHomeserver) -> None:
    alice = fake.add_user("@alice:hs.test")
    event = alice.send(await alice.create_room(), "hello")
    async with Receiver(fake.registration).listening() as receiver:
        assert (await fake.push([event], "7")).taken
        assert (await fake.push([event.as_json()], "7", ephemeral=[])).taken
    assert receiver.transactions == [("7", [event.as_json()])] * 2


async def test_an_unknown_alias_of_ours_is_asked_for(fake: FakeHomeserver, ask: Asker) -> None:
    async with Receiver(fake.registration).listening() as receiver:
        assert (await ask("GET", "/directory/room/%23hedge_n.aaaa%3Ahs.test"))[0] == 404
        await ask("GET", "/directory/room/%23other%3Ahs.test")
    assert receiver.asked == [ALIAS]


async def test_a_ping_tells_whether_we_are_there(fake: FakeHomeserver, ask: Asker) -> None:
    path = f"/appservice/{fake.registration.appservice_id}/ping"
    assert (await ask("POST", path, {"transaction_id": "t"}))[1]["errcode"] == "M_CONNECTION_FAILED"
    async with Receiver(fake.registration).listening() as receiver:
        assert "duration_ms" in (await ask("POST", path, {"transaction_id": "t"}))[1]
        receiver.ping_status = 403
        status, answer = await ask("POST", path, {})
    assert (status, answer["errcode"], answer["status"]) == (502, "M_BAD_STATUS", 403)


# -- the end state ----------------------------------------------------------------------------------


async def _build(fake: FakeHomeserver, ask: Asker) -> None:
    await ask("POST", "/createRoom", WANTED)
    child = {"room_alias_name": "hedge_g.bbbb", "creation_content": {"org.hedgerow.place": "g.bbbb"}}
    await ask("POST", "/createRoom", child)
    parent, room = fake.room_of("n.aaaa").room_id, fake.room_of("g.bbbb").room_id
    await ask("PUT", f"/rooms/{parent}/state/m.space.child/{room}", {"via": ["hs.test"]})
    await ask("PUT", f"/rooms/{room}/send/m.room.message/1", {"msgtype": "m.text", "body": f"See {parent}"})
    said = fake.room(room).timeline[-1].event_id
    await ask("PUT", f"/rooms/{room}/state/m.room.pinned_events/", {"pinned": [said]})
    await ask("PUT", f"/directory/list/appservice/town/{room}", {"visibility": "public"})
    await ask("POST", f"/rooms/{room}/invite", {"user_id": "@ann:hs.test"})


async def test_two_runs_that_came_to_the_same_are_equal(fake: FakeHomeserver, ask: Asker) -> None:
    await _build(fake, ask)
    async with FakeHomeserver(fake.registration) as other:
        other.add_bot()
        other.add_user("@someone:hs.test")
        other.world.new_room_id("12")
        await _build(other, Asker(other, ask.session))
        assert fake.room_of("g.bbbb").room_id != other.room_of("g.bbbb").room_id
        assert fake.end_state() == other.end_state()
        other.room_of("g.bbbb").state.pop(("m.room.member", "@ann:hs.test"))
        assert fake.end_state() != other.end_state()
    shown = fake.end_state()["rooms"]["g.bbbb"]
    assert shown["messages"] == [(fake.bot, "See <n.aaaa>")]
    assert shown["members"] == {"@ann:hs.test": "invite", fake.bot: "join"}
    assert (shown["aliases"], shown["published"]) == (["#hedge_g.bbbb:hs.test"], ["town"])
    assert shown["state"]["m.room.pinned_events|"] == {"pinned": ["<message 1 in g.bbbb>"]}
    assert "m.space.child|g.bbbb" in fake.end_state()["rooms"]["n.aaaa"]["state"]


async def test_a_second_room_of_one_marker_shows(fake: FakeHomeserver, ask: Asker) -> None:
    await ask("POST", "/createRoom", WANTED)
    await ask("POST", "/createRoom", {"creation_content": WANTED["creation_content"]})
    assert len(fake.rooms_by_marker()["n.aaaa"]) == 2
    assert list(fake.end_state()["rooms"]) == ["n.aaaa", "n.aaaa (2)"]


async def test_people_are_refused_as_on_a_homeserver(fake: FakeHomeserver, ask: Asker) -> None:
    alice, ben = fake.add_user("@alice:hs.test"), fake.add_user("@ben:hs.test")
    room = await alice.create_room()
    with pytest.raises(MatrixError) as refusal:
        ben.join(room)
    assert (refusal.value.status, refusal.value.errcode) == (403, "M_FORBIDDEN")
    alice.invite(room, ben.user_id)
    assert ben.invites() == [room]
    ben.join(room)
    said = ben.send(room, "Hello")
    alice.react(room, said.event_id, "+")
    ben.redact(room, said.event_id)
    assert alice.messages(room) == [(ben.user_id, "")]
    new = await alice.upgrade(room)
    assert fake.room(room).content("m.room.tombstone")["replacement_room"] == new
    with pytest.raises(MatrixError):
        await ben.upgrade(room)
