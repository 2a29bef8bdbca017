"""A role is given to nobody who does not exist: the homeserver is asked about names that nobody has met."""

from __future__ import annotations

import re

import pytest

from appservice.accounts import Accounts
from bot.invitations.ports import Account
from spaces.identifiers import EventId, UserId
from tests.appservice.desk import Desk
from tests.fake import Fault
from tests.fake.wire import Call

NONE = "@none:hs.test"
NOBODY = (
    f"This server knows nobody called {NONE}. Nothing was done. Check how the name is written: their client "
    "shows it in their profile."
)
_PROFILE = "GET /profile/{user_id}/displayname"


def _looks_up(call: Call) -> bool:
    return call.name == _PROFILE and NONE in call.path


async def test_a_name_that_nobody_has_gets_no_role(desk: Desk) -> None:
    space = desk.space("Arts UK")
    assert await desk.ask(f"coordinator add {NONE} --in arts-uk") == NOBODY
    await desk.quiet()
    assert NONE not in await desk.ask("show arts-uk")
    assert NONE not in await desk.ask("audit arts-uk")
    assert desk.invitations(space)[NONE] == 0
    assert "Writes that failed: 0" in await desk.ask("status")


async def test_a_name_that_nobody_has_becomes_no_steward(desk: Desk) -> None:
    listed = await desk.ask('list organisation "Tool library" --in arts-uk --about "Tools to borrow"')
    number = re.search(r"edit (\d+)", listed)
    assert number is not None, listed
    assert await desk.ask(f"steward add {NONE} --of {number[1]}") == NOBODY
    desk.fake.add_user(NONE)
    assert await desk.ask(f"steward add {NONE} --of {number[1]}") != NOBODY
    assert NONE in await desk.ask(f"show listing {number[1]}")


async def test_who_registers_after_a_no_can_be_named_at_once_and_is_by_whoever_asked(desk: Desk) -> None:
    await desk.ask(f"coordinator add {NONE} --in arts-uk")
    desk.fake.add_user(NONE)
    answer = await desk.ask(f"coordinator add {NONE} --in arts-uk")
    assert answer.startswith(f"{NONE} looks after Arts UK from now on")
    await desk.quiet()
    assert desk.invitations(desk.space("Arts UK"))[NONE] == 1
    assert NONE in await desk.ask("show arts-uk")
    said = desk.said(desk.admin, desk.room)
    assert sum("looks after Arts UK from now on" in text for text in said) == 1


async def test_who_was_met_is_not_looked_up(desk: Desk) -> None:
    user = desk.fake.add_user(NONE)
    await desk.ask("network open arts-uk")
    await desk.ask("yes")
    user.join(desk.space("Arts UK"))
    await desk.quiet()
    before = len([call for call in desk.fake.calls if call.name == _PROFILE])
    assert "from now on" in await desk.ask(f"coordinator add {NONE} --in arts-uk")
    assert len([call for call in desk.fake.calls if call.name == _PROFILE]) == before


async def test_people_of_other_servers_are_not_looked_up(desk: Desk) -> None:
    assert "from now on" in await desk.ask("coordinator add @ben:elsewhere.test --in arts-uk")


async def test_what_was_missing_and_is_asked_for_is_looked_up_too(desk: Desk) -> None:
    assert "Matrix ID" in await desk.ask("coordinator add --in arts-uk")
    assert await desk.ask(NONE) == NOBODY


async def test_in_a_thread_of_a_room_the_answer_stays_in_it(desk: Desk) -> None:
    room = desk.space("Arts UK: welcome")
    desk.admin.join(room)
    root = desk.admin.send(room, "!hedge status").event_id
    thread = {"rel_type": "m.thread", "event_id": root}
    asked = desk.admin.send(
        room, f"!hedge coordinator add {NONE} --in arts-uk", **{"m.relates_to": thread}
    ).event_id
    await desk.until(lambda: NOBODY in desk.said(desk.admin, room))
    [told] = [e for e in desk.admin.events(room) if e.content.get("body") == NOBODY]
    relates = told.content["m.relates_to"]
    assert (relates["rel_type"], relates["event_id"]) == ("m.thread", root)
    assert relates["m.in_reply_to"] == {"event_id": asked}


async def test_where_the_homeserver_does_not_tell_nothing_is_done(desk: Desk) -> None:
    desk.fake.script(_looks_up, Fault.error(400, "M_UNKNOWN"))
    answer = await desk.ask(f"coordinator add {NONE} --in arts-uk")
    assert answer.startswith(f"This server does not tell at present whether there is {NONE}. Nothing was")
    assert NONE not in await desk.ask("show arts-uk")


@pytest.mark.parametrize(
    ("status", "errcode", "is_there"),
    [(400, "M_USER_IN_USE", True), (403, "M_FORBIDDEN", True), (400, "M_INVALID_USERNAME", False)],
)
async def test_where_profiles_are_kept_from_us_it_is_asked_whether_the_name_is_free(
    desk: Desk, status: int, errcode: str, is_there: bool
) -> None:
    desk.fake.script(_looks_up, Fault.error(403, "M_FORBIDDEN"))
    desk.fake.script("GET /register/available", Fault.error(status, errcode))
    answer = await desk.ask(f"coordinator add {NONE} --in arts-uk")
    assert ("looks after Arts UK from now on" in answer, answer == NOBODY) == (is_there, not is_there)


def test_what_was_said_of_a_name_is_for_the_message_that_waits_for_it() -> None:
    accounts, who = Accounts(), UserId(NONE)
    for number in range(1_001):
        accounts.keep(EventId(f"${number}"), who, Account.NOBODY)
    told = [accounts.of(EventId(event), who) for event in ("$0", "$1", "$1000", "$1001")]
    assert told == [Account.UNASKED, Account.NOBODY, Account.NOBODY, Account.UNASKED]
    assert accounts.of(EventId("$1"), UserId("@ben:hs.test")) is Account.UNASKED
