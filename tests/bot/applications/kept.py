"""Applications in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from spaces.applications import Application, State
from spaces.identifiers import PlaceId, UserId


class ApplicationsKept:
    """`bot.applications.ports.Applications`, numbered from 1."""

    def __init__(self) -> None:
        self.all: dict[int, Application] = {}

    async def file(self, application: Application) -> Application:
        filed = replace(application, number=len(self.all) + 1)
        self.all[filed.number] = filed
        return filed

    async def change(self, before: Application, after: Application) -> bool:
        now = self.all[before.number]
        if (now.state, now.answers) != (before.state, before.answers):
            return False
        self.all[before.number] = replace(after, number=before.number)
        return True

    async def of_number(self, number: int) -> Application | None:
        return self.all.get(number)

    async def newest(self, person: UserId, place: PlaceId) -> Application | None:
        theirs = [a for a in self.all.values() if (a.person, a.place) == (person, place)]
        return theirs[-1] if theirs else None

    async def live_of(self, person: UserId) -> list[Application]:
        return [a for a in await self.live() if a.person == person]

    async def is_asking(self, person: UserId) -> bool:
        return any(a.state is State.ASKING for a in await self.live_of(person))

    async def live(self) -> list[Application]:
        return [a for a in self.all.values() if a.is_live]

    async def open_at(self, places: Collection[PlaceId]) -> list[Application]:
        return [a for a in self.all.values() if a.place in places and a.state is State.OPEN]

    async def count_since(self, place: PlaceId, since: float) -> int:
        those = (a for a in self.all.values() if a.place == place and a.state is not State.ASKING)
        return sum(a.since >= since for a in those)
