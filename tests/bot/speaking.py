"""A few commands, some networks, and a work that remembers what was answered."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from bot.command import Call, Command, Commands, Name, command, reply_to
from bot.conversation import Conversation
from bot.permissions import may
from bot.ports import Heard, ServiceStatus
from bot.render import render
from bot.reply import Document, say
from spaces.access import Deed, Standing
from spaces.changes import Ids
from spaces.errors import Conflict
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, Slug, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator, Group, Network
from tests.bot.questions_kept import QuestionsKept

BOT = UserId("@hedgerow:hs.test")
ALICE = UserId("@alice:hs.test")
BOB = UserId("@bob:hs.test")
NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


def network(name: str, access: Access = Access.PUBLIC) -> Network:
    slug = Slug.of_name(name)
    return Network(NetworkId.of_bytes(slug.encode().ljust(10, b".")[:10]), name, slug, access=access)


ARTS, CRAFTS, HEALTH = network("Arts"), network("Crafts"), network("Health")
ARTS_AND_CRAFTS = network("Both: Arts and Crafts")
SOMERSET, HIDDEN = network("Somerset West"), network("Quiet Place", Access.INVITE)
PAINTING = Group(GroupId.of_bytes(b"painting.."), ARTS.id, "Painting", Slug("painting"), Access.PUBLIC)
LANDSCAPE = Landscape().having(
    ARTS,
    CRAFTS,
    HEALTH,
    SOMERSET,
    HIDDEN,
    PAINTING,
    Coordinator(ARTS.id, ALICE),
    Coordinator(HEALTH.id, ALICE),
)


@dataclass(frozen=True)
class Created:
    name: str
    under: PlaceId | None = None
    access: Access | None = None
    ask: bool = False
    topic: str = ""


@dataclass(frozen=True)
class Told:
    what: object


@reply_to(Created)
def created(result: Created, call: Call) -> Document:
    return say(f"{result.name} is there for {call.sender}.")


@reply_to(Told)
def told(result: Told, call: Call) -> Document:
    return say(str(result.what))


class Making:
    @command(
        "network create",
        topic="networks",
        requires=may(Deed.CREATE_UNDER, "under"),
        examples=("network create Arts UK --under Somerset",),
        meanwhile="Creating {name} …",
    )
    async def create(
        self,
        call: Call,
        name: Annotated[Name, "its name"],
        *,
        under: Annotated[NetworkId | None, "the network above it"] = None,
        access: Annotated[Access | None, "who finds it and who gets in"] = None,
        ask: Annotated[bool, "others may ask to come in"] = False,
        topic: Annotated[str, "what it is about"] = "",
    ) -> Created:
        """Create a network."""
        return Created(name, under, access, ask, topic)

    @command("network rename", topic="networks", requires=may(Deed.RENAME, "network"))
    async def rename(
        self, call: Call, network: Annotated[NetworkId, "which"], name: Annotated[Name, "its new name"]
    ) -> Told:
        """Give a network another name."""
        return Told((network, name))

    @command(
        "bridge create", topic="bridges", examples=("bridge create Arts & Health --between Arts and Health",)
    )
    async def bridge(
        self,
        call: Call,
        name: Annotated[Name, "its name"],
        *,
        between: Annotated[list[NetworkId], "its parents"],
    ) -> Told:
        """Join networks by one that belongs to each."""
        return Told((name, between))


class Others:
    @command("invite", topic="people")
    async def invite(
        self, call: Call, people: Annotated[list[UserId], "who"], *, to: Annotated[PlaceId, "where to"]
    ) -> Told:
        """Invite people to a network or group."""
        return Told((people, to))

    @command("show", topic="looking")
    async def show(self, call: Call, place: Annotated[PlaceId, "what"]) -> Told:
        """Show a network or a group."""
        return Told(place)

    @command("tree", topic="looking")
    async def tree(self, call: Call, network: Annotated[NetworkId | None, "where to begin"] = None) -> Told:
        """Show the networks."""
        return Told(network)

    @command("accept", topic="people")
    async def accept(self, call: Call, number: Annotated[int, "its number"]) -> Told:
        """Accept an invitation."""
        return Told(number)

    @command("coordinator add", topic="people")
    async def add(
        self, call: Call, person: Annotated[UserId, "who"], *, in_: Annotated[NetworkId, "where"]
    ) -> Told:
        """Name a coordinator."""
        return Told((person, in_))

    @command("break", topic="odd")
    async def broken(self, call: Call) -> Told:
        """Break."""
        raise ZeroDivisionError

    @command("spoil", topic="odd")
    async def spoil(self, call: Call) -> Told:
        """Change something and be refused."""
        await call.work.change(call.landscape.having(network("Half")), what="spoilt", about=ARTS.id)
        raise Conflict("No.")


def commands() -> Commands:
    return Commands(Making(), Others(), replies=[sys.modules[__name__]])


def command_named(name: str) -> Command:
    found = commands().get(name)
    assert found is not None
    return found


@dataclass
class RememberingWork(QuestionsKept):
    """A `Work` in memory."""

    landscape: Landscape = LANDSCAPE
    is_admin: bool = False
    rooms: Mapping[str, PlaceId] = field(default_factory=dict)
    answers: list[Document] = field(default_factory=list)
    meanwhiles: list[Document | None] = field(default_factory=list)

    @property
    def ids(self) -> Ids:
        raise NotImplementedError

    async def standing_of(self, user: UserId) -> Standing:
        return Standing(user, is_admin=self.is_admin)

    async def members_of(self, place: PlaceId) -> Mapping[UserId, str]:
        return {}

    async def place_of_room(self, room: RoomId) -> PlaceId | None:
        return self.rooms.get(room)

    async def change(self, landscape: Landscape, *, what: str, about: PlaceId) -> int:
        self.landscape = landscape
        return 0

    async def look_at(self, places: Collection[PlaceId]) -> None: ...

    async def invite(self, place: PlaceId, user: UserId, *, reason: str) -> None: ...

    async def remove(self, place: PlaceId, user: UserId, *, reason: str) -> None: ...

    async def tell(self, user: UserId, message: Document, *, said: str, reminding: bool = False) -> None: ...

    async def answer(self, heard: Heard, reply: Document, *, meanwhile: Document | None = None) -> None:
        self.answers.append(reply)
        self.meanwhiles.append(meanwhile)

    async def language_for(self, heard: Heard) -> str:
        return self.languages.get(heard.sender, "en")

    async def note(self, what: str, about: PlaceId) -> None: ...

    async def status(self) -> ServiceStatus:
        raise NotImplementedError


def heard(body: str, *, is_direct: bool = True, mentions_bot: bool = False, sender: UserId = ALICE) -> Heard:
    return Heard(
        sender, RoomId("!talk:hs.test"), EventId("$said"), body, NOON, is_direct, mentions_bot=mentions_bot
    )


def call(body: str = "", *, sender: UserId = ALICE, work: RememberingWork | None = None) -> Call:
    return Call(heard(body, sender=sender), Standing(sender), work or RememberingWork())


def plain(document: Document | None) -> str:
    assert document is not None
    body: str = render(document, lambda place: None)["body"]
    return body


def conversation() -> Conversation:
    return Conversation(commands(), BOT)
