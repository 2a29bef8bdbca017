"""Whatever is written to the bot or named in its rooms: a plain answer or silence, and nobody is called.

One service for all of it; what is pushed comes as raw transactions, as a homeserver would push what
came to it from others.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import pytest_asyncio
import structlog

from appservice.demo.synapse import free_port
from spaces.identifiers import UserId
from tests.crashes.hostile_texts import BODIES, CONTENTS, NAMES, OTHER_ID, OWN_ID, PAIRS, Json
from tests.crashes.test_hostile import Place
from tests.databases import Databases
from tests.fake import Event, FakeHomeserver, Registration
from tests.hedgerow import ADMIN, running, settings_for
from tests.waiting import nothing_waits

pytestmark = pytest.mark.asyncio(loop_scope="module")

_TAGS = {"p", "ul", "ol", "li", "strong", "em", "code", "a"}
_ROOM_LINK = re.compile(r"https://matrix\.to/#/!\S+")
_ITEM = re.compile(r"^ *- ", re.MULTILINE)
_WHOLE_ROOM = re.compile("@room", re.IGNORECASE)
ADMINS = [f"@admin{n}:hs.test" for n in range(30)]
_numbers = itertools.count(1)


class Hall:
    """A service in which Arts is made, its coordinator and admin, and a room of several people."""

    def __init__(self, place: Place, speakers: dict[str, str], shared: str) -> None:
        self.place, self.shared = place, shared
        self.fake = place.fake
        self.space = place.named("Arts").room_id
        self._speakers = itertools.cycle(speakers.items())

    @classmethod
    async def open(cls, place: Place) -> Hall:
        people = [place.fake.add_user(user) for user in ADMINS]
        speakers = {person.user_id: await person.create_dm(place.fake.bot) for person in people}
        shared = await place.admin.create_room(preset="private_chat", invite=ADMINS)
        for person in people:
            person.join(shared)
        place.admin.invite(shared, place.fake.bot)
        await place.quiet()
        await place.say("network create Arts --topic Painting")
        await place.say("network create Crafts --under arts")
        place.admin.join(place.named("Arts").room_id)
        await place.quiet()
        return cls(place, speakers, shared)

    async def hears(self, *contents: Json, room: str = "") -> list[Event]:
        """Push these messages in one transaction, as of the next admin; what the bot says then, anywhere.

        They take turns, since nobody gets more than so many answers in a minute.
        """
        sender, direct = next(self._speakers)
        known = {event.event_id for event in self._said()}
        ids = [f"$hostile{next(_numbers)}" for _ in contents]
        others = [*ids[1:], ids[0]]
        events: list[Json | Event] = [
            {
                "event_id": id_,
                "type": "m.room.message",
                "room_id": room or direct,
                "sender": sender,
                "origin_server_ts": 1,
                "content": _put_in({"msgtype": "m.text", **content}, {OWN_ID: id_, OTHER_ID: other}),
            }
            for id_, other, content in zip(ids, others, contents, strict=True)
        ]
        sent = await self.fake.push(events)
        assert sent.status == 200
        await self._quiet()
        return [event for event in self._said() if event.event_id not in known]

    async def _quiet(self) -> None:
        """Until what was taken is done: each step begins in the commit that ends the one before."""
        async with asyncio.timeout(20):
            while True:
                if await nothing_waits(self.place.service):
                    return
                await asyncio.sleep(0.01)

    def _said(self) -> list[Event]:
        stream = self.fake.world.stream
        return [e for e in stream if e.type == "m.room.message" and e.sender == self.fake.bot]

    async def asks(self, text: str) -> list[Event]:
        """The same for a plain question."""
        return await self.hears({"body": text})


def _put_in(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _put_in(part, ids) for key, part in value.items()}
    if isinstance(value, list):
        return [_put_in(part, ids) for part in value]
    return ids.get(value, value) if isinstance(value, str) else value


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(databases: Databases) -> AsyncIterator[Hall]:
    registration = Registration(url=f"http://127.0.0.1:{free_port()}")
    with databases.empty() as database:
        async with FakeHomeserver(registration) as fake:
            admin = fake.add_user(ADMIN)
            settings = settings_for(fake.base_url, fake.registration, database)
            admins = {"admins": [UserId(user) for user in (ADMIN, *ADMINS)]}
            async with running(settings.model_copy(update=admins)) as service:
                place = Place(fake, service, admin)
                place.room = await admin.create_dm(fake.bot)
                await place.quiet()
                yield await Hall.open(place)


@pytest.fixture(autouse=True)
def nothing_goes_wrong(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The log holds nothing worse than a warning, of ours or of a library's."""
    with structlog.testing.capture_logs() as logged:
        yield
    bad = [line for line in logged if line["log_level"] in ("error", "critical") or line.get("exc_info")]
    assert bad == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


# -- what may be said ---------------------------------------------------------------------------------


class _Tags(HTMLParser):
    """Reads HTML, and fails at any tag, attribute or nesting that is not ours."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.items = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        assert all(tag == "a" and name == "href" for name, _ in attrs), attrs
        assert all(_ROOM_LINK.fullmatch(value or "") for _, value in attrs), attrs
        assert tag != "li" or self.open[-1] in ("ul", "ol"), self.open
        self.items += tag == "li"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def judge(said: list[Event]) -> None:
    """Each of these calls nobody, and says the same in both forms, in our few tags."""
    for event in said:
        for content in (event.content, event.content.get("m.new_content", event.content)):
            assert content["m.mentions"] == {}
            assert content["msgtype"] == "m.notice"
            assert not _WHOLE_ROOM.search(content["body"]), content["body"]
            tags = _Tags()
            tags.feed(content["formatted_body"])
            tags.close()
            assert tags.open == []
            assert tags.items == len(_ITEM.findall(content["body"])), content["body"]
            assert not _WHOLE_ROOM.search(content["formatted_body"])


async def still_answers(hall: Hall) -> None:
    [answer] = await hall.asks("help")
    assert "You can say" in answer.content["body"]
    judge([answer])


async def nothing_was_run(hall: Hall) -> None:
    """No command that stands in a quotation, in an edit, or in what is no text, has been run."""
    landscape = await hall.place.service.engine.works.landscape()
    names = {network.name for network in landscape.networks.values()}
    assert not names & {"Quoted", "Inside"}


# -- what is written to the bot -----------------------------------------------------------------------


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_hostile_words_get_a_plain_answer(hall: Hall, body: str) -> None:
    said = await hall.hears({"body": body})
    assert len(said) == 1
    judge(said)
    await nothing_was_run(hall)
    judge(await hall.asks("tree"))
    await still_answers(hall)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_hostile_words_in_a_room_of_several_get_a_plain_answer(hall: Hall, body: str) -> None:
    said = await hall.hears({"body": f"!hedge {body}"}, room=hall.shared)
    assert len(said) <= 1
    judge(said)
    await nothing_was_run(hall)


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
async def test_hostile_content_gets_a_plain_answer_or_none(hall: Hall, content: Json) -> None:
    said = await hall.hears(content)
    assert len(said) <= 1
    judge(said)
    await nothing_was_run(hall)
    await still_answers(hall)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
async def test_messages_that_relate_to_each_other_end_nowhere(hall: Hall, pair: tuple[Json, Json]) -> None:
    said = await hall.hears(*pair)
    assert len(said) <= 2
    judge(said)
    await still_answers(hall)


# -- names and topics ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["m.room.name", "m.room.topic"])
@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
async def test_a_hostile_name_given_by_hand_stays_a_name(hall: Hall, text: str, kind: str) -> None:
    hall.place.admin.set_state(hall.space, kind, {kind.removeprefix("m.room."): text})
    await hall.place.quiet()
    for question in ("tree", "show arts", "show crafts", "whoami", "help show"):
        judge(await hall.asks(question))
    judge(await hall.hears({"body": "!hedge tree"}, room=hall.shared))
    await still_answers(hall)


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
async def test_a_hostile_name_of_a_group_by_command_stays_a_name(hall: Hall, text: str) -> None:
    said = await hall.asks(f'group create "{text}" --in arts --topic "{text}"')
    assert len(said) == 1
    judge(said)
    judge(await hall.asks("tree arts"))
    judge(await hall.asks("show arts"))
    await still_answers(hall)
