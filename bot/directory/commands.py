"""Find people, organisations, services, groups, networks, offers and wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from bot.arguments import Missing
from bot.audience import audience_of, require_fit
from bot.command import Call, Parameter, command
from bot.directory.around import above, networks_of_place, with_below
from bot.directory.limits import DAY_SECONDS, spared
from bot.directory.lines import Told, told
from bot.directory.ranking import Hit
from bot.directory.searching import Answer, Question, search
from bot.networks.rules import Named, named, only_as_admin
from spaces.access import Sight
from spaces.directory import ListingKind
from spaces.errors import Conflict
from spaces.identifiers import NetworkId
from spaces.listings import Contact, may_contact
from spaces.nearness import Nearness
from spaces.sentences import counted, sentence

MOST_SHOWN = 40
"""So many entries of an answer are shown, page by page."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Nothing is in `network`; what is shown is of `wider`, a network above it, or None: of anywhere.

    Or nothing is at the `place` that was named.
    """

    network: Named | None = None
    wider: Named | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """Of people no more than `most` are shown within a day; in `seconds` it goes on."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """`words` are those that were looked for. `more`: there is more than is shown. `guesses`: words by which
    something would be found. `limit`, where people are left out."""

    words: str
    entries: tuple[Told, ...]
    more: bool
    in_company: bool
    elsewhere: Elsewhere | None = None
    guesses: tuple[str, ...] = ()
    limit: Limit | None = None


class Finding:
    """Find who and what there is, as far as one may see it. In a room, as far as everyone there may."""

    @command("find", topic="directory", examples=["find painting", "find --kind group --in arts-uk"])
    async def find(
        self,
        call: Call,
        words: Annotated[str, "what you are looking for"] = "",
        *,
        kind: Annotated[ListingKind | None, "only entries of this kind"] = None,
        in_: Annotated[NetworkId | None, "only what belongs to this network, or to one below it"] = None,
        near: Annotated[str, "only what is at this place, such as Taunton"] = "",
    ) -> Found:
        """Find people, services, groups, offers and more.

        Without words it shows what is newest.
        """
        if not (words.strip() or kind or in_ or near.strip()):
            raise Missing(_WHAT, Parameter("words", str, ""))
        audience = await audience_of(call)
        if in_ is not None:
            require_fit(call.landscape, audience, in_)
        _take_one(call)
        if in_ is not None and call.heard.is_direct and only_as_admin(call.landscape, call.standing, in_):
            await call.work.note(f"find: looked at by {call.sender}, as an admin", in_)
        sight = call.work.directory.sight_of(audience)
        kinds = frozenset({kind} if kind else ())
        there = await networks_of_place(call.work.directory, call.landscape, sight, near)
        return await _found(call, sight, Question(words, kinds, near=near, there=there), in_)


_LISTED = (ListingKind.ORGANISATION, ListingKind.SERVICE)
_WHAT = sentence("What are you looking for? For example: `find painting`.")


def _take_one(call: Call) -> None:
    """Raise `Conflict` for one find too many within a minute."""
    allowance = call.work.allowance
    if not allowance.take_find(call.sender, call.now.timestamp()):
        raise Conflict(
            counted(
                "You have looked for something once within a minute. Go on in a minute.",
                "You have looked for something {count} times within a minute. Go on in a minute.",
                allowance.finds_per_minute,
            )
        )


async def _found(call: Call, sight: Sight, question: Question, network: NetworkId | None) -> Found:
    answer, wider = await _asked(call, sight, question, network)
    now, allowance = call.now.timestamp(), call.work.allowance
    shown = await allowance.people_shown(call.sender, now - DAY_SECONDS)
    most = allowance.people_per_day
    kept = spared(answer.hits, call.sender, shown, max(most - len(shown), 0), MOST_SHOWN)
    if kept.fresh:
        await allowance.note_shown(call.sender, kept.fresh, now)
    return Found(
        question.text,
        await _told(call, sight, kept.hits),
        more=answer.more or (len(kept.hits) == MOST_SHOWN and len(answer.hits) > MOST_SHOWN),
        in_company=not call.heard.is_direct,
        elsewhere=wider,
        guesses=answer.guesses,
        limit=Limit(most, min(shown.values(), default=now) + DAY_SECONDS - now) if kept.left_out else None,
    )


async def _told(call: Call, sight: Sight, hits: Sequence[Hit]) -> tuple[Told, ...]:
    joined = call.standing.joined if call.heard.is_direct else frozenset()
    numbers = [int(hit.entry.key) for hit in hits if hit.entry.kind in _LISTED]
    listings = await call.work.listings.those_numbered(numbers) if numbers else ()
    ways = {str(one.number): _way_to_reach(one.contact) for one in listings if may_contact(sight, one)}
    shown = (told(call.landscape, sight, hit.entry, hit.parts, joined) for hit in hits)
    return tuple(replace(one, reached_by=ways.get(one.entry.key, "")) for one in shown)


def _way_to_reach(contact: Contact) -> str:
    return contact.phone or contact.email or contact.web


async def _asked(
    call: Call, sight: Sight, question: Question, network: NetworkId | None
) -> tuple[Answer, Elsewhere | None]:
    """The answer; where nothing is there, that of the nearest above it or of anywhere where something is."""
    answer = await _in_and_below(call, sight, question, network)
    if answer.hits:
        return answer, None
    if network is not None:
        here = named(call.landscape, network)
        for wider in _wider(call, sight, question, network):
            if (found := await _in_and_below(call, sight, question, wider)).hits:
                return found, Elsewhere(here, None if wider is None else named(call.landscape, wider))
    if question.near.strip() and _asks_for_something(question):
        anywhere = replace(question, near="", there=frozenset())
        if (found := await _in_and_below(call, sight, anywhere, None)).hits:
            return found, Elsewhere(place=question.near)
    return answer, None if network is None else Elsewhere(here)


async def _in_and_below(call: Call, sight: Sight, question: Question, where: NetworkId | None) -> Answer:
    within = None if where is None else with_below(call.landscape, sight, where)
    nearness = Nearness(call.landscape, sight)
    return await search(call.work.directory, sight, nearness, replace(question, within=within))


def _wider(call: Call, sight: Sight, question: Question, network: NetworkId) -> Iterator[NetworkId | None]:
    """The networks above it, the nearest first, and then anywhere, if anything is asked for at all."""
    yield from above(call.landscape, sight, network)
    if _asks_for_something(question) or question.near.strip():
        yield None


def _asks_for_something(question: Question) -> bool:
    return bool(question.text.strip() or question.kinds)
