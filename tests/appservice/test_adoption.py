"""Rooms and Spaces of others are brought in, with the whole service at a homeserver in memory (P4)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from appservice.app import Hedgerow
from appservice.demo.synapse import free_port
from appservice.store import adoptions, tables
from appservice.store.adoptions import Adoption
from appservice.store.database import Database
from bot.adopting.ports import Shown
from spaces import changes
from spaces.adopting import Why
from spaces.identifiers import EventId, NetworkId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.network import Access
from tests.fake import FakeHomeserver, FakeUser, Registration
from tests.hedgerow import running, settings_for

pytestmark = pytest.mark.both_databases

_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
ALICE = "@alice:hs.test"
BEN = "@ben:hs.test"
LEVELS, RULES, CHILD, PARENT = (
    "m.room.power_levels",
    "m.room.join_rules",
    "m.space.child",
    "m.space.parent",
)
VIA = {"via": ["hs.test"]}
SHUT = ": I am not let in, or you are not in it."
_CALM = 6


def without_links(text: str) -> str:
    return _LINK.sub("", text)


@dataclass
class Town:
    """Alice looks after Arts, and Ben after Quiet, which nobody else may know of."""

    fake: FakeHomeserver
    service: Hedgerow
    people: dict[str, FakeUser] = field(default_factory=dict)
    direct: dict[str, str] = field(default_factory=dict)

    async def open(self) -> None:
        for user in (ALICE, BEN):
            self.people[user] = self.fake.add_user(user)
            self.direct[user] = await self.people[user].create_dm(self.fake.bot)
        for name, access, user in (("Arts", Access.PUBLIC, ALICE), ("Quiet", Access.INVITE, BEN)):
            async with self.service.engine.works.begin("test") as work:
                after, network = changes.create_network(
                    work.landscape, work.ids, name=name, access=access, coordinators=[UserId(user)]
                )
                await work.change(after, what="made", about=network)
        await self.calm()

    @property
    def alice(self) -> FakeUser:
        return self.people[ALICE]

    @property
    def ben(self) -> FakeUser:
        return self.people[BEN]

    @property
    def bot(self) -> str:
        return self.fake.bot

    async def landscape(self) -> Landscape:
        return await self.service.engine.works.landscape()

    async def asks(self, text: str, who: str = ALICE) -> str:
        """What is answered, the last version of it."""
        room = self.direct[who]
        before = len(self.said(room))
        self.people[who].send(room, text)
        await self.calm(lambda: len(self.said(room)) > before and not self.said(room)[-1].endswith("…"))
        return self.said(room)[-1]

    def said(self, room: str) -> list[str]:
        timeline = self.fake.world.rooms[room].timeline
        return [
            without_links(event.content.get("m.new_content", event.content)["body"])
            for event in timeline
            if event.type == "m.room.message" and event.sender == self.bot
        ]

    async def calm(self, is_so: Callable[[], bool] = lambda: True) -> None:
        """Until it is so, and the homeserver has been quiet for a while."""
        calm, seen = 0, -1
        async with asyncio.timeout(30):
            while calm < _CALM or not is_so():
                await asyncio.sleep(0.05)
                calm = calm + 1 if len(self.fake.calls) == seen else 0
                seen = len(self.fake.calls)

    def content(self, room: str, kind: str, key: str = "") -> Any:
        return self.fake.room(room).content(kind, key)

    def writes(self) -> list[str]:
        """The bot's writes but for what it says."""
        calls = [c for c in self.fake.calls if c.as_user == self.bot and c.method != "GET"]
        return [f"{c.method} {c.path}" for c in calls if "/send/" not in c.path]

    def lift(self, room: str, user: str, level: int, by: str = ALICE) -> None:
        levels = self.content(room, LEVELS)
        users = {**levels["users"], user: level}
        self.people[by].set_state(room, LEVELS, {**levels, "users": users})

    async def audit(self) -> list[tuple[str, str, str]]:
        async with self.service.foundation.database.reading() as connection:
            rows = await connection.execute(select(tables.audit).order_by(tables.audit.c.id))
            return [(row.who, row.what, row.source) for row in rows]

    async def space(self, *rooms: str, by: str = ALICE, **more: Any) -> str:
        made = await self.people[by].create_room(
            name="Choirs", creation_content={"type": "m.space"}, room_version="11", **more
        )
        for room in rooms:
            self.people[by].set_state(made, CHILD, VIA, room)
        return made


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    fake = FakeHomeserver(Registration(url=f"http://127.0.0.1:{free_port()}"))
    fake.pusher.first_wait = 0.05
    async with fake:
        settings = settings_for(fake.base_url, fake.registration, tmp_path / "hedgerow.db")
        async with running(settings) as service:
            town = Town(fake, service)
            await town.open()
            yield town


async def room(town: Town, by: str = ALICE, **more: Any) -> str:
    wanted = {"name": "Town Choir", "topic": "On Mondays", "room_version": "10", **more}
    return await town.people[by].create_room(**wanted)


# -- rooms --------------------------------------------------------------------------------------------


async def test_p4_a_private_room_is_asked_for_and_becomes_a_group_when_the_invitation_comes(
    town: Town,
) -> None:
    made = await room(town)
    said = await town.asks(f"adopt {made} --into arts")
    assert SHUT in said
    assert f"/invite {town.bot}" in said
    town.alice.invite(made, town.bot)
    await town.calm(lambda: "is a group of Arts now" in town.said(town.direct[ALICE])[-1])
    [group] = [g for g in (await town.landscape()).groups.values() if g.name == "Town Choir"]
    assert (group.access, group.topic) == (Access.INVITE, "On Mondays")
    said = town.said(town.direct[ALICE])[-1]
    assert "In Town Choir I have level 0 and need 100" in said
    assert f"{ALICE} can give it to {town.bot}" in said
    assert town.fake.room(made).membership(town.bot) == "join"


async def test_p4_once_the_power_is_given_by_hand_the_bot_goes_on_by_itself_and_says_so(town: Town) -> None:
    made = await room(town, preset="public_chat")
    town.ben.join(made)
    said = await town.asks(f"adopt {made} --into arts")
    assert "with the 2 people who are in it" in said
    [space] = [s for s in town.fake.world.rooms.values() if s.content("m.room.name").get("name") == "Arts"]
    assert space.content(CHILD, made)["via"] == ["hs.test"], "it is listed at once"
    assert town.content(made, PARENT, space.room_id) == {}
    town.lift(made, town.bot, 100)
    await town.calm(
        lambda: "I have the power that I need in Town Choir now" in town.said(town.direct[ALICE])[-1]
    )
    assert town.content(made, PARENT, space.room_id)["canonical"] is True
    assert town.content(made, LEVELS)["users"] == {ALICE: 100, town.bot: 100}
    assert town.content(made, LEVELS)["invite"] == 50
    assert town.fake.room(made).membership(BEN) == "join"


async def test_i3_who_knocks_at_a_room_that_was_brought_in_is_among_the_requests(town: Town) -> None:
    made = await room(town, room_version="9")
    town.alice.set_state(made, RULES, {"join_rule": "knock"})
    town.alice.invite(made, town.bot)
    town.lift(made, town.bot, 50)
    await town.asks(f"adopt {made} --into arts")
    assert town.content(made, RULES) == {"join_rule": "knock"}, "the bot has no power over who gets in"
    dora = town.fake.add_user("@dora:hs.test")
    dora.knock(made)
    await town.calm(lambda: "@dora:hs.test" in town.said(town.direct[ALICE])[-1])
    waiting = await town.asks("requests")
    assert "@dora:hs.test" in waiting
    number = re.search(r"\b(\d+)\b", waiting)
    assert number is not None
    await town.asks(f"approve {number[1]}")
    await town.calm(lambda: made in dora.invites())


async def test_i1_i3_where_the_bot_may_not_invite_it_says_so_at_once_and_nothing_is_decided(
    town: Town,
) -> None:
    made = await room(town, room_version="9")
    town.alice.set_state(made, RULES, {"join_rule": "knock"})
    town.alice.invite(made, town.bot)
    levels = town.content(made, LEVELS)
    town.alice.set_state(made, LEVELS, {**levels, "invite": 60, "users": {**levels["users"], town.bot: 50}})
    await town.asks(f"adopt {made} --into arts")
    dora = town.fake.add_user("@dora:hs.test")
    dora.knock(made)
    await town.calm(lambda: "@dora:hs.test" in town.said(town.direct[ALICE])[-1])
    lacks = "I have not the power to invite people to “Town Choir”."
    number = re.search(r"\b(\d+)\b", await town.asks("requests"))
    assert number is not None
    for said in (f"approve {number[1]}", "invite @ben:hs.test --to town-choir"):
        answer = await town.asks(said)
        assert answer.startswith(lacks), said
        assert "give me level 60 there" in answer
    assert "@dora:hs.test" in await town.asks("requests"), "it still waits for an answer"
    assert town.fake.room(made).membership(BEN) is None
    town.lift(made, town.bot, 60)
    await town.calm()
    await town.asks(f"approve {number[1]}")
    await town.calm(lambda: made in dora.invites())


async def test_p4_where_the_bot_has_the_power_all_is_done_before_it_is_said(town: Town) -> None:
    made = await room(town, preset="public_chat")
    town.lift(made, town.bot, 100)
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("Town Choir is a group of Arts now")
    assert "need 100" not in said
    assert town.content(made, "m.room.canonical_alias")["alias"] == "#hedge_arts_town-choir:hs.test"
    assert (ALICE, f"adopt {made}", "chat") in await town.audit()
    before = len(town.writes())
    said = await town.asks(f"adopt {made} --into arts")
    assert said == "Town Choir is a group of Arts already."
    assert town.writes()[before:] == []


async def test_p4_a_room_keeps_its_own_alias_and_its_encryption(town: Town) -> None:
    megolm = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 7}
    sealed = {"type": "m.room.encryption", "state_key": "", "content": megolm}
    made = await room(town, preset="public_chat", room_alias_name="choir", initial_state=[sealed])
    town.lift(made, town.bot, 100)
    await town.asks("adopt #choir:hs.test --into arts")
    assert town.content(made, "m.room.canonical_alias")["alias"] == "#choir:hs.test"
    assert town.content(made, "m.room.encryption") == megolm
    [group] = [g for g in (await town.landscape()).groups.values() if g.name == "Town Choir"]
    assert group.encrypted


async def test_p4_in_version_12_it_is_said_that_nobody_stands_above_who_made_it(town: Town) -> None:
    made = await room(town, preset="public_chat", room_version="12")
    said = await town.asks(f"adopt {made} --into arts")
    assert f"I cannot stand above {ALICE} there" in said
    assert f"{ALICE} can give it to {town.bot}." in said


# -- who may not ------------------------------------------------------------------------------------


async def test_a54_a_room_that_one_is_not_in_is_refused_as_one_that_is_not_there(town: Town) -> None:
    made = await room(town, by=BEN, preset="public_chat")
    answers = [await town.asks(f"adopt {target} --into arts") for target in (made, "!no:hs.test")]
    assert answers[0].replace(made, "X") == answers[1].replace("!no:hs.test", "X")
    assert town.fake.room(made).membership(town.bot) == "leave"
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}


async def test_a54_a_member_without_power_in_the_room_cannot_have_it_brought_in(town: Town) -> None:
    made = await room(town, by=BEN, preset="public_chat")
    town.lift(made, town.bot, 100, by=BEN)
    town.alice.join(made)
    before = town.fake.room(made).content(LEVELS)
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("To bring in Town Choir you need level 50 in it, and you have 0.")
    assert f"{BEN} can give it to you, or ask me." in said
    assert town.fake.room(made).content(LEVELS) == before
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}


async def test_a58_a_forged_way_up_brings_nothing_in(town: Town) -> None:
    """Ben says in his room that it belongs to Arts; Arts knows nothing of it, and nobody asked who may."""
    [space] = [s for s in town.fake.world.rooms.values() if s.content("m.room.name").get("name") == "Arts"]
    made = await room(town, by=BEN, preset="public_chat")
    town.ben.set_state(made, PARENT, {**VIA, "canonical": True}, space.room_id)
    said = await town.asks(f"adopt {made} --into arts", BEN)
    assert said.startswith("Only a coordinator of “Arts” can bring rooms into it.")
    said = await town.asks(f"adopt {made} --into Quiet")
    assert said.startswith("I know no network called “Quiet”.")
    assert SHUT in await town.asks(f"adopt {made} --into arts")


async def test_a54_a_room_of_a_hidden_network_is_refused_as_one_that_is_not_there(town: Town) -> None:
    [quiet] = [r for r in town.fake.world.rooms.values() if r.content("m.room.name").get("name") == "Quiet"]
    said = await town.asks(f"adopt {quiet.room_id} --into arts")
    other = await town.asks("adopt !no:hs.test --into arts")
    assert said.replace(quiet.room_id, "X") == other.replace("!no:hs.test", "X")
    assert quiet.membership(town.bot) == "join"


async def test_the_direct_room_of_two_is_no_room_for_others(town: Town) -> None:
    said = await town.asks(f"adopt {town.direct[ALICE]} --into arts")
    assert said.startswith("In that room we two talk alone")


async def test_a_room_given_up_for_another_tells_which(town: Town) -> None:
    made = await room(town, preset="public_chat")
    new = await town.alice.upgrade(made, name="Town Choir", preset="public_chat")
    said = await town.asks(f"adopt {made} --into arts")
    assert f"adopt {new} --into arts" in said


async def test_a_room_that_the_bot_was_banned_from_is_as_any_that_it_cannot_get_into(town: Town) -> None:
    made = await room(town, preset="public_chat")
    town.alice.ban(made, town.bot)
    assert SHUT in await town.asks(f"adopt {made} --into arts")


# -- Spaces -----------------------------------------------------------------------------------------


async def test_p4_a_space_is_shown_first_and_becomes_a_network_with_its_rooms_after_a_yes(town: Town) -> None:
    altos = await room(town, name="Altos", preset="public_chat")
    basses = await room(town, name="Basses", preset="public_chat")
    shed = await room(town, by=BEN, name="Shed", preset="public_chat")
    secret = await room(town, by=BEN, name="Secret")
    inner = await town.space(basses, preset="public_chat")
    town.alice.set_state(inner, "m.room.name", {"name": "Low Voices"})
    made = await town.space(altos, inner, shed, secret, preset="public_chat")
    town.alice.set_state(inner, CHILD, VIA, made)  # a loop
    for one in (altos, basses, inner, made):
        town.lift(one, town.bot, 100)
    town.ben.join(made)
    town.lift(made, BEN, 50)
    shown = await town.asks(f"adopt {made} --into arts")
    assert shown.startswith("Choirs becomes a network under Arts:")
    assert "Altos, Shed and Basses become groups of it" in shown
    assert "Low Voices becomes a network below it" in shown
    assert "Secret" not in shown
    assert town.fake.room(altos).membership(town.bot) is None, "nothing is touched before the yes"
    said = await town.asks("yes")
    assert said.startswith("Choirs is a network under Arts now")
    after = await town.landscape()
    by_name = {n.name: n.id for n in after.networks.values()}
    choirs, low = by_name["Choirs"], by_name["Low Voices"]
    async with town.service.foundation.database.reading() as connection:
        query = select(tables.undertakings.c.total).order_by(tables.undertakings.c.id.desc())
        total = int((await connection.execute(query.limit(1))).scalar_one())
    assert total > 10, "what the rooms below need is counted, for who waits longer"
    assert after.parents(choirs) == (by_name["Arts"],)
    assert after.parents(low) == (choirs,)
    assert [g.name for g in after.groups_of(choirs)] == ["Altos"]
    assert [g.name for g in after.groups_of(low)] == ["Basses"]
    assert set(after.coordinators_of(choirs)) == {ALICE, BEN}
    assert town.content(altos, PARENT, made)["canonical"] is True
    assert town.content(basses, PARENT, inner)["canonical"] is True
    assert town.fake.room(shed).membership(town.bot) == "leave"
    assert "2 rooms that I cannot get into, or that you are not in, stay as they are" in said
    assert town.content(made, CHILD, shed) == VIA
    before = len(town.writes())
    assert await town.asks(f"adopt {made} --into arts") == "Choirs is under Arts already."
    assert town.writes()[before:] == []


async def test_what_the_bot_knows_of_a_room_is_not_shown_to_who_forges_a_space_around_it(town: Town) -> None:
    secret = await room(town, by=BEN, name="Secret")
    town.ben.invite(secret, town.bot)
    town.lift(secret, town.bot, 100, by=BEN)
    said = await town.asks(f"adopt {secret} --into Quiet", BEN)
    assert said.startswith("Secret is a group of Quiet now")
    made = await town.space(secret, preset="public_chat")
    shown = await town.asks(f"adopt {made} --into arts")
    assert "Secret" not in shown
    said = await town.asks("yes")
    assert "Secret" not in said
    assert "One room that I cannot get into, or that you are not in, stays as it is" in said


async def test_a_space_with_very_many_rooms_is_too_much_at_once(town: Town) -> None:
    rooms = [await room(town, name=f"Room {n}", preset="public_chat") for n in range(51)]
    made = await town.space(*rooms, preset="public_chat")
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("Choirs has 51 rooms that I do not have yet, and I bring in at most 50 at once.")


async def test_a_space_added_by_hand_is_told_how_to_be_brought_in(town: Town) -> None:
    [arts] = [r for r in town.fake.world.rooms.values() if r.content("m.room.name").get("name") == "Arts"]
    altos = await room(town, name="Altos", preset="public_chat")
    made = await town.space(altos, preset="public_chat")
    town.alice.join(arts.room_id)
    town.alice.set_state(arts.room_id, CHILD, VIA, made)
    await town.calm(lambda: bool(town.said(town.direct[ALICE])))
    said = town.said(town.direct[ALICE])[-1]
    assert f"adopt {made} --into arts brings it in with its rooms" in said
    await town.asks(f"adopt {made} --into arts")
    assert (await town.asks("yes")).startswith("Choirs is a network under Arts now")
    after = await town.landscape()
    [choirs] = [n.id for n in after.networks.values() if n.name == "Choirs"]
    assert [g.name for g in after.groups_of(choirs)] == ["Altos"]
    assert arts.content(CHILD, made)["via"] == VIA["via"], "it stays where she has put it"


async def test_h1_a_space_that_holds_the_network_itself_cannot_be_under_it(town: Town) -> None:
    [arts] = [r for r in town.fake.world.rooms.values() if r.content("m.room.name").get("name") == "Arts"]
    made = await town.space(arts.room_id, preset="public_chat")
    said = await town.asks(f"adopt {made} --into arts")
    assert said.startswith("Choirs holds Arts, so it cannot be under Arts: that would be a circle.")
    assert town.fake.room(made).membership(town.bot) == "leave"


async def test_a_wish_of_somebody_who_is_not_there_keeps_nobody_else_from_inviting_the_bot(
    town: Town,
) -> None:
    """Alice names a room of Ben's; when Ben, who is a coordinator, invites the bot there, it stays."""
    made = await room(town, by=BEN)
    assert SHUT in await town.asks(f"adopt {made} --into arts")
    said = len(town.said(town.direct[ALICE]))
    town.ben.invite(made, town.bot)
    await town.calm(lambda: town.fake.room(made).membership(town.bot) == "join")
    assert town.fake.room(made).membership(town.bot) == "join"
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}
    assert len(town.said(town.direct[ALICE])) == said, "and Alice does not hear of it"


async def test_a_space_without_power_for_the_bot_comes_in_and_asks_for_it(town: Town) -> None:
    altos = await room(town, name="Altos", preset="public_chat")
    made = await town.space(altos, preset="public_chat")
    await town.asks(f"adopt {made} --into arts")
    said = await town.asks("yes")
    assert "In Choirs and Altos I have level 0 and need 100" in said
    town.lift(made, town.bot, 100)
    town.lift(altos, town.bot, 100)
    await town.calm(lambda: town.content(altos, PARENT, made) != {})
    said = town.said(town.direct[ALICE])
    assert [s for s in said if s.startswith("I have the power that I need in Choirs now")]


# -- and let go again ---------------------------------------------------------------------------------


async def _lets_go(town: Town, made: str) -> Any:
    """Alice has the group released; the levels there."""
    preview = await town.asks("group release arts/town-choir")
    assert "Shall I?" in preview, preview
    said = await town.asks("yes")
    assert "Not everything" not in said, said
    assert town.fake.room(made).membership(town.bot) == "leave"
    assert "Town Choir" not in {g.name for g in (await town.landscape()).groups.values()}
    return town.content(made, LEVELS)["users"]


async def test_p7_a_room_in_which_the_bot_has_no_power_can_be_let_go(town: Town) -> None:
    made = await room(town, preset="public_chat")
    await town.asks(f"adopt {made} --into arts")
    assert await _lets_go(town, made) == {ALICE: 100}


async def test_p7_a_room_of_version_12_is_let_go_to_who_made_it(town: Town) -> None:
    made = await room(town, preset="public_chat", room_version="12", room_alias_name="choir")
    town.lift(made, town.bot, 100)
    await town.asks(f"adopt {made} --into arts")
    assert await _lets_go(town, made) == {}
    assert town.content(made, "m.room.canonical_alias")["alias"] == "#choir:hs.test"


async def test_p7_a_room_of_somebody_elses_is_let_go_to_the_coordinators_beside_them(town: Town) -> None:
    made = await room(town, by=BEN, preset="public_chat")
    town.lift(made, town.bot, 100, by=BEN)
    town.lift(made, ALICE, 50, by=BEN)
    town.alice.join(made)
    await town.asks(f"adopt {made} --into arts")
    assert await _lets_go(town, made) == {ALICE: 100, BEN: 100}


# -- the store ----------------------------------------------------------------------------------------


async def test_the_last_word_on_a_room_tells_whether_it_is_wished_for(database: Database) -> None:
    arts, one, two = NetworkId("n.aaaaaaaaaaaaaaaa"), EventId("$one"), EventId("$two")
    room, inner, alice = RoomId("!room"), RoomId("!inner"), UserId(ALICE)
    shut = Adoption(one, room, arts, alice, "#room:hs.test", why=Why.SHUT)
    below = Adoption(one, inner, arts, alice, inner, below=True, place=arts)
    async with database.writing() as connection:
        await adoptions.keep(connection, [below, shut], now=1.0)
        assert await adoptions.of_event(connection, one) == (shut, below)
        assert await adoptions.wished(connection, room) == shut
        assert await adoptions.wished(connection, inner) is None
        done = replace(shut, event=two, why=None, place=arts)
        await adoptions.keep(connection, [done], now=2.0)
        assert await adoptions.wished(connection, room) is None
        await adoptions.forget(connection, before=1.5)
        assert await adoptions.of_event(connection, one) == ()
        assert await adoptions.of_event(connection, two) == (done,)


async def test_what_was_shown_last_of_a_space_is_what_counts(database: Database) -> None:
    room, alice = RoomId("!room"), UserId(ALICE)
    async with database.writing() as connection:
        for words in ("this", "that"):
            await adoptions.keep_shown(connection, alice, "#s:hs.test", Shown(room, words), now=1.0)
        assert await adoptions.shown(connection, alice, "#s:hs.test") == Shown(room, "that")
        assert await adoptions.shown(connection, UserId(BEN), "#s:hs.test") is None
        await adoptions.forget(connection, before=2.0)
        assert await adoptions.shown(connection, alice, "#s:hs.test") is None
