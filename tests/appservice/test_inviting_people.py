"""The whole service brings people in by list, on a homeserver in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from nio.crypto.attachments import encrypt_attachment

from appservice.demo.synapse import free_port
from tests.appservice.desk import Desk
from tests.fake import FakeHomeserver, Fault, Registration
from tests.fake.wire import Call
from tests.hedgerow import ADMIN

INVITE = "POST /rooms/{room_id}/invite"
_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
_SECONDS = 60.0


def _invites(user: str) -> Callable[[Call], bool]:
    return lambda call: call.name == INVITE and call.body.get("user_id") == user


async def test_each_entry_of_a_list_has_its_result(desk: Desk) -> None:
    for name in ("mia", "ned", "sam"):
        desk.fake.add_user(f"@{name}:hs.test")
    space = desk.space("Arts UK")
    mia, ned = (desk.fake.add_user(f"@{name}:hs.test") for name in ("mia", "ned"))
    await desk.ask("invite @mia:hs.test, @ned:hs.test --to arts-uk")
    mia.join(space)
    ned.leave(space)
    await desk.quiet()
    gone = "@far:gone.test"
    desk.fake.script(_invites(gone), Fault.error(502, "M_UNKNOWN"), None)
    answer = await desk.ask(
        f"invite {desk.fake.bot}, @mia:hs.test, @ned:hs.test, @sam:hs.test, nobody, @none:hs.test, {gone} "
        "--to arts-uk"
    )
    lines = answer.splitlines()
    today = next(line for line in lines if "said no on" in line)
    assert lines[:6] == [
        "One invitation to Arts UK is out.",
        "- 2 are there already",
        "- one said no within the last 90 days, and is not asked again without --again",
        "- one entry is no Matrix ID",
        "- 2 could not be invited",
        "One by one:",
    ]
    assert sorted(lines[6:]) == sorted(
        [
            "- @none:hs.test could not be invited: this server knows nobody of that name.",
            "- @far:gone.test could not be invited: their server, gone.test, cannot be reached.",
            "- “nobody” is no Matrix ID. One looks like @alice:example.org.",
            today,
            "- mia (@mia:hs.test) is there already."
            if "- mia (@" in answer
            else "- @mia:hs.test is there already.",
            f"- {desk.fake.bot} is there already.",
            "- @sam:hs.test is invited.",
        ]
    )
    assert desk.invitations(space)["@none:hs.test"] == 0
    again = await desk.ask(f"invite @ned:hs.test, @sam:hs.test, {gone} --to arts-uk --again")
    assert "One invitation to Arts UK is out." in again
    assert desk.invitations(space) == {ADMIN: 1, "@mia:hs.test": 1, "@ned:hs.test": 2, "@sam:hs.test": 1}
    status = await desk.ask("status")
    assert "gone.test" not in status, "an invitation that fails is told in its report, and nowhere else"


async def test_a_server_that_cannot_be_reached_holds_up_nobody(desk: Desk) -> None:
    for number in range(10):
        desk.fake.add_user(f"@p{number}:hs.test")
    desk.fake.script(_invites("@far:gone.test"), Fault.error(502, "M_UNKNOWN"), None)
    list_ = ", ".join(["@far:gone.test", *(f"@p{number}:hs.test" for number in range(10))])
    desk.admin.send(desk.room, f"invite {list_} --to arts-uk")
    space = desk.space("Arts UK")
    await desk.until(lambda: len(desk.invitations(space)) >= 11)
    tries = [call for call in desk.fake.calls if _invites("@far:gone.test")(call)]
    assert len(tries) == 1, "all others went before it was tried once more"


async def test_each_person_is_invited_to_the_space_before_its_groups_however_slow_the_space_is(
    desk: Desk,
) -> None:
    people = [f"@p{number}:hs.test" for number in range(3)]
    for user in people:
        desk.fake.add_user(user)
    await desk.ask("group create Painting --in arts-uk")
    space, group = desk.space("Arts UK"), desk.space("Painting")
    for user in people[:2]:
        desk.fake.script(
            lambda call, user=user: _invites(user)(call) and call.params["room_id"] == space,
            Fault.too_many(600),
            2,
        )
    answer = await desk.ask(f"invite {', '.join(people)} --to arts-uk/painting, arts-uk")
    assert "6 invitations" in answer
    for user in people:
        first, then = (desk.fake.room(room).state["m.room.member", user].position for room in (space, group))
        assert first < then, user


async def test_a47_an_invitation_that_waits_when_somebody_is_banned_is_not_made(desk: Desk) -> None:
    desk.fake.add_user("@eve:hs.test")
    await desk.ask("group create Painting --in arts-uk")
    group = desk.space("Painting")
    desk.fake.script(_invites("@eve:hs.test"), Fault.too_many(1500), None)
    desk.admin.send(desk.room, "invite @eve:hs.test --to arts-uk, arts-uk/painting")
    await desk.until(lambda: any(_invites("@eve:hs.test")(call) for call in desk.fake.calls))
    desk.admin.send(desk.room, "ban @eve:hs.test --in arts-uk")
    await desk.until(lambda: "Shall I?" in desk.said(desk.admin, desk.room)[-1])
    desk.admin.send(desk.room, "yes")
    await desk.until(lambda: desk.fake.room(group).membership("@eve:hs.test") == "ban")
    desk.fake.clear_script()
    await desk.quiet()
    assert desk.invitations(group)["@eve:hs.test"] == 0
    assert desk.invitations(desk.space("Arts UK"))["@eve:hs.test"] == 0


@pytest.mark.long
async def test_five_hundred_are_invited_once_each_whatever_happens_meanwhile(service_database: str) -> None:
    """Against a limit, with the service stopped and started in the middle, while others work."""
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as fake:
        desk = Desk(fake, service_database, fake.add_user(ADMIN))
        people = [f"@p{number}:hs.test" for number in range(480)]
        for user in people:
            fake.add_user(user)
        entries = [*people, *(f"@none{n}:hs.test" for n in range(10)), *(f"word{n}" for n in range(10))]
        async with desk.serving() as service:
            await desk.open(service)
            space = desk.space("Arts UK")
            limit = fake.limit(INVITE, 5, 0.2)
            preview = await desk.ask("invite " + "\n".join(entries) + "\n--to arts-uk")
            assert preview.startswith(
                "I would invite 490 people to Arts UK.\n- 10 entries are no Matrix IDs\n"
            )
            assert len(desk.invitations(space)) == 1, "the admin, who founded it"
            desk.admin.send(desk.room, "yes")
            await desk.until(lambda: len(desk.invitations(space)) >= 40)
            assert limit.refused
            limit.seconds = 0.02
        before = len(desk.invitations(space))
        assert before < 480
        async with desk.serving() as service:
            await desk.open(service)
            desk.admin.send(desk.room, "network create Health UK")
            await desk.until(lambda: any("Health UK is made" in s for s in desk.said(desk.admin, desk.room)))
            assert len(desk.invitations(space)) < 481, "another network was made meanwhile"
            await desk.until(lambda: len(desk.invitations(space)) >= 481)
            await desk.until(lambda: any("480 invitations" in s for s in desk.said(desk.admin, desk.room)))
            await desk.quiet()
            [report] = [s for s in desk.said(desk.admin, desk.room) if "480 invitations" in s]
            assert report.splitlines()[:4] == [
                "480 invitations to Arts UK are out.",
                "- 10 entries are no Matrix IDs",
                "- 10 could not be invited",
                "One by one:",
            ]
            assert "There is more: more shows it." in report
            rest = [await desk.ask("more") for _ in range(2)]
            shown = "\n".join([report, *rest])
            assert all(f"“word{n}” is no Matrix ID" in shown for n in range(10))
            assert all(f"@none{n}:hs.test could not be invited" in shown for n in range(10))
        assert set(desk.invitations(space)) == {ADMIN, *people}
        assert set(desk.invitations(space).values()) == {1}


async def test_a_no_that_came_while_the_service_was_away_is_remembered(service_database: str) -> None:
    async with FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}")) as fake:
        desk = Desk(fake, service_database, fake.add_user(ADMIN))
        ned = fake.add_user("@ned:hs.test")
        async with desk.serving() as service:
            await desk.open(service)
            await desk.ask("invite @ned:hs.test --to arts-uk")
        fake.pusher.paused = True
        ned.leave(desk.space("Arts UK"))
        async with desk.serving() as service:
            await desk.open(service)
            fake.pusher.paused = False
            await desk.quiet()  # a question that is found by looking back may come before what was pushed
            assert "said no on" in await desk.ask("invite @ned:hs.test --to arts-uk")


async def test_who_speaks_with_the_bot_hears_once_who_asked_and_for_which_places(desk: Desk) -> None:
    ned = desk.fake.add_user("@ned:hs.test")
    room = await ned.create_dm(desk.fake.bot)
    ned.send(room, "invites")
    await desk.until(lambda: "Nothing waits for you." in desk.said(ned, room))
    await desk.ask("group create Painting --in arts-uk --access invite")
    await desk.ask("invite @ned:hs.test --to arts-uk, arts-uk/painting --reason Come")
    await desk.quiet()
    [_, told] = desk.said(ned, room)
    assert "would like you to come to Arts UK" in told
    assert "Painting" in told
    assert told.endswith("wrote: Come")


# -- files ------------------------------------------------------------------------------------------

_DOWNLOAD = "GET /media/download/{server_name}/{media_id}"
_TABLE = "name,matrix id\nMia,@mia:hs.test\nNed,@ned:hs.test\nSomebody; --to health-uk,\n"


def _file(**more: Any) -> dict[str, Any]:
    return {"msgtype": "m.file", "body": "list.csv", "url": "mxc://hs.test/list", **more}


async def _send_file(desk: Desk, **more: Any) -> str:
    """What is answered to a file in the end."""
    before = len(desk.said(desk.admin, desk.room))
    desk.admin.send_event(desk.room, "m.room.message", _file(**more))
    await desk.until(lambda: len(desk.said(desk.admin, desk.room)) > before)
    await desk.until(lambda: not desk.said(desk.admin, desk.room)[-1].endswith("…"))
    return desk.said(desk.admin, desk.room)[-1]


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_a_table_with_the_command_as_its_caption_is_read_as_the_list(
    desk: Desk, is_encrypted: bool
) -> None:
    for name in ("mia", "ned"):
        desk.fake.add_user(f"@{name}:hs.test")
    where: dict[str, Any] = {}
    data = _TABLE.encode()
    if is_encrypted:
        data, keys = encrypt_attachment(data)
        where = {"url": None, "file": {**keys, "url": "mxc://hs.test/list"}}
    desk.fake.media["mxc://hs.test/list"] = data
    caption = "invite --to arts-uk --reason Come along"
    answer = await _send_file(desk, body=caption, filename="list.csv", **where)
    assert answer.splitlines() == [
        "2 invitations to Arts UK are out.",
        "- one entry is no Matrix ID",
        "One by one:",
        "- “Somebody to health-uk” is no Matrix ID. One looks like @alice:example.org.",
        "- @mia:hs.test is invited.",
        "- @ned:hs.test is invited.",
    ]
    timeline = desk.fake.world.rooms[desk.space("Arts UK")].timeline
    reasons = {e.state_key: e.content.get("reason") for e in timeline if e.type == "m.room.member"}
    assert reasons["@mia:hs.test"] == "Come along"


async def test_a_table_may_come_as_the_answer_to_who(desk: Desk) -> None:
    for name in ("mia", "ned"):
        desk.fake.add_user(f"@{name}:hs.test")
    desk.fake.media["mxc://hs.test/list"] = b"\xef\xbb\xbf" + _TABLE.encode()
    assert "Tell me now, or cancel." in await desk.ask("invite --to arts-uk")
    assert (await _send_file(desk)).startswith("2 invitations to Arts UK are out.")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "the homeserver said no: Not found"),
        (b"PK\x03\x04 a workbook", "it is no text. Save it as CSV (comma-separated values) first"),
        (b"name,id\n", "there is nobody in it"),
        (b"x" * 200_001, "it is larger than 200 KB"),
    ],
    ids=["gone", "workbook", "empty", "large"],
)
async def test_a_file_that_cannot_be_read_is_answered_with_the_reason(
    desk: Desk, data: bytes | None, reason: str
) -> None:
    if data is not None:
        desk.fake.media["mxc://hs.test/list"] = data
    answer = await _send_file(desk, body="invite --to arts-uk", filename="list.csv")
    assert answer == f"I cannot read that file: {reason}. Nothing was done."
    assert "list.csv" not in await desk.ask("status")


async def test_a_file_that_nobody_asked_for_is_not_even_fetched(desk: Desk) -> None:
    desk.admin.send_event(desk.room, "m.room.message", _file())
    desk.admin.send_event(desk.room, "m.room.message", _file(body="tree", filename="list.csv"))
    assert await desk.ask("whoami")
    assert not any(call.name == _DOWNLOAD for call in desk.fake.calls)
