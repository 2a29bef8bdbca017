"""Homeservers at which dialogues are played: the fake one, and a real Synapse."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import aiohttp

from appservice.demo.synapse import LocalSynapse
from spaces.identifiers import UserId
from tests.fake import FakeHomeserver
from tests.registration import Registration
from tests.second_client import Json, SecondClient

_REQUEST = re.compile(r'\{(?P<who>[^}]*)\}.*? (?P<status>\d{3}) "(?P<method>[A-Z]+) (?P<path>/[^ ?]*)')


class Home(Protocol):
    """A homeserver, the registration of Hedgerow at it, and its people."""

    registration: Registration

    @property
    def base_url(self) -> str: ...

    async def client(self, user: UserId) -> SecondClient:
        """A client of this person's own, to be closed; their account is made if there is none.

        Nobody has a display name, so that everybody is shown by their Matrix ID.
        """

    def writes(self) -> list[str]:
        """The bot's writes so far, oldest first: `PUT /_matrix/…`."""

    async def free_alias(self, alias: str) -> None:
        """Let other rooms have an alias of ours, if there is one like it."""

    async def kept(self, at_once: Callable[[], None]) -> bytes | None:
        """All that it holds, for another to go on from, if that can be had; `at_once` is called just then."""


class FakeHome:
    """The fake homeserver; people may also be of other servers."""

    def __init__(self, fake: FakeHomeserver) -> None:
        self.fake = fake
        self.registration = fake.registration

    @property
    def base_url(self) -> str:
        return self.fake.base_url

    async def client(self, user: UserId) -> SecondClient:
        added = self.fake.add_user(user)
        self.fake.world.accounts[user].profile.clear()
        return SecondClient(self.base_url, user, added.access_token)

    def writes(self) -> list[str]:
        calls = (call for call in self.fake.calls if call.as_user == self.fake.bot)
        return [f"{call.method} {call.path}" for call in calls if call.method != "GET"]

    async def free_alias(self, alias: str) -> None:
        self.fake.world.aliases.pop(alias, None)

    async def kept(self, at_once: Callable[[], None]) -> bytes:
        return await self.fake.kept(at_once)


# what no dialogue looks at, and what a Synapse that is never started again need not keep
_LIGHT = {
    "database": {"name": "sqlite3", "args": {"database": ":memory:", "cp_min": 1, "cp_max": 1}},
    "enable_search": False,
    "user_directory": {"enabled": False},
    "stats": {"enabled": False},
    "caches": {"global_factor": 2.0, "sync_response_cache_duration": "0s"},
}


class SynapseHome:
    """A real Synapse for many dialogues, one after the other, each with a bot of its own (`anew`).

    So none of them has to look through the rooms of those before; the public aliases are freed behind each.
    """

    def __init__(self, directory: Path, port: int, registration: Registration) -> None:
        namespaces = registration.as_mapping()["namespaces"]
        bots = rf"(?i:@{registration.bot_localpart}\d*:{re.escape(registration.server_name)})"
        namespaces["users"] = [{"exclusive": True, "regex": bots}]
        registration = replace(registration, more={"namespaces": namespaces})
        self.registration = registration
        self._numbers = itertools.count(1)
        self._log = directory / "requests.log"
        self._read_to = 0
        self._writes: list[str] = []
        file = registration.write(directory / "registration.yaml")
        log = directory / "log.json"
        log.write_text(json.dumps(_logging(self._log)))
        more = {"log_config": str(log), "bcrypt_rounds": 4, **_LIGHT}
        server = registration.server_name
        self.synapse = LocalSynapse(directory / "synapse", port, server, (file,), extra=more)
        self._tokens: dict[UserId, str] = {}

    def anew(self) -> SynapseHome:
        """The same, with another bot."""
        localpart = f"hedgerow{next(self._numbers)}"
        self.registration = replace(self.registration, bot_localpart=localpart)
        return self

    @property
    def base_url(self) -> str:
        return self.synapse.base_url

    async def client(self, user: UserId) -> SecondClient:
        if user not in self._tokens:
            account = await self.synapse.register(user.localpart, "a password")
            self._tokens[user] = account.access_token
            async with SecondClient(self.base_url, user, account.access_token) as client:
                path = f"/_matrix/client/v3/profile/{quote(user)}/displayname"
                await client.call("PUT", path, {"displayname": ""})
        return SecondClient(self.base_url, user, self._tokens[user])

    def writes(self) -> list[str]:
        with self._log.open(encoding="utf-8") as log:
            log.seek(self._read_to)
            while (line := log.readline()).endswith("\n"):
                self._read_to = log.tell()
                found = _REQUEST.search(line)
                if found and self.registration.bot in found["who"] and found["method"] != "GET":
                    self._writes.append(f"{found['method']} {found['path']}")
        return list(self._writes)

    async def free_alias(self, alias: str) -> None:
        headers = {"Authorization": f"Bearer {self.registration.as_token}"}
        path = f"/_matrix/client/v3/directory/room/{quote(alias, safe='')}"
        asserted = {"user_id": self.registration.bot}
        async with (
            aiohttp.ClientSession(self.base_url, headers=headers) as session,
            session.delete(path, params=asserted) as answer,
        ):
            assert answer.status in (200, 404), await answer.text()

    async def kept(self, _: Callable[[], None]) -> None:
        return None


def _logging(requests: Path) -> Json:
    handler = {"class": "logging.FileHandler", "filename": str(requests), "encoding": "utf-8"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(message)s"}},
        "handlers": {"requests": {**handler, "formatter": "plain"}},
        "loggers": {"synapse.access": {"level": "INFO"}},
        "root": {"level": "WARNING", "handlers": ["requests"]},
    }
