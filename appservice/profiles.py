"""Profiles for the conversation, and how people come into the directory and go out of it.

Whatever changes who finds somebody (what they say, a membership, a role, a ban, a name) holds from the
next query on: the index is brought to it in the same commit.
"""

from __future__ import annotations

from appservice.store import directory, indexing, profiles, rooms
from appservice.store.database import Connection
from spaces.access import Sight, Standing
from spaces.directory import Entry, ListingKind
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.profiles import (
    Profile,
    entries_of,
    found_now,
    has_other_rules,
    names_among,
    with_other_members,
)


class StoredProfiles:
    """Implements `bot.profiles.ports.KeptProfiles` within one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, user: UserId) -> Profile:
        return await profiles.profile_of(self._connection, user)

    async def keep(self, profile: Profile) -> None:
        await profiles.keep(self._connection, profile)


async def follow_people(connection: Connection, before: Landscape, after: Landscape) -> None:
    """At the end of a unit of work: bring the entries of those whom it concerns to what they should be."""
    if before is not after:
        await _mark_concerned(connection, before, after)
    for user in await profiles.take_marked(connection):
        await _bring(connection, after, user)


async def _mark_concerned(connection: Connection, before: Landscape, after: Landscape) -> None:
    if has_other_rules(before, after):
        await profiles.mark_shown_to(connection, None)
        return
    shown_to = await profiles.networks_shown_to(connection)
    if changed := with_other_members(before, after, shown_to):
        await profiles.mark_shown_to(connection, changed)


async def _bring(connection: Connection, landscape: Landscape, user: UserId) -> None:
    """Put what is found of them now into the index, where it is not so already."""
    wanted = await _wanted(connection, landscape, user)
    key = (ListingKind.PERSON, user)
    own = Sight(user, frozenset(), frozenset())
    if await directory.parts_of(connection, [key], own, 0.0) != wanted:
        await indexing.put(connection, wanted, [] if wanted else [key])


async def _wanted(connection: Connection, landscape: Landscape, user: UserId) -> list[Entry]:
    profile = await profiles.profile_of(connection, user)
    if not profile.shown:
        return []
    places = await rooms.places_of(connection, user)
    standing = Standing(user, joined=frozenset(place for place, how in places if how == "join"))
    names = names_among(landscape, await profiles.names_of(connection, user))
    return entries_of(found_now(landscape, standing, profile), names)
