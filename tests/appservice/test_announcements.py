"""Announcements with the store: posted once, written by hand, taken back, and told once in a digest."""

from __future__ import annotations

from typing import Any

import pytest

from appservice.announcements import AnnouncementsSource, announcements_of
from appservice.speech import event_content
from appservice.store import announcements as store
from appservice.store import encryption, rooms
from appservice.store.encryption import Rotation
from appservice.store.numbers import free_numbers
from appservice.work import UnitOfWork
from bot.digests.items import Item, Period, Reader
from bot.reply import EventLink, plain_text
from spaces import changes
from spaces.access import Standing
from spaces.actions import Action, Redact, Say
from spaces.announcements import Post, news_of
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.nearness import Nearness
from spaces.network import Access
from spaces.reconcile import FoundRoom
from spaces.sentences import Sentence
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BEN, Json, PlayedRooms, Stage, message, says, text_of
from tests.appservice.yard import ROOMS, RUTH, SAM, told

on_both = pytest.mark.both_databases
DAN = UserId("@dan:hs.test")
FIVE = ("Arts", "Books", "Chess", "Drama", "Eels")


class County:
    """Somerset, of Alice, over five networks of Ben's and Dan's, in each of which Sam is; Ruth is in Arts."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.events = 0
        self.networks: dict[str, NetworkId] = {}

    @built_once
    async def begin(self) -> County:
        """The rooms are there at once: how they are made is tried elsewhere."""
        for who, room in ROOMS.items():
            await self.stage.knows(room, who)
        async with self.stage.works.begin(ALICE) as work:
            landscape, somerset = changes.create_network(
                work.landscape, work.ids, name="Somerset", coordinators=[ALICE]
            )
            self.networks["Somerset"] = somerset
            for name in FIVE:
                landscape, self.networks[name] = changes.create_network(
                    landscape,
                    work.ids,
                    name=name,
                    under=[somerset],
                    agreed=[somerset],
                    coordinators=[BEN, DAN],
                )
            work.forget(landscape)
            for place in (*landscape.networks, *landscape.groups):
                await self.opens(work, place)
        for name in FIVE:
            await self.moves(SAM, "join", self.networks[name])
        await self.moves(RUTH, "join", self.networks["Arts"])
        return self

    async def opens(self, work: UnitOfWork, place: PlaceId) -> None:
        room = RoomId(f"!{place}")
        await rooms.save_expected(work.connection, {place: FoundRoom("12")})
        await rooms.set_room(work.connection, place, room)
        await rooms.set_ready(work.connection, place, True)
        self.stage.places.put(place, room)
        self.rooms.ready[place] = True

    async def moves(self, who: UserId, how: str, place: NetworkId | GroupId) -> None:
        room = self.stage.places.room(place)
        async with self.stage.works.begin(who) as work:
            await rooms.save_memberships(work.connection, room, {who: how}, now=work.now)

    async def hears(self, event: Json) -> list[Action]:
        await self.stage.hears(event)
        return await self.rooms.settle_all()

    async def say(self, who: UserId, text: str, *, yes: bool = False) -> list[Action]:
        self.events += 1
        done = await self.hears(message(f"county{self.events}", text, sender=who, room_id=ROOMS[who]))
        return await self.say(who, "yes") if yes else done

    async def announces(self, who: UserId, text: str) -> tuple[int, list[Action]]:
        done = await self.say(who, f"announce {text}", yes=True)
        return int(told(done, who)[-1].partition("withdraw ")[2].split()[0]), done

    async def news(self, name: str) -> GroupId:
        found = news_of(await self.stage.works.landscape(), self.networks[name])
        assert found is not None
        return found

    async def writes(self, who: UserId, text: str, *, in_: str = "Arts", **more: Any) -> str:
        """In the news, with Element; the event."""
        self.events += 1
        room = self.stage.places.room(await self.news(in_))
        said = message(f"hand{self.events}", text, sender=who, room_id=room, **more)
        await self.hears(said)
        return str(said["event_id"])

    async def redacts(self, who: UserId, event: str, *, in_: str = "Arts") -> None:
        self.events += 1
        room = self.stage.places.room(await self.news(in_))
        raw = {"event_id": f"$x{self.events}", "type": "m.room.redaction", "room_id": room, "sender": who}
        await self.hears({**raw, "content": {"redacts": event}})

    def event(self, number: int, name: str) -> str:
        return f"$said-announce:{number}:{self.networks[name]}"

    async def digest(self, who: UserId, *, edition_of: str = "") -> list[Item]:
        """What is announced in the digest of theirs, or in that of a network, for all of today."""
        now = self.stage.clock()
        async with self.stage.works.preview("test") as work:
            standing = await work.standing_of(who)
            if edition_of:
                standing = Standing(UserId("@onlooker"), joined=frozenset({self.networks[edition_of]}))
            of = work.landscape.networks
            networks = {n for n in of if standing.joined & work.landscape.places_of(n)}
            networks |= work.landscape.coordinated_by(who) if not edition_of else set(of)
            sight = work.directory.sight_of(standing)
            nearness = Nearness(work.landscape, sight)
            reader = Reader(None if edition_of else who, standing, sight, frozenset(networks), nearness)
            return list(await AnnouncementsSource(work).items(reader, Period(now - 10, now + 10)))

    async def read_by(self, who: UserId, **more: Any) -> list[str]:
        return [plain_text(item.line) for item in await self.digest(who, **more)]


@pytest.fixture
async def county(stage: Stage) -> County:
    return await County(stage).begin()


def posts_in(done: list[Action]) -> list[Say]:
    return [said for said in says(done) if said.said.startswith("announce:")]


@on_both
async def test_n3_who_is_in_five_of_its_networks_finds_it_once(county: County) -> None:
    number, done = await county.announces(ALICE, "somerset The fair is on Saturday --to descendants")
    assert len({said.room for said in posts_in(done)}) == len(posts_in(done)) == 6
    items = await county.digest(SAM)
    assert [item.key for item in items] == [f"announcement:{number}"]
    assert plain_text(items[0].line) == "Somerset: The fair is on Saturday"
    assert await county.read_by(ALICE) == []
    assert await county.read_by(UserId("@nobody:hs.test")) == []


async def test_who_announces_is_called_by_name_where_they_are_and_by_their_id_elsewhere(
    county: County,
) -> None:
    room = county.stage.places.room(await county.news("Arts"))
    async with county.stage.database.writing() as connection:
        names = {ALICE: "Alice of the fair"}
        await rooms.save_memberships(connection, room, {ALICE: "join"}, names, now=county.stage.clock())
    _, done = await county.announces(ALICE, "somerset The fair --to descendants")
    said = {str(one.room): text_of(one) for one in posts_in(done)}
    assert said.pop(await county.news("Arts")) == "Somerset announces, by Alice of the fair:\nThe fair"
    assert set(said.values()) == {f"Somerset announces, by {ALICE}:\nThe fair"}


async def test_it_says_who_announces_and_notifies_nobody_but_where_that_was_agreed_to(county: County) -> None:
    _, plain = await county.announces(ALICE, "somerset The fair")
    _, loud = await county.announces(ALICE, "somerset @room The fair")
    [quiet], [ping] = posts_in(plain), posts_in(loud)
    assert text_of(quiet) == f"Somerset announces, by {ALICE}:\nThe fair"
    sent = event_content(quiet.content, "x", lambda place: None, None)
    assert (sent["msgtype"], sent["m.mentions"]) == ("m.notice", {})
    sent = event_content(ping.content, "x", lambda place: None, None)
    assert (sent["msgtype"], sent["m.mentions"]) == ("m.text", {"room": True})
    assert "@room The fair" in sent["body"]
    assert "@room The fair" in sent["formatted_body"]


async def test_who_declines_it_gets_none_of_it_in_their_news_nor_by_way_of_it(county: County) -> None:
    await county.announces(ALICE, "somerset The first --to descendants")
    await county.say(BEN, "decline announcements from somerset --in arts")
    _, done = await county.announces(ALICE, "somerset The second --to descendants")
    assert len(posts_in(done)) == 5
    assert await county.read_by(RUTH) == []
    assert len(await county.read_by(SAM)) == 2
    await county.say(BEN, "accept announcements from somerset --in arts")
    assert await county.read_by(RUTH) == ["Somerset: The first"]


@on_both
async def test_what_is_taken_back_goes_everywhere_and_its_text_is_forgotten(county: County) -> None:
    number, _ = await county.announces(ALICE, "somerset The fair --to descendants")
    assert len(told(await county.say(BEN, f"announcement withdraw {number}"), BEN)) == 1
    assert len(await county.read_by(SAM)) == 1
    done = await county.say(ALICE, f"announcement withdraw {number}", yes=True)
    gone = {action.event for action in done if isinstance(action, Redact)}
    assert gone == {county.event(number, name) for name in county.networks}
    assert await county.read_by(SAM) == []
    async with county.stage.database.reading() as connection:
        kept = await store.numbered(connection, number)
    assert kept is not None
    assert kept.text == ""
    assert "took announcement" in told(await county.say(ALICE, "audit somerset"), ALICE)[0]


async def test_what_is_taken_back_before_it_was_said_is_not_said_or_taken_back_at_once(
    county: County,
) -> None:
    await county.say(ALICE, "announce somerset The fair --to descendants")
    waiting = await county.stage.hears(message("late", "yes", sender=ALICE, room_id=ROOMS[ALICE]))
    [first, *_] = [one for one in await county.stage.entries() if one.action in posts_in(waiting)]
    number = int(first.action.key.split(":")[2])
    async with county.stage.works.begin(ALICE) as work:
        found = await work.announcements.numbered(number)
        assert found is not None
        await work.announcements.withdraw(found)
    assert posts_in(await county.stage.waiting()) == []
    await county.rooms.settle(first)  # it was on its way
    done = await county.rooms.settle_all()
    [gone] = [action for action in done if isinstance(action, Redact)]
    assert gone.event == f"$said-{first.action.key.removeprefix('Say:')}"


async def test_what_is_redacted_in_one_news_room_is_gone_for_who_has_it_from_there_alone(
    county: County,
) -> None:
    number, _ = await county.announces(ALICE, "somerset The fair --to descendants")
    await county.redacts(SAM, county.event(number, "Arts"))
    assert len(await county.read_by(RUTH)) == 1
    await county.redacts(BEN, county.event(number, "Arts"))
    assert await county.read_by(RUTH) == []
    assert len(await county.read_by(SAM)) == 1


@on_both
async def test_what_a_coordinator_writes_in_the_news_is_told_as_it_stands_now(county: County) -> None:
    for who in (SAM, RUTH):
        await county.moves(who, "join", await county.news("Arts"))
    first = await county.writes(BEN, "The hall is open")
    await county.writes(SAM, "I may not write here, but did so somehow")
    await county.writes(BEN, "A bot's", content={"msgtype": "m.notice"})
    assert await county.read_by(RUTH) == ["Arts: The hall is open"]
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": first}}
    await county.writes(DAN, "*", content={**edit, "m.new_content": {"body": "Not by who wrote it"}})
    changed = await county.writes(
        BEN, "* The hall is shut", content={**edit, "m.new_content": {"body": "The hall is shut"}}
    )
    assert await county.read_by(RUTH) == ["Arts: The hall is shut"]
    [item] = await county.digest(RUTH)
    room = county.stage.places.room(await county.news("Arts"))
    [said] = item.line
    assert isinstance(said, Sentence)
    assert said.parts["text"] == EventLink("The hall is shut", room, EventId(first))
    await county.redacts(BEN, changed)
    assert await county.read_by(RUTH) == ["Arts: The hall is open"]
    await county.moves(RUTH, "leave", await county.news("Arts"))
    assert await county.read_by(RUTH) == []
    await county.redacts(SAM, first)
    assert len(await county.read_by(SAM)) == 1
    await county.redacts(BEN, first)
    assert await county.read_by(SAM) == []


async def test_commands_threads_and_what_others_rooms_hold_are_no_announcements(county: County) -> None:
    await county.moves(RUTH, "join", await county.news("Arts"))
    await county.writes(BEN, "!hedge whoami")
    await county.writes(
        BEN, "By the way", content={"m.relates_to": {"rel_type": "m.thread", "event_id": "$m1"}}
    )
    await county.hears(
        message("own", "Hello", sender=BEN, room_id=county.stage.places.room(county.networks["Arts"]))
    )
    assert await county.read_by(RUTH) == []


async def test_n2_of_encrypted_news_only_that_there_was_something_is_known(county: County) -> None:
    await county.moves(RUTH, "join", await county.news("Arts"))
    room = county.stage.places.room(await county.news("Arts"))
    async with county.stage.database.writing() as connection:
        await encryption.note_room(connection, room, Rotation())
    await county.writes(BEN, "A secret")
    sealed = {"type": "m.room.encrypted", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    await county.writes(BEN, "", **sealed)
    assert await county.read_by(RUTH) == ["Arts: 2 announcements in its encrypted news"]
    async with county.stage.database.reading() as connection:
        found = await store.standing_between(connection, 0, 1e12)
    assert [one.text for one in found] == ["", ""]


async def test_the_edition_of_a_network_tells_of_its_own_news_alone(county: County) -> None:
    await county.announces(BEN, "arts Of the arts")
    await county.announces(BEN, "books Of books")
    await county.writes(BEN, "By hand")
    assert sorted(await county.read_by(SAM, edition_of="Arts")) == ["Arts: By hand", "Arts: Of the arts"]
    assert await county.read_by(SAM, edition_of="Somerset") == []


async def test_those_banned_or_gone_read_it_no_more(county: County) -> None:
    await county.announces(BEN, "arts Of the arts")
    assert len(await county.read_by(RUTH)) == 1
    await county.moves(RUTH, "leave", county.networks["Arts"])
    assert await county.read_by(RUTH) == []


@on_both
async def test_the_paper_has_what_stands_of_one_network_in_a_period(county: County) -> None:
    start = county.stage.clock()
    await county.announces(BEN, "arts Kept")
    county.stage.clock.seconds += 1
    gone, _ = await county.announces(BEN, "arts Gone")
    await county.announces(ALICE, "somerset From above --to descendants")
    county.stage.clock.seconds += 1
    await county.writes(BEN, "By hand\nin two lines")
    await county.redacts(BEN, county.event(gone, "Arts"))
    async with county.stage.works.preview("test") as work:
        period = Period(start, start + 60)
        found = await announcements_of(work, county.networks["Arts"], period)
        before = await announcements_of(work, county.networks["Arts"], Period(start - 60, start))
    assert [one.text for one in found] == ["Kept", "By hand\nin two lines"]
    assert before == []


@on_both
async def test_who_is_forgotten_leaves_the_announcements_of_their_network_without_a_name(
    county: County,
) -> None:
    number, _ = await county.announces(BEN, "arts Of the arts")
    await county.writes(BEN, "By hand")
    async with county.stage.database.writing() as connection:
        await store.forget_person(connection, BEN)
        found = await store.standing_between(connection, 0, 1e12)
        assert await store.number_of_text(connection, EventId("$mhand1")) is None
    assert [(one.number, one.author, one.text) for one in found] == [(number, "", "Of the arts")]


async def test_a_coordinator_below_can_decline_what_is_hidden_but_has_told_its_name(county: County) -> None:
    async with county.stage.works.begin(RUTH) as work:
        landscape, above = changes.create_network(
            work.landscape, work.ids, name="Ring", access=Access.INVITE, coordinators=[RUTH]
        )
        arts = county.networks["Arts"]
        landscape = changes.link(landscape, above, arts, parent_agrees=True, child_agrees=True)
        work.forget(landscape)
        for place in landscape.places_of(above):
            await county.opens(work, place)
    [unknown] = told(await county.say(BEN, "decline announcements from Ring --in arts"), BEN)
    assert unknown.startswith("I know no network called “Ring”.")
    preview = told(await county.say(RUTH, "announce Ring Hello to all --to descendants"), RUTH)[0]
    assert "Not everyone can find Ring: whoever reads this learns its name." in preview
    await county.say(RUTH, "yes")
    [declined] = told(await county.say(BEN, "decline announcements from Ring --in arts"), BEN)
    assert declined.startswith("What Ring announces is not posted in the news of Arts any more")


async def test_what_was_posted_of_a_number_never_becomes_anothers(county: County) -> None:
    async with county.stage.database.writing() as connection:
        where = county.networks["Arts"]
        await store.keep_posts(connection, [Post(12_345, where, await county.news("Arts"), RoomId("!r"))])
    drawn = iter([12_345, 54_321])
    async with county.stage.database.reading() as connection:
        assert await free_numbers(connection, lambda _: next(drawn)) == [54_321]
