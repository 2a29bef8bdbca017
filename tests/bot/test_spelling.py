"""The names closest to what was typed are found as if each name were looked at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from bot.nearby import closest
from spaces import changes
from spaces.access import Standing, may_see
from spaces.errors import Refusal
from spaces.identifiers import PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Status
from spaces.unseen import Kind
from tests.spaces.worlds import PEOPLE, CountedIds, network, seen_landscapes

_WORDS = ("arts", "art", "health", "heath", "mill", "lane", "1", "2", "12", "the", "a", "Сад", "★")
_KINDS: tuple[Kind, ...] = ("network", "group", "any")
names = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=4).map(" ".join)
slips = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["", "x", "rr", " ", "/", "e"])), max_size=3)


@st.composite
def typed(draw: st.DrawFn) -> str:
    said = draw(st.one_of(names, st.sampled_from(["Somersett", "art tlk", "Helth", "arts-uk/welcom", ""])))
    for at, slip in draw(slips):
        said = said[:at] + slip + said[at + 1 :]
    return said


def plainly(landscape: Landscape, standing: Standing, said: str, kind: Kind) -> list[str]:
    groups_only, text = kind == "group" or (kind == "any" and "/" in said), default_process(said[:60])
    places: defaultdict[str, set[PlaceId]] = defaultdict(set)
    for one in landscape.networks.values() if not groups_only else ():
        for name in (one.name, one.slug):
            places[default_process(name)].add(one.id)
    for group in landscape.groups.values() if kind != "network" else ():
        places[default_process(landscape.slug_of(group.id))].add(group.id)
        if not group.is_kit:
            places[default_process(group.name)].add(group.id)
    found: list[str] = []
    for name in ranked(text, places):
        found += sorted(landscape.slug_of(p) for p in places[name] if is_told(landscape, standing, p))
    return list(dict.fromkeys(found))[:2]


def ranked(text: str, known: dict[str, set[PlaceId]]) -> list[str]:
    def has_all(name: str) -> bool:
        one, other = set(name.split()), set(text.split())
        return bool(one and other) and (one <= other or other <= one)

    ranks = {}
    for name in known:
        figures = (fuzz.ratio(text, name), fuzz.token_sort_ratio(text, name), 100.0 * has_all(name))
        close = [(number, -round(f, 6)) for number, f in enumerate(figures) if round(f, 6) >= 70]
        if close:
            ranks[name] = (min(figure for _, figure in close), *close[0], name)
    return sorted(ranks, key=lambda name: ranks[name])


def is_told(landscape: Landscape, standing: Standing, place: PlaceId) -> bool:
    home = landscape.networks[landscape.groups[place].home] if place.is_group else landscape.networks[place]
    asleep = Status.ARCHIVED in (home.status, landscape.status_of(place))
    return not asleep and may_see(landscape, standing, place)


@st.composite
def named_landscapes(draw: st.DrawFn) -> Landscape:
    """Many networks and groups of much the same names, some of them hidden."""
    landscape, ids = Landscape(), CountedIds()
    accesses = st.sampled_from([Access.PUBLIC, Access.PUBLIC, Access.PRIVATE, Access.INVITE])
    for name in draw(st.lists(names, min_size=1, max_size=12)):
        try:
            landscape, home = network(landscape, ids, name, access=draw(accesses), by=PEOPLE[:1])
            for group in draw(st.lists(names, max_size=2)):
                access = draw(accesses)
                landscape, _ = changes.create_group(landscape, ids, name=group, home=home, access=access)
        except Refusal:
            continue
    return landscape


def check(landscape: Landscape, standing: Standing, said: str) -> None:
    for kind in _KINDS:
        assert closest(landscape, standing, said, kind) == plainly(landscape, standing, said, kind)


@given(named_landscapes(), typed(), st.sampled_from([*PEOPLE[:2]]), st.booleans())
@settings(max_examples=400, deadline=None)
def test_the_closest_names_are_those_of_all_there_are(
    landscape: Landscape, said: str, user: UserId, is_admin: bool
) -> None:
    check(landscape, Standing(user, is_admin=is_admin), said)


@given(seen_landscapes(), typed(), names, st.booleans())
@settings(max_examples=200, deadline=None)
def test_so_they_are_after_each_change_and_whoever_asks(
    world: tuple[Landscape, Standing], said: str, name: str, is_admin: bool
) -> None:
    landscape, standing = world[0], replace(world[1], is_admin=is_admin)
    check(landscape, standing, said)
    first = next(iter(landscape.networks))
    renamed = landscape.having(replace(landscape.networks[first], name=name))
    check(renamed, standing, said)
    asleep = replace(renamed.networks[first], status=Status.ARCHIVED)
    check(renamed.having(asleep), standing, said)
    hidden = replace(renamed.networks[first], access=Access.INVITE)
    check(renamed.having(hidden), standing, said)
