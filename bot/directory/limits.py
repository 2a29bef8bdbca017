"""How many people are shown to one person within a day: pure, of what they have been shown already."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.directory.ranking import Hit
from spaces.directory import ListingKind
from spaces.identifiers import UserId

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Spared:
    """`hits` may be shown; `fresh` are those people in them who were not shown before. `left_out`: some."""

    hits: tuple[Hit, ...]
    fresh: tuple[str, ...]
    left_out: bool


def spared(hits: Iterable[Hit], asker: UserId, shown: Collection[str], people: int, most: int) -> Spared:
    """The first `most` of the hits, with so many `people` besides those `shown` already and the asker."""
    kept: list[Hit] = []
    fresh: list[str] = []
    left_out = False
    for hit in hits:
        if len(kept) == most:
            break
        key = hit.entry.key
        if hit.entry.kind is ListingKind.PERSON and key not in shown and key != asker:
            if len(fresh) == people:
                left_out = True
                continue
            fresh.append(key)
        kept.append(hit)
    return Spared(tuple(kept), tuple(fresh), left_out)
