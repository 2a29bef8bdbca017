"""One unit of work: what one event, one command or one blueprint changes, committed as a whole.

Everything is gathered first and written at the end: the landscape's difference, the actions that it
entails, what each room will be after them, the answer, and the line in the audit log.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from appservice import languages
from appservice.activity import foresee_visibility
from appservice.adoption import StoredAdoptions
from appservice.allowance import Allowance, FindsCounted
from appservice.announcements import KeptAnnouncements
from appservice.audit import Trail
from appservice.bans import Present, end_bans
from appservice.calendar import KeptCalendar
from appservice.codes import Codes
from appservice.digests import KeptDigests
from appservice.directory import StoredDirectory
from appservice.forgetting import KeptPrivacy
from appservice.invitations import KeptInvitations
from appservice.kept_listings import KeptListings
from appservice.kept_paths import KeptPaths
from appservice.lifecycle import StoredLifecycle
from appservice.market import KeptMarket
from appservice.profiles import StoredProfiles
from appservice.readers import linked_for, shown_to
from appservice.renewing import StoredUpgrades
from appservice.speech import direct_room_actions, notice, relation_of
from appservice.store import arrivals, inbox, outbox, paths, people, rooms
from appservice.store.applications import StoredApplications
from appservice.store.database import Connection
from appservice.stories import KeptStories
from appservice.succession import Succession, announce_orphans
from appservice.surroundings import RandomIds, Surroundings
from bot.audience import ONLOOKER
from bot.languages import words_in
from bot.ports import Awaited, Heard, ServiceStatus
from bot.reply import Document, in_language, to_json
from spaces.access import Standing, may_enter
from spaces.actions import Action, Invite, Leave, ReadBack, Remove, Say, Unban
from spaces.arrivals import arrived
from spaces.bans import bans_on
from spaces.entering import space_first
from spaces.hierarchy import parents_first, settled_under
from spaces.identifiers import DirectId, PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.reach import shifted
from spaces.reconcile import FoundRoom, level_to_invite, may_let_in, project, reconcile, undone
from spaces.wanted import wanted_room


class UnitOfWork:
    """Implements `bot.ports.Work`."""

    def __init__(
        self,
        connection: Connection,
        landscape: Landscape,
        surroundings: Surroundings,
        who: UserId | str,
        finds: FindsCounted | None = None,
    ) -> None:
        self.connection = connection
        self.surroundings = surroundings
        self.who = who
        self.codes = Codes(connection, surroundings)
        self._finds = finds or FindsCounted(surroundings.limits)
        self._landscape = self._loaded = landscape
        self._actions: list[Action] = []
        self._expected: dict[PlaceId, FoundRoom] = {}
        self._undertaking: int | None = None
        self._carried_on: int | None = None
        self.audit = Trail(connection, surroundings.now, who)
        self._standings: dict[UserId, Standing] = {}
        self._shifted: set[PlaceId] = set()
        self._arrived: dict[PlaceId, str] = {}
        self._languages: dict[tuple[UserId, PlaceId | None, bool], str] = {}

    @property
    def landscape(self) -> Landscape:
        return self._landscape

    @property
    def paths(self) -> KeptPaths:
        return KeptPaths(self.connection, self.surroundings.health, self.now, self.put)

    @property
    def ids(self) -> RandomIds:
        return self.surroundings.ids

    @property
    def invitations(self) -> KeptInvitations:
        return KeptInvitations(self)

    @property
    def now(self) -> float:
        return self.surroundings.now()

    @property
    def directory(self) -> StoredDirectory:
        is_stored = self._landscape is self._loaded
        return StoredDirectory(self.connection, self._landscape, self.now, is_stored=is_stored)

    @property
    def bans(self) -> Present:
        return Present(self)

    @cached_property
    def announcements(self) -> KeptAnnouncements:
        return KeptAnnouncements(self)

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.connection, self._finds)

    @property
    def profiles(self) -> StoredProfiles:
        return StoredProfiles(self.connection)

    @property
    def privacy(self) -> KeptPrivacy:
        return KeptPrivacy(self)

    @property
    def listings(self) -> KeptListings:
        return KeptListings(self.connection, self.ids)

    @property
    def market(self) -> KeptMarket:
        return KeptMarket(self)

    @property
    def digests(self) -> KeptDigests:
        return KeptDigests(self)

    @property
    def calendar(self) -> KeptCalendar:
        return KeptCalendar(self)

    @property
    def stories(self) -> KeptStories:
        return KeptStories(self)

    @property
    def applications(self) -> StoredApplications:
        return StoredApplications(self.connection)

    @property
    def adoptions(self) -> StoredAdoptions:
        return StoredAdoptions(self)

    # -- looking ---------------------------------------------------------------------------------

    async def standing_of(self, user: UserId) -> Standing:
        if user not in self._standings:
            places = await rooms.places_of(self.connection, user)
            self._standings[user] = Standing(
                user=user,
                is_admin=user in self.surroundings.admins,
                is_local=user.server == self.surroundings.server,
                joined=frozenset(place for place, membership in places if membership == "join"),
                invited=frozenset(place for place, membership in places if membership == "invite"),
            )
        return self._standings[user]

    async def members_of(self, place: PlaceId) -> Mapping[UserId, str]:
        room = await rooms.room_of(self.connection, place)
        return {} if room is None else await rooms.members(self.connection, room)

    async def place_of_room(self, room: RoomId) -> PlaceId | None:
        return await rooms.place_of(self.connection, room)

    async def status(self) -> ServiceStatus:
        landscape = self._landscape
        return ServiceStatus(
            version=self.surroundings.version,
            waiting=await outbox.depth(self.connection),
            failed=tuple(await outbox.failures(self.connection)),
            homeserver_answers=self.surroundings.health.homeserver_answers,
            networks=len(landscape.networks),
            groups=len(landscape.groups),
            set_aside=(await inbox.counts(self.connection)).get("set aside", 0),
            cross_signed=self.surroundings.health.cross_signed,
        )

    @property
    def nominations(self) -> Succession:
        return Succession(self)

    # -- the conversation ------------------------------------------------------------------------

    async def language_for(self, heard: Heard) -> str:
        here = None if heard.is_direct else await self.place_of_room(heard.room)
        return await self.language_of(heard.sender, here, direct=heard.is_direct)

    async def language_of(self, user: UserId, here: PlaceId | None = None, *, direct: bool = True) -> str:
        """The code of the language that is spoken with them, in the room of `here` or directly."""
        if (user, here, direct) not in self._languages:
            standing, otherwise = await self.standing_of(user), self.surroundings.language
            self._languages[user, here, direct] = await languages.language_of(
                self.connection, self._landscape, standing, here, otherwise, direct=direct
            )
        return self._languages[user, here, direct]

    async def set_language(self, user: UserId, language: str) -> None:
        self._languages.clear()
        await people.set_language(self.connection, user, language)

    async def awaited(self, person: UserId, room: RoomId) -> Mapping[str, Awaited]:
        return await people.awaited(self.connection, person, room)

    async def wait_for(self, heard: Heard, awaited: Awaited) -> None:
        await people.wait_for(self.connection, heard.sender, heard.room, awaited)

    async def stop_waiting(self, heard: Heard, kind: str) -> None:
        await people.stop_waiting(self.connection, heard.sender, heard.room, kind)

    # -- changing --------------------------------------------------------------------------------

    async def change(
        self, landscape: Landscape, *, what: str, about: PlaceId, undoes: int | None = None, by: str = ""
    ) -> int:
        """As in `bot.ports.Work`; `by` as in `Trail.changed`."""
        before, self._landscape = self._landscape, landscape
        self._languages.clear()
        touched = landscape.changed_since(before)
        self._shifted |= shifted(before, landscape, touched)
        self._arrived |= dict.fromkeys(arrived(before, landscape, touched), by or self.who)
        await self._take_back(before, landscape)
        await end_bans(self, before, landscape)
        self.audit.changed(before, landscape, what=what, about=about, by=by, undoes=undoes)
        writes = await self.settle(touched)
        await announce_orphans(self, before, landscape)
        return writes

    async def _take_back(self, before: Landscape, after: Landscape) -> None:
        """What a command links or unlinks is as it says, whatever somebody did to it by hand before.

        While a link or a share waits for a yes, what somebody put into the Space stays as it is.
        """
        for parent, child in settled_under(before, after):
            found = await self.expected_of(parent)
            if found is not None:
                by_hand = found.by_hand - {("m.space.child", child)}
                self._expected[parent] = replace(found, by_hand=by_hand)

    async def forget_effects(self, actions: Iterable[Action]) -> None:
        """Count no longer with what `actions` would have done: they are given up."""
        for action in actions:
            place = action.room
            found = await self.expected_of(place) if isinstance(place, PlaceId) else None
            if isinstance(place, PlaceId) and found is not None:
                self._expected[place] = undone(found, action)

    async def settle(self, places: Collection[PlaceId]) -> int:
        """Put what brings the rooms of `places` to what they should be into the outbox; how many writes."""
        steps = await self.steps_for(places)
        self._actions += steps
        self._expected = project(self._expected, steps, self.surroundings.maker)
        return sum(not isinstance(step, ReadBack) for step in steps)

    async def steps_for(self, places: Collection[PlaceId]) -> list[Action]:
        """What `settle` would put into the outbox."""
        server = self.surroundings.server
        ordered = parents_first(self._landscape, places)
        wanted = [room for place in ordered if (room := wanted_room(self._landscape, place, server))]
        await self._look_at(ordered)
        found = {place: self._expected[place] for place in ordered if place in self._expected}
        return reconcile(wanted, found, self.surroundings.maker)

    async def _look_at(self, places: Collection[PlaceId]) -> None:
        unseen = [place for place in places if place not in self._expected]
        people = {user for place in unseen for user in self._landscape.looking_after(place)}
        people |= {UserId(ban.who) for place in unseen for ban in bans_on(self._landscape, place)}
        self._expected |= await rooms.expected(self.connection, unseen, people)

    async def expected_of(self, place: PlaceId) -> FoundRoom | None:
        """The room once all that waits is done."""
        await self._look_at([place])
        return self._expected.get(place)

    def expect(self, place: PlaceId, room: FoundRoom) -> None:
        """From now on count with `room`: it was read just now."""
        self._expected[place] = room

    def put(self, *actions: Action) -> None:
        """Put single actions into the outbox."""
        self._actions += actions

    async def look_at(self, places: Collection[PlaceId]) -> None:
        for place in places:
            if await rooms.room_of(self.connection, place) is not None:
                self.put(ReadBack(place))

    async def level_lacked(self, place: PlaceId) -> int | None:
        found = await self.expected_of(place)
        may = found is None or may_let_in(found, self.surroundings.maker.bot)
        return None if found is None or may else level_to_invite(found)

    async def invite(self, place: PlaceId, user: UserId, *, reason: str) -> None:
        await self.change_membership(Invite(place, user, reason))

    async def remove(self, place: PlaceId, user: UserId, *, reason: str) -> None:
        await self.change_membership(Remove(place, user, reason))

    async def change_membership(self, step: Invite | Remove | Unban) -> None:
        place = step.room
        if isinstance(place, PlaceId):
            await self._look_at([place])
            self._actions.append(step)
            self._expected = project(self._expected, [step], self.surroundings.maker)

    @property
    def lifecycle(self) -> StoredLifecycle:
        return StoredLifecycle(self)

    @property
    def upgrades(self) -> StoredUpgrades:
        return StoredUpgrades(self)

    def forget(self, landscape: Landscape) -> None:
        """From now on `landscape`, which lacks what is ours no longer; nothing is to be done in Matrix."""
        self._landscape = landscape

    # -- speaking --------------------------------------------------------------------------------

    async def tell(self, user: UserId, message: Document, *, said: str, reminding: bool = False) -> None:
        room = await self.direct_room_of(user)
        message = await self.for_reader(message, await self.language_of(user), user)
        carried = notice(message, person=user, reminds=user if reminding else None)
        self._actions.append(Say(room, f"tell:{user}:{said}", carried))

    async def direct_room_of(self, user: UserId) -> RoomId | DirectId:
        """Where they and the bot talk; it is made if there is none."""
        return await rooms.direct_room(self.connection, user) or await self._direct_room_to_be(user)

    async def _direct_room_to_be(self, user: UserId) -> DirectId:
        """The direct room that the bot is making for `user`, or makes now; never one that it has lost."""
        for generation in itertools.count():
            room = DirectId.of_user(user, f"{self.surroundings.secret}|{generation}")
            if await self.expected_of(room) is None:
                steps = direct_room_actions(room, user, self.surroundings.maker)
                self._actions += steps
                self._expected = project(self._expected, steps, self.surroundings.maker)
                return room
            if await rooms.room_of(self.connection, room) is None:
                return room
        raise AssertionError("unreachable")

    async def answer(self, heard: Heard, reply: Document, *, meanwhile: Document | None = None) -> None:
        relates, language = relation_of(heard), await self.language_for(heard)
        person = heard.sender if heard.is_direct else None
        reply = await self.for_reader(reply, language, heard.sender, None if heard.is_direct else heard.room)
        meanwhile = in_language(meanwhile, words_in(language)) if meanwhile else None
        if any(not isinstance(action, Say) for action in self._actions):
            self._undertaking = await outbox.begin(
                self.connection,
                room=heard.room,
                event=heard.event,
                relates=relates,
                reply=to_json(reply),
                meanwhile=to_json(meanwhile) if meanwhile else None,
                total=len(self._actions),
                now=self.now,
                person=person,
                language=language,
            )
        else:
            answer = notice(reply, relates, person=person)
            self._actions.append(Say(heard.room, f"answer:{heard.event}", answer))

    async def for_reader(
        self, document: Document, language: str, reader: UserId, room: RoomId | None = None
    ) -> Document:
        """`document` in words, with names and links as they are for `reader`, or for all in that room."""
        said = in_language(document, words_in(language))
        standing, inside = await self._seen_by(reader, room)
        linked = linked_for(said, inside, lambda place: may_enter(self._landscape, standing, place))
        return await shown_to(self.connection, reader, linked, self.surroundings.bot_names, room=room)

    async def _seen_by(self, reader: UserId, room: RoomId | None) -> tuple[Standing, Collection[PlaceId]]:
        """What the reader may enter, and whose rooms they are in or invited to; of several, what all may."""
        if room is not None:
            here = await self.place_of_room(room)
            inside = frozenset({here}) if here else frozenset[PlaceId]()
            return Standing(ONLOOKER, joined=inside), inside
        standing = await self.standing_of(reader)
        asked = {PlaceId(a.room) for a in self._actions if isinstance(a, Invite) and a.user == reader}
        return standing, standing.joined | standing.invited | asked

    async def undertake(self, name: str) -> int:
        """Bind all that was put so far to one undertaking that nobody waits for in a room; its id."""
        self._undertaking = await outbox.begin(
            self.connection,
            room=None,
            event=name,
            relates=None,
            reply=None,
            meanwhile=None,
            total=len(self._actions),
            now=self.now,
        )
        return self._undertaking

    def carry_on(self, undertaking: int | None) -> None:
        """Who waits for that undertaking waits for what is put from now on, too."""
        self._undertaking = self._carried_on = undertaking

    def carries_on(self, undertaking: int | None) -> bool:
        """Whether there is more to be done for that undertaking."""
        is_same = undertaking is not None and self._carried_on == undertaking
        return is_same and any(not isinstance(action, Say) for action in self._actions)

    async def note(self, what: str, about: PlaceId | RoomId, *done: Any, **more: Any) -> None:
        """As in `bot.ports.Work`; what more may be said of it is in `Trail.noted`."""
        self.audit.noted(self._landscape, what, about, *done, **more)

    @property
    def gathered(self) -> tuple[Action, ...]:
        """What this work puts into the outbox when it is committed."""
        return tuple(self._actions)

    async def flush(self) -> None:
        """Write all that was gathered, within the transaction."""
        await foresee_visibility(self, self._actions)
        tellings = [a for a in self._actions if isinstance(a, Say)]
        partings = [a for a in self._actions if isinstance(a, Leave)]
        others = [a for a in self._actions if not isinstance(a, (Say, Leave))]
        await self._put(space_first(self._landscape, others), self._undertaking)
        if self._carried_on is not None:
            await outbox.add_to_total(self.connection, self._carried_on, len(others))
        await self._put(tellings, None)
        await self._put(partings, self._undertaking)  # whoever leaves a room has nothing more to say there
        await rooms.save_expected(self.connection, self._expected)
        await paths.mark(self.connection, self._shifted)
        await arrivals.keep(self.connection, self._arrived, self.now)
        await self.audit.write()

    async def _put(self, actions: Iterable[Action], undertaking: int | None) -> None:
        gathered = list(actions)
        if gathered:
            await outbox.put(self.connection, gathered, undertaking=undertaking, now=self.now)
