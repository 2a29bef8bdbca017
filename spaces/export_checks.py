"""What keeps an export from being used: each problem a sentence in English, for who imports it.

An export comes from outside and is not to be trusted: what the commands would refuse is refused here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from spaces.errors import Refusal
from spaces.exported import plainly
from spaces.hierarchy import path_down
from spaces.identifiers import GroupId, NetworkId, Slug, UserId, printable
from spaces.landscape import Landscape
from spaces.naming import check_name, check_topic
from spaces.network import Access, Banned, Coordinator, Group, Kind, Link, Network, Purpose, Share
from spaces.zones import zone_names

_NETWORK_ID, _GROUP_ID = re.compile(r"n\.[a-z2-7]{16}"), re.compile(r"g\.[a-z2-7]{16}")
_MOST_TOLD = 20
_MOST_DAYS = 3650
_MOST_QUESTIONS = 4000


@dataclass(frozen=True)
class Parts:
    """The structure as a file has it: nothing says yet that it fits together."""

    networks: tuple[Network, ...] = ()
    groups: tuple[Group, ...] = ()
    links: tuple[Link, ...] = ()
    shares: tuple[Share, ...] = ()
    coordinators: tuple[Coordinator, ...] = ()
    bans: tuple[Banned, ...] = ()


class ExportRefused(Refusal):
    """The file cannot be imported; `problems` are what is wrong with it, in English."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        told = [printable(problem) for problem in self.problems[:_MOST_TOLD]]
        if len(self.problems) > _MOST_TOLD:
            told.append(f"… and {len(self.problems) - _MOST_TOLD} more.")
        beginning = "The file cannot be imported, and nothing was done."
        super().__init__(plainly([beginning, *told]))


def tree_of(parts: Parts, languages: Iterable[str]) -> Landscape:
    """The structure as a landscape. Raises `ExportRefused` with everything that is wrong with it."""
    problems = [*_ids(parts), *_references(parts)]
    if problems:  # nothing else can be asked of what does not hang together
        raise ExportRefused(problems)
    tree = Landscape().having(*parts.networks, *parts.groups, *parts.links, *parts.shares)
    tree = tree.having(*parts.coordinators, *parts.bans)
    problems = [*_each_network(parts.networks, set(languages)), *_each_group(tree, parts.groups)]
    problems += [*_slugs(tree, parts), *_loops(tree), *_shares(tree), *_people(tree, parts)]
    if problems:
        raise ExportRefused(problems)
    return tree


def _ids(parts: Parts) -> Iterator[str]:
    for network in parts.networks:
        if not _NETWORK_ID.fullmatch(network.id):
            yield f"“{_shown(network.id)}” is not the id of a network: n. and 16 letters and digits."
    for group in parts.groups:
        if not _GROUP_ID.fullmatch(group.id):
            yield f"“{_shown(group.id)}” is not the id of a group: g. and 16 letters and digits."
    yield from _twice("The network", (network.id for network in parts.networks))
    yield from _twice("The group", (group.id for group in parts.groups))
    yield from _twice("The link", (f"{link.parent} → {link.child}" for link in parts.links))
    yield from _twice("The share", (f"{share.group} → {share.network}" for share in parts.shares))


def _twice(what: str, keys: Iterable[str]) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{what} “{_shown(key)}” is in the file {count} times."


def _references(parts: Parts) -> Iterator[str]:
    networks, groups = {n.id for n in parts.networks}, {g.id for g in parts.groups}
    named: list[tuple[str, NetworkId]] = [(f"the group “{g.name}”", g.home) for g in parts.groups]
    named += [("a link", end) for link in parts.links for end in (link.parent, link.child)]
    named += [("a share", share.network) for share in parts.shares]
    named += [("a coordinator", one.network) for one in parts.coordinators]
    for what, network in named:
        if network not in networks:
            yield f"There is no network “{_shown(network)}” in the file, and {_shown(what)} names it."
    for share in parts.shares:
        if share.group not in groups:
            yield f"There is no group “{_shown(share.group)}” in the file, and a share names it."
    for ban in parts.bans:
        if ban.place not in networks and ban.place not in groups:
            yield f"There is no place “{_shown(ban.place)}” in the file, and a ban names it."


# -- one by one -------------------------------------------------------------------------------------


def _each_network(networks: Sequence[Network], languages: set[str]) -> Iterator[str]:
    for network in networks:
        yield from _words(network)
        if network.language and network.language not in languages:
            known = ", ".join(sorted(languages))
            yield f"“{_shown(network.name)}” speaks “{_shown(network.language)}”. There are: {known}."
        if network.timezone and network.timezone not in zone_names():
            yield f"“{_shown(network.name)}” has an unknown time zone, “{_shown(network.timezone)}”."
        if not 0 <= network.grace_days <= _MOST_DAYS:
            yield f"“{_shown(network.name)}” has {network.grace_days} days of grace: from 0 to {_MOST_DAYS}."
        asked = printable(network.questions.replace("\n", " "))
        if len(asked) > _MOST_QUESTIONS or asked != network.questions.replace("\n", " "):
            yield f"The questions of “{_shown(network.name)}” are too long, or hold what nobody sees."


def _each_group(tree: Landscape, groups: Sequence[Group]) -> Iterator[str]:
    for group in groups:
        yield from _words(group)
        home = tree.networks[group.home]
        if group.is_kit:
            if group.access is not home.access:
                yield f"“{_shown(group.name)}” is not open to the same people as its “{_shown(home.name)}”."
        elif group.access is Access.PUBLIC and home.access is not Access.PUBLIC:
            yield f"“{_shown(group.name)}” is public, and “{_shown(home.name)}”, which it is of, is not."
    kits = Counter((group.home, group.purpose) for group in groups if group.purpose is not Purpose.TALK)
    for (network, purpose), count in kits.items():
        if count > 1:
            yield f"“{_shown(tree.networks[network].name)}” has {count} groups for {purpose.value}."


def _words(place: Network | Group) -> Iterator[str]:
    called = _shown(place.name)
    yield from _refused(f"The name “{called}”", place.name, check_name)
    yield from _refused(f"The topic of “{called}”", place.topic, check_topic)
    yield from _refused(f"The short name of “{called}”", place.slug, Slug.parse)


def _refused(what: str, text: str, check: Callable[[str], str]) -> Iterator[str]:
    try:
        if check(text) != text:
            yield f"{what} is not as it would be kept: “{_shown(check(text))}”."
    except Refusal as refusal:
        yield f"{what} breaks a rule: {refusal.sentence}"


# -- how they stand to each other -------------------------------------------------------------------


def _slugs(tree: Landscape, parts: Parts) -> Iterator[str]:
    yield from _twice("The short name", (network.slug for network in parts.networks))
    of_groups = (f"{tree.networks[group.home].slug}/{group.slug}" for group in parts.groups)
    yield from _twice("The short name", of_groups)


def _loops(tree: Landscape) -> Iterator[str]:
    """One way round, if there is one: what has nothing above it is taken away, level by level."""
    waiting = {network: set(tree.all_parents(network)) for network in tree.networks}
    free = [network for network, above in waiting.items() if not above]
    while free:
        gone = free.pop()
        del waiting[gone]
        for child in tree.all_children(gone):
            waiting[child].discard(gone)
            if not waiting[child]:
                free.append(child)
    for start in sorted(waiting):
        ways = (path_down(tree, child, start) for child in tree.all_children(start))
        way = next((way for way in ways if way is not None), None)
        if way is not None:
            names = " → ".join(f"“{_shown(tree.networks[one].name)}”" for one in (start, *way))
            yield f"{names}: a network cannot stand below itself."
            return


def _shares(tree: Landscape) -> Iterator[str]:
    for group, network in tree.shares:
        found = tree.groups[group]
        if found.is_kit or found.home == network:
            yield f"“{_shown(found.name)}” cannot be shared with “{_shown(tree.networks[network].name)}”."
    for bridge in tree.networks.values():
        ups = [ln for ln in tree.links.values() if ln.child == bridge.id]
        if sum(link.canonical for link in ups) != bool(ups):
            yield f"“{_shown(bridge.name)}” needs exactly one canonical parent."
        if bridge.kind is not Kind.BRIDGE or all(link.holds for link in ups):
            continue
        yield f"“{_shown(bridge.name)}” waits for a yes."


def _people(tree: Landscape, parts: Parts) -> Iterator[str]:
    for user in dict.fromkeys([*(c.user for c in parts.coordinators), *(b.who for b in parts.bans)]):
        yield from _refused("A person", user, UserId.parse)
    for ban in parts.bans:
        if "*" in ban.who or "?" in ban.who:
            yield f"{_shown(ban.who)} is a rule for many, and only people are banned from a place."
        home = ban.place if ban.place.is_network else tree.groups[GroupId(ban.place)].home
        if (NetworkId(home), UserId(ban.who)) in tree.coordinators:
            name = _shown(tree.networks[NetworkId(home)].name)
            yield f"{_shown(ban.who)} is banned from “{name}” and looks after it."


def _shown(text: str) -> str:
    return printable(" ".join(text.split()))[:80]
