"""Have a network, or one room of it, left as people make it in their clients; and look after it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from bot.command import Call, command
from bot.networks.phrases import link
from bot.networks.rules import named
from bot.permissions import may
from bot.reply import Document, say
from spaces.access import Deed
from spaces.identifiers import NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.network import Pause


class Keeping:
    """Put back, or leave alone, what people change against the rules."""

    @command(
        "pause",
        topic="coordinators",
        requires=may(Deed.PAUSE, "place"),
        examples=["pause arts-uk"],
    )
    async def pause(
        self, call: Call, place: Annotated[PlaceId, "the network, or one group of it"]
    ) -> Document:
        """Leave a network's rooms as people make them.

        Until `resume`, nothing is put back. Renaming and the like is taken over all the same.
        """
        called = named(call.landscape, place)
        landscape = paused(call.landscape, place)
        if landscape is call.landscape:
            return say(
                "{place} is left alone already. `resume {slug}` ends that.",
                place=link(called),
                slug=called.slug,
            )
        await call.work.change(landscape, what="pause", about=place)
        if place.is_network:
            return say(
                "I put nothing back in {place} and its groups until you say `resume {slug}`. What your "
                "commands change I still do.",
                place=link(called),
                slug=called.slug,
            )
        return say(
            "I put nothing back in {place} until you say `resume {slug}`. What your commands change I "
            "still do.",
            place=link(called),
            slug=called.slug,
        )

    @command(
        "resume",
        topic="coordinators",
        requires=may(Deed.PAUSE, "place"),
        examples=["resume arts-uk"],
        meanwhile="Looking through the rooms …",
    )
    async def resume(
        self, call: Call, place: Annotated[PlaceId, "the network, or one group of it"]
    ) -> Document:
        """Look after a network's rooms again.

        What is not as it should be is put back.
        """
        called = named(call.landscape, place)
        landscape, woken = resumed(call.landscape, place)
        if not woken:
            return say("{place} is looked after; nothing was paused there.", place=link(called))
        await call.work.change(landscape, what="resume", about=place)
        await call.work.look_at(woken)
        return say("I look after {place} again.", place=link(called))


def paused(landscape: Landscape, place: PlaceId) -> Landscape:
    """With nothing put back in `place`; of a network, in none of its rooms."""
    found = landscape.place(place)
    word = Pause.ALL if place.is_network else Pause.ROOM
    return landscape if found.paused is word else landscape.having(replace(found, paused=word))


def resumed(landscape: Landscape, place: PlaceId) -> tuple[Landscape, list[PlaceId]]:
    """With `place` looked after again; of a network, with all of its rooms. And which rooms those are.

    A group of a network that is paused as a whole stays paused with it.
    """
    places = sorted(landscape.places_of(NetworkId(place))) if place.is_network else [place]
    were = [p for p in places if landscape.is_paused(p)]
    changed = [replace(f, paused=Pause.NONE) for f in map(landscape.place, places) if f.paused]
    after = landscape.having(*changed) if changed else landscape
    return after, [p for p in were if not after.is_paused(p)]
