"""What a public network has to tell to everyone, read from the store; nothing is written.

It is read as a stranger would: of places what everyone finds, of stories those alone whose authors agreed
that everyone may read them, and of people nothing but what they have shown to everyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from appservice.meant import network_meant
from appservice.paper.wording import zone_named
from appservice.public_items import announcements_told, occasions_told, stories_told
from appservice.store import market, rooms
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.audience import ONLOOKER
from spaces.access import Sight, Standing
from spaces.bans import is_banned
from spaces.directory import ListingKind
from spaces.display_names import called
from spaces.errors import Conflict, Malformed
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Group, Network, Status
from spaces.news import News, PlaceTold, PostingTold, Reach, Span, in_order, lately
from spaces.wanted import alias_of

_MOST_PLACES = 40


class PublicNews:
    """Implements `appservice.news_pages.NewsSource`, and gathers what is to be printed."""

    def __init__(self, works: Works) -> None:
        self._works = works

    async def lately(self, slug: str) -> News | None:
        """What the public network that has or had that short name has to tell; None: there is none."""
        async with self._works.preview(ONLOOKER) as work:
            network = public_network(work.landscape, work.landscape.slugs.get(slug))
            return None if network is None else await Gathering(work, network, lately(work.now)).news()

    async def between(self, typed: str, first: date, end: date) -> News:
        """What the network that whoever runs the server means has to tell of the days before `end`.

        Raises `Unknown`, `Ambiguous`, `Malformed`, and `Conflict` where it is not public.
        """
        if first >= end:
            raise Malformed("The first day must come before the last: --from 2027-03-01 --to 2027-03-08.")
        async with self._works.preview(ONLOOKER) as work:
            meant = network_meant(work.landscape, typed)
            network = public_network(work.landscape, meant.id)
            if network is None:
                raise Conflict(
                    "{network} is not public, or not active. A newspaper is for everyone: only a public "
                    "network has one.",
                    network=meant.name,
                )
            zone = zone_named(work.calendar.zone_of(network.id))
            start, stop = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (first, end))
            return await Gathering(work, network, Span(start.timestamp(), stop.timestamp(), work.now)).news()


def public_network(landscape: Landscape, place: PlaceId | None) -> Network | None:
    """The network of that id, if it is one that has a page: public, and awake."""
    network = landscape.networks.get(NetworkId(place)) if place is not None else None
    if network is None or network.access is not Access.PUBLIC:
        return None
    return network if landscape.status_of(network.id) is Status.ACTIVE else None


@dataclass(frozen=True)
class Gathering:
    """One reading of all that `network` has to tell of `span`."""

    work: UnitOfWork
    network: Network
    span: Span

    async def news(self) -> News:
        work, network = self.work, self.network
        sight = work.directory.sight_of(Standing(ONLOOKER))
        found = News(
            network.id,
            network.name,
            network.topic,
            network.slug,
            self.span,
            Reach(work.surroundings.maker.bot, await self._alias(network), await self._stewards(sight)),
            network.language or work.surroundings.language,
            work.calendar.zone_of(network.id),
            await stories_told(work, network.id, self.span, sight),
            await announcements_told(work, network.id, self.span, sight),
            await occasions_told(work, network.id, self.span),
            await self._postings(),
            await self._places(sight),
        )
        return in_order(found)

    async def _postings(self) -> tuple[PostingTold, ...]:
        """What stands, but not of somebody who is banned; whose it is is left out."""
        land, own = self.work.landscape, self.network.id
        found = await market.standing_in(self.work.connection, own, self.span.now)
        return tuple(
            PostingTold(one.number, one.kind, one.text, one.ends_at, one.terms)
            for one in found
            if not is_banned(land, own, one.owner)
        )

    # -- places ---------------------------------------------------------------------------------------

    async def _places(self, sight: Sight) -> tuple[PlaceTold, ...]:
        """The network, its groups, those shared with it, and the networks below it, as far as everyone may
        join them: what has an alias is public.
        """
        others = sorted(self._to_join(sight), key=lambda place: (place.name.casefold(), place.id))
        told = [
            PlaceTold(place.name, place.topic, alias)
            for place in (self.network, *others[:_MOST_PLACES])
            if (alias := await self._alias(place))
        ]
        return tuple(told)

    def _to_join(self, sight: Sight) -> Iterator[Network | Group]:
        land, own = self.work.landscape, self.network.id
        groups = [*land.groups_of(own), *(land.groups[group] for group in land.shared_with(own))]
        places: list[Network | Group] = [*groups, *(land.networks[child] for child in land.children(own))]
        for place in places:
            is_kit = isinstance(place, Group) and place.is_kit
            if place.id in sight.finds and alias_of(land, place) and not is_kit:
                yield place

    async def _alias(self, place: Network | Group) -> str:
        """By what everyone may join it; nothing as long as its room is not ready."""
        alias = alias_of(self.work.landscape, place)
        if alias is None or not await rooms.is_ready(self.work.connection, place.id):
            return ""
        return f"#{alias}:{self.work.surroundings.server}"

    # -- people ---------------------------------------------------------------------------------------

    async def _stewards(self, sight: Sight) -> tuple[str, ...]:
        """Those who look after it and show something of themselves to everyone, by the name that is told.

        Where a name does not tell enough to stand without the Matrix ID nothing is told.
        """
        people = self.work.landscape.coordinators_of(self.network.id)
        keys = [(ListingKind.PERSON, user) for user in people]
        entries = await self.work.directory.parts_of(keys, sight) if keys else []
        names = {UserId(entry.key): entry.title for entry in entries}
        shown = [(name, user) for user, name in names.items() if name != user.localpart]
        bot = self.work.surroundings.bot_names
        return tuple(
            sorted(name for name, user in shown if called(user, name, bot, is_anothers=False) == name)
        )
