"""The place that somebody means by a name, a short name or an alias, among those that they may see."""

from __future__ import annotations

from spaces.access import Standing, may_see
from spaces.errors import Ambiguous
from spaces.identifiers import ALIAS_PREFIX, GroupId, NetworkId, PlaceId, printable
from spaces.landscape import Landscape
from spaces.sentences import counted
from spaces.unseen import Kind, is_kind, unknown

_LISTED_AT_MOST = 8


def find_place(
    landscape: Landscape,
    standing: Standing,
    typed: str,
    *,
    kind: Kind = "any",
    within: NetworkId | None = None,
    server: str | None = None,
) -> PlaceId:
    """The place that somebody means, among those that they may see.

    By slug, `network/group`, name in any spelling, our alias `#hedge_<slug>:server` (of `server`, where
    that is given), or a slug that it once had. `within` keeps to one network's own groups and children.
    Raises `Unknown`, or `Ambiguous` with the candidates by slug. Opaque ids are not accepted.
    """
    wished = typed.strip()
    if wished.startswith("#"):
        slug = _slug_in_alias(wished, server)
        ways = [_by_slug(landscape, slug)] if slug else []
    else:
        slug = wished.casefold()
        ways = [_by_slug(landscape, wished, current=True), landscape.named(wished), _by_slug(landscape, slug)]
    for way in ways:
        found = [p for p in way if is_kind(p, kind) and _is_within(landscape, p, within)]
        if seen := [p for p in found if may_see(landscape, standing, p)]:
            return _only(landscape, seen, wished)
    raise unknown(kind, typed)


def _slug_in_alias(alias: str, server: str | None) -> str:
    localpart, _, its_server = alias[1:].casefold().partition(":")
    ours = localpart.startswith(ALIAS_PREFIX) and server in (None, its_server)
    return localpart.removeprefix(ALIAS_PREFIX).replace("_", "/", 1) if ours else ""


def _by_slug(landscape: Landscape, slug: str, *, current: bool = False) -> tuple[PlaceId, ...]:
    """The place with this slug; `network/group` also where the network is named in another spelling."""
    first, slash, rest = slug.partition("/")
    if not slash:
        found = [landscape.slugs.get(slug)]
    else:
        homes = dict.fromkeys((landscape.slugs.get(first.strip()), *landscape.named(first)))
        found = [landscape.slugs.get(f"{home}/{rest.strip()}") for home in homes]
    there = (p for p in found if p in landscape.networks or p in landscape.groups)  # not released
    return tuple(p for p in there if p is not None and (not current or landscape.slug_of(p) == slug))


def _is_within(landscape: Landscape, place: PlaceId, network: NetworkId | None) -> bool:
    if network is None:
        return True
    if place.is_network:
        return network in landscape.all_parents(NetworkId(place))
    group = GroupId(place)
    return landscape.groups[group].home == network or network in landscape.shares_of(group)


def _only(landscape: Landscape, found: list[PlaceId], typed: str) -> PlaceId:
    if len(found) == 1:
        return found[0]
    slugs = sorted(landscape.slug_of(place) for place in found)
    said = {"name": printable(typed), "places": ", ".join(slugs[:_LISTED_AT_MOST])}
    if len(slugs) > _LISTED_AT_MOST:
        raise Ambiguous(
            counted(
                "“{name}” may be any of these: {places} and {count} more. Say which one, in that short form.",
                "“{name}” may be any of these: {places} and {count} more. Say which one, in that short form.",
                len(slugs) - _LISTED_AT_MOST,
                **said,
            )
        )
    raise Ambiguous("“{name}” may be any of these: {places}. Say which one, in that short form.", **said)
