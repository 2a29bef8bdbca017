"""Listings become a file: what everyone may see, or all of a network for whoever runs the server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from appservice.hsds.importing import OPERATOR, network_named
from appservice.hsds.records import Records
from appservice.hsds.served import records_for
from appservice.hsds.sheets import write_sheet
from appservice.store import listings
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.audience import ONLOOKER
from spaces.access import Sight, Sights, Standing, networks_found
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId
from spaces.listings import Contact, Listing, may_contact
from spaces.network import Status
from spaces.open_referral import id_of


@dataclass(frozen=True)
class Exporting:
    """`network`: of this one only. `everything`: also what not everyone may see."""

    works: Works
    network: str | None = None
    everything: bool = False

    async def json(self) -> str:
        """HSDS 3: `organizations` and `services`, each with all that is known of it."""
        async with self.works.preview(OPERATOR) as work:
            found, records = await self._found(work)
        kinds = {"organizations": ListingKind.ORGANISATION, "services": ListingKind.SERVICE}
        data = {
            name: [records.whole(listing) for listing in found if listing.kind is kind]
            for name, kind in kinds.items()
        }
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"

    async def csv(self) -> str:
        """A table, in which a service names its organisation, by id where several have that name."""
        async with self.works.preview(OPERATOR) as work:
            found, records = await self._found(work)
        return write_sheet(_rows(found, records))

    async def _found(self, work: UnitOfWork) -> tuple[Sequence[Listing], Records]:
        sight = None if self.everything else Sights(work.landscape).of(Standing(ONLOOKER))
        networks = self._networks(work, sight)
        found = await listings.of(work.connection, networks)
        around = networks_found(work.landscape, sight) if sight else frozenset(work.landscape.networks)
        server = work.surroundings.server
        return found, await records_for(work.connection, server, found, around, sight)

    def _networks(self, work: UnitOfWork, sight: Sight | None) -> frozenset[NetworkId]:
        if self.network is not None:
            named = frozenset({network_named(work.landscape, self.network)})
            return named if sight is None else named & networks_found(work.landscape, sight)
        if sight is not None:
            return networks_found(work.landscape, sight)
        networks = work.landscape.networks.values()
        return frozenset(network.id for network in networks if network.status is Status.ACTIVE)


def _rows(found: Sequence[Listing], records: Records) -> list[dict[str, str]]:
    names = Counter(" ".join(one.name.split()).casefold() for one in records.organisations.values())
    names |= Counter(
        " ".join(one.name.split()).casefold() for one in found if one.kind is ListingKind.ORGANISATION
    )

    def named(number: int | None) -> str:
        of = records.organisations.get(number) if number is not None else None
        if of is None:
            return ""
        return of.name if names[" ".join(of.name.split()).casefold()] == 1 else id_of(records.server, of)

    return [_row(listing, records, named(listing.by)) for listing in found]


def _row(listing: Listing, records: Records, organisation: str) -> dict[str, str]:
    may = records.sight is None or may_contact(records.sight, listing)
    contact = listing.contact if may else Contact()
    return {
        "kind": listing.kind.value,
        "name": listing.name,
        "about": listing.about,
        "place": listing.place,
        "phone": contact.phone,
        "email": contact.email,
        "web": contact.web,
        "organisation": organisation,
        "id": listing.source_id or id_of(records.server, listing),
    }
