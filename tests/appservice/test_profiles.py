"""Who finds what of whom, over the store: whatever changes it holds from the next query on."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from appservice.store import directory, profiles, rooms, tables
from appservice.store.database import Database
from bot.directory.ports import Match, Term
from spaces.access import Sights, Standing
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId, RoomId, UserId
from spaces.network import Access
from spaces.profiles import Audience, Field, Profile
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BEN, PlayedRooms, Stage, member, message, says, text_of

MIA, SAM = UserId("@mia:hs.test"), UserId("@sam:hs.test")
EVERYONE = Audience(everyone=True)


class Yard:
    """Garden, which invites, that Alice looks after. Mia and Ben are in it; Sam is a stranger."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.rooms, self._said = stage, PlayedRooms(stage), 0

    @built_once
    async def open(self) -> Yard:
        self.garden = await self.stage.found("Garden", access=Access.INVITE)
        await self.rooms.settle_all()
        await self.moves(MIA, "join", name="Mia of the Garden")
        await self.moves(BEN, "join")
        return self

    async def moves(self, who: UserId, how: str, *, name: str = "", by: UserId | None = None) -> None:
        """Somebody comes or goes, as the homeserver tells it."""
        self._said += 1
        content = {"membership": how, **({"displayname": name} if name else {})}
        room = self.stage.places.room(self.garden)
        self.rooms.set(room, "m.room.member", content, key=who, by=by or who)
        event = member(f"y{self._said}", who, how, room, sender=by or who, content=content)
        await self.stage.hears(event)

    async def says(self, who: UserId, text: str) -> str:
        self._said += 1
        room = RoomId(f"!direct-{who}")
        await self.stage.knows(room, who)
        await self.stage.hears(message(self._said, text, sender=who, room_id=room))
        done = await self.rooms.settle_all()
        return "\n".join(text_of(say) for say in says(done) if say.said == f"answer:$m{self._said}")

    async def shown(self, to: str = "network garden") -> None:
        """Mia welds in Bath, and shows it."""
        await self.says(MIA, "profile set skills: welding; place: Bath")
        slug = (await self.stage.works.landscape()).networks[self.garden].slug
        await self.says(MIA, f"profile show {to.replace('garden', slug)}")

    async def found(self, asker: UserId, word: str = "weld") -> set[tuple[str, str, str]]:
        """Title, field and where it is of all rows that they find by that word."""
        async with self.stage.database.reading() as connection:
            places = await rooms.places_of(connection, asker)
            standing = Standing(asker, joined=frozenset(place for place, how in places if how == "join"))
            sight = Sights(await self.stage.works.landscape()).of(standing)
            match = Match((Term((word,)),), kinds=frozenset({ListingKind.PERSON}))
            rows = await directory.candidates(connection, match, sight, 20, self.stage.clock())
        return {(one.entry.title, one.entry.part, one.entry.located) for one in rows}


@pytest.fixture
async def yard(stage: Stage) -> Yard:
    return await Yard(stage).open()


@pytest.mark.both_databases
async def test_d2_what_is_written_is_found_by_those_alone_to_whom_it_is_shown(yard: Yard) -> None:
    await yard.says(MIA, "profile set skills: welding; place: Bath; about: no welding on Mondays")
    for who in (MIA, BEN, ALICE, SAM):
        assert await yard.found(who) == set()
    await yard.shown("network garden --field skills")
    assert await yard.found(BEN) == {("Mia of the Garden", "skills", "")}
    assert await yard.found(MIA) == await yard.found(BEN) == await yard.found(ALICE)
    assert await yard.found(SAM) == set()
    await yard.says(MIA, "profile show public --field place")
    assert await yard.found(BEN) == {("Mia of the Garden", "skills", "Bath")}
    assert await yard.found(SAM) == set()
    assert await yard.found(SAM, "bath") == {("mia", "place", "Bath")}
    await yard.says(MIA, "profile show public")
    assert await yard.found(SAM) == {("mia", "skills", "Bath"), ("mia", "about", "Bath")}
    await yard.says(MIA, "profile set skills: sewing")
    assert await yard.found(SAM) == {("mia", "about", "Bath")}
    assert await yard.found(SAM, "sew") == {("mia", "skills", "Bath")}
    await yard.says(MIA, "profile hide")
    for who in (MIA, BEN, SAM):
        assert await yard.found(who) == await yard.found(who, "bath") == set()


async def test_who_leaves_or_is_taken_out_is_not_found_by_members_any_more(yard: Yard) -> None:
    await yard.shown()
    for how, by in (("leave", MIA), ("leave", ALICE), ("ban", ALICE)):
        assert len(await yard.found(BEN)) == 1
        await yard.moves(MIA, how, by=by)
        assert await yard.found(BEN) == await yard.found(ALICE) == set(), (how, by)
        assert await yard.found(MIA) == set()
        await yard.rooms.settle_all()
        await yard.moves(MIA, "leave", by=ALICE)
        await yard.moves(MIA, "join", name="Mia")


async def test_a_leave_that_is_only_read_in_the_room_counts_as_well(yard: Yard) -> None:
    await yard.shown()
    room = yard.stage.places.room(yard.garden)
    yard.rooms.set(room, "m.room.member", {"membership": "leave"}, key=MIA, by=MIA)
    async with yard.stage.work() as work:
        await work.look_at([yard.garden])
    await yard.rooms.settle_all()
    assert await yard.found(BEN) == set()


@pytest.mark.both_databases
async def test_who_looks_after_it_no_longer_and_is_not_in_it_is_not_found(yard: Yard) -> None:
    slug = (await yard.stage.works.landscape()).networks[yard.garden].slug
    await yard.says(ALICE, f"coordinator add {SAM} --in {slug}")
    await yard.says(SAM, "profile set skills: welding")
    await yard.says(SAM, f"profile show network {slug}")
    assert {title for title, *_ in await yard.found(BEN)} == {"sam"}
    await yard.says(ALICE, f"coordinator remove {SAM} --in {slug}")
    assert await yard.found(BEN) == set()


async def test_an_admins_rule_takes_somebody_out_for_everyone_until_it_ends(yard: Yard) -> None:
    await yard.says(SAM, "profile set skills: welding")
    await yard.says(SAM, "profile show public")
    admin = next(iter(yard.stage.works.surroundings.admins))
    for said, found in ((f"ban {SAM}", 0), (f"unban {SAM}", 1)):
        await yard.says(admin, said)
        await yard.says(admin, "yes")
        assert len(await yard.found(BEN)) == found, said


async def test_a_changed_name_is_followed_where_it_stands(yard: Yard) -> None:
    await yard.shown()
    await yard.moves(MIA, "join", name="Mia Jones")
    assert {title for title, *_ in await yard.found(BEN)} == {"Mia Jones"}
    assert {title for title, *_ in await yard.found(BEN, "jone")} == {"Mia Jones"}
    assert await yard.found(BEN, "garden") == set()


async def test_a_room_that_takes_the_place_of_another_begins_without_members(yard: Yard) -> None:
    await yard.shown()
    async with yard.stage.work() as work:
        await rooms.set_room(work.connection, yard.garden, RoomId("!another"))
    assert await yard.found(ALICE) == set()


@pytest.mark.both_databases
async def test_what_was_kept_comes_back_and_nothing_is_left_to_be_looked_at(yard: Yard) -> None:
    other = NetworkId("n.other")
    shown = {Field.SKILLS: Audience(networks=frozenset({yard.garden, other})), Field.ABOUT: EVERYONE}
    profile = Profile(MIA, {Field.SKILLS: "welding", Field.ABOUT: "Hello", Field.PLACE: "Bath"}, shown)
    async with yard.stage.work() as work:
        await work.profiles.keep(profile)
        assert await work.profiles.of(MIA) == profile
        assert await profiles.networks_shown_to(work.connection) == {yard.garden, other}
    async with yard.stage.database.reading() as connection:
        assert await profiles.profile_of(connection, MIA) == profile
        assert (await connection.execute(select(tables.profile_checks))).all() == []
    async with yard.stage.work() as work:
        await work.profiles.keep(Profile(MIA))
    async with yard.stage.database.reading() as connection:
        assert await profiles.profile_of(connection, MIA) == Profile(MIA)
        assert (await connection.execute(select(tables.profile_shown))).all() == []
    assert await yard.found(MIA, "hello") == set()


async def test_who_is_to_be_looked_at_is_so_still_where_their_being_taken_was_undone(
    database: Database,
) -> None:
    async with database.writing() as connection:
        await profiles.keep(connection, Profile(MIA, {Field.SKILLS: "welding"}, {Field.SKILLS: EVERYONE}))
    async with database.engine.connect() as connection:
        assert await profiles.take_marked(connection) == [MIA]
        await connection.rollback()
    for expected in ([MIA], [], []):
        async with database.writing() as connection:
            assert await profiles.take_marked(connection) == expected
