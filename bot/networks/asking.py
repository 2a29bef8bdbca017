"""Consent: who has to say yes to a link, and asking them in their direct rooms."""

from __future__ import annotations

from dataclasses import dataclass

from bot.command import Call
from bot.networks import questions
from bot.networks.rules import Named, Question, named, question, waits_for, ways_in
from spaces.access import Deed, Standing, may, may_see
from spaces.identifiers import NetworkId, UserId


@dataclass(frozen=True, slots=True)
class Waiting:
    """A network that has yet to agree, None for one not to be named here; `who` may be nobody."""

    side: Named | None
    who: tuple[UserId, ...] = ()


def has_yes_of(call: Call, network: NetworkId) -> bool:
    """Whether the speaker may agree for `network`, and does so by speaking."""
    return may(call.landscape, call.standing, Deed.ACCEPT, network)


def waiting_for(call: Call, child: NetworkId, audience: Standing) -> tuple[Waiting, ...]:
    """Whose yes the links of `child` upwards still wait for, as far as the `audience` may know."""
    links = call.landscape.proposals_of(child)
    sides = sorted({waits_for(ln) for ln in links if ln.child == child})
    return tuple(waiting_side(call, side, audience) for side in sides)


def waiting_side(call: Call, side: NetworkId, audience: Standing) -> Waiting:
    if not may_see(call.landscape, audience, side):
        return Waiting(None)
    return Waiting(named(call.landscape, side), call.landscape.coordinators_of(side))


async def ask_the_others(call: Call, child: NetworkId) -> None:
    """Put each waiting link of `child` upwards to the coordinators of the side that has not spoken."""
    for ln in call.landscape.proposals_of(child):
        if ln.child == child:
            await ask(call, question(call.landscape, ln), waits_for(ln))


async def ask(call: Call, asked: Question, side: NetworkId) -> None:
    """Ask the coordinators of `side`. Who coordinates several is asked once: their yes counts for each."""
    said = f"asks {call.heard.event} {asked.child.id}"
    for user in call.landscape.coordinators_of(side):
        standing = await call.work.standing_of(user)
        ways = ways_in(call.landscape, asked.child.id, standing, wanted=True)
        await call.work.tell(user, questions.asks(asked, ways, call.sender), said=said, reminding=True)


async def tell_who_asked(call: Call, user: UserId | None, asked: Question, *, agreed: bool) -> None:
    """Say to `user`, who proposed it, how their question was answered."""
    if user is not None and user != call.sender:
        said = f"answers {call.heard.event} {asked.child.id} {asked.parent.id}"
        await call.work.tell(user, questions.answered(asked, call.sender, agreed=agreed), said=said)
