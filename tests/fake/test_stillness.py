"""A homeserver goes on where another one was at a call: with what that was about, and nothing later."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.fake import FakeHomeserver, Registration
from tests.waiting import until

WANTED = {"room_alias_name": "hedge_n.aaaa", "creation_content": {"org.hedgerow.place": "n.aaaa"}}


async def kept_while_a_room_is_made(fake: FakeHomeserver) -> tuple[bytes, bool]:
    """What it holds, and whether the room was there when it began to be kept."""
    fake.add_bot()
    headers = {"Authorization": f"Bearer {fake.registration.as_token}"}
    url, params = f"{fake.base_url}/_matrix/client/v3/createRoom", {"user_id": fake.bot}
    was_there = list[bool]()
    async with aiohttp.ClientSession(headers=headers) as session:

        async def make() -> None:
            async with session.post(url, json=WANTED, params=params) as answer:
                assert answer.status == 200

        making = asyncio.create_task(make())
        await until(lambda: bool(fake.world.aliases), every=0)
        kept = await fake.kept(lambda: was_there.append("n.aaaa" in fake.rooms_by_marker()))
        await making
    fake.add_user("@late:hs.test")
    return kept, was_there[0]


async def test_what_it_was_about_is_done_and_what_came_later_is_not() -> None:
    async with FakeHomeserver(Registration()) as fake:
        kept, was_there = await kept_while_a_room_is_made(fake)
        rooms = fake.rooms_by_marker()
    assert not was_there
    other = FakeHomeserver(Registration())
    other.go_on_from(kept)
    assert rooms == other.rooms_by_marker()
    assert other.room_of("n.aaaa").content("m.room.power_levels")
    assert "@late:hs.test" not in other.world.accounts


async def test_it_goes_on_by_itself() -> None:
    async with FakeHomeserver(Registration()) as fake:
        kept, _ = await kept_while_a_room_is_made(fake)
        other = FakeHomeserver(Registration())
        other.go_on_from(kept)
        async with other:
            made = await other.add_user("@ann:hs.test").create_room(name="Later")
            assert made not in fake.world.rooms
            assert len(other.world.rooms) == 2


async def test_what_was_not_taken_when_it_was_kept_is_pushed_by_the_other() -> None:
    nobody = "http://127.0.0.1:9"
    async with FakeHomeserver(Registration(url=nobody)) as fake:
        person = fake.add_user("@ann:hs.test")
        await person.create_dm(fake.bot)
        await until(lambda: bool(fake.pusher.sent), every=0)
        [tried, *_] = fake.pusher.sent
        kept = await fake.kept(lambda: None)
    other = FakeHomeserver(Registration(url=nobody))
    other.go_on_from(kept)
    async with other:
        await until(lambda: bool(other.pusher.sent), every=0)
        assert [event["event_id"] for event in other.pusher.sent[0].events] == [
            event["event_id"] for event in tried.events
        ]
        assert other.pusher.sent[0].txn_id == tried.txn_id
        assert not other.world.handed_over.is_set()
