"""What comes along with a tree: listings, offers and wants, stories, events; under numbers of this server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from appservice.store import calendar, exports, listings, market, stories
from appservice.store.numbers import free_numbers
from appservice.work import UnitOfWork
from spaces.exported import Export
from spaces.identifiers import GroupId, NetworkId, UserId
from spaces.imported import Imported
from spaces.listings import Listing
from spaces.market import Posting, State, ended
from spaces.occasions import Occasion, reminder_of
from spaces.reinviting import People
from spaces.stories import Level, Levels, Story

_LISTING, _POSTING, _STORY, _OCCASION = "listing", "posting", "story", "event"


@dataclass(frozen=True)
class Belongings:
    """What is new, as it is to be kept here; `numbers` leads from what it was called to what it is called.

    `left_out` are English sentences.
    """

    listings: tuple[Listing, ...] = ()
    postings: tuple[Posting, ...] = ()
    stories: tuple[tuple[Story, Levels], ...] = ()
    occasions: tuple[Occasion, ...] = ()
    numbers: Mapping[str, str] | None = None
    left_out: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        return bool(self.listings or self.postings or self.stories or self.occasions)


async def belongings(
    work: UnitOfWork, export: Export, came: Imported, known: Mapping[str, str], people: People
) -> Belongings:
    """What of `export` is to be kept; `known` is what was imported from the same server before."""
    fresh = [thing for thing in _things(export) if thing not in known]
    drawn = await free_numbers(work.connection, work.ids.listing_number, len(fresh))
    moving = _Moving(work.now, came, people, dict(zip(fresh, drawn, strict=True)), known)
    of_others = [s for s, _ in export.stories if await stories.of_message(work.connection, s.room, s.event)]
    found = Belongings(
        listings=tuple(filter(None, map(moving.listing, export.listings))),
        postings=tuple(filter(None, map(moving.posting, export.postings))),
        stories=tuple(
            moved
            for story, levels in export.stories
            if story not in of_others and (moved := moving.story(story, levels))
        ),
        occasions=tuple(filter(None, map(moving.occasion, export.occasions))),
    )
    return replace(found, numbers=moving.kept(found), left_out=tuple(moving.left_out(export, found)))


def _things(export: Export) -> list[str]:
    return [
        *(f"{_LISTING} {one.number}" for one in export.listings),
        *(f"{_POSTING} {one.number}" for one in export.postings),
        *(f"{_STORY} {story.number}" for story, _ in export.stories),
        *(f"{_OCCASION} {one.number}" for one in export.occasions),
    ]


async def keep_belongings(work: UnitOfWork, source: str, new: Belongings) -> None:
    connection = work.connection
    await listings.keep(connection, new.listings)
    for posting in new.postings:
        await market.keep(connection, posting)
    for story, levels in new.stories:
        await stories.keep(connection, story)
        for level in levels.values():
            await stories.keep_level(connection, level)
    for occasion in new.occasions:
        await calendar.keep(connection, occasion)
    await exports.remember(connection, source, new.numbers or {}, work.now)


@dataclass
class _Moving:
    now: float
    came: Imported
    people: People
    numbers: dict[str, int]
    known: Mapping[str, str]

    def kept(self, found: Belongings) -> dict[str, str]:
        """What each that is kept was called, and is called now."""
        kept = {one.number for one in found.listings} | {one.number for one in found.postings}
        kept |= {one.number for one in found.occasions} | {story.number for story, _ in found.stories}
        return {
            thing: f"{thing.split()[0]} {number}" for thing, number in self.numbers.items() if number in kept
        }

    def left_out(self, export: Export, found: Belongings) -> Iterable[str]:
        ownerless = sum(self.people(one.owner) is None for one in export.postings)
        if ownerless:
            yield f"{ownerless} offers and wants are of people who cannot be reached: they do not come along."
        if found.postings:
            yield (
                f"{len(found.postings)} offers and wants are seen by nobody until who made them has joined "
                "and renews them: `mine` shows them."
            )

    # -- one by one ------------------------------------------------------------------------------

    def _network(self, network: NetworkId) -> NetworkId | None:
        here = self.came.places.get(network)
        return None if here is None else NetworkId(here)

    def _number(self, kind: str, number: int) -> int | None:
        """What it is to be called here; None where it came before."""
        return self.numbers.get(f"{kind} {number}")

    def listing(self, one: Listing) -> Listing | None:
        network, number = self._network(one.network), self._number(_LISTING, one.number)
        if network is None or number is None:
            return None
        stewards = tuple(dict.fromkeys(who for user in one.stewards if (who := self.people(user))))
        return replace(one, number=number, network=network, stewards=stewards, by=self._organisation(one.by))

    def _organisation(self, number: int | None) -> int | None:
        thing = f"{_LISTING} {number}"
        if thing in self.numbers:
            return self.numbers[thing]
        here = self.known.get(thing)
        return int(here.split()[1]) if here else None

    def posting(self, one: Posting) -> Posting | None:
        """It waits until its owner has come: an offer of somebody who is not here is no offer."""
        number, owner = self._number(_POSTING, one.number), self.people(one.owner)
        network = self._network(one.network)
        if network is None or owner is None or number is None:
            return None
        moved = replace(one, number=number, network=network, owner=owner)
        return ended(moved, State.LEFT, self.now)

    def occasion(self, one: Occasion) -> Occasion | None:
        network, number = self._network(one.network), self._number(_OCCASION, one.number)
        if network is None or number is None or one.over_at <= self.now:
            return None
        return replace(
            one,
            number=number,
            network=network,
            owner=self.people(one.owner) or UserId(""),
            remind_at=reminder_of(one.starts_at, one.zone, self.now),
        )

    def story(self, one: Story, levels: Levels) -> tuple[Story, Levels] | None:
        """Its message stays where it was; who wrote it can take it back here by their new name."""
        group, number = self.came.places.get(one.group), self._number(_STORY, one.number)
        if group is None or number is None:
            return None
        author = self.people(one.author) or one.author
        moved: dict[NetworkId, Level] = {}
        for level in levels.values():
            network, source = self._network(level.network), level.source and self._network(level.source)
            if network is not None and (source is not None or level.source is None):
                moved[network] = replace(level, story=number, network=network, source=source)
        if not moved:
            return None
        return replace(one, number=number, group=GroupId(group), author=author), moved
