"""Propose, and agree to, who is to look after a network that nobody looks after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any

from bot.command import Call, command
from bot.networks.phrases import link
from bot.networks.rules import Named, named
from bot.reply import Document, Person, say
from bot.succession.words import has_taken_over, is_proposed
from spaces import changes
from spaces.access import is_member
from spaces.errors import Conflict, Forbidden
from spaces.identifiers import NetworkId, UserId
from spaces.sentences import counted
from spaces.succession import (
    VOICES,
    has_say_at,
    heard,
    is_orphaned,
    may_speak,
    speaks_from_above,
    takes_over,
)

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Spoken:
    """How many have spoken for them, and whether that was enough."""

    person: UserId
    network: Named
    voices: int
    took_over: bool


@dataclass(frozen=True, slots=True)
class HavingSay:
    """Shown to those who have a say in a network that nobody looks after; the command tells in which."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        """Nothing: the command refuses in words of its own."""

    def possible(self, call: Call) -> bool:
        landscape = call.landscape
        return any(
            is_orphaned(landscape, network) and may_speak(landscape, call.standing, network)
            for network in landscape.orphaned()
        )


class Succeeding:
    """Find somebody to look after a network that nobody looks after."""

    @command(
        "nominate",
        topic="coordinators",
        requires=HavingSay(),
        examples=["nominate @mia:example.org --in arts-uk"],
        meanwhile="Proposing {person} …",
    )
    async def nominate(
        self,
        call: Call,
        person: Annotated[UserId, "their Matrix ID"],
        *,
        in_: Annotated[NetworkId, "the network that nobody looks after"],
    ) -> Document:
        """Propose who is to look after a network that nobody looks after.

        Three members have to agree, you among them, or a coordinator of a network above it. Who has come
        since nobody looks after it has a say after a week.
        """
        await _require_say(call, in_)
        await _require_fit(call, person, in_)
        spoken = await _speak(call, person, in_)
        if not spoken.took_over:
            told = is_proposed(person, spoken.network, call.sender)
            await call.work.nominations.announce(in_, told, said=f"nominated:{in_}:{person}")
        return _reply(spoken)

    @command(
        "second",
        topic="coordinators",
        requires=HavingSay(),
        examples=["second @mia:example.org --in arts-uk"],
        meanwhile="Agreeing …",
    )
    async def second(
        self,
        call: Call,
        person: Annotated[UserId, "who was proposed"],
        *,
        in_: Annotated[NetworkId, "the network that they are to look after"],
    ) -> Document:
        """Agree to who was proposed to look after a network."""
        await _require_say(call, in_)
        if person not in await call.work.nominations.voices(in_):
            raise Conflict(
                "Nobody has proposed {person} for “{network}”. To do so: `nominate {person} --in {slug}`.",
                person=person,
                network=named(call.landscape, in_).name,
                slug=named(call.landscape, in_).slug,
            )
        if person == call.sender:
            raise Conflict(
                "You cannot speak for yourself. Others have to agree: `second {person} --in {slug}`.",
                person=person,
                slug=named(call.landscape, in_).slug,
            )
        await _require_fit(call, person, in_)
        return _reply(await _speak(call, person, in_))


async def _require_say(call: Call, network: NetworkId) -> None:
    """Raise where somebody looks after the network, or the speaker has no say in it."""
    found = named(call.landscape, network)
    if not may_speak(call.landscape, call.standing, network):
        raise Forbidden(
            "Only members of “{network}”, and coordinators of a network above it, have a say in that. "
            "Join it first: `join {slug}`.",
            network=found.name,
            slug=found.slug,
        )
    if not is_orphaned(call.landscape, network) and not await call.work.nominations.is_silent(network):
        raise Conflict(
            "“{network}” is looked after. `show {slug}` tells by whom: ask one of them.",
            network=found.name,
            slug=found.slug,
        )
    await _require_time(call, network)


async def _require_time(call: Call, network: NetworkId) -> None:
    """Raise where the speaker has come only since nobody looks after the network, and not long ago."""
    if speaks_from_above(call.landscape, call.sender, network):
        return
    nominations = call.work.nominations
    came = await nominations.came_at(network, call.sender)
    left = has_say_at(came, await nominations.unattended_since(network)) - call.now.timestamp()
    if left > 0:
        raise Forbidden(
            counted(
                "You came into “{network}” when nobody looked after it any more. Who does is first for those "
                "to say who were in it before: you have a say in it in one day.",
                "You came into “{network}” when nobody looked after it any more. Who does is first for those "
                "to say who were in it before: you have a say in it in {count} days.",
                ceil(left / DAY_SECONDS),
                network=named(call.landscape, network).name,
            )
        )


async def _require_fit(call: Call, person: UserId, network: NetworkId) -> None:
    if person == call.bot or not is_member(call.landscape, await call.work.standing_of(person), network):
        raise Conflict(
            "{person} is no member of “{network}”. Who is to look after it has to be in it.",
            person=person,
            network=named(call.landscape, network).name,
        )


async def _speak(call: Call, person: UserId, network: NetworkId) -> Spoken:
    """Count the speaker's word; with enough of them the nominee becomes a coordinator."""
    nominations = call.work.nominations
    await nominations.speak(network, person, call.sender)
    voices = (await nominations.voices(network))[person]
    standings = {user: await call.work.standing_of(user) for user in voices}
    called = named(call.landscape, network)
    if not takes_over(call.landscape, network, person, standings):
        return Spoken(person, called, heard(voices, person), took_over=False)
    landscape = changes.add_coordinator(call.landscape, network, person)
    agreed = " and ".join(sorted(user for user in voices if user != person))
    await call.work.change(landscape, what=f"coordinator add {person}, agreed by {agreed}", about=network)
    told = has_taken_over(person, called)
    await nominations.announce(network, told, said=f"took over:{network}:{call.heard.event}")
    return Spoken(person, called, heard(voices, person), took_over=True)


def _reply(spoken: Spoken) -> Document:
    person, network = Person(spoken.person), link(spoken.network)
    if spoken.took_over:
        return say("{person} looks after {network} from now on.", person=person, network=network)
    missing = VOICES - spoken.voices
    return say(
        counted(
            "I have noted it. For {person} to look after {network} one more member has to agree: "
            "`second {typed} --in {slug}`.",
            "I have noted it. For {person} to look after {network} {count} more members have to agree: "
            "`second {typed} --in {slug}`.",
            max(missing, 1),
            person=person,
            network=network,
            typed=str(spoken.person),
            slug=spoken.network.slug,
        )
    )
