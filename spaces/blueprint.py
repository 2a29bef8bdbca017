"""Blueprints: the wanted networks, groups and bridges of a place as values, and what is wrong with them."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from spaces.errors import Conflict, Malformed
from spaces.identifiers import UserId, printable
from spaces.lookalikes import folded, mixes_scripts, skeleton
from spaces.network import Access, Kind

LONGEST_NAME = 80
LONGEST_TOPIC = 1000
_KIT = {Kind.NETWORK: ("welcome", "news"), Kind.BRIDGE: ("welcome", "news"), Kind.ECOSYSTEM: ("news",)}


@dataclass(frozen=True)
class WantedGroup:
    """`access` None is not said; so is `topic` None. `line` is where it stands, from 1 on, 0 if unknown."""

    name: str
    access: Access | None = None
    ask: bool = False
    listed: bool = False
    encrypted: bool = False
    topic: str | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class WantedNetwork:
    """A network with what is below it."""

    name: str
    kind: Kind = Kind.NETWORK
    access: Access | None = None
    ask: bool = False
    listed: bool = False
    topic: str | None = None
    coordinators: tuple[UserId, ...] = ()
    networks: tuple[WantedNetwork, ...] = ()
    groups: tuple[WantedGroup, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class WantedBridge:
    """A network below each of those that `between` names, in this blueprint or on the server."""

    name: str
    between: tuple[str, ...]
    access: Access | None = None
    topic: str | None = None
    coordinators: tuple[UserId, ...] = ()
    groups: tuple[WantedGroup, ...] = ()
    networks: tuple[WantedNetwork, ...] = ()
    line: int = field(default=0, compare=False)


Wanted = WantedNetwork | WantedBridge


@dataclass(frozen=True)
class Blueprint:
    """The networks at the top, and the bridges."""

    networks: tuple[WantedNetwork, ...] = ()
    bridges: tuple[WantedBridge, ...] = ()

    def renamed(self, name: str) -> Blueprint:
        """The same with another name for its single top network. Raises `Conflict` if it has several."""
        if len(self.networks) != 1:
            raise Conflict("Only a blueprint with one network at its top can take another name.")
        (top,) = self.networks
        bridges = tuple(
            replace(bridge, between=tuple(name if one == top.name else one for one in bridge.between))
            for bridge in self.bridges
        )
        return Blueprint((replace(top, name=name),), bridges)


@dataclass(frozen=True, slots=True, order=True)
class BlueprintProblem:
    """What is wrong, in one sentence, and the line where, 0 if unknown."""

    line: int
    sentence: str


class BlueprintRefused(Malformed):
    """The blueprint cannot be used; `problems` are all that is wrong with it."""

    def __init__(self, problems: Iterable[BlueprintProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        lines = [f"line {p.line}: {p.sentence}" if p.line else p.sentence for p in self.problems]
        super().__init__("\n".join(["The blueprint cannot be used, and nothing was done.", *lines]))


def check(blueprint: Blueprint, known_names: Collection[str] | None) -> list[BlueprintProblem]:
    """Everything that keeps the blueprint from being used, in the order of its lines.

    `known_names` are the networks that the server has already, by whatever names a bridge may call
    them; with None, names that the blueprint does not hold are let pass.
    """
    plan = _Plan(blueprint, known_names)
    problems = [
        *(problem for network in plan.networks for problem in _itself(network)),
        *_beside_each_other(plan),
        *_alike(plan),
        *(problem for network in plan.networks for problem in plan.between(network)),
        *_loops(plan),
    ]
    return sorted(set(problems))


def naming(bot: UserId, blueprint: Blueprint) -> Iterator[BlueprintProblem]:
    """The networks that name the bot a coordinator: it would lose its power over their rooms."""
    for network in _Plan(blueprint, None).networks:
        if bot in network.coordinators:
            yield BlueprintProblem(
                network.line,
                f"{bot} is Hedgerow itself, which looks after every network's rooms already, and cannot be "
                f"a coordinator of {_quoted(network.name)}. Name a person.",
            )


# -- one thing by itself ----------------------------------------------------------------------------


def _itself(network: Wanted) -> Iterator[BlueprintProblem]:
    sentences = [*_name(network.name), *_topic(network.topic)]
    if isinstance(network, WantedNetwork):
        sentences += _words(network.name, network.access or Access.PUBLIC, network.ask, network.listed)
    yield from (BlueprintProblem(network.line, sentence) for sentence in sentences)
    kind = network.kind if isinstance(network, WantedNetwork) else Kind.BRIDGE
    usual = Access.PRIVATE if kind is Kind.BRIDGE else Access.PUBLIC
    for group in network.groups:
        sentences = [*_group(group, _KIT[kind]), *_home(group, network.name, network.access or usual)]
        yield from (BlueprintProblem(group.line, sentence) for sentence in sentences)


def _group(group: WantedGroup, kit: Sequence[str]) -> Iterator[str]:
    yield from _name(group.name)
    yield from _topic(group.topic)
    yield from _words(group.name, group.access or Access.PRIVATE, group.ask, group.listed)
    if folded(group.name) in kit:
        yield f"{_quoted(group.name)} is a group that every network has from the start. Take it out."


def _home(group: WantedGroup, home: str, access: Access) -> Iterator[str]:
    if group.access is Access.PUBLIC and access is not Access.PUBLIC:
        yield (
            f"{_quoted(group.name)} is public, and {_quoted(home)}, which it belongs to, is {access}: its "
            "address would tell everyone that name. Make the group private, or the network public."
        )


def _name(name: str) -> Iterator[str]:
    if not printable(name).strip():
        yield "A `name` is missing or empty. Write one of 1 to 80 characters."
    elif printable(name) != name:
        yield f"The name {_quoted(name)} holds a character that cannot be seen. Type it again."
    if len(name) > LONGEST_NAME:
        yield f"The name {_quoted(name)} has {len(name)} characters. Make it {LONGEST_NAME} or fewer."
    if mixes_scripts(name):
        yield f"The name {_quoted(name)} mixes letters of several scripts in one word. Type it in one."


def _topic(topic: str | None) -> Iterator[str]:
    if topic is None:
        return
    if len(topic) > LONGEST_TOPIC:
        yield f"A topic has {len(topic)} characters. Make it {LONGEST_TOPIC} or fewer."
    if printable(topic) != topic.replace("\n", ""):
        yield f"The topic {_quoted(topic)} holds a character that cannot be seen. Type it again."


def _words(name: str, access: Access, ask: bool, listed: bool) -> Iterator[str]:
    if ask and access is not Access.PRIVATE:
        yield f"{_quoted(name)} is {access}, and only what is private can be asked for. Take `ask` out."
    if listed and access is not Access.INVITE:
        yield f"{_quoted(name)} is {access}, so it is listed anyway. Take `listed` out."


def _quoted(name: str) -> str:
    return f"“{' '.join(printable(name).split())[:LONGEST_NAME]}”"


# -- how they stand to each other -------------------------------------------------------------------


class _Plan:
    """The blueprint as a graph. Networks are numbered, since two may be equal."""

    def __init__(self, blueprint: Blueprint, known_names: Collection[str] | None) -> None:
        self.networks: list[Wanted] = []
        self.above: list[int | None] = []
        tops: list[Wanted] = [*blueprint.networks, *blueprint.bridges]
        for top in tops:
            self._number(top, None)
        self.known = None if known_names is None else {folded(name): name for name in known_names}
        self.by_name: dict[str, list[int]] = defaultdict(list)
        for number, network in enumerate(self.networks):
            self.by_name[folded(network.name)].append(number)

    def _number(self, network: Wanted, above: int | None) -> None:
        number = len(self.networks)
        self.networks.append(network)
        self.above.append(above)
        for child in network.networks:
            self._number(child, number)

    @cached_property
    def parents(self) -> list[tuple[int | str, ...]]:
        """Of each network those above it: numbers, and names of which the blueprint has none or several."""
        return [tuple(self._parents(number)) for number in range(len(self.networks))]

    def _parents(self, number: int) -> Iterator[int | str]:
        network, above = self.networks[number], self.above[number]
        if above is not None:
            yield above
        if isinstance(network, WantedBridge):
            for name in dict.fromkeys(map(folded, network.between)):
                found = self.by_name.get(name, [])
                if found != [number]:
                    yield found[0] if len(found) == 1 else name

    def between(self, network: Wanted) -> Iterator[BlueprintProblem]:
        """What is wrong with the parents that a bridge names."""
        if isinstance(network, WantedBridge):
            for sentence in self._about_between(network):
                yield BlueprintProblem(network.line, sentence)

    def _about_between(self, bridge: WantedBridge) -> Iterator[str]:
        names = {folded(name): name for name in bridge.between}
        if len(names) < 2:
            yield f"The bridge {_quoted(bridge.name)} needs two or more different networks under `between`."
        for key, name in names.items():
            found = self.by_name.get(key, [])
            if key == folded(bridge.name):
                yield f"The bridge {_quoted(bridge.name)} stands between itself and others. Name networks."
            elif len(found) > 1:
                lines = ", ".join(str(self.networks[number].line) for number in found)
                yield f"{_quoted(name)} is the name of several networks (lines {lines}). Rename one of them."
            elif not found and not self._is_known(key):
                yield f"There is no network {_quoted(name)} for {_quoted(bridge.name)}.{self._near(key)}"

    def _is_known(self, key: str) -> bool:
        return self.known is None or key in self.known

    def _near(self, key: str) -> str:
        names = (self.known or {}) | {folded(network.name): network.name for network in self.networks}
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.75)
        return f" Did you mean {_quoted(names[near[0]])}?" if near else ""

    def ancestors(self, number: int) -> Mapping[int, int]:
        """Every number above, each with the next one down; `number` too if it stands in a loop."""
        below: dict[int, int] = {}
        queue = [(parent, number) for parent in self.parents[number]]
        for parent, child in queue:
            if isinstance(parent, int) and parent not in below:
                below[parent] = child
                queue += [(above, parent) for above in self.parents[parent]]
        return below


def _beside_each_other(plan: _Plan) -> Iterator[BlueprintProblem]:
    """Two things of one name under the same parent."""
    levels: dict[int | str, list[Wanted | WantedGroup]] = defaultdict(list)
    for number, network in enumerate(plan.networks):
        levels[number] += network.groups
        for parent in plan.parents[number] or ("",):
            levels[parent].append(network)
    for level in levels.values():
        for other, thing in _repeated(level, lambda thing: folded(thing.name)):
            yield _clash(thing, other, "Under one parent each needs a name of its own.")


def _alike(plan: _Plan) -> Iterator[BlueprintProblem]:
    """Names that look alike anywhere, though they are not the same."""
    things = [*plan.networks, *(group for network in plan.networks for group in network.groups)]
    spellings = {folded(thing.name): thing for thing in sorted(things, key=lambda thing: -thing.line)}
    for other, thing in _repeated(spellings.values(), lambda thing: skeleton(thing.name)):
        yield _clash(thing, other, "Readers could not tell them apart.")


def _repeated(
    things: Iterable[Wanted | WantedGroup], key: Callable[[Wanted | WantedGroup], str]
) -> Iterator[tuple[Wanted | WantedGroup, Wanted | WantedGroup]]:
    """Each thing whose key an earlier line has already, behind that earlier thing."""
    first: dict[str, Wanted | WantedGroup] = {}
    for thing in sorted(things, key=lambda thing: thing.line):
        if not key(thing):
            continue
        if key(thing) in first:
            yield first[key(thing)], thing
        first.setdefault(key(thing), thing)


def _clash(thing: Wanted | WantedGroup, other: Wanted | WantedGroup, why: str) -> BlueprintProblem:
    same = thing.name == other.name
    where = f" (line {other.line})" if other.line else ""
    is_there = f"is there already{where}" if same else f"looks like {_quoted(other.name)}{where}"
    return BlueprintProblem(thing.line, f"{_quoted(thing.name)} {is_there}. {why}")


def _loops(plan: _Plan) -> Iterator[BlueprintProblem]:
    """Networks that would stand below themselves, in fact or in name."""
    told: set[int] = set()
    for number, network in enumerate(plan.networks):
        below = plan.ancestors(number)
        if number in below and number not in told:
            way = _way_down(below, number)
            told |= set(way)
            names = " → ".join(_quoted(plan.networks[one].name) for one in way)
            yield BlueprintProblem(network.line, f"{names}: a network cannot stand below itself.")
        elif number not in below and any(
            folded(plan.networks[above].name) == folded(network.name) for above in below
        ):
            sentence = f"{_quoted(network.name)} stands below a network of the same name. Give it another."
            yield BlueprintProblem(network.line, sentence)


def _way_down(below: Mapping[int, int], number: int) -> list[int]:
    """From `number` down, step by step, to itself again."""
    way = [number, below[number]]
    while way[-1] != number:
        way.append(below[way[-1]])
    return way
