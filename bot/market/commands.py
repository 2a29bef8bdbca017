"""Offer something, want something, see one's own, renew it, close it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from bot.arguments import Missing
from bot.audience import ONLOOKER, audience_of, require_fit
from bot.command import Call, Name, Parameter, command
from bot.market import words
from bot.market.ending import close
from bot.market.matching import Suggested, suggestions
from bot.networks.rules import Named, named
from spaces.access import Standing, coordinates, may_see
from spaces.days import end_of
from spaces.directory import ListingKind
from spaces.errors import Conflict, Forbidden, Unknown
from spaces.identifiers import GroupId, NetworkId
from spaces.market import (
    MOST_OPEN,
    Ask,
    Posting,
    State,
    Terms,
    check_text,
    is_shown,
    lasting,
    may_post,
    networks_of,
)
from spaces.sentences import Sentence, sentence

_LISTED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Posted:
    """It stands. `until` a day was named, else for the usual time; `suggested` is for who said it alone."""

    posting: Posting
    network: Named
    until: bool
    is_public: bool
    suggested: tuple[Suggested, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """Something of one's own, and the asks about it that wait."""

    posting: Posting
    network: Named
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Mine:
    own: tuple[Own, ...]
    asked: int


@dataclass(frozen=True, slots=True)
class Renewed:
    posting: Posting
    network: Named


@dataclass(frozen=True, slots=True)
class Closed:
    """`others`: it was somebody else's, and a coordinator has taken it away."""

    posting: Posting
    others: bool


class OffersAndWants:
    """Offer something, want something."""

    @command(
        "offer",
        topic="offers",
        examples=["offer A long ladder --terms lend", "offer A long ladder --in arts-uk --until friday"],
    )
    async def offer(
        self,
        call: Call,
        text: Annotated[Name, "what you offer, in one line"],
        *,
        in_: Annotated[NetworkId | None, "the network in which you offer it"] = None,
        until: Annotated[str, "the last day, such as 2027-03-06, friday or 2w; 60 days if not said"] = "",
        terms: Annotated[Terms | None, "what you expect for it"] = None,
    ) -> Posted:
        """Offer something to the people of a network.

        It is shown without your name. Who is interested asks me, and I ask you.
        """
        return await _post(call, ListingKind.OFFER, text, in_, until, terms)

    @command("want", topic="offers", examples=["want A ladder for a weekend"])
    async def want(
        self,
        call: Call,
        text: Annotated[Name, "what you look for, in one line"],
        *,
        in_: Annotated[NetworkId | None, "the network in which you look for it"] = None,
        until: Annotated[str, "the last day, such as 2027-03-06, friday or 2w; 60 days if not said"] = "",
        terms: Annotated[Terms | None, "what you would give for it"] = None,
    ) -> Posted:
        """Say what you look for to the people of a network.

        It is shown without your name. Who can help asks me, and I ask you.
        """
        return await _post(call, ListingKind.WANT, text, in_, until, terms)

    @command("mine", topic="offers", examples=["mine"])
    async def mine(self, call: Call) -> Mine:
        """Show your offers and wants, and who asks about them."""
        require_direct(call)
        now, market = call.now.timestamp(), call.work.market
        shown = [one for one in await market.of(call.sender) if is_shown(one, now)]
        standing = [one.number for one in shown if one.stands(now)]
        waiting = [ask for ask in await market.asks_about(standing) if ask.waits(now)]
        own = (
            Own(one, named(call.landscape, one.network), tuple(a for a in waiting if a.posting == one.number))
            for one in shown
            if one.network in call.landscape.networks
        )
        return Mine(tuple(own), sum(ask.waits(now) for ask in await market.asks_by(call.sender)))

    @command("renew", topic="offers", examples=["renew 48213"])
    async def renew(self, call: Call, number: Annotated[int, "its number in `mine`"]) -> Renewed:
        """Let an offer or a want of yours stand for 60 days more."""
        require_direct(call)
        now, found = call.now.timestamp(), await _own(call, number)
        if not found.may_be_renewed(now):
            raise Conflict(words.is_over(found))
        _require_place(call, found.network)
        renewed = lasting(found, now)
        if not found.stands(now):
            await _require_few(call)
        await call.work.market.keep(renewed)
        return Renewed(renewed, named(call.landscape, found.network))

    @command("close", topic="offers", examples=["close 48213 --met"])
    async def close(
        self,
        call: Call,
        number: Annotated[int, "its number in `mine`"],
        *,
        met: Annotated[bool, "it has found somebody"] = False,
        unmet: Annotated[bool, "it has found nobody"] = False,
    ) -> Closed:
        """End an offer or a want of yours.

        Coordinators can take away those of others in their networks.
        """
        require_direct(call)
        if met and unmet:
            raise Conflict("It is either `--met` or `--unmet`. Say one of them, or none.")
        found = await _to_close(call, number)
        if found.owner != call.sender:
            await close(call.work, found, State.REMOVED, call.now.timestamp())
            await call.work.note(f"close {found.kind} {number}", found.network)
            return Closed(found, others=True)
        state = State.MET if met else State.UNMET if unmet else State.CLOSED
        await close(call.work, found, state, call.now.timestamp())
        return Closed(found, others=False)


def require_direct(call: Call) -> None:
    if not call.heard.is_direct:
        raise Conflict("That is between the two of us. Ask me in a direct message.")


# -- posting ------------------------------------------------------------------------------------------


async def _post(
    call: Call, kind: ListingKind, typed: str, in_: NetworkId | None, until: str, terms: Terms | None
) -> Posted:
    now, text = call.now.timestamp(), check_text(typed)
    ends_at = end_of(until, now) if until.strip() else None
    network = in_ or await _network_meant(call)
    require_fit(call.landscape, await audience_of(call), network)
    _require_place(call, network)
    await _require_few(call)
    number = await call.work.market.free_number()
    posting = lasting(Posting(number, kind, network, call.sender, text, now, now, terms), now, ends_at)
    await call.work.market.keep(posting)
    await call.work.market.note(f"{kind} {number}", network)
    suggested = await suggestions(call, posting)
    if suggested and not call.heard.is_direct:
        await call.work.tell(call.sender, words.may_fit(posting, suggested), said=f"fits {number}")
    is_public = may_see(call.landscape, Standing(ONLOOKER), network)
    shown = tuple(suggested) if call.heard.is_direct else ()
    return Posted(posting, named(call.landscape, network), ends_at is not None, is_public, shown)


async def _network_meant(call: Call) -> NetworkId:
    """That of the room, or the only one that they are in; else they are asked."""
    asked = Parameter("in_", NetworkId, "", is_option=True)
    if not call.heard.is_direct:
        here = await call.work.place_of_room(call.heard.room)
        if here in call.landscape.networks:
            return NetworkId(here)
        if here in call.landscape.groups:
            return call.landscape.groups[GroupId(here)].home
        raise Missing(sentence("In which network?"), asked)
    known = networks_of(call.landscape, call.standing)
    if not known:
        raise Conflict(
            "You are in no network yet, and it is to the people of a network that one says that. "
            "`tree` shows which there are, and `join NETWORK` brings you in."
        )
    if len(known) > 1:
        raise Missing(_which(call, known), asked)
    return known[0]


def _which(call: Call, known: list[NetworkId]) -> Sentence:
    slugs = [call.landscape.networks[network].slug for network in known]
    shown = ", ".join(slugs[:_LISTED_AT_MOST])
    if len(slugs) > _LISTED_AT_MOST:
        return sentence("In which of your networks? {networks}, …", networks=shown)
    return sentence("In which of your networks? {networks}", networks=shown)


def _require_place(call: Call, network: NetworkId) -> None:
    if not may_post(call.landscape, call.standing, network):
        found = call.landscape.networks[network]
        raise Forbidden(
            "Only members of “{network}” offer and want something there, while it is active. "
            "`join {slug}` brings you in.",
            network=found.name,
            slug=found.slug,
        )


async def _require_few(call: Call) -> None:
    now = call.now.timestamp()
    standing = sum(one.stands(now) for one in await call.work.market.of(call.sender))
    if standing >= MOST_OPEN:
        raise Conflict(
            "You have {most} offers and wants that stand, and more you cannot have. `mine` shows them; "
            "`close N` ends one.",
            most=MOST_OPEN,
        )


# -- which --------------------------------------------------------------------------------------------


async def _own(call: Call, number: int) -> Posting:
    """Their own of that number, as long as `mine` may show it."""
    found = _first(await call.work.market.numbered([number]))
    if found is None or found.owner != call.sender or found.network not in call.landscape.networks:
        raise _unknown(number)
    return found


async def _to_close(call: Call, number: int) -> Posting:
    """Their own, or one of a network that they look after; it has to stand, or to have expired."""
    found, now = _first(await call.work.market.numbered([number])), call.now.timestamp()
    if found is None or not _may_close(call, found, now):
        raise _unknown(number)
    if found.state is not State.OPEN:
        raise Conflict(words.is_over(found))
    return found


def _may_close(call: Call, found: Posting, now: float) -> bool:
    if found.owner == call.sender:
        return found.network in call.landscape.networks
    return found.stands(now) and coordinates(call.landscape, call.standing, found.network)


def _first(found: Iterable[Posting]) -> Posting | None:
    return next(iter(found), None)


def _unknown(number: int) -> Unknown:
    return Unknown("I know no offer or want {number} of yours. `mine` shows them.", number=number)
