"""One person is planted everywhere with what people really say: shown to them, and gone once they ask."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import LargeBinary, Text, cast, select

from appservice.forgetting import Forgetting, fresh_stub
from appservice.gathering import Gathering
from appservice.retracting import note_printed
from appservice.speech import notice
from appservice.store import erasing, tables
from appservice.store.erasing import Erasure
from bot.reply import Document, item
from spaces.actions import Action, EndDirect, ReadBack, Redact, Remove, Say, SendFile
from spaces.identifiers import RoomId, UserId
from tests.appservice.built import built_once
from tests.appservice.choir import Hall
from tests.appservice.stage import ALICE, BEN, Stage, member, message, says, text_of
from tests.appservice.yard import ROOMS, RUTH, SAM

on_both = pytest.mark.both_databases

KIT = UserId("@kanarek:hs.test")
DIRECT = RoomId("!nine")
# What nobody but Kit ever says or is called.
CANARIES = {
    "name": "Kestrelina",
    "profile": "xylotomy",
    "offer": "quernstone",
    "want": "zarzuela",
    "story": "psaltery",
}
EVENT = "vespiary"  # the network's from then on


class Nest(Hall):
    """The hall, in which Kit has done all that one can do."""

    @built_once
    async def begin(self, *arguments: Any, **more: Any) -> Nest:
        self.heard: list[Any] = []
        await super().begin(*arguments, **more)
        await self.stage.knows(DIRECT, KIT)
        for place in (self.singing, self.somerset):
            await self.comes(place)
        self.shed = await self.stage.found("Shed", by=(KIT,))
        await self.rooms.settle_all()
        await self.comes(self.shed)
        return self

    async def comes(self, place: Any) -> None:
        self.events += 1
        room = self.stage.places.room(place)
        content = {"membership": "join", "displayname": CANARIES["name"]}
        self.rooms.set(room, "m.room.member", content, key=KIT, by=KIT)
        await self.hears(member(f"k{self.events}", KIT, "join", room=room, content=content))

    async def kit(self, text: str) -> str:
        """Kit says something to the bot; what it answers."""
        self.events += 1
        said = message(f"k{self.events}", text, sender=KIT, room_id=DIRECT)
        self.heard.append(said)
        done = await self.hears(said)
        return "\n".join(text_of(one) for one in says(done) if one.said == f"answer:{said['event_id']}")

    async def plant(self) -> None:
        commands = (
            "timezone Europe/Paris",
            "digest weekly",
            f"profile set skills: {CANARIES['profile']}; place: Bath",
            "profile show public",
            f"offer {CANARIES['offer']} --in somerset",
            f"want {CANARIES['want']} --in somerset",
            f"event {EVENT} 1970-02-01 14:00 --at Park --in shed",
            "list organisation Mill Trust --in shed",
            "code create shed",
            "coordinator add @sam:hs.test --in shed",
            "coordinator remove @sam:hs.test --in shed",
            "invite @sam:hs.test --to shed",
            "find ladder --kind person",
            "network link shed --under somerset",
        )
        for command in commands:
            assert "do not know" not in await self.kit(command), command
        await self.tell_a_story()
        await self.joins(SAM, self.somerset)
        await self.say(SAM, "offer A ladder --in somerset")
        async with self.stage.database.reading() as connection:
            p = tables.postings.c
            [number] = (await connection.execute(select(p.number).where(p.owner == SAM))).scalars()
        await self.kit(f"ask {number}")

    async def tell_a_story(self) -> None:
        """Kit's, which stands in what the bot has posted beside one of Ben's."""
        await self.taken()
        event = await self.writes(KIT, f"We played the {CANARIES['story']}")
        await self.stars(SAM, event)
        [number] = [one.number for one in await self.all() if one.event == event]
        await self.say(ALICE, f"story take {number}")
        items = await self.items(SAM)
        edition = Document((item("This week"), *(item("{one}", one=one.line) for one in items)))
        async with self.stage.work() as work:
            work.put(Say(self.singing, "edition 1", notice(edition)))
            await note_printed(work, [one.key for one in items], "edition 1")
        await self.rooms.settle_all()

    async def file(self, who: UserId = KIT, form: str = "json") -> str:
        action = SendFile(DIRECT, "data", {"person": who, "language": "en"}, form)
        return (await Gathering(self.stage.works).gathered(action)).data.decode()

    async def ticks(self, times: int = 5) -> list[Action]:
        done: list[Action] = []
        for _ in range(times):
            await Forgetting(self.stage.works, self.stage.clock).look()
            done += await self.rooms.settle_all()
        return done

    async def forgotten(self, *words: str) -> list[Action]:
        await self.kit(" ".join(("forget me", *words)))
        before = len(self.rooms.done)
        await self.kit("yes")
        await self.ticks()
        return self.rooms.done[before:]

    async def everything(self, *, in_files: bool = True) -> str:
        """All that is in the database, and in its file."""
        found: list[str] = []
        async with self.stage.database.reading() as connection:
            for table in tables.metadata.sorted_tables:
                columns = [c if isinstance(c.type, LargeBinary) else cast(c, Text) for c in table.columns]
                rows = (await connection.execute(select(*columns))).all()
                found += [f"{table.name}: {value}" for row in rows for value in row if value]
        if in_files and (path := self.stage.database.path) is not None:
            files = sorted(path.parent.glob(f"{path.name}*"))
            found += [file.read_bytes().decode("latin-1").lower() for file in files]
        return "\n".join(found)


@pytest.fixture
async def nest(stage: Stage) -> Nest:
    return await Nest(stage).begin()


def traces(everything: str) -> list[str]:
    """Where anything of Kit's stands."""
    wanted = (KIT, "%40kanarek", *CANARIES.values())
    return [line[:160] for line in everything.split("\n") if any(w.lower() in line.lower() for w in wanted)]


@on_both
async def test_a82_my_data_is_all_of_it_and_of_nobody_else(nest: Nest) -> None:
    await nest.plant()
    await nest.kit("forget me")
    told = json.loads(await nest.file())
    assert told["about"] == KIT
    for kind, canary in CANARIES.items():
        assert canary in json.dumps(told["kept"]), kind
    everywhere = {"memberships", "coordinators", "codes", "audit", "posting_asks", "stories"}
    everywhere |= {"digest_subscriptions", "timezones", "messages", "rooms", "listings"}
    everywhere |= {"conversations", "awaited", "occasions", "profile_shown", "directory"}
    assert everywhere - told["kept"].keys() == set()
    for other in (SAM, RUTH, "two hours", "A ladder"):
        assert other not in json.dumps(told), other
    text = await nest.file(form="txt")
    assert all(canary in text for canary in CANARIES.values())
    assert "Offers and wants, and what you asked about\n- " in text
    assert traces(await nest.file(SAM)) == []


@on_both
async def test_a66_who_is_forgotten_is_in_no_table_and_in_no_file(nest: Nest) -> None:
    await nest.plant()
    assert len(traces(await nest.everything())) > 40
    before = await nest.file(SAM)
    done = await nest.forgotten()
    everything = await nest.everything()
    assert traces(everything) == []
    assert EVENT in everything
    assert {one.room for one in done if isinstance(one, Remove) and one.user == KIT} == {
        nest.singing,
        nest.somerset,
        nest.shed,
    }
    assert [one.room for one in done if isinstance(one, EndDirect)] == [DIRECT]
    mine = ("memberships", "postings", "conversations", "directory", "messages", "timezones")
    kept, after = json.loads(before)["kept"], json.loads(await nest.file(SAM))["kept"]
    assert [kept.get(table) for table in mine] == [after.get(table) for table in mine]


@pytest.mark.of_sqlite
async def test_a66_a_reader_of_the_log_does_not_have_the_file_written_anew_again_and_again(
    nest: Nest,
) -> None:
    await nest.plant()
    file = nest.stage.database.path
    assert file is not None
    log = file.with_name(f"{file.name}-wal")
    with closing(sqlite3.connect(file, isolation_level=None)) as follower:
        follower.execute("BEGIN")
        follower.execute("SELECT count(*) FROM marks").fetchone()
        await nest.forgotten()
        length = log.stat().st_size
        await nest.ticks(3)
        assert traces(await nest.everything()) != []
        assert log.stat().st_size - length < file.stat().st_size / 10
    await nest.ticks(1)
    assert traces(await nest.everything()) == []


async def test_a66_reading_the_rooms_again_brings_nothing_back(nest: Nest) -> None:
    await nest.plant()
    await nest.forgotten()
    await nest.stage.put(*(ReadBack(place) for place, _ in nest.stage.places.all() if not place.is_direct))
    await nest.rooms.settle_all()
    await nest.hears(*nest.heard)
    await nest.ticks(1)
    assert traces(await nest.everything(in_files=False)) == []


async def test_who_was_forgotten_and_says_hello_is_a_stranger(nest: Nest) -> None:
    await nest.plant()
    await nest.forgotten()
    await nest.stage.knows(DIRECT, KIT)
    assert "written nothing about yourself" in await nest.kit("profile")
    assert "Shed" not in await nest.kit("whoami")
    assert json.loads(await nest.file())["kept"].keys() <= {"conversations", "undertakings", "outbox"}


@on_both
async def test_the_audit_log_keeps_what_was_done_with_nobodys_name(nest: Nest) -> None:
    await nest.say(ALICE, "coordinator add @kanarek:hs.test --in arts")
    await nest.kit("group create Drums --in arts")
    await nest.forgotten()
    log = "\n".join(await nest.say(ALICE, "audit arts"))
    assert "someone who asked to be forgotten made" in log
    assert "in chat" in log
    number = next(line.split(" ")[0] for line in log.splitlines() if "made" in line and "Drums" in line)
    assert "undone" in "\n".join(await nest.say(ALICE, f"undo {number}"))
    assert fresh_stub() != fresh_stub()


async def test_who_alone_looks_after_networks_is_told_how_to_hand_over_and_the_members_are_asked(
    nest: Nest,
) -> None:
    """Of A83: one who leads three networks, two of them alone."""
    await nest.say(ALICE, "coordinator add @kanarek:hs.test --in arts")
    other = await nest.stage.found("Barn", by=(KIT,))
    await nest.rooms.settle_all()
    shown = await nest.kit("forget me")
    assert "Nobody but you looks after Barn and Shed. To hand that over first: coordinator add" in shown
    await nest.kit("yes")
    done = await nest.ticks()
    landscape = await nest.stage.works.landscape()
    assert [landscape.coordinators_of(one) for one in (nest.arts, nest.shed, other)] == [(ALICE,), (), ()]
    assert not any(KIT in str(room.content) for room in done if isinstance(room, SendFile))
    async with nest.stage.database.reading() as connection:
        orphans = (await connection.execute(select(tables.orphans.c.network))).scalars()
        assert sorted(orphans) == sorted([nest.shed, other])


async def test_a83_what_was_posted_of_theirs_is_redacted_and_the_rest_of_it_said_anew(nest: Nest) -> None:
    await nest.tell_a_story()
    done = await nest.forgotten()
    [redacted] = [one for one in done if isinstance(one, Redact)]
    assert (redacted.room, redacted.event) == (nest.singing, "$said-edition 1")
    [anew] = [one for one in says(done) if one.said.startswith("edition 1:")]
    assert "(withdrawn)" in text_of(anew)
    assert "Singing helps" in text_of(anew)
    assert anew.content["edits"] is None
    [left] = [one for one in await nest.all() if one.is_there]
    await nest.say(ALICE, "help")
    [edit] = [one for one in says(await nest.hears(_withdrawal(left.number))) if one.room == nest.singing]
    assert edit.content["edits"] == anew.said
    assert "Singing helps" not in text_of(edit)


def _withdrawal(number: int) -> Any:
    return message("w", f"story withdraw {number}", sender=BEN, room_id=ROOMS[BEN])


async def test_who_stays_in_the_rooms_is_known_by_nothing_but_that(nest: Nest) -> None:
    await nest.plant()
    done = await nest.forgotten("--stay")
    assert not [one for one in done if isinstance(one, Remove)]
    async with nest.stage.database.reading() as connection:
        assert await erasing.are_named(connection, KIT) == ["memberships"]
        m = tables.memberships.c
        rows = (await connection.execute(select(m.membership, m.display_name).where(m.user == KIT))).all()
    assert {tuple(row) for row in rows} == {("join", None)}
    assert len(traces(await nest.everything(in_files=False))) == len(rows)


async def test_what_cannot_be_done_at_the_homeserver_keeps_nothing_longer_than_a_day(nest: Nest) -> None:
    await nest.plant()
    await nest.kit("forget me")
    await nest.stage.hears(message("k", "yes", sender=KIT, room_id=DIRECT))
    look = Forgetting(nest.stage.works, nest.stage.clock).look
    await look()
    assert traces(await nest.everything())
    nest.stage.clock.seconds += 23 * 3600
    await look()
    assert traces(await nest.everything()) == []


async def test_an_admin_can_have_somebody_forgotten_who_cannot_ask(nest: Nest) -> None:
    await nest.plant()
    async with nest.stage.database.writing() as connection:
        await erasing.keep(
            connection, Erasure(KIT, fresh_stub(), nest.stage.clock(), begun=False, stays=False)
        )
    await nest.ticks(6)
    assert traces(await nest.everything()) == []


async def test_a_ban_outlives_the_forgetting_of_who_is_banned(nest: Nest) -> None:
    await nest.say(ALICE, "ban @kanarek:hs.test --in arts")
    await nest.say(ALICE, "yes")
    assert "Bans of you hold as before" in await nest.kit("forget me")
    await nest.kit("yes")
    await nest.ticks()
    landscape = await nest.stage.works.landscape()
    assert [ban.who for ban in landscape.bans.values()] == [KIT]


async def test_a84_what_is_withdrawn_is_found_by_nobody_in_the_same_moment(nest: Nest) -> None:
    """Nothing is found of who has said nothing; it is shown field by field, and gone in one commit."""
    canary = CANARIES["profile"]
    ask = (SAM, f"find {canary} --kind person")
    await nest.kit(f"profile set skills: {canary}")
    assert "I find nothing" in "".join(await nest.say(*ask))
    await nest.kit("profile show public")
    assert "I find nothing" not in "".join(await nest.say(*ask))
    await nest.kit("profile hide")
    assert "find nothing" in "".join(await nest.say(*ask))
    await nest.kit("profile show public")
    await nest.kit("forget me")
    await nest.stage.hears(message("now", "yes", sender=KIT, room_id=DIRECT))
    assert "find nothing" in "".join(await nest.say(*ask))
