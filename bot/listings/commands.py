"""Put organisations and services into the directory, change them, and take them out again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from bot.command import Call, Name, command
from bot.listings import previews
from bot.listings.organisations import organisation_meant
from bot.listings.permissions import LISTING
from bot.listings.seeing import require_fit, require_heard, require_lister, speaker, theirs
from bot.networks.rules import Named, named
from spaces.contacts import check_about, check_contact, check_located
from spaces.directory import ListingKind, Seen
from spaces.errors import Conflict, Malformed
from spaces.freshness import confirmed
from spaces.identifiers import NetworkId
from spaces.listings import Listing
from spaces.lookalikes import folded
from spaces.naming import check_name


class ContactFor(StrEnum):
    """Who is told how to reach them."""

    PUBLIC = "public"
    MEMBERS = "members"
    NOBODY = "nobody"


_CONTACT_FOR = {
    ContactFor.PUBLIC: Seen.FINDERS,
    ContactFor.MEMBERS: Seen.MEMBERS,
    ContactFor.NOBODY: Seen.NOBODY,
}


@dataclass(frozen=True, slots=True)
class PutIn:
    """`organisation` is whose service it is."""

    listing: Listing
    network: Named
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class AlreadyIn:
    listing: Listing
    network: Named


@dataclass(frozen=True, slots=True)
class Edited:
    listing: Listing
    changed: bool


@dataclass(frozen=True, slots=True)
class TakenOut:
    listing: Listing
    services: int


_About = Annotated[str, "what it is about"]
_Place = Annotated[str, "where it is, such as a town"]
_Phone = Annotated[str, "its telephone number"]
_Email = Annotated[str, "its e-mail address"]
_Web = Annotated[str, "its web address"]
_For = Annotated[ContactFor, "who is told how to reach them; public: all who may see the listing"]


class InDirectory:
    """Put organisations and services into the directory, change them, and take them out again."""

    @command(
        "list organisation",
        topic="directory",
        requires=LISTING,
        examples=[
            "list organisation Mill Trust --in arts-uk",
            "list organisation Mill Trust --in arts-uk --about Looks after the mill --place Taunton "
            "--phone 01823 555 0100 --email mill@example.org --web https://mill.example.org",
        ],
    )
    async def organisation(
        self,
        call: Call,
        name: Annotated[Name, "its name"],
        *,
        in_: Annotated[NetworkId, "the network that it belongs to"],
        about: _About = "",
        place: _Place = "",
        phone: _Phone = "",
        email: _Email = "",
        web: _Web = "",
        contact: _For = ContactFor.PUBLIC,
    ) -> PutIn | AlreadyIn:
        """Put an organisation into the directory.

        Whoever may see the network finds it, and nobody of it has to be on Matrix. You are its first
        steward: in half a year I ask you whether it is still right.
        """
        listing = Listing(0, ListingKind.ORGANISATION, in_, check_name(name))
        listing = _described(listing, about, place, phone, email, web, contact)
        return await _put_in(call, listing, await call.work.listings.of([in_]))

    @command(
        "list service",
        topic="directory",
        requires=LISTING,
        examples=["list service Mill tours --by Mill Trust", "list service Mill tours --by 48213"],
    )
    async def service(
        self,
        call: Call,
        name: Annotated[Name, "its name"],
        *,
        by: Annotated[Name, "the organisation that offers it, by its name or number"],
        in_: Annotated[NetworkId | None, "the network that it belongs to; if you do not say, theirs"] = None,
        about: _About = "",
        place: _Place = "",
        phone: _Phone = "",
        email: _Email = "",
        web: _Web = "",
        contact: _For = ContactFor.PUBLIC,
    ) -> PutIn | AlreadyIn:
        """Put a service of an organisation into the directory.

        The organisation has to be listed first.
        """
        if in_ is not None:
            await require_heard(call, in_)
        organisation = await organisation_meant(call, by, in_)
        network = in_ or organisation.network
        require_lister(call, network)
        listing = Listing(0, ListingKind.SERVICE, network, check_name(name), by=organisation.number)
        listing = _described(listing, about, place, phone, email, web, contact)
        there = await call.work.listings.services_of(organisation.number)
        return await _put_in(call, listing, there, organisation)

    @command(
        "edit",
        topic="directory",
        examples=["edit 48213 --phone 01823 555 0101", 'edit 48213 --web ""'],
    )
    async def edit(
        self,
        call: Call,
        number: Annotated[int, "the number of the listing"],
        *,
        name: Annotated[Name | None, "its new name"] = None,
        about: Annotated[str | None, "what it is about"] = None,
        place: Annotated[str | None, "where it is, such as a town"] = None,
        phone: Annotated[str | None, "its telephone number"] = None,
        email: Annotated[str | None, "its e-mail address"] = None,
        web: Annotated[str | None, "its web address"] = None,
        contact: Annotated[ContactFor | None, "who is told how to reach them"] = None,
    ) -> Edited:
        """Change what the directory says of an organisation or service.

        Two quotes with nothing between them clear what stands there. Stewards of it can do that, and
        coordinators of its network.
        """
        before = await theirs(call, number)
        said = (name, about, place, phone, email, web, contact)
        if all(one is None for one in said):
            raise Malformed("Say what is to change, such as `edit {number} --phone TEXT`.", number=number)
        called = before.name if name is None else check_name(name)
        known = before.contact
        after = _described(
            replace(before, name=called),
            before.about if about is None else about,
            before.place if place is None else place,
            known.phone if phone is None else phone,
            known.email if email is None else email,
            known.web if web is None else web,
            contact,
        )
        await _require_other_name(call, before, after)
        await call.work.listings.keep([confirmed(after, call.now.timestamp())])
        if after != before:
            await call.work.note(f"edit listing {number}", before.network)
        return Edited(after, after != before)

    @command("remove listing", topic="directory", examples=["remove listing 48213"])
    async def remove(self, call: Call, number: Annotated[int, "the number of the listing"]) -> TakenOut:
        """Take an organisation or service out of the directory.

        The services of an organisation go with it. Stewards of it can do that, and coordinators of its
        network.
        """
        listing = await theirs(call, number)
        services = await _going_with(call, listing)
        await require_fit(call, services)
        call.confirm(previews.taking_out(listing, services))
        gone = [listing, *services]
        await call.work.listings.forget(gone)
        for one in gone:
            await call.work.note(f"remove listing {one.number}", one.network)
        return TakenOut(listing, len(services))


def _described(
    listing: Listing, about: str, place: str, phone: str, email: str, web: str, contact: ContactFor | None
) -> Listing:
    return replace(
        listing,
        about=check_about(about),
        place=check_located(place),
        contact=check_contact(phone, email, web),
        contact_for=listing.contact_for if contact is None else _CONTACT_FOR[contact],
    )


async def _put_in(
    call: Call, wished: Listing, others: Iterable[Listing], organisation: Listing | None = None
) -> PutIn | AlreadyIn:
    await require_heard(call, wished.network)
    network = named(call.landscape, wished.network)
    if (same := _same(call, wished, others)) is not None:
        return AlreadyIn(same, network)
    now = call.now.timestamp()
    number = await call.work.listings.free_number()
    listing = replace(confirmed(wished, now), number=number, stewards=(call.sender,), made_at=now)
    await call.work.listings.keep([listing])
    await call.work.note(f"list {listing.kind} {number}", listing.network)
    return PutIn(listing, network, organisation.name if organisation else "")


def _same(call: Call, wished: Listing, others: Iterable[Listing]) -> Listing | None:
    """One of the same name, kind and network among those that the speaker may see."""
    name, home = folded(wished.name), (wished.kind, wished.network)
    alike = (one for one in others if folded(one.name) == name and (one.kind, one.network) == home)
    seen = speaker(call).seen(one for one in alike if one.number != wished.number)
    return seen[0] if seen else None


async def _require_other_name(call: Call, before: Listing, after: Listing) -> None:
    if folded(before.name) == folded(after.name):
        return
    listings = call.work.listings
    others = await (listings.of([after.network]) if after.by is None else listings.services_of(after.by))
    if (same := _same(call, after, others)) is not None:
        raise Conflict(
            "“{name}” is there already, as listing {number}. Choose another name.",
            name=same.name,
            number=same.number,
        )


async def _going_with(call: Call, listing: Listing) -> list[Listing]:
    """The services that go with an organisation: those of its network, and others that are theirs."""
    services = await call.work.listings.services_of(listing.number)
    may = speaker(call).may_change
    return [one for one in services if one.network == listing.network or may(one)]
