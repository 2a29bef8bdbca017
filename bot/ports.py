"""What the conversation needs from outside, as Protocols; appservice provides them.

A `Work` is one unit of work: everything that is asked of it within one message is committed
together or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.applications.ports import Applications
from bot.paths.ports import Paths
from bot.reply import Document
from bot.succession.ports import Nominations
from spaces.access import Standing
from spaces.changes import Ids
from spaces.differences import Changed
from spaces.identifiers import EventId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.sentences import Sentence

if TYPE_CHECKING:
    from bot.adopting.ports import Adoptions
    from bot.announcements.ports import Announcements
    from bot.audit.ports import AuditLog
    from bot.bans.ports import Present
    from bot.calendar.ports import Calendar
    from bot.codes.ports import Codes
    from bot.digests.ports import Digests
    from bot.directory.ports import Allowance, Directory
    from bot.invitations.ports import Invitations
    from bot.lifecycle.ports import Lifecycle
    from bot.listings.ports import Listings
    from bot.market.ports import Market
    from bot.privacy.ports import Privacy
    from bot.profiles.ports import KeptProfiles
    from bot.stories.ports import Stories
    from bot.upgrades.ports import Upgrades


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that somebody wrote: `body` is the plain text as it came, `thread` its thread's root.

    `formatted` is its HTML, empty if it has none. `mentions_bot` is None where the message does not say
    whom it mentions (m.mentions). `answers`: it replies to what the bot answered to that message.
    `reply_to` is the message that an answer replies to, where it is not this one.
    """

    sender: UserId
    room: RoomId
    event: EventId
    body: str
    at: datetime
    is_direct: bool
    thread: EventId | None = None
    mentions_bot: bool | None = None
    formatted: str = ""
    answers: EventId | None = None
    reply_to: EventId | None = None


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the bot waits for from one person in one room; `event` is the message it has answered so.

    confirmation: `said` is done once they agree to `detail`, which tells what was shown and meant.
    argument:     `said` lacks the parameter of the name `detail`.
    more:         `said` is what is left of a long answer (a document as JSON).

    `asked_at` is in seconds since 1970.
    """

    kind: str
    said: str
    detail: str
    event: EventId
    asked_at: float
    thread: EventId | None = None
    is_direct: bool = True


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How the service is: waiting and failed actions, whether the homeserver answers, version."""

    version: str
    waiting: int
    failed: tuple[Sentence, ...]
    homeserver_answers: bool
    networks: int
    groups: int
    set_aside: int = 0
    cross_signed: bool | None = None


class Work(Protocol):
    """One unit of work."""

    @property
    def landscape(self) -> Landscape:
        """All networks as they stand, with what this work has changed."""

    @property
    def ids(self) -> Ids:
        """New random ids and suffixes."""

    @property
    def codes(self) -> Codes:
        """The codes that let people in."""

    @property
    def directory(self) -> Directory:
        """All that can be found."""

    @property
    def allowance(self) -> Allowance:
        """How much one person may look up in it."""

    @property
    def profiles(self) -> KeptProfiles:
        """What people say about themselves."""

    @property
    def privacy(self) -> Privacy:
        """What is held on people."""

    @property
    def listings(self) -> Listings:
        """The organisations and services in it."""

    @property
    def market(self) -> Market:
        """Offers and wants, and who asks about them."""

    @property
    def digests(self) -> Digests:
        """Who gets a digest when, and by which clock."""

    @property
    def announcements(self) -> Announcements:
        """What networks announce, and who declines it."""

    @property
    def calendar(self) -> Calendar:
        """What takes place, and who comes."""

    @property
    def stories(self) -> Stories:
        """Messages that were made stories, and which networks have taken them."""

    @property
    def applications(self) -> Applications:
        """Who asked to be let in."""

    @property
    def paths(self) -> Paths:
        """Who was invited by name, who has no path left, what is wished for and offered."""

    @property
    def invitations(self) -> Invitations:
        """Who was invited or asked, and what they said."""

    async def standing_of(self, user: UserId) -> Standing:
        """What is known of `user`: admin or not, local or not, their memberships."""

    async def members_of(self, place: PlaceId) -> Mapping[UserId, str]:
        """Who is in the place's room, by membership (`join`, `invite`, `leave`, `ban`); without the bot."""

    async def place_of_room(self, room: RoomId) -> PlaceId | None: ...

    async def change(
        self, landscape: Landscape, *, what: str, about: PlaceId, undoes: int | None = None
    ) -> int:
        """Take `landscape` as the new one, and put what it entails in Matrix into the outbox.

        `what` is for the audit log, in a few words; `undoes` is the entry there that it takes back. Returns
        how many writes it will take.
        """

    async def look_at(self, places: Collection[PlaceId]) -> None:
        """Read the rooms of `places`, and put back what is not as it should be."""

    async def level_lacked(self, place: PlaceId) -> int | None:
        """The level that the bot needs to invite to a room of others, and lacks there; None where it may."""

    async def invite(self, place: PlaceId, user: UserId, *, reason: str) -> None: ...

    async def remove(self, place: PlaceId, user: UserId, *, reason: str) -> None: ...

    async def tell(self, user: UserId, message: Document, *, said: str, reminding: bool = False) -> None:
        """Say something to `user` in their direct room; it is opened if there is none. Once per `said`.

        `reminding`: it waits for them, so their client is to show it at once.
        """

    async def answer(self, heard: Heard, reply: Document, *, meanwhile: Document | None = None) -> None:
        """Answer what was heard: at once, or, if this work has made writes, when they are done.

        Should they take more than 2 s, `meanwhile` is said first and later edited into `reply`.
        """

    async def note(
        self, what: str, about: PlaceId, done: tuple[Changed, ...] = (), undoes: int | None = None
    ) -> None:
        """Write into the audit log without changing the landscape (an admin's look at a hidden network).

        `done` is what else was done and can be undone.
        """

    @property
    def audit(self) -> AuditLog:
        """What was done before."""

    @property
    def bans(self) -> Present:
        """Who is where, for bans."""

    @property
    def lifecycle(self) -> Lifecycle:
        """What archiving, restoring and releasing need."""

    @property
    def upgrades(self) -> Upgrades:
        """What making a room anew needs."""

    async def status(self) -> ServiceStatus: ...

    async def language_for(self, heard: Heard) -> str:
        """The code of the language in which `heard` is answered."""

    async def set_language(self, user: UserId, language: str) -> None:
        """From now on speak it with `user`."""

    async def awaited(self, person: UserId, room: RoomId) -> Mapping[str, Awaited]:
        """What the bot waits for from them there, by kind, however long ago it has asked."""

    async def wait_for(self, heard: Heard, awaited: Awaited) -> None:
        """Wait for it from who said `heard`, there, instead of what was awaited of that kind before."""

    async def stop_waiting(self, heard: Heard, kind: str) -> None: ...

    @property
    def nominations(self) -> Nominations:
        """Who is to look after a network that nobody looks after."""

    @property
    def adoptions(self) -> Adoptions:
        """Rooms and Spaces of others that are brought in."""
