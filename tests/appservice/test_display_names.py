"""By which names people are shown to whom: by those that stand where the reader is, and by no others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appservice.performing import Outcome
from bot.ports import Heard
from bot.reply import Bullet, Document, Inline, Person, from_json, in_language, line, plain, say
from spaces.actions import Invite, ReadBack, Say
from spaces.identifiers import EventId, NetworkId, RoomId, UserId
from spaces.network import Access
from tests.appservice.built import built_once
from tests.appservice.stage import ALICE, BEN, DIRECT, FAR, SHARED, PlayedRooms, Stage, member, says

CORA = UserId("@cora:hs.test")


class Place:
    """Two networks whose rooms are made; nobody is in them yet."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.rooms = PlayedRooms(stage)
        self.arts: NetworkId
        self.health: NetworkId
        self._changes = 0

    @built_once
    async def open(self) -> Place:
        self.arts = await self.stage.found("Arts")
        self.health = await self.stage.found("Health", access=Access.INVITE)
        await self.rooms.settle_all()
        return self

    def room(self, network: NetworkId) -> RoomId:
        return self.stage.places.room(network)

    async def is_in(
        self, network: NetworkId, user: UserId, name: object = None, membership: str = "join"
    ) -> None:
        self._changes += 1
        content = {} if name is None else {"displayname": name}
        room = self.room(network)
        await self.stage.hears(member(f"in{self._changes}", user, membership, room, content=content))

    async def shown(self, who: Inline | Document, *, room: RoomId = DIRECT, to: UserId = ALICE) -> str:
        """What Alice, or somebody else, reads as the answer to a question."""
        document = who if isinstance(who, Document) else say(who)
        heard = Heard(to, room, EventId("$asked"), "?", datetime.now(UTC), is_direct=room == DIRECT)
        async with self.stage.works.preview(to) as work:
            await work.answer(heard, document)
            [said] = says(list(work.gathered))
        return plain(from_json(said.content["document"]))


@pytest.fixture
async def place(stage: Stage) -> Place:
    return await Place(stage).open()


async def test_who_shares_a_room_is_shown_by_the_name_that_stands_there(place: Place) -> None:
    await place.is_in(place.arts, ALICE, "Alice")
    await place.is_in(place.arts, BEN, "Ben Nevis")
    assert await place.shown(Person(BEN)) == "Ben Nevis"


async def test_a_name_from_a_room_that_the_reader_is_not_in_is_not_told(place: Place) -> None:
    await place.is_in(place.health, BEN, "Ben Nevis")
    await place.is_in(place.arts, ALICE)
    assert await place.shown(Person(BEN)) == BEN
    for membership in ("invite", "knock", "leave", "ban"):
        await place.is_in(place.health, ALICE, "Alice", membership)
        assert await place.shown(Person(BEN)) == BEN, membership
    await place.is_in(place.health, ALICE, "Alice")
    assert await place.shown(Person(BEN)) == "Ben Nevis"


async def test_who_is_invited_has_a_name_and_who_has_left_has_none(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, "Ben", "invite")
    assert await place.shown(Person(BEN)) == "Ben"
    for membership in ("leave", "ban", "knock"):
        await place.is_in(place.arts, BEN, "Ben", membership)
        assert await place.shown(Person(BEN)) == BEN, membership


async def test_a_new_name_is_taken_over_and_one_that_is_taken_away_too(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    for name, shown in (("Ben", "Ben"), ("Benedict", "Benedict"), (None, BEN)):
        await place.is_in(place.arts, BEN, name)
        assert await place.shown(Person(BEN)) == shown


async def test_names_are_taken_from_a_rooms_state_too(place: Place, stage: Stage) -> None:
    room = place.room(place.arts)
    for user, name in ((ALICE, "Alice"), (BEN, "Ben Nevis")):
        content = {"membership": "join", "displayname": name}
        place.rooms.set(room, "m.room.member", content, key=user, by=user)
    await stage.put(ReadBack(place.arts))
    await place.rooms.settle_all()
    assert await place.shown(Person(BEN)) == "Ben Nevis"


@pytest.mark.parametrize("other", ["Ben", "BEN", "Bеn", "Ｂen"])
async def test_names_that_look_alike_stand_with_the_matrix_id(place: Place, other: str) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, "Ben")
    await place.is_in(place.arts, FAR, other)
    assert await place.shown(Person(BEN)) == "Ben (@ben:hs.test)"
    assert await place.shown(Person(FAR)) == f"{other} (@far:elsewhere.test)"


async def test_the_name_of_somebodys_localpart_is_not_taken_for_them(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN)
    await place.is_in(place.arts, FAR, "ben")
    assert await place.shown(Person(FAR)) == "ben (@far:elsewhere.test)"


async def test_a_look_alike_in_a_room_that_the_reader_is_not_in_makes_no_difference(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, "Ben")
    await place.is_in(place.health, FAR, "Ben")
    assert await place.shown(Person(BEN)) == "Ben"


async def test_a_look_alike_in_another_room_of_the_readers_does(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.health, ALICE)
    await place.is_in(place.arts, BEN, "Ben")
    await place.is_in(place.health, FAR, "Ben")
    assert await place.shown(Person(BEN)) == "Ben (@ben:hs.test)"


async def test_who_has_left_takes_nobodys_name(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, "Ben")
    await place.is_in(place.arts, FAR, "Ben", "leave")
    assert await place.shown(Person(BEN)) == "Ben"


async def test_a39_nobody_is_shown_as_the_bot(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, "Hedgerow")
    assert await place.shown(Person(BEN)) == "Hedgerow (@ben:hs.test)"


async def test_of_several_names_that_in_most_rooms_is_shown(place: Place, stage: Stage) -> None:
    third = await stage.found("Third")
    await place.rooms.settle_all()
    for network, name in ((place.arts, "Ben"), (place.health, "Benedict"), (third, "Benedict")):
        await place.is_in(network, ALICE)
        await place.is_in(network, BEN, name)
    assert await place.shown(Person(BEN)) == "Benedict"


async def test_the_readers_own_is_the_matrix_id(place: Place) -> None:
    await place.is_in(place.arts, ALICE, "Alice")
    assert await place.shown(Person(ALICE)) == ALICE
    assert await place.shown(Person(ALICE), room=place.room(place.arts)) == ALICE


async def test_where_all_read_it_only_names_of_that_room_are_said(place: Place) -> None:
    for network in (place.arts, place.health):
        await place.is_in(network, ALICE, "Alice")
        await place.is_in(network, BEN, "Ben" if network == place.health else "Ben of Arts")
    await place.is_in(place.health, CORA, "Cora")
    arts = place.room(place.arts)
    assert await place.shown(Person(BEN), room=arts) == "Ben of Arts"
    assert await place.shown(Person(CORA), room=arts) == CORA
    assert await place.shown(Person(CORA)) == "Cora"
    assert await place.shown(Person(BEN), room=SHARED) == BEN


async def test_what_somebody_is_told_unasked_has_the_names_that_they_know(place: Place, stage: Stage) -> None:
    await place.is_in(place.arts, ALICE, "Alice")
    await place.is_in(place.arts, BEN, "Ben")
    async with stage.work() as work:
        await work.tell(ALICE, say("{who} agreed.", who=Person(BEN)), said="once")
        await work.tell(CORA, say("{who} agreed.", who=Person(BEN)), said="once")
    told = {said.content["person"]: said for said in says(await stage.waiting())}
    assert plain(from_json(told[ALICE].content["document"])) == "Ben agreed."
    assert plain(from_json(told[CORA].content["document"])) == f"{BEN} agreed."


async def test_an_answer_that_waits_for_its_actions_has_names_too(place: Place, stage: Stage) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, "Ben")
    heard = Heard(ALICE, DIRECT, EventId("$asked"), "?", datetime.now(UTC), is_direct=True)
    async with stage.works.begin(ALICE) as work:
        work.put(Invite(RoomId("!a"), BEN))
        await work.answer(heard, say(Person(BEN)), meanwhile=in_language(say("…")))
    [entry] = await stage.entries()
    await stage.settler.settle(entry, Outcome())
    [answer] = await stage.waiting()
    assert isinstance(answer, Say)
    assert plain(from_json(answer.content["document"])) == "Ben"


async def test_all_else_of_a_document_stays_as_it_was(place: Place) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, "Ben")
    document = Document(
        (*say("Looked after by: ").blocks, Bullet(line(Person(BEN), " and ", Person(FAR)), 1))
    )
    assert await place.shown(document) == f"Looked after by: \nBen and {FAR}"


@pytest.mark.parametrize("name", [5, {}, "", "\0", "\ud800", "\u200b", "x" * 60_000, "\ufdfa" * 3_000])
async def test_a_name_of_any_kind_harms_nothing(place: Place, stage: Stage, name: object) -> None:
    await place.is_in(place.arts, ALICE)
    await place.is_in(place.arts, BEN, name)
    assert (await stage.events()).get("set aside", 0) == 0
    assert (await place.shown(Person(BEN))).endswith(("(@ben:hs.test)", BEN))
