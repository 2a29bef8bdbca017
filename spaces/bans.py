"""Who is kept out, and of what: a ban from a network holds for its groups too, those made later as well.

A ban from a place names one person. An admin's rule holds EVERYWHERE and may name many at once,
`@*:bad.example`; whoever it fits is banned from a network when they are first seen there, and that ban
remembers the rule, so that it ends with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from spaces.errors import Conflict
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Banned, Network, Status
from spaces.sentences import listed

REASON_AT_MOST = 400
_NAMED_AT_MOST = 3


# -- looking --------------------------------------------------------------------------------------


def is_rule(who: str) -> bool:
    """Whether it may mean several people: it has a `*` or a `?` in it."""
    return "*" in who or "?" in who


def fits(rule: str, user: str) -> bool:
    """Whether `user` is one of those whom `rule` means: `*` is anything, `?` one character."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in rule)
    return re.fullmatch("".join(parts), user, re.IGNORECASE | re.DOTALL) is not None


def bans_on(landscape: Landscape, place: PlaceId) -> tuple[Banned, ...]:
    """The bans that hold in the room of `place`: its own, and for a group those from its home network.

    Of a person who is banned from both, the group's own. Coordinators are not kept out.
    """
    group = landscape.groups.get(GroupId(place))
    wider = landscape.bans_of(group.home) if group is not None else ()
    held = {ban.who: ban for ban in (*wider, *landscape.bans_of(place))}
    return tuple(ban for who, ban in held.items() if who not in landscape.looking_after(place))


def rule_on(landscape: Landscape, user: UserId) -> Banned | None:
    """The rule of an admin's that keeps `user` out everywhere, if there is one."""
    return next((ban for ban in landscape.bans_of(EVERYWHERE) if fits(ban.who, user)), None)


def is_banned(landscape: Landscape, place: PlaceId, user: UserId) -> bool:
    """Whether `user` is kept out of `place`, by a ban from it, from its network, or by a rule."""
    group = landscape.groups.get(GroupId(place))
    places = (place, group.home) if group is not None else (place,)
    if any((where, user) in landscape.bans for where in places):
        return user not in landscape.looking_after(place)
    return rule_on(landscape, user) is not None and user not in landscape.looking_after(place)


def rooms_under(landscape: Landscape, place: PlaceId) -> frozenset[PlaceId]:
    """The places whose rooms a ban from `place` concerns: a network with its groups, or a group."""
    return landscape.places_of(NetworkId(place)) if place.is_network else frozenset({place})


def networks_below(landscape: Landscape, network: NetworkId) -> tuple[NetworkId, ...]:
    """The networks under it, however deep, each once; none that sleeps."""
    below: dict[NetworkId, None] = {}
    queue = [network]
    for here in queue:
        fresh = [child for child in landscape.children(here) if child not in below and child != network]
        below.update(dict.fromkeys(fresh))
        queue += fresh
    return tuple(below)


# -- changing -------------------------------------------------------------------------------------


def ban(landscape: Landscape, wanted: Iterable[Banned], *, protected: Collection[UserId] = ()) -> Landscape:
    """With these bans. What holds already stays as it was.

    Raises `Conflict` for a ban that would meet one of the `protected` (the bot, admins) or a coordinator
    of its place.
    """
    fresh = [one for one in wanted if (one.place, one.who) not in landscape.bans]
    for one in fresh:
        _check_may_be_banned(landscape, one, protected)
    return landscape.having(*fresh) if fresh else landscape


def unban(landscape: Landscape, places: Iterable[PlaceId], who: str) -> Landscape:
    """Without the bans of `who` from these places; with a rule goes what follows from it.

    Raises `Conflict` where there is none, and for one that follows from a rule that still holds.
    """
    found = [landscape.bans[place, who] for place in places if (place, who) in landscape.bans]
    if not found:
        raise Conflict("{who} is not banned there. `bans` shows who is.", who=who)
    kept = [one for one in found if one.rule and (EVERYWHERE, one.rule) in landscape.bans]
    if kept:
        raise Conflict(
            "{who} is banned by the rule `{rule}` of this server. Only an admin can end that.",
            who=who,
            rule=kept[0].rule,
        )
    rules = {one.who for one in found if one.place == EVERYWHERE}
    following = (one for one in landscape.bans.values() if one.rule in rules) if rules else ()
    return landscape.lacking(*found, *following)


def following(
    landscape: Landscape, seen: Iterable[tuple[PlaceId, UserId]], *, at: float, exempt: Collection[UserId]
) -> Iterator[Banned]:
    """The bans that the rules entail for people who are `seen` in places, each from the whole network."""
    for place, user in seen:
        network = landscape.network_at(place)
        if network is None or user in exempt or (network, user) in landscape.bans:
            continue
        if user in landscape.coordinators_of(network):
            continue
        if (rule := rule_on(landscape, user)) is not None:
            yield replace(rule, place=network, who=str(user), at=at, rule=rule.who)


def unbanned(before: Landscape, after: Landscape) -> Iterator[tuple[PlaceId, UserId]]:
    """The rooms in which somebody was kept out, and is not any longer."""
    for key in after.differing(before, "bans"):
        one = before.bans.get(key)
        if one is None or key in after.bans or one.place == EVERYWHERE:
            continue
        user = UserId(one.who)
        for place in rooms_under(after, one.place):
            if not is_banned(after, place, user):
                yield place, user


def check_not_banned(landscape: Landscape, network: NetworkId, user: UserId) -> None:
    """Raise `Conflict` for somebody who is banned from `network`, and is to be named for something there."""
    if is_banned(landscape, network, user):
        found: Network = landscape.networks[network]
        raise Conflict(
            "{person} is banned from “{network}”. End that first: `unban {person} --in {slug}`.",
            person=user,
            network=found.name,
            slug=found.slug,
        )


def _check_may_be_banned(landscape: Landscape, one: Banned, protected: Collection[UserId]) -> None:
    if any(fits(one.who, user) for user in protected):
        raise Conflict("{who} is me or an admin of this server, and cannot be banned.", who=one.who)
    if one.place == EVERYWHERE:
        looking_after = sorted({key[1] for key, found in landscape.coordinators.items() if not found.former})
    else:
        looking_after = sorted(landscape.looking_after(one.place))
    met = [user for user in looking_after if fits(one.who, user)]
    if met and one.place == EVERYWHERE:
        raise Conflict(
            "{people} would be banned with that rule and coordinate a network. "
            "Take the role back first: `coordinator remove`.",
            people=listed(met[:_NAMED_AT_MOST]),
        )
    if met:
        network = landscape.networks[landscape.network_at(one.place) or NetworkId(one.place)]
        raise Conflict(
            "{person} coordinates “{network}” and cannot be banned from it. Take the role back first: "
            "`coordinator remove {person} --in {slug}`.",
            person=met[0],
            network=network.name,
            slug=network.slug,
        )


def can_be_banned_from(landscape: Landscape, place: PlaceId) -> bool:
    """Whether it has a room, now or soon, from which somebody can be kept out."""
    return landscape.status_of(place) is not Status.PROPOSED
