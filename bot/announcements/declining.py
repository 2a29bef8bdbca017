"""A network declines what another one announces, and takes it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from bot.announcements.commands import require_direct
from bot.arguments import Missing
from bot.command import Call, Name, Parameter, command
from bot.networks.rules import Named, named
from spaces import access
from spaces.access import Deed
from spaces.announcements import declining
from spaces.errors import Conflict, Forbidden
from spaces.finding import find_place
from spaces.identifiers import NetworkId
from spaces.sentences import Sentence, sentence

_LISTED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Declined:
    """`network` takes no announcements of `source`; `anew`: it did until now."""

    network: Named
    source: Named
    anew: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """`network` takes the announcements of `source`; `anew`: it did not until now."""

    network: Named
    source: Named
    anew: bool


class _Declining:
    def check(self, call: Call, arguments: object) -> None: ...

    def possible(self, call: Call) -> bool:
        return bool(call.landscape.coordinated_by(call.sender))


class Declining:
    """Decline what other networks announce."""

    @command(
        "decline announcements from",
        topic="announcements",
        requires=_Declining(),
        examples=["decline announcements from somerset", "decline announcements from somerset --in arts-uk"],
    )
    async def decline(
        self,
        call: Call,
        network: Annotated[Name, "the network that announces"],
        *,
        in_: Annotated[NetworkId | None, "your network"] = None,
    ) -> Declined:
        """Take no announcements of a network above yours.

        They are not posted in your news any more. Those who coordinate it are not told.
        """
        ours, source = await _meant(call, network, in_)
        anew = (ours, source) not in await call.work.announcements.declines()
        if anew:
            await call.work.announcements.decline(ours, source)
            await call.work.note(f"decline announcements: {call.landscape.networks[source].name}", ours)
        return Declined(named(call.landscape, ours), named(call.landscape, source), anew)

    @command(
        "accept announcements from",
        topic="announcements",
        requires=_Declining(),
        examples=["accept announcements from somerset"],
    )
    async def accept(
        self,
        call: Call,
        network: Annotated[Name, "the network that announces"],
        *,
        in_: Annotated[NetworkId | None, "your network"] = None,
    ) -> Taken:
        """Take the announcements of a network above yours again."""
        ours, source = await _meant(call, network, in_)
        anew = (ours, source) in await call.work.announcements.declines()
        if anew:
            await call.work.announcements.accept(ours, source)
            await call.work.note(f"accept announcements: {call.landscape.networks[source].name}", ours)
        return Taken(named(call.landscape, ours), named(call.landscape, source), anew)


async def _meant(call: Call, typed: str, in_: NetworkId | None) -> tuple[NetworkId, NetworkId]:
    """The network that decides, and the one that announces.

    Whether the latter is above is not asked: a way up may lead through what the speaker may not see.
    """
    require_direct(call)
    source = await _source(call, typed)
    if in_ is not None:
        access.require(call.landscape, call.standing, Deed.ACCEPT, in_)
    ours = in_ or _ours(call, source)
    if ours == source:
        raise Conflict(
            "What “{network}” announces is its own. `announcement withdraw N` takes something back.",
            network=call.landscape.networks[source].name,
        )
    return ours, source


async def _source(call: Call, typed: str) -> NetworkId:
    """A network that they see, or that has announced something in one of theirs, and so told its name."""
    theirs = call.landscape.coordinated_by(call.sender)
    met = await call.work.announcements.announcers_in(theirs)
    standing = replace(call.standing, invited=call.standing.invited | met)
    return NetworkId(find_place(call.landscape, standing, typed, kind="network", server=call.server))


def _ours(call: Call, source: NetworkId) -> NetworkId:
    known = list(declining(call.landscape, call.standing, source))
    if not known:
        raise Forbidden("That is for coordinators of other networks to say.")
    if len(known) > 1:
        in_ = Parameter("in_", NetworkId, "your network", is_option=True, default=None)
        raise Missing(_which(call, known), in_)
    return known[0]


def _which(call: Call, known: list[NetworkId]) -> Sentence:
    slugs = [call.landscape.networks[network].slug for network in known]
    shown = ", ".join(slugs[:_LISTED_AT_MOST])
    if len(slugs) > _LISTED_AT_MOST:
        return sentence("In which of your networks? {networks}, …", networks=shown)
    return sentence("In which of your networks? {networks}", networks=shown)
