"""A unit of work in memory: a landscape, memberships, and all that was asked of it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from appservice.languages import usual
from bot.adopting.ports import Shown
from bot.languages import ENGLISH, words_in
from bot.ports import Heard, ServiceStatus
from bot.reply import Document, in_language
from spaces.access import Standing
from spaces.adopting import Below, Outside
from spaces.bans import unbanned
from spaces.differences import Changed, difference
from spaces.identifiers import GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.lifecycle import Snapshot
from spaces.sentences import Sentence
from spaces.succession import orphaned_since
from spaces.wanted import wanted_room
from tests.bot.adopting.fake import FakeAdoptions
from tests.bot.announcements.kept import AnnouncementsKept
from tests.bot.calendar.kept import CalendarKept
from tests.bot.codes_kept import CodesKept
from tests.bot.digests.kept import DigestsKept
from tests.bot.directory.allowance_kept import AllowanceKept
from tests.bot.directory.fake import FakeDirectory
from tests.bot.invitations_kept import InvitationsKept
from tests.bot.lifecycle.fake import FakeLifecycle
from tests.bot.listings.kept import ListingsKept
from tests.bot.log_kept import FakeLog, FakePresent
from tests.bot.market.kept import MarketKept
from tests.bot.paths_kept import PathsKept
from tests.bot.privacy_kept import PrivacyKept
from tests.bot.profiles.kept import ProfilesKept
from tests.bot.questions_kept import QuestionsKept
from tests.bot.stories.kept import StoriesKept
from tests.bot.upgrades.fake import FakeUpgrades
from tests.counted_codes import FIRST_LISTING

SERVER = "example.org"


class CountedIds:
    """Ids in the order 1, 2, 3 …, and suffixes from 7f3a on."""

    def __init__(self) -> None:
        self._numbers, self._suffixes = itertools.count(1), itertools.count(0x7F3A)
        self._listings = itertools.count(FIRST_LISTING)

    def network(self, *_: object) -> NetworkId:
        return NetworkId.of_bytes(next(self._numbers).to_bytes(10, "big"))

    def group(self, *_: object) -> GroupId:
        return GroupId.of_bytes(next(self._numbers).to_bytes(10, "big"))

    def suffix(self) -> str:
        return f"{next(self._suffixes):x}"

    def listing_number(self) -> int:
        return next(self._listings)


@dataclass
class FakeWork(QuestionsKept):
    """Does at once what the outbox would do later: who is invited is invited."""

    landscape: Landscape = field(default_factory=Landscape)
    ids: CountedIds = field(default_factory=CountedIds)
    admins: set[UserId] = field(default_factory=set)
    memberships: dict[tuple[PlaceId, UserId], str] = field(default_factory=dict)
    rooms: dict[RoomId, PlaceId] = field(default_factory=dict)
    failed: tuple[Sentence, ...] = ()
    cross_signed: bool | None = None
    answers: list[Document] = field(default_factory=list)
    told: list[tuple[UserId, Document]] = field(default_factory=list)
    said: set[tuple[UserId, str]] = field(default_factory=set)
    changes: list[tuple[str, PlaceId]] = field(default_factory=list)
    invited: list[tuple[PlaceId, UserId]] = field(default_factory=list)
    removed: list[tuple[PlaceId, UserId]] = field(default_factory=list)
    notes: list[tuple[str, PlaceId]] = field(default_factory=list)
    language: str = ENGLISH
    codes: CodesKept = field(default_factory=CodesKept)
    index: FakeDirectory = field(default_factory=FakeDirectory)
    allowance: AllowanceKept = field(default_factory=AllowanceKept)
    audit: FakeLog = field(default_factory=FakeLog)
    paths: PathsKept = field(init=False)
    spoken_with: set[UserId] = field(default_factory=set)
    snapshots: dict[PlaceId, Snapshot] = field(default_factory=dict)
    announced: list[tuple[PlaceId, Document]] = field(default_factory=list)
    outsides: list[Outside] = field(default_factory=list)
    hierarchies: dict[RoomId, tuple[Below, ...]] = field(default_factory=dict)
    spaces_shown: dict[tuple[UserId, str], Shown] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.paths = PathsKept(self.memberships)
        self.invitations = InvitationsKept(self)
        self.upgrades = FakeUpgrades(self)
        self.profiles = ProfilesKept(self)
        self.privacy = PrivacyKept(self)
        self.listings = ListingsKept(self.index, self.ids.listing_number)
        self.market = MarketKept(self)
        self.digests = DigestsKept(self)
        self.announcements = AnnouncementsKept(self)
        self.calendar = CalendarKept(self)
        self.stories = StoriesKept(self)

    @property
    def directory(self) -> FakeDirectory:
        self.profiles.follow()
        return self.index.at(self.landscape)

    async def standing_of(self, user: UserId) -> Standing:
        return Standing(
            user,
            is_admin=user in self.admins,
            is_local=user.server == SERVER,
            joined=self._places(user, "join"),
            invited=self._places(user, "invite"),
        )

    async def members_of(self, place: PlaceId) -> Mapping[UserId, str]:
        return {user: how for (where, user), how in self.memberships.items() if where == place}

    async def place_of_room(self, room: RoomId) -> PlaceId | None:
        return self.rooms.get(room)

    async def change(
        self, landscape: Landscape, *, what: str, about: PlaceId, undoes: int | None = None
    ) -> int:
        touched = landscape.changed_since(self.landscape)
        self.audit.keep(landscape, what, about, difference(self.landscape, landscape), undoes)
        before, self.landscape = self.landscape, landscape
        self.memberships |= dict.fromkeys(unbanned(before, landscape), "leave")
        self.changes.append((what, about))
        self.note_orphans(before, landscape)
        for place in touched:
            wanted = wanted_room(landscape, place, SERVER)
            for user in wanted.invited if wanted else ():
                self.memberships.setdefault((place, user), "invite")
            for banned in wanted.banned if wanted else ():
                self.memberships[place, UserId(banned.who)] = "ban"
        return len(touched)

    def note_orphans(self, before: Landscape, after: Landscape) -> None:
        for network in orphaned_since(before, after):
            places = after.places_of(network)
            there = ((who, how) for (place, who), how in self.memberships.items() if place in places)
            self.nominations.were_there[network] = frozenset(who for who, how in there if how == "join")

    async def look_at(self, places: Collection[PlaceId]) -> None: ...

    async def level_lacked(self, place: PlaceId) -> int | None:
        return None

    async def invite(self, place: PlaceId, user: UserId, *, reason: str) -> None:
        self.invited.append((place, user))
        self.memberships[place, user] = "invite"

    async def remove(self, place: PlaceId, user: UserId, *, reason: str) -> None:
        self.removed.append((place, user))
        self.memberships[place, user] = "leave"

    async def tell(self, user: UserId, message: Document, *, said: str, reminding: bool = False) -> None:
        if (user, said) not in self.said:
            self.said.add((user, said))
            self.paths.talking.add(user)
            self.spoken_with.add(user)
            language = await self._language_of(user, None)
            self.told.append((user, in_language(message, words_in(language))))

    async def answer(self, heard: Heard, reply: Document, *, meanwhile: Document | None = None) -> None:
        self.answers.append(reply)
        if heard.is_direct:
            self.spoken_with.add(heard.sender)

    async def language_for(self, heard: Heard) -> str:
        here = None if heard.is_direct else self.rooms.get(heard.room)
        return await self._language_of(heard.sender, here, direct=heard.is_direct)

    async def _language_of(self, user: UserId, here: PlaceId | None, *, direct: bool = True) -> str:
        chosen, standing = self.languages.get(user), await self.standing_of(user)
        return chosen or usual(self.landscape, standing, here, self.language, direct=direct)

    async def note(
        self, what: str, about: PlaceId, done: tuple[Changed, ...] = (), undoes: int | None = None
    ) -> None:
        self.audit.keep(self.landscape, what, about, done, undoes)
        if not done:
            self.notes.append((what, about))

    @property
    def bans(self) -> FakePresent:
        return FakePresent(self.memberships, self.admins)

    @property
    def lifecycle(self) -> FakeLifecycle:
        return FakeLifecycle(self)

    @property
    def adoptions(self) -> FakeAdoptions:
        return FakeAdoptions(self)

    async def status(self) -> ServiceStatus:
        count = len(self.landscape.networks), len(self.landscape.groups)
        return ServiceStatus("0.1.0", 0, self.failed, True, *count, cross_signed=self.cross_signed)

    @property
    def deeds(self) -> int:
        """How many things were done that somebody else can notice."""
        return len(self.changes) + len(self.invited) + len(self.removed) + len(self.told)

    def _places(self, user: UserId, membership: str) -> frozenset[PlaceId]:
        return frozenset(
            place for (place, who), how in self.memberships.items() if (who, how) == (user, membership)
        )
