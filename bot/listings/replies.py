"""What is answered about organisations and services."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.listings.asking import Confirmed
from bot.listings.commands import AlreadyIn, Edited, PutIn, TakenOut
from bot.listings.looking import InNetwork, OfSteward, Shown
from bot.listings.stewards import StewardAdded, StewardRemoved
from bot.listings.words import STALE, line_of, name_of
from bot.networks.phrases import in_a_row, link, people
from bot.reply import Block, Bold, Bullet, Document, Paragraph, line, paragraph, say
from spaces.directory import KINDS, ListingKind, Seen
from spaces.listings import Contact, Listing
from spaces.sentences import Sentence, counted, sentence

# -- changing -----------------------------------------------------------------------------------------


@reply_to(PutIn)
def put_in(result: PutIn, call: Call) -> Document:
    listing, number = result.listing, result.listing.number
    told = in_a_row(
        _where_it_is(result),
        sentence("Everyone who may see {network} finds it.", network=link(result.network)),
        _who_is_told(listing, result),
    )
    steward = paragraph(
        "You are its steward: `edit {number}` changes it, and `steward add @USER --of {number}` names "
        "another.",
        number=number,
    )
    return Document((told, steward))


def _where_it_is(result: PutIn) -> Sentence:
    parts = {"name": name_of(result.listing), "network": link(result.network)}
    if result.organisation:
        return sentence(
            "{name}, of {organisation}, is in the directory of {network}.",
            organisation=Bold(result.organisation),
            **parts,
        )
    return sentence("{name} is in the directory of {network}.", **parts)


def _who_is_told(listing: Listing, result: PutIn) -> Sentence | None:
    if not listing.contact or listing.contact_for is Seen.FINDERS:
        return None
    if listing.contact_for is Seen.NOBODY:
        return sentence("How to reach them is told to nobody but its stewards.")
    return sentence("How to reach them is told to members of {network} only.", network=link(result.network))


@reply_to(AlreadyIn)
def already_in(result: AlreadyIn, call: Call) -> Document:
    return say(
        "{name} is already there in {network}. Nothing was changed: `edit {number}` changes it.",
        name=name_of(result.listing),
        network=link(result.network),
        number=result.listing.number,
    )


@reply_to(Edited)
def edited(result: Edited, call: Call) -> Document:
    name = name_of(result.listing)
    if not result.changed:
        return say("That is what {name} says already. I have noted that it is right.", name=name)
    return say(
        "{name} is changed. `show listing {number}` shows it.", name=name, number=result.listing.number
    )


@reply_to(TakenOut)
def taken_out(result: TakenOut, call: Call) -> Document:
    gone = sentence("{name} is no longer in the directory.", name=name_of(result.listing))
    services = counted(
        "One service of theirs went with it.", "{count} services of theirs went with it.", result.services
    )
    return Document((in_a_row(gone, services if result.services else None),))


@reply_to(StewardAdded)
def steward_added(result: StewardAdded, call: Call) -> Document:
    person, name = result.person, name_of(result.listing)
    if result.already:
        return say("{person} is a steward of {name} already.", person=person, name=name)
    return say("{person} is a steward of {name} from now on.", person=person, name=name)


@reply_to(StewardRemoved)
def steward_removed(result: StewardRemoved, call: Call) -> Document:
    person, name = result.person, name_of(result.listing)
    if not result.was_one:
        return say("{person} is no steward of {name}. Nothing was changed.", person=person, name=name)
    gone = sentence("{person} is no steward of {name} any more.", person=person, name=name)
    nobody = sentence("It has none now, so the coordinators of its network see to it.")
    return Document((in_a_row(gone, None if result.listing.stewards else nobody),))


@reply_to(Confirmed)
def confirmed(result: Confirmed, call: Call) -> Document:
    if len(result.listings) == 1:
        return say("Thank you. {name} is still right.", name=name_of(result.listings[0]))
    first = paragraph("Thank you. These are still right:")
    return Document((first, *(Bullet(line(name_of(one))) for one in result.listings)))


# -- looking ------------------------------------------------------------------------------------------


@reply_to(Shown)
def shown(result: Shown, call: Call) -> Document:
    return Document(tuple(_all_about(result)))


def _all_about(result: Shown) -> Iterator[Block]:
    listing = result.listing
    yield _what_it_is(result)
    if listing.stale:
        yield paragraph("This is {mark}.", mark=STALE)
    if listing.about:
        yield Paragraph(line(listing.about))
    if listing.place:
        yield paragraph("Where: {place}", place=listing.place)
    yield from _how_to_reach(result.contact)
    if result.members_only and result.network:
        yield paragraph("How to reach them is for members of {network}.", network=link(result.network))
    if result.services:
        yield paragraph("Services of theirs:")
        yield from (Bullet(line_of(one)) for one in result.services)
    if result.may_change:
        yield from _for_stewards(result)


def _what_it_is(result: Shown) -> Paragraph:
    parts = {"name": name_of(result.listing), "kind": KINDS[result.listing.kind]}
    if result.listing.kind is ListingKind.SERVICE and result.organisation is not None:
        by = name_of(result.organisation)
        if result.network is None:
            return paragraph("{name}: {kind} of {by}.", by=by, **parts)
        return paragraph(
            "{name}: {kind} of {by}, in {network}.", by=by, network=link(result.network), **parts
        )
    if result.network is None:
        return paragraph("{name}: {kind}.", **parts)
    return paragraph("{name}: {kind} in {network}.", network=link(result.network), **parts)


def _how_to_reach(contact: Contact) -> Iterator[Block]:
    if contact.phone:
        yield paragraph("Telephone: {number}", number=contact.phone)
    if contact.email:
        yield paragraph("E-mail: {address}", address=contact.email)
    if contact.web:
        yield paragraph("Web: {address}", address=contact.web)


def _for_stewards(result: Shown) -> Iterator[Block]:
    if result.stewards:
        yield paragraph("Stewards: {people}", people=people(result.stewards, "and"))
    yield paragraph(
        "`edit {number}` changes it, `remove listing {number}` takes it out.", number=result.listing.number
    )


@reply_to(InNetwork)
def in_network(result: InNetwork, call: Call) -> Document:
    network = link(result.network)
    if not result.listings:
        return say("No organisation and no service is listed in {network}.", network=network)
    first = paragraph("Listed in {network}:", network=network)
    rest = paragraph("`show listing {number}` shows one.", number=result.listings[0].number)
    return Document((first, *(Bullet(line_of(one)) for one in result.listings), rest))


@reply_to(OfSteward)
def of_steward(result: OfSteward, call: Call) -> Document:
    if not result.listings:
        return say("You are steward of nothing in the directory. `listings NETWORK` shows what there is.")
    first = paragraph("You are steward of these:")
    rest = paragraph("`show listing {number}` shows one.", number=result.listings[0].number)
    return Document((first, *(Bullet(line_of(one)) for one in result.listings), rest))
