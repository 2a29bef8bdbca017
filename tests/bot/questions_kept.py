"""What a unit of work in memory keeps of a conversation: languages, and what the bot waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.ports import Awaited, Heard
from spaces.identifiers import RoomId, UserId
from tests.bot.applications.kept import ApplicationsKept
from tests.bot.succession.nominated import Nominated


@dataclass(kw_only=True)
class QuestionsKept:
    languages: dict[UserId, str] = field(default_factory=dict)
    waiting: dict[tuple[UserId, RoomId], dict[str, Awaited]] = field(default_factory=dict)
    applications: ApplicationsKept = field(default_factory=ApplicationsKept)
    nominations: Nominated = field(default_factory=Nominated)

    async def set_language(self, user: UserId, language: str) -> None:
        self.languages[user] = language

    async def awaited(self, person: UserId, room: RoomId) -> Mapping[str, Awaited]:
        return dict(self.waiting.get((person, room), {}))

    async def wait_for(self, heard: Heard, awaited: Awaited) -> None:
        self.waiting.setdefault((heard.sender, heard.room), {})[awaited.kind] = awaited

    async def stop_waiting(self, heard: Heard, kind: str) -> None:
        self.waiting.get((heard.sender, heard.room), {}).pop(kind, None)
