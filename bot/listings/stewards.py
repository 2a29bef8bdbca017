"""Who sees to it that a listing holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from bot.command import Call, command
from bot.invitations.accounts import must_be_there
from bot.listings.seeing import speaker, theirs
from bot.reply import say
from spaces.bans import check_not_banned
from spaces.errors import Conflict, Malformed
from spaces.identifiers import UserId
from spaces.listings import Listing
from spaces.sentences import listed

_MOST_STEWARDS = 10
_NAMED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class StewardAdded:
    person: UserId
    listing: Listing
    already: bool = False


@dataclass(frozen=True, slots=True)
class StewardRemoved:
    """`was_one` is False if they had not been one."""

    person: UserId
    listing: Listing
    was_one: bool = True


class Stewards:
    """Who sees to it that a listing holds."""

    @command(
        "steward add",
        topic="directory",
        examples=["steward add @mia:example.org --of 48213"],
    )
    async def add(
        self,
        call: Call,
        person: Annotated[UserId, "who"],
        *,
        of: Annotated[
            int | None, "the number of the listing; needless if you are steward of one alone"
        ] = None,
    ) -> StewardAdded:
        """Name another steward of an organisation or service.

        A steward can change and remove it, and may be asked after half a year whether it is still right.
        """
        listing = await theirs(call, await _meant(call, of))
        if person in listing.stewards:
            return StewardAdded(person, listing, already=True)
        if person == call.bot:
            raise Conflict("I cannot be a steward. Name a person.")
        check_not_banned(call.landscape, listing.network, person)
        if len(listing.stewards) >= _MOST_STEWARDS:
            raise Conflict(
                "Listing {number} has {most} stewards, and that is as many as one can have.",
                number=listing.number,
                most=_MOST_STEWARDS,
            )
        await must_be_there(call, person)
        changed = await _with(call, listing, (*listing.stewards, person))
        await call.work.note(f"steward add {person}: listing {listing.number}", listing.network)
        await _tell(call, person, changed)
        return StewardAdded(person, changed)

    @command("steward remove", topic="directory", examples=["steward remove @mia:example.org --of 48213"])
    async def remove(
        self,
        call: Call,
        person: Annotated[UserId, "who"],
        *,
        of: Annotated[
            int | None, "the number of the listing; needless if you are steward of one alone"
        ] = None,
    ) -> StewardRemoved:
        """Let somebody be steward of an organisation or service no longer.

        Without a steward the coordinators of its network see to it.
        """
        listing = await theirs(call, await _meant(call, of))
        if person not in listing.stewards:
            return StewardRemoved(person, listing, was_one=False)
        left = tuple(user for user in listing.stewards if user != person)
        changed = await _with(call, listing, left)
        await call.work.note(f"steward remove {person}: listing {listing.number}", listing.network)
        return StewardRemoved(person, changed)


async def _meant(call: Call, number: int | None) -> int:
    """The listing that was named, or the only one that the speaker is steward of."""
    if number is not None:
        return number
    if not call.heard.is_direct:
        raise Malformed("Say of which listing: `--of N`.")
    found = await call.work.listings.stewarded_by(call.sender)
    mine = [one for one in found if speaker(call).stewards(one)]
    if len(mine) == 1:
        return mine[0].number
    if not mine:
        raise Malformed("Say of which listing: `--of N`. `listings NETWORK` shows their numbers.")
    raise Malformed("You are steward of several. Say of which: {options}.", options=_options(mine))


def _options(listings: Sequence[Listing]) -> object:
    return listed([f"--of {one.number} ({one.name})" for one in listings[:_NAMED_AT_MOST]], "or")


async def _with(call: Call, listing: Listing, stewards: tuple[UserId, ...]) -> Listing:
    changed = replace(listing, stewards=stewards)
    await call.work.listings.keep([changed])
    return changed


async def _tell(call: Call, person: UserId, listing: Listing) -> None:
    """They hear of it if they talk with the bot."""
    if person == call.sender or not await call.work.paths.talks_with(person):
        return
    told = say(
        "{person} has made you a steward of {name} in the directory, listing {number}: you can change what "
        "stands there, and after half a year I may ask you whether it is still right. "
        "`show listing {number}` shows it.",
        person=call.sender,
        name=listing.name,
        number=listing.number,
    )
    await call.work.tell(person, told, said=f"steward of {listing.number} at {call.now.timestamp()}")
