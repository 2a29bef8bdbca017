"""The ecosystems as clients show them: the networks of our protocol in Explore rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appservice.store.database import Database
from appservice.store.landscape import LandscapeStore
from spaces.publishing import room_directories


class Ecosystems:
    """Implements `server.PublicNetworks`, from the first request on.

    Synapse remembers for an hour what it is told, a failure too: what is not told while we start would be
    missing in Explore rooms for as long.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def instances(self) -> Sequence[Mapping[str, object]]:
        async with self._database.reading() as connection:
            landscape = await LandscapeStore().load(connection)
        directories = room_directories(landscape)
        return [{"network_id": top, "desc": name, "fields": {}} for top, name in directories.items()]
