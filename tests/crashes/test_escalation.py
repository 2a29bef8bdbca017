"""Ways in which somebody might gain power that they lack: each is refused, and nothing is changed.

One service and one town for all of them. What is tried comes as raw transactions, as a homeserver would
push it; what the rooms are and what Hedgerow knows is compared before and after.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from spaces import changes
from spaces.bans import bans_on
from spaces.identifiers import GroupId, NetworkId, UserId
from tests.databases import Databases
from tests.fake import FakeHomeserver, FakeUser, Registration
from tests.hedgerow import ADMIN, running, settings_for
from tests.waiting import nothing_waits

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]
PEOPLE = {
    "admin": ADMIN,
    "top": "@top:hs.test",  # coordinates Somerset
    "cora": "@cora:hs.test",  # coordinates Arts, which is under it
    "hal": "@hal:hs.test",  # coordinates Health
    "bea": "@bea:hs.test",  # coordinates Both, the bridge between Arts and Health
    "quinn": "@quinn:hs.test",  # coordinates Quiet, which nobody else may know of
    "rex": "@rex:hs.test",  # coordinated Arts once
    "mia": "@mia:hs.test",  # a member of Arts
    "sam": "@sam:hs.test",  # a stranger
    "far": "@cora:evil.test",
    "root": "@admin:evil.test",
    "twin": "@\u0430dmin:hs.test",
}
ONLY = "Only a coordinator of “{}”"
_numbers = itertools.count(1)


@dataclass
class Town:
    """A service, and people in their direct rooms with the bot and in one room together."""

    fake: FakeHomeserver
    service: Hedgerow
    people: dict[str, FakeUser] = field(default_factory=dict)
    direct: dict[str, str] = field(default_factory=dict)
    shared: str = ""

    async def begin(self) -> None:
        for name, user in PEOPLE.items():
            self.people[name] = self.fake.add_user(user)
        await self.meet("admin")
        for line in (
            "network create Somerset",
            "network create Arts --under somerset",
            "network create Health",
            "network create Quiet --access invite",
            "group create Painting --in arts",
            "bridge create Both --between arts and health",
            "coordinator add @top:hs.test --in somerset",
            "coordinator add @cora:hs.test --in arts",
            "coordinator add @rex:hs.test --in arts",
            "coordinator remove @rex:hs.test --in arts",
            "coordinator add @hal:hs.test --in health",
            "coordinator add @bea:hs.test --in both",
            "coordinator add @quinn:hs.test --in Quiet",
        ):
            await self.says("admin", line)
        await self._settle()

    async def _settle(self) -> None:
        """The admin steps down everywhere; Painting is shared with Health; everyone has a direct room."""
        for network in ("somerset", "arts", "health", "both", "Quiet"):
            await self.says("admin", f"coordinator remove {ADMIN} --in {network}")
            await self.says("admin", "yes")
        async with self.service.engine.works.begin("test") as work:
            group = next(g.id for g in work.landscape.groups.values() if g.name == "Painting")
            health = self.network(work.landscape, "Health")
            shared = changes.share(work.landscape, group, health, home_agrees=True, network_agrees=True)
            await work.change(shared, what="shared", about=group)
        await self.quiet()
        for name in ("far", "root", "mia"):
            self.people[name].join(self.room("Somerset"))
        self.people["mia"].join(self.room("Arts"))
        await self.quiet()
        for name in PEOPLE:
            if name != "admin":
                await self.meet(name)
        others = [user for name, user in PEOPLE.items() if name != "cora"]
        self.shared = await self.people["cora"].create_room(preset="private_chat", invite=others)
        for name in PEOPLE:
            if name != "cora":
                self.people[name].join(self.shared)
        self.people["cora"].invite(self.shared, self.fake.bot)
        await self.quiet()
        await self.says("cora", "bridge create Waiting --between arts and health")

    async def meet(self, name: str) -> None:
        self.direct[name] = await self.people[name].create_dm(self.fake.bot)
        await self.quiet()

    # -- what is said ----------------------------------------------------------------------------

    async def says(self, who: str, body: str, room: str = "", **content: Any) -> str:
        """Push it as theirs; what the bot says then, anywhere."""
        event = self.message(who, body, room, **content)
        return await self.pushes(event)

    def message(self, who: str, body: str, room: str = "", **content: Any) -> Json:
        return {
            "event_id": f"$try{next(_numbers)}",
            "type": "m.room.message",
            "room_id": room or self.direct[who],
            "sender": PEOPLE.get(who, who),
            "origin_server_ts": 1,
            "content": {"msgtype": "m.text", "body": body, **content},
        }

    async def pushes(self, *events: Json) -> str:
        known = {event.event_id for event in self._said()}
        assert (await self.fake.push(list(events))).status == 200
        await self.quiet()
        return "\n".join(str(e.content["body"]) for e in self._said() if e.event_id not in known)

    def _said(self) -> list[Any]:
        stream = self.fake.world.stream
        return [e for e in stream if e.type == "m.room.message" and e.sender == self.fake.bot]

    def last_said_in(self, room: str) -> str:
        return str([e for e in self._said() if e.room_id == room][-1].event_id)

    async def quiet(self) -> None:
        async with asyncio.timeout(30):
            calm = 0
            while calm < 2:
                await self.fake.pushed()
                calm = calm + 1 if await nothing_waits(self.service) else 0
                await asyncio.sleep(0.01)

    # -- what there is ---------------------------------------------------------------------------

    @staticmethod
    def network(landscape: Any, name: str) -> NetworkId:
        return next(n.id for n in landscape.networks.values() if n.name == name)

    def room(self, name: str) -> str:
        ours = [room for place, room in self.service.engine.places.all() if not place.is_direct]
        rooms = self.fake.world.rooms
        [room] = [room for room in ours if rooms[room].content("m.room.name").get("name") == name]
        return str(room)

    async def everything(self) -> object:
        """All networks as Hedgerow knows them, and all state of their rooms."""
        places = self.service.engine.places
        rooms = {room for place, room in places.all() if not place.is_direct}
        state = {room: {k: e.content for k, e in self.fake.world.rooms[room].state.items()} for room in rooms}
        return await self.service.engine.works.landscape(), state


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(databases: Databases) -> AsyncIterator[Town]:
    fake = FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}"))
    with databases.empty() as database:
        async with fake, running(settings_for(fake.base_url, fake.registration, database)) as service:
            here = Town(fake, service)
            await here.begin()
            yield here


@pytest.fixture(autouse=True)
def nobody_has_had_answers_enough(town: Town) -> None:
    """Each case is a new minute."""
    answers = type(town.service.listeners._answers)()
    town.service.listeners._answers = answers


# -- by a command of one's own ------------------------------------------------------------------------

UNKNOWN = "I know no network called “Quiet”."
COMMANDS: dict[str, tuple[str, str, str]] = {
    # a coordinator of a child on the parent
    "a child renames its parent": ("cora", "network rename somerset --to Mine", ONLY.format("Somerset")),
    "a child closes its parent": (
        "cora",
        "network describe somerset --access private",
        ONLY.format("Somerset"),
    ),
    "a child names itself a coordinator of its parent": (
        "cora",
        "coordinator add @cora:hs.test --in somerset",
        ONLY.format("Somerset"),
    ),
    "a child makes a group in its parent": (
        "cora",
        "group create Mine --in somerset",
        ONLY.format("Somerset"),
    ),
    "a child makes a sister under its parent": (
        "cora",
        "network create Mine --under somerset",
        ONLY.format("Somerset"),
    ),
    "a child bans from its parent": ("cora", "ban @mia:hs.test --in somerset", ONLY.format("Somerset")),
    "a child kicks from its parent": ("cora", "kick @mia:hs.test --in somerset", ONLY.format("Somerset")),
    "a child reads its parent's audit log": ("cora", "audit somerset", ONLY.format("Somerset")),
    # a coordinator of a parent on the child
    "a parent renames its child": ("top", "network rename arts --to Mine", ONLY.format("Arts")),
    "a parent names itself a coordinator of its child": (
        "top",
        "coordinator add @top:hs.test --in arts",
        ONLY.format("Arts"),
    ),
    "a parent deposes its child's coordinator": (
        "top",
        "coordinator remove @cora:hs.test --in arts",
        ONLY.format("Arts"),
    ),
    "a parent makes a group in its child": ("top", "group create Mine --in arts", ONLY.format("Arts")),
    "a parent bans from its child": ("top", "ban @mia:hs.test --in arts", ONLY.format("Arts")),
    "a parent reads its child's audit log": ("top", "audit arts", ONLY.format("Arts")),
    "a parent unlinks its child's bridge": (
        "top",
        "network unlink both --from arts",
        "I know no network called “both”.",
    ),
    # by way of a bridge
    "a bridge renames its parent": ("bea", "network rename arts --to Mine", ONLY.format("Arts")),
    "a bridge names itself a coordinator of its parent": (
        "bea",
        "coordinator add @bea:hs.test --in health",
        ONLY.format("Health"),
    ),
    "a bridge bans from its parent": ("bea", "ban @mia:hs.test --in arts", ONLY.format("Arts")),
    "a parent renames its bridge": ("hal", "network rename both --to Mine", ONLY.format("Both")),
    "a parent names itself a coordinator of its bridge": (
        "hal",
        "coordinator add @hal:hs.test --in both",
        ONLY.format("Both"),
    ),
    "one parent agrees to a bridge for the other": (
        "cora",
        "bridge accept Waiting",
        "does not wait for you",
    ),
    "a stranger agrees to a bridge": (
        "sam",
        "bridge accept Waiting",
        "I know no network called “Waiting”.",
    ),
    "a stranger makes a bridge between others": (
        "sam",
        "bridge create Mine --between arts and health",
        "Only a coordinator of one of these networks can propose a bridge.",
    ),
    "one parent unlinks the bridge from the other": (
        "cora",
        "network unlink both --from health",
        ONLY.format("Both"),
    ),
    # by way of a shared group
    "who lists a group renames it": ("hal", "group rename arts/painting --to Mine", ONLY.format("Arts")),
    "who lists a group opens it": (
        "hal",
        "group describe arts/painting --access public",
        ONLY.format("Arts"),
    ),
    "who lists a group bans from it": (
        "hal",
        "ban @mia:hs.test --in arts/painting",
        ONLY.format("Arts"),
    ),
    # members, strangers, those who were, and admins
    "a member renames": ("mia", "network rename arts --to Mine", ONLY.format("Arts")),
    "a member names themselves": ("mia", "coordinator add @mia:hs.test --in arts", ONLY.format("Arts")),
    "a member bans the coordinator": ("mia", "ban @cora:hs.test --in arts", ONLY.format("Arts")),
    "a member bans everybody": ("mia", "ban @*:hs.test", "only an admin of this server"),
    "a stranger renames what is hidden": ("sam", "network rename Quiet --to Mine", UNKNOWN),
    "a stranger names themselves where it is hidden": (
        "sam",
        "coordinator add @sam:hs.test --in Quiet",
        UNKNOWN,
    ),
    "a stranger bans where it is hidden": (
        "sam",
        "ban @quinn:hs.test --in Quiet",
        "I know no network or group called “Quiet”.",
    ),
    "a stranger reads the audit log of what is hidden": ("sam", "audit Quiet", UNKNOWN),
    "a former coordinator renames": ("rex", "network rename arts --to Mine", ONLY.format("Arts")),
    "a former coordinator takes their removal back": ("rex", "undo 10", "There is no entry 10 that you may"),
    "another's change is undone by number": ("hal", "undo 2", "There is no entry 2 that you may read."),
    "an admin names themselves where there is a coordinator": (
        "admin",
        f"coordinator add {ADMIN} --in arts",
        ONLY.format("Arts"),
    ),
    "an admin renames": ("admin", "network rename arts --to Mine", ONLY.format("Arts")),
    "an admin bans from one network": ("admin", "ban @mia:hs.test --in arts", ONLY.format("Arts")),
    "an admin undoes a coordinator's naming": ("admin", "undo 8", ONLY.format("Arts")),
    "an admin's rule meets a coordinator": ("admin", "ban @cora*:hs.test", "would be banned with that rule"),
    "a coordinator bans an admin": ("cora", f"ban {ADMIN} --in arts", "cannot be banned"),
    "a coordinator bans the bot": ("cora", "ban @hedgerow:hs.test --in arts", "cannot be banned"),
    "a coordinator makes the bot one of them": (
        "cora",
        "coordinator add @hedgerow:hs.test --in arts",
        "is me",
    ),
    "a coordinator bans everybody of a server": (
        "cora",
        "ban @*:hs.test --in arts",
        "only an admin of this server",
    ),
    # people who look like others
    "the admin's localpart on another server": ("root", "network create Mine", "Only an admin"),
    "the admin's localpart on another server bans": (
        "root",
        "ban @*:hs.test",
        "only an admin of this server",
    ),
    "the coordinator's localpart on another server": (
        "far",
        "network rename arts --to Mine",
        ONLY.format("Arts"),
    ),
    "the admin's name in other letters": ("twin", "network create Mine", "Only an admin"),
}


@pytest.mark.parametrize("case", COMMANDS.values(), ids=COMMANDS)
async def test_a54_a55_who_may_not_is_refused_and_nothing_changes(
    town: Town, case: tuple[str, str, str]
) -> None:
    who, text, refusal = case
    before = await town.everything()
    answer = await town.says(who, text)
    assert refusal in answer, answer
    assert await town.everything() == before
    assert "Nothing waits for a yes" in await town.says(who, "yes"), "and it was not asked for a yes"
    assert await town.everything() == before


# -- by other means -----------------------------------------------------------------------------------

RENAME = "network rename arts --to Mine"
Trick = Callable[[Town], Awaitable[str]]


async def a_member_speaks_in_the_networks_own_room(town: Town) -> str:
    return await town.says("mia", f"!hedge {RENAME}", town.room("Arts"))


async def someone_is_called_like_the_admin(town: Town) -> str:
    path = {"membership": "join", "displayname": "admin (@admin:hs.test)"}
    town.fake.world.set_membership(
        PEOPLE["mia"], town.fake.world.room(town.room("Arts")), PEOPLE["mia"], path
    )
    await town.quiet()
    answer = await town.says("mia", f"!hedge {RENAME}", town.room("Arts"))
    town.fake.world.set_membership(
        PEOPLE["mia"], town.fake.world.room(town.room("Arts")), PEOPLE["mia"], {"membership": "join"}
    )
    await town.quiet()
    return answer


async def a_command_is_put_into_an_edit(town: Town) -> str:
    asked = town.message("cora", "whoami")
    await town.pushes(asked)
    new = {"msgtype": "m.text", "body": RENAME}
    relation = {"rel_type": "m.replace", "event_id": asked["event_id"]}
    more = {"m.new_content": new, "m.relates_to": relation}
    return await town.says("cora", f"* {RENAME}", **more)


async def another_edits_the_coordinators_message(town: Town) -> str:
    asked = town.message("cora", "!hedge whoami", town.shared)
    await town.pushes(asked)
    new = {"msgtype": "m.text", "body": f"!hedge {RENAME}"}
    relation = {"rel_type": "m.replace", "event_id": asked["event_id"]}
    more = {"m.new_content": new, "m.relates_to": relation}
    return await town.says("sam", f"* !hedge {RENAME}", town.shared, **more)


async def _shown_to_cora(town: Town) -> str:
    """The event of a preview that waits for Cora's yes, in the room of all."""
    said = await town.says("cora", "!hedge ban @mia:hs.test --in arts", town.shared)
    assert "Shall I?" in said
    return town.last_said_in(town.shared)


def _reaction(town: Town, who: str, on: str) -> Json:
    relates = {"rel_type": "m.annotation", "event_id": on, "key": "✅"}
    event = town.message(who, "", town.shared)
    return {**event, "type": "m.reaction", "content": {"m.relates_to": relates}}


async def another_reacts_to_the_coordinators_preview(town: Town) -> str:
    preview = await _shown_to_cora(town)
    return await town.pushes(_reaction(town, "sam", preview), _reaction(town, "mia", preview))


async def the_bot_itself_reacts(town: Town) -> str:
    preview = await _shown_to_cora(town)
    event = _reaction(town, "sam", preview)
    return await town.pushes({**event, "sender": town.fake.bot})


async def another_says_yes(town: Town) -> str:
    await _shown_to_cora(town)
    return await town.says("sam", "!hedge yes", town.shared)


async def another_replies_yes_to_the_preview(town: Town) -> str:
    preview = await _shown_to_cora(town)
    relation = {"m.in_reply_to": {"event_id": preview}}
    return await town.says("hal", "yes", town.shared, **{"m.relates_to": relation})


async def a_yes_in_private_to_what_was_shown_among_several(town: Town) -> str:
    await _shown_to_cora(town)
    return await town.says("cora", "yes")


async def a_transaction_is_replayed_after_the_role_is_gone(town: Town) -> str:
    """Its events are known; and said anew they are judged by who one is now."""
    await town.says("cora", "coordinator add @rex:hs.test --in arts")
    renamed = town.message("rex", "group create Once --in arts")
    await town.pushes(renamed)
    await town.says("cora", "group rename arts/once --to Twice")
    await town.says("cora", "coordinator remove @rex:hs.test --in arts")
    before = await town.everything()
    replayed = await town.pushes(renamed)
    anew = await town.pushes({**renamed, "event_id": "$anew"})
    assert await town.everything() == before
    assert "Only a coordinator of “Arts”" in anew
    return replayed


async def a_message_of_one_comes_in_anothers_direct_room(town: Town) -> str:
    return await town.says("sam", RENAME, town.direct["cora"])


async def a_command_is_quoted_from_the_coordinator(town: Town) -> str:
    relation = {"m.in_reply_to": {"event_id": "$never"}}
    quoted = f"> <{PEOPLE['cora']}> {RENAME}\n\nthat is what she said"
    return await town.says("sam", quoted, **{"m.relates_to": relation})


async def a_command_stands_in_the_formatted_words_alone(town: Town) -> str:
    html = {"format": "org.matrix.custom.html", "formatted_body": f"!hedge {RENAME}"}
    return await town.says("cora", "good morning", town.shared, **html)


async def a_command_comes_as_a_notice(town: Town) -> str:
    return await town.says("cora", RENAME, msgtype="m.notice")


async def _forged(town: Town, **more: Any) -> str:
    """A room of Sam's into which an admin has brought the bot; Sam has all power in it."""
    room = await town.people["sam"].create_room(preset="private_chat", invite=[ADMIN], **more)
    town.people["admin"].join(room)
    town.people["sam"].set_state(
        room,
        "m.room.power_levels",
        {**town.fake.world.room(room).content("m.room.power_levels"), "invite": 0},
    )
    town.people["admin"].invite(room, town.fake.bot)
    await town.quiet()
    return room


async def a_room_claims_to_be_under_the_network(town: Town) -> str:
    parent = {"type": "m.space.parent", "state_key": town.room("Arts")}
    room = await _forged(town, initial_state=[{**parent, "content": {"via": ["hs.test"], "canonical": True}}])
    return await town.says("sam", "!hedge coordinator add @sam:hs.test --in arts", room)


async def a_room_bears_our_mark(town: Town) -> str:
    landscape = await town.service.engine.works.landscape()
    arts = town.network(landscape, "Arts")
    room = await _forged(town, name="Arts", creation_content={"org.hedgerow.place": arts})
    return await town.says("sam", "!hedge coordinator add @sam:hs.test --in arts", room)


async def a_room_is_named_by_its_id_with_a_link(town: Town) -> str:
    link = f"https://matrix.to/#/{town.room('Quiet')}?via=hs.test"
    return await town.says("sam", f"coordinator add @sam:hs.test --in {link}")


async def power_levels_are_pushed_that_the_room_does_not_have(town: Town) -> str:
    event = town.message("sam", "", town.room("Arts"))
    levels = {"users": {PEOPLE["sam"]: 100, PEOPLE["cora"]: 0}}
    pushed = {**event, "type": "m.room.power_levels", "state_key": "", "content": levels}
    said = await town.pushes(pushed)
    return said + await town.says("sam", RENAME)


async def a_name_is_pushed_that_the_room_does_not_have(town: Town) -> str:
    event = town.message("sam", "", town.room("Arts"))
    return await town.pushes({**event, "type": "m.room.name", "state_key": "", "content": {"name": "Mine"}})


async def a_command_is_said_in_the_name_of_the_sender_of_the_registration(town: Town) -> str:
    sender = f"@{town.fake.registration.sender_localpart}:hs.test"
    return await town.says(sender, f"!hedge {RENAME}", town.shared)


TRICKS: dict[Trick, str] = {
    a_member_speaks_in_the_networks_own_room: ONLY.format("Arts"),
    someone_is_called_like_the_admin: ONLY.format("Arts"),
    a_command_is_put_into_an_edit: "",
    another_edits_the_coordinators_message: "",
    another_reacts_to_the_coordinators_preview: "",
    the_bot_itself_reacts: "",
    another_says_yes: "Nothing waits for a yes or no of yours here.",
    another_replies_yes_to_the_preview: "",
    a_yes_in_private_to_what_was_shown_among_several: "Nothing waits for a yes or no of yours here.",
    a_message_of_one_comes_in_anothers_direct_room: "",
    a_command_is_quoted_from_the_coordinator: "I do not know “that”.",
    a_command_stands_in_the_formatted_words_alone: "",
    a_command_comes_as_a_notice: "",
    a_room_claims_to_be_under_the_network: ONLY.format("Arts"),
    a_room_bears_our_mark: ONLY.format("Arts"),
    a_room_is_named_by_its_id_with_a_link: "I know no network called “https://matrix.to/",
    power_levels_are_pushed_that_the_room_does_not_have: ONLY.format("Arts"),
    a_name_is_pushed_that_the_room_does_not_have: "",
    a_command_is_said_in_the_name_of_the_sender_of_the_registration: "",
}


@pytest.mark.parametrize(("trick", "answer"), TRICKS.items(), ids=[trick.__name__ for trick in TRICKS])
async def test_a54_a55_a60_a64_a_trick_gains_nothing(town: Town, trick: Trick, answer: str) -> None:
    before = await town.everything()
    said = await trick(town)
    assert answer in said if answer else said == "", said
    assert await town.everything() == before


async def test_a55_what_was_said_with_a_role_is_not_done_again_without_it(town: Town) -> None:
    assert await a_transaction_is_replayed_after_the_role_is_gone(town) == ""


async def test_the_table_has_forty_ways_and_more() -> None:
    assert len(COMMANDS) + len(TRICKS) >= 40


async def test_a_ban_with_all_below_ends_where_ones_own_networks_do(town: Town) -> None:
    said = await town.says("top", "ban @eve:hs.test --in somerset --tree")
    assert "left out, because you do not look after" in said
    await town.says("top", "yes")
    landscape = await town.service.engine.works.landscape()
    arts = town.network(landscape, "Arts")
    assert bans_on(landscape, arts) == ()
    assert UserId("@eve:hs.test") not in {
        UserId(ban.who)
        for group in landscape.groups_of(arts)
        for ban in bans_on(landscape, GroupId(group.id))
    }
    assert (town.network(landscape, "Somerset"), "@eve:hs.test") in landscape.bans
