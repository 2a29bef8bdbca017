"""See what the directory says of an organisation or service, and which there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.audience import audience_of, require_fit
from bot.command import Call, command
from bot.listings.seeing import Reader, numbered, readers, speaker
from bot.networks.rules import Named, named
from spaces.directory import Seen
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, UserId
from spaces.listings import Contact, Listing, may_contact


@dataclass(frozen=True, slots=True)
class Shown:
    """What its reader may see of a listing; None is what they may not, or what is not there.

    `members_only`: only members of the network are told how to reach them, and the reader is none.
    """

    listing: Listing
    network: Named | None
    organisation: Listing | None
    services: tuple[Listing, ...]
    contact: Contact
    members_only: bool
    stewards: tuple[UserId, ...]
    may_change: bool


@dataclass(frozen=True, slots=True)
class InNetwork:
    network: Named
    listings: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class OfSteward:
    listings: tuple[Listing, ...]


class LookingAtListings:
    """See what the directory says of an organisation or service, and which there are."""

    @command("show listing", topic="directory", examples=["show listing 48213"])
    async def show(self, call: Call, number: Annotated[int, "the number of the listing"]) -> Shown:
        """Show all that the directory says of an organisation or service."""
        listing = await numbered(call, number)
        reader = await readers(call)
        by = await call.work.listings.numbered(listing.by) if listing.by is not None else None
        is_known = listing.network in reader.sight.finds
        may_change = reader.may_change(listing)
        return Shown(
            listing,
            named(call.landscape, listing.network) if is_known else None,
            by if by is not None and reader.sees(by) else None,
            reader.seen(await call.work.listings.services_of(number)),
            *_contact(reader, listing),
            listing.stewards if may_change else (),
            may_change,
        )

    @command("listings", topic="directory", examples=["listings", "listings arts-uk"])
    async def listings(
        self,
        call: Call,
        network: Annotated[NetworkId | None, "a network; if you name none, what you are steward of"] = None,
    ) -> InNetwork | OfSteward:
        """Show the organisations and services that are listed in a network, or those you are steward of."""
        if network is None:
            return await _of_speaker(call)
        require_fit(call.landscape, await audience_of(call), network)
        found = await call.work.listings.of([network])
        return InNetwork(named(call.landscape, network), (await readers(call)).seen(found))


def _contact(reader: Reader, listing: Listing) -> tuple[Contact, bool]:
    """How to reach them, as far as the reader is told; and whether members alone are."""
    if may_contact(reader.sight, listing):
        return listing.contact, False
    return Contact(), listing.contact_for is Seen.MEMBERS


async def _of_speaker(call: Call) -> OfSteward:
    if not call.heard.is_direct:
        raise Conflict("That is for you alone to read. Ask me in a direct message.")
    found = await call.work.listings.stewarded_by(call.sender)
    return OfSteward(tuple(one for one in found if speaker(call).stewards(one)))
