"""One person is planted everywhere with what people really say: shown to them, and gone once they ask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import LargeBinary, Text, cast, select

from appservice.forgetting import Forgetting
from appservice.gathering import Gathering
from appservice.retracting import note_printed
from appservice.speech import notice
from appservice.store import tables
from bot.reply import Document, item
from spaces.actions import Action, EndDirect, ReadBack, Remove, Say, SendFile
from spaces.identifiers import RoomId, UserId
from tests.appservice.choir import Hall
from tests.appservice.stage import ALICE, Stage, member, message, says, text_of
from tests.appservice.yard import RUTH, SAM

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
    "answer": "jackdawish",
    "event": "vespiary",
}
KEPT = ("name", "profile", "offer", "want", "story")


class Nest(Hall):
    """The hall, in which Kit has done all that one can do."""

    async def begin(self, *arguments: Any, **more: Any) -> Nest:
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
            f"event {CANARIES['event']} 2030-06-01 14:00 --at Park --in shed",
            "list organisation Mill Trust --in shed",
            "code create shed",
            "coordinator add @sam:hs.test --in shed",
            "coordinator remove @sam:hs.test --in shed",
            "invite @sam:hs.test --to shed",
            "calendar",
            "find ladder --kind person",
            "network link shed --under somerset",
        )
        for command in commands:
            print("KIT", command, "->", (await self.kit(command))[:150])
        await self.tell_a_story()
        await self.joins(SAM, self.somerset)
        print(await self.say(SAM, "offer A ladder --in somerset"))
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

    async def everything(self) -> str:
        """All that is in the database, and in its file."""
        found: list[str] = []
        async with self.stage.database.reading() as connection:
            for table in tables.metadata.sorted_tables:
                columns = [c if isinstance(c.type, LargeBinary) else cast(c, Text) for c in table.columns]
                rows = (await connection.execute(select(*columns))).all()
                found += [f"{table.name}: {value}" for row in rows for value in row if value]
        if (path := self.stage.database.path) is not None:
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
    for kind in KEPT:
        assert CANARIES[kind] in json.dumps(told["kept"]), kind
    everywhere = {"people_shown", "memberships", "coordinators", "codes", "audit", "posting_asks", "stories"}
    everywhere |= {"digest_subscriptions", "timezones", "messages", "rooms", "listings", "calendar_addresses"}
    everywhere |= {"conversations", "awaited", "occasions", "profile_shown", "directory", "invitations"}
    assert everywhere - told["kept"].keys() - {"people_shown"} == set()
    for other in (SAM, RUTH, "two hours", "A ladder"):
        assert other not in json.dumps(told), other
    text = await nest.file(form="txt")
    assert all(CANARIES[kind] in text for kind in KEPT)
    assert "Offers and wants, and what you asked about\n- " in text
    assert traces(await nest.file(SAM)) == []


@on_both
async def test_a66_who_is_forgotten_is_in_no_table_and_in_no_file(nest: Nest) -> None:
    await nest.plant()
    assert len(traces(await nest.everything())) > 40
    before = await nest.file(SAM)
    done = await nest.forgotten()
    assert traces(await nest.everything()) == []
    assert {one.room for one in done if isinstance(one, Remove) and one.user == KIT} == {
        nest.singing,
        nest.somerset,
        nest.shed,
    }
    assert [one.room for one in done if isinstance(one, EndDirect)] == [DIRECT]
    after = json.loads(await nest.file(SAM))["kept"]
    kept = json.loads(before)["kept"]
    assert {table: len(rows) for table, rows in after.items() if table not in ("outbox", "invitations")} == {
        table: len(rows)
        for table, rows in kept.items()
        if table not in ("outbox", "invitations", "undertakings")
    }


async def test_a66_reading_the_rooms_again_brings_nothing_back(nest: Nest) -> None:
    await nest.plant()
    await nest.forgotten()
    await nest.stage.put(*(ReadBack(place) for place, _ in nest.stage.places.all() if not place.is_direct))
    await nest.rooms.settle_all()
    old = message("k1", f"profile set skills: {CANARIES['profile']}", sender=KIT, room_id=nest.room)
    await nest.hears(old)
    await nest.ticks(1)
    assert traces(await nest.everything()) == []


async def test_who_was_forgotten_and_says_hello_is_a_stranger(nest: Nest) -> None:
    await nest.plant()
    await nest.forgotten()
    await nest.stage.knows(DIRECT, KIT)
    assert "written nothing about yourself" in await nest.kit("profile")
    assert "Shed" not in await nest.kit("whoami")
    assert json.loads(await nest.file())["kept"].keys() <= {"conversations", "undertakings", "outbox"}
