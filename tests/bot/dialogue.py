"""A conversation in memory: the stage on which dialogues are played without the service."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.conversation import Conversation, refused
from bot.languages import words_in
from bot.networks.founding import Templates
from bot.paths.arriving import arrived
from bot.ports import Heard
from bot.render import render
from bot.repertoire import all_commands
from bot.reply import Document, in_language, say
from bot.stories.ports import Message
from bot.stories.proposing import propose, take_in
from bot.stories.words import proposed
from spaces.adopting import Below, Outside
from spaces.blueprint import Blueprint
from spaces.by_hand import RolesChanged, with_roles
from spaces.errors import Refusal, Unknown
from spaces.identifiers import EventId, RoomId, UserId
from tests.bot.fake_work import SERVER, FakeWork
from tests.dialogues import alias_of, person

BOT = UserId.parse(f"@hedgerow:{SERVER}")
_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
NOW = datetime(2030, 5, 1, tzinfo=UTC)


def no_templates(template: str) -> Blueprint:
    raise Unknown(f"I know no template called “{template}”.")


def text_of(document: Document) -> str:
    return _LINK.sub("", str(render(document, lambda place: None)["body"]))


class Stage:
    """One world and a conversation in it (`tests.dialogues.Stage`)."""

    def __init__(
        self,
        admins: Iterable[str] = (),
        templates: Templates = no_templates,
        *,
        open_creation: bool = False,
    ) -> None:
        self.work = FakeWork(admins={person(name) for name in admins})
        self.conversation = Conversation(
            all_commands(templates),
            BOT,
            open_creation=open_creation,
        )
        self._events = itertools.count(1)
        self._heard = (0, 0, 0)

    async def say(self, who: str, text: str, place: str | None = None, *, in_thread: bool = False) -> str:
        """What is answered, as plain text."""
        heard = Heard(
            sender=person(who),
            room=self._room(who, place),
            event=EventId(f"$event{next(self._events)}"),
            body=text,
            at=NOW,
            is_direct=place is None,
            thread=EventId("$thread") if in_thread else None,
        )
        self.work.audit.who = person(who)
        self.forget()
        if heard.is_direct:
            self.work.paths.talking.add(heard.sender)
        await self.conversation.hear(heard, self.work)
        return self.answer()

    def forget(self) -> None:
        """From here on count what is answered, told and done."""
        self._heard = (len(self.work.answers), len(self.work.told), self.work.deeds)

    def answer(self) -> str:
        return "\n".join(text_of(document) for document in self.work.answers[self._heard[0] :])

    def told(self) -> list[tuple[UserId, str]]:
        return [(user, text_of(document)) for user, document in self.work.told[self._heard[1] :]]

    @property
    def writes(self) -> int:
        """How much was done because of what was last said."""
        return self.work.deeds - self._heard[2]

    async def proposes(self, who: str, whom: str, slug: str, text: str) -> None:
        self.forget()
        room, event = self._room(who, slug), EventId(f"$event{next(self._events)}")
        self.work.audit.who = person(who)
        self.work.stories.messages[room, event] = Message(person(whom), text)
        await self.proposes_event(who, slug, event)

    async def proposes_event(self, who: str, slug: str, event: EventId) -> None:
        """They reply `story` to an event of which they know the id."""
        work, room, place = self.work, self._room(who, slug), self.place(slug)
        try:
            story = await propose(work, place, room, event, person(who), NOW.timestamp())
            message = work.stories.messages.get((room, event))
            reason = await take_in(work, story, message, NOW.timestamp())
            said = proposed(work.landscape, work.landscape.groups[place].home, person(who))
            answer = say(reason) if reason else said
        except Refusal as refusal:
            answer = refused(refusal)
        language = await work._language_of(person(who), place, direct=False)
        work.answers.append(in_language(answer, words_in(language)))

    async def edits(self, who: str, text: str) -> None:
        """Changed words do not come as far as the conversation."""
        self.forget()

    async def reacts(self, who: str, key: str) -> None:
        """Reactions do not come as far as the conversation."""
        self.forget()

    async def joins(self, who: str, slug: str) -> None:
        self.moves(who, slug, "join")
        place, said = self.place(slug), f"{next(self._events)}"
        if place.is_network:
            await arrived(self.work, person(who), place, now=NOW.timestamp(), said=said)

    async def leaves(self, who: str, slug: str) -> None:
        """Whoever leaves a Space in their client gives up looking after the network."""
        self.moves(who, slug, "leave")
        place, landscape = self.place(slug), self.work.landscape
        if place.is_network and person(who) in landscape.coordinators_of(place):
            self.work.landscape = with_roles(landscape, place, RolesChanged(demoted=(person(who),)))
            self.work.note_orphans(landscape, self.work.landscape)

    async def invites(self, who: str, whom: str, slug: str) -> None:
        self.moves(whom, slug, "invite")

    async def makes(self, who: str, name: str) -> None:
        self._makes(who, name, is_space=False)

    async def makes_space(self, who: str, name: str, rooms: Sequence[str]) -> None:
        space = self._makes(who, name, is_space=True)
        inside = tuple(RoomId(f"!{alias_of(room)}") for room in rooms)
        below = (Below(inside[n], room, is_public=True) for n, room in enumerate(rooms))
        self.work.hierarchies[space] = (Below(space, name, is_space=True, children=inside), *below)

    def _makes(self, who: str, name: str, *, is_space: bool) -> RoomId:
        room, levels = RoomId(f"!{alias_of(name)}"), {"users": {person(who): 100}}
        made = Outside(
            room,
            "11",
            name,
            alias=f"#{alias_of(name)}:{SERVER}",
            is_space=is_space,
            join_rule="public",
            joined=frozenset({person(who)}),
            levels=levels,
        )
        self.work.outsides.append(made)
        return room

    @property
    def admin_notes(self) -> int:
        return len(self.work.notes)

    def moves(self, who: str, slug: str, membership: str) -> None:
        self.work.memberships[self.place(slug), person(who)] = membership

    def place(self, slug: str) -> Any:
        landscape = self.work.landscape
        home, _, group = slug.partition("/")
        return landscape.slugs[f"{landscape.slugs[home]}/{group}" if group else home]

    def _room(self, who: str, slug: str | None) -> RoomId:
        if slug is None:
            return RoomId(f"!direct-{who}")
        room = RoomId(f"!{slug}")
        if slug != "elsewhere":
            self.work.rooms[room] = self.place(slug)
        return room
