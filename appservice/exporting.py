"""A tree of networks as one file: `hedgerow export`. All of it is read at one moment."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from appservice.applying import OPERATOR
from appservice.hsds.importing import network_named
from appservice.store import calendar, exports, listings, market, stories
from appservice.work import UnitOfWork
from appservice.works import Works
from config.export_writing import text_of
from spaces.exported import Cutting, Export, NotExported, cutting, places_in
from spaces.identifiers import EventId, UserId
from spaces.landscape import Landscape
from spaces.stories import Levels, Story, stands


@dataclass(frozen=True, slots=True)
class Exported:
    """What the file holds, and in English what stays behind."""

    export: Export
    left: tuple[str, ...]


class Exporting:
    """Export all networks, or one, by its name, with what is below it."""

    def __init__(self, works: Works, top: str | None = None) -> None:
        self._works = works
        self._top = top

    async def export(self) -> Exported:
        """Raises `Unknown` and `Conflict` where there is nothing of that name that can be exported."""
        async with self._works.preview(OPERATOR) as work:
            top = network_named(work.landscape, self._top) if self._top else None
            cut = cutting(work.landscape, top)
            if not cut.tree.networks:
                raise NotExported(["There is no network here to export."])
            export = await _export_of(work, cut)
        return Exported(export, (*cut.left, *_also_left(export)))


async def _export_of(work: UnitOfWork, cut: Cutting) -> Export:
    tree, connection, now = cut.tree, work.connection, work.now
    bot = frozenset({work.surroundings.maker.bot})
    joined = await exports.members(connection, places_in(tree))
    postings = await market.standing(connection, now)
    return Export(
        server=work.surroundings.server,
        made_at=now,
        tree=tree,
        members={place: users - bot for place, users in joined.items() if users - bot},
        listings=tuple(await listings.of(connection, tree.networks)),
        postings=tuple(posting for posting in postings if posting.network in tree.networks),
        stories=tuple(await _stories(work, tree)),
        occasions=tuple(await calendar.ahead(connection, tree.networks, now)),
        codes_left=await exports.codes_that_serve(connection, tree.networks, now),
    )


async def _stories(work: UnitOfWork, tree: Landscape) -> list[tuple[Story, Levels]]:
    """What was taken and stands, as far up as the tree reaches."""
    taken = await stories.taken_between(work.connection, 0.0, work.now + 1.0)
    numbers = {level.story for level in taken if level.network in tree.networks}
    levels = await stories.levels_of(work.connection, numbers)
    found: list[tuple[Story, Levels]] = []
    for story in await stories.numbered(work.connection, numbers):
        way = levels[story.number]
        here = {n: replace(level, decided_by=None) for n, level in way.items() if stands(tree, story, way, n)}
        if here:
            found.append((replace(story, proposer=UserId(""), edit=EventId("")), here))
    return found


def _also_left(export: Export) -> list[str]:
    codes = export.codes_left
    some = "One code that lets people in does" if codes == 1 else f"{codes} codes that let people in do"
    told = [f"{some} not come along: make new ones there."] if codes else []
    return [
        *told,
        "announcements, profiles, digests, who comes to events, and what was said in rooms",
    ]


def write(path: Path, export: Export) -> None:
    """Write the file, for this user alone. Raises `NotExported` where it is there."""
    text = text_of(export).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotExported([f"{path.name} is there already. Name another file."]) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> NotExported:
    return NotExported([f"{path.name} cannot be written: {error.strerror}."])


def people_in(export: Export) -> set[UserId]:
    """Everybody whom the file names as a member or a coordinator."""
    joined = (user for users in export.members.values() for user in users)
    return {*joined, *(one.user for one in export.tree.coordinators.values())}
