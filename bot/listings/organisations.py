"""Which organisation somebody means, by its name or number, among those that they may see."""

from __future__ import annotations

import re

from bot.command import Call
from bot.listings.seeing import numbered, speaker
from spaces.directory import ListingKind
from spaces.errors import Ambiguous, Malformed, Unknown
from spaces.identifiers import NetworkId, printable
from spaces.listings import Listing
from spaces.lookalikes import folded

_NAMED_AT_MOST = 8
_NUMBER = re.compile(r"[0-9]{1,9}")


async def organisation_meant(call: Call, typed: str, within: NetworkId | None) -> Listing:
    """By name in this network, or in any that the speaker looks after; by number wherever it is."""
    if _NUMBER.fullmatch(typed):
        return _organisation(await numbered(call, int(typed)))
    around = [within] if within else sorted(call.landscape.coordinated_by(call.sender))
    found = [one for one in await call.work.listings.of(around) if one.kind is ListingKind.ORGANISATION]
    alike = [one for one in speaker(call).seen(found) if folded(one.name) == folded(typed)]
    if not alike:
        raise _nowhere(typed, call, within)
    if len(alike) > 1:
        raise _several(alike, call)
    return await _organisation_heard(call, alike[0])


async def _organisation_heard(call: Call, found: Listing) -> Listing:
    """As by its number: others who listen have to be ones who may see it."""
    return await numbered(call, found.number)


def _organisation(listing: Listing) -> Listing:
    if listing.kind is not ListingKind.ORGANISATION:
        raise Malformed(
            "Listing {number} is a service itself. Name the organisation that offers yours.",
            number=listing.number,
        )
    return listing


def _nowhere(typed: str, call: Call, within: NetworkId | None) -> Unknown:
    shown = printable(typed)[:80]
    if within is not None:
        return Unknown(
            "I know no organisation called “{name}” in “{network}”. `listings {slug}` shows those there are; "
            "one of another network can be named by its number.",
            name=shown,
            network=call.landscape.networks[within].name,
            slug=call.landscape.networks[within].slug,
        )
    return Unknown(
        "I know no organisation called “{name}” in the networks that you look after. List it first: "
        "`list organisation NAME --in NETWORK`. One of another network can be named by its number.",
        name=shown,
    )


def _several(alike: list[Listing], call: Call) -> Ambiguous:
    if not call.heard.is_direct:
        return Ambiguous("Several have that name; ask me in a direct message.")
    numbers = ", ".join(str(one.number) for one in alike[:_NAMED_AT_MOST])
    return Ambiguous(
        "“{name}” may be any of these listings: {numbers}. Say which one, by its number.",
        name=alike[0].name,
        numbers=numbers,
    )
