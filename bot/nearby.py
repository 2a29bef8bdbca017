"""Which networks and groups somebody may have meant, where no place has the name that they typed."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice

from bot.audience import audience_of
from bot.command import Call
from bot.spelling import Names, Typed, closeness, spellings_of
from spaces.access import Sights, Standing
from spaces.landscape import Landscape
from spaces.unseen import Kind

_MOST = 2


async def short_names_like(typed: str, kind: Kind, call: Call) -> list[str]:
    """The short names of places called or written much like `typed`, the closest first.

    They are of what everyone who hears the answer may see: what is hidden from them changes nothing.
    """
    return closest(call.landscape, await audience_of(call), typed, kind)


def closest(landscape: Landscape, audience: Standing, typed: str, kind: Kind) -> list[str]:
    """The same among what this audience may see: what everybody finds, and what they see besides."""
    kinds = _KINDS["group" if kind == "any" and "/" in typed else kind]
    wanted = Typed(typed)
    open_or_not = (True, False) if audience.is_admin else (True,)
    found = [Names(landscape, [(o, k) for o in open_or_not for k in kinds]).closest_to(wanted)]
    if not audience.is_admin:
        besides = (p for p in Sights(landscape).besides(audience) if p.is_group in kinds)
        spelt = (one for place in besides for one in spellings_of(landscape, landscape.place(place)))
        ranks = ((closeness(wanted, text), slug) for text, slug in spelt)
        found.append(iter(sorted((rank, slug) for rank, slug in ranks if rank is not None)))
    return list(islice(_each_once(slug for _, slug in merge(*found)), _MOST))


def _each_once(slugs: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for slug in slugs:
        if slug not in seen:
            seen.add(slug)
            yield slug


_KINDS: dict[Kind, tuple[bool, ...]] = {"network": (False,), "group": (True,), "any": (False, True)}
"""Whether it is groups that are meant."""
