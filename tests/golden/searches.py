"""The golden searches: what is looked for in the invented county, and what is expected first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.directory.around import networks_of_place, with_below
from bot.directory.ports import Index
from bot.directory.searching import Question, search
from spaces.directory import ListingKind
from spaces.identifiers import NetworkId
from spaces.nearness import Nearness
from tests.golden.county import County

FILE = Path(__file__).parent / "searches.yaml"
_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class Search:
    find: str
    first: str
    kind: str = ""
    near: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The titles found, and at which of them what was expected stands, from 1 on; 0: nowhere."""

    search: Search
    titles: tuple[str, ...]
    rank: int


def searches() -> list[Search]:
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [Search(within=row.pop("in", ""), **row) for row in rows]


async def outcome(index: Index, county: County, wanted: Search) -> Outcome:
    """What `find` would answer to the asker."""
    sight, landscape = county.asker, county.landscape
    within = None
    if wanted.within:
        [network] = (n for n, found in landscape.networks.items() if found.name == wanted.within)
        within = with_below(landscape, sight, NetworkId(network))
    there = await networks_of_place(index, landscape, sight, wanted.near)
    kinds = frozenset({ListingKind(wanted.kind)} if wanted.kind else ())
    question = Question(wanted.find, kinds, within, wanted.near, there)
    answer = await search(index, sight, Nearness(landscape, sight), question)
    titles = tuple(hit.entry.title for hit in answer.hits)
    rank = titles.index(wanted.first) + 1 if wanted.first in titles[:_LOOKED_AT] else 0
    return Outcome(wanted, titles, rank)


def mean_reciprocal_rank(outcomes: Sequence[Outcome]) -> float:
    return sum(1 / one.rank for one in outcomes if one.rank) / len(outcomes)
