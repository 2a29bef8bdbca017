"""Dialogues as data: who says what where, and what Hedgerow answers.

A dialogue is a list of lines, each a mapping of one key:

    alice: text                 alice says it in her direct room
    alice in SLUG: text         alice says it in the room of that place
    Hedgerow: text              the answer to what was last said; an empty one if there is none
    Hedgerow to bob: text       what bob is told besides, in his direct room
    alice joins: SLUG           she joins it in her client (likewise `leaves`)
    writes: 0                   what was last said changed nothing, and told nobody but who asked
    admin notes: 1              how many lines of the audit log a look of an admin's has written

All that bob is told has to stand in the dialogue. Names are local to example.org unless they hold a
colon.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bot.conversation import Conversation
from bot.networks import network_commands
from bot.networks.founding import Templates
from bot.ports import Heard
from bot.render import render
from bot.reply import Document
from spaces.blueprint import Blueprint
from spaces.errors import Unknown
from spaces.identifiers import EventId, RoomId, UserId
from tests.bot.fake_work import SERVER, FakeWork

FOLDER = Path(__file__).parents[1] / "conversations"
BOT = UserId.parse(f"@hedgerow:{SERVER}")


def no_templates(template: str) -> Blueprint:
    raise Unknown(f"I know no template called “{template}”.")


def person(name: str) -> UserId:
    return UserId.parse(f"@{name}" if ":" in name else f"@{name}:{SERVER}")


def text_of(document: Document) -> str:
    return str(render(document, lambda place: None)["body"])


class Stage:
    """One world and a conversation in it."""

    def __init__(
        self,
        admins: Iterable[str] = (),
        templates: Templates = no_templates,
        *,
        open_creation: bool = False,
    ) -> None:
        self.work = FakeWork(admins={person(name) for name in admins})
        self.conversation = Conversation(network_commands(templates), BOT, open_creation=open_creation)
        self._events = itertools.count(1)
        self._heard = (0, 0, 0)

    async def say(self, who: str, text: str, place: str | None = None) -> str:
        """What is answered, as plain text."""
        heard = Heard(
            sender=person(who),
            room=self._room(who, place),
            event=EventId(f"$event{next(self._events)}"),
            body=text,
            at=datetime(2030, 5, 1, tzinfo=UTC),
            is_direct=place is None,
        )
        self.forget()
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


class Dialogue:
    """One dialogue; `name` tells what it shows."""

    def __init__(
        self, name: str, given: list[Mapping[str, Any]], said: list[Mapping[str, Any]], admins: list[str]
    ):
        self.name, self._given, self._said, self._admins = name, given, said, admins

    async def check(self) -> None:
        """Play it, and raise `AssertionError` where something else is answered."""
        stage = Stage(self._admins)
        for entry in self._given:
            await self._play(stage, entry, given=True)
        stage.forget()
        expected: list[tuple[UserId, str]] = []
        for entry in self._said:
            [(key, value)] = entry.items()
            if key.startswith("Hedgerow to "):
                expected.append((person(key.removeprefix("Hedgerow to ")), value.strip()))
                continue
            if _is_speech(key):
                _compare(expected, stage.told())
                expected = []
            await self._play(stage, entry, given=False)
        _compare(expected, stage.told())

    async def _play(self, stage: Stage, entry: Mapping[str, Any], *, given: bool) -> None:
        [(key, value)] = entry.items()
        who, _, rest = key.partition(" ")
        if key == "Hedgerow":
            _compare((value or "").strip(), stage.answer())
        elif key == "writes":
            _compare(value, stage.writes)
        elif key == "admin notes":
            _compare(value, len(stage.work.notes))
        elif rest in ("joins", "leaves"):
            stage.moves(who, value, rest.removesuffix("s"))
        else:
            await stage.say(who, value, rest.removeprefix("in ") or None)
            if given:
                assert stage.writes, f"{value!r} did nothing: {stage.answer()}"


def _compare(written: object, said: object) -> None:
    assert written == said, f"\nwritten: {written}\nsaid:    {said}"


def _is_speech(key: str) -> bool:
    who, _, rest = key.partition(" ")
    return who not in ("Hedgerow", "writes", "admin") and rest not in ("joins", "leaves")


def read(path: Path) -> list[Dialogue]:
    """The dialogues of one file."""
    backgrounds = yaml.safe_load((FOLDER / "backgrounds.yaml").read_text(encoding="utf-8"))
    return [
        Dialogue(
            f"{path.stem}: {name}",
            backgrounds[one["in"]]["given"] + one.get("given", []),
            one["said"],
            backgrounds[one["in"]]["admins"],
        )
        for name, one in yaml.safe_load(path.read_text(encoding="utf-8")).items()
    ]


def all_dialogues() -> list[Dialogue]:
    return [d for path in sorted(FOLDER.glob("*.yaml")) if path.stem != "backgrounds" for d in read(path)]
