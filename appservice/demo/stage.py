"""The demonstration: a homeserver, Hedgerow, made-up people, and the place that they are in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from appservice.demo.folder import ADMIN, DOMAIN, Folder, Kept
from appservice.demo.person import Dialogue, Person
from appservice.demo.service import Service
from appservice.demo.synapse import LocalSynapse
from appservice.store import outbox
from appservice.store.database import Database
from config.settings import Settings, load_settings
from spaces.blueprint import Blueprint
from spaces.identifiers import UserId

COORDINATOR = "alice"
MEMBERS = ("bob", "carol")
EVERYONE = (COORDINATOR, *MEMBERS, ADMIN)
_DEVICE = "DEMONSTRATION"
_LOOK_SECONDS = 0.3


def user(name: str) -> UserId:
    """The Matrix ID of one of the made-up people."""
    return UserId.parse(f"@{name}:{DOMAIN}")


def coordinated(blueprint: Blueprint) -> Blueprint:
    """The blueprint with the made-up coordinator at each of its tops."""
    tops = tuple(replace(top, coordinators=(user(COORDINATOR),)) for top in blueprint.networks)
    return replace(blueprint, networks=tops)


@dataclass
class Stage:
    """Two processes and four people. `end` ends whatever has been started, in good order."""

    folder: Folder
    kept: Kept

    def __post_init__(self) -> None:
        registrations = (self.folder.registration,)
        self.homeserver = LocalSynapse(
            self.folder.homeserver, self.kept.homeserver_port, DOMAIN, registrations
        )
        self.service = Service(self.folder, self.kept.hedgerow_url)
        self.settings: Settings = load_settings(self.folder.config, {})
        self.people: dict[str, Person] = {}
        self.dialogues: dict[str, Dialogue] = {}

    async def bring_in_people(self) -> None:
        """Make or find their accounts, and for each the direct message with the bot."""
        for name in EVERYONE:
            account = await self.homeserver.register(name, self.kept.password, name == ADMIN, _DEVICE)
            person = Person(self.homeserver.base_url, account.user_id, account.access_token)
            self.people[name] = person
            self.dialogues[name] = Dialogue(person, self.settings.homeserver.bot)
            await self.dialogues[name].begin()

    async def wait_until_all_is_delivered(self) -> bool:
        """Wait until nothing that Hedgerow has begun is left to do; returns whether there was anything."""
        database = Database(self.settings.database_url)
        try:
            looks = 0
            while True:
                async with database.reading() as connection:
                    waiting = await outbox.depth(connection)
                if not waiting:
                    return looks > 0
                looks += 1
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await database.close()

    async def let_them_in(self, blueprint: Blueprint) -> None:
        """Let the coordinator accept her invitations, and the members join what is public at the top."""
        await self.people[COORDINATOR].accept_invitations(self.settings.homeserver.bot)
        for name in MEMBERS:
            for top in blueprint.networks:
                for space in await self.people[name].spaces_named(top.name):
                    await self.people[name].join(space)

    async def ask(self, name: str, text: str) -> list[str]:
        """What the bot answers to one of the people, and what else it has told them since."""
        return await self.service.while_running(self.dialogues[name].ask(text))

    async def end(self) -> None:
        for person in self.people.values():
            await person.close()
        await self.service.stop()
        await self.homeserver.stop()
