"""What is wrong with a blueprint: with one thing by itself, and with how they stand to each other."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from spaces.blueprint import (
    Blueprint,
    BlueprintProblem,
    Wanted,
    WantedBridge,
    WantedGroup,
    WantedNetwork,
    problem,
)
from spaces.identifiers import UserId, printable
from spaces.lookalikes import folded, mixes_scripts, skeleton
from spaces.network import ACCESSES, Access, Kind
from spaces.sentences import Sentence, sentence

LONGEST_NAME = 80
LONGEST_TOPIC = 1000
_KIT = {Kind.NETWORK: ("welcome", "news"), Kind.BRIDGE: ("welcome", "news"), Kind.ECOSYSTEM: ("news",)}


def check(blueprint: Blueprint, known_names: Collection[str] | None) -> list[BlueprintProblem]:
    """Everything that keeps the blueprint from being used, in the order of its lines.

    `known_names` are the networks that the server has already, by whatever names a bridge may call
    them; with None, names that the blueprint does not hold are let pass.
    """
    plan = _Plan(blueprint, known_names)
    problems = [
        *(found for network in plan.networks for found in _itself(network)),
        *_beside_each_other(plan),
        *_alike(plan),
        *(found for network in plan.networks for found in plan.between(network)),
        *_loops(plan),
    ]
    return sorted(set(problems))


def naming(bot: UserId, blueprint: Blueprint) -> Iterator[BlueprintProblem]:
    """The networks that name the bot a coordinator: it would lose its power over their rooms."""
    for network in _Plan(blueprint, None).networks:
        if bot in network.coordinators:
            yield problem(
                network.line,
                sentence(
                    "{bot} is Hedgerow itself, which looks after every network's rooms already, and cannot "
                    "be a coordinator of “{network}”. Name a person.",
                    bot=bot,
                    network=_shown(network.name),
                ),
            )


# -- one thing by itself ----------------------------------------------------------------------------


def _itself(network: Wanted) -> Iterator[BlueprintProblem]:
    sentences = [*_name(network.name), *_topic(network.topic)]
    if isinstance(network, WantedNetwork):
        sentences += _words(network.name, network.access or Access.PUBLIC, network.ask, network.listed)
    yield from (problem(network.line, said) for said in sentences)
    kind = network.kind if isinstance(network, WantedNetwork) else Kind.BRIDGE
    usual = Access.PRIVATE if kind is Kind.BRIDGE else Access.PUBLIC
    for group in network.groups:
        sentences = [*_group(group, _KIT[kind]), *_home(group, network.name, network.access or usual)]
        yield from (problem(group.line, said) for said in sentences)


def _group(group: WantedGroup, kit: Sequence[str]) -> Iterator[Sentence]:
    yield from _name(group.name)
    yield from _topic(group.topic)
    yield from _words(group.name, group.access or Access.PRIVATE, group.ask, group.listed)
    if folded(group.name) in kit:
        yield sentence(
            "“{group}” is a group that every network has from the start. Take it out.",
            group=_shown(group.name),
        )


def _home(group: WantedGroup, home: str, access: Access) -> Iterator[Sentence]:
    if group.access is Access.PUBLIC and access is not Access.PUBLIC:
        yield sentence(
            "“{group}” is public, and “{network}”, which it belongs to, is {access}: its address would tell "
            "everyone that name. Make the group private, or the network public.",
            group=_shown(group.name),
            network=_shown(home),
            access=ACCESSES[access],
        )


def _name(name: str) -> Iterator[Sentence]:
    said = {"name": _shown(name), "most": LONGEST_NAME}
    if not printable(name).strip():
        yield sentence("A `name` is missing or empty. Write one of 1 to {most} characters.", **said)
    elif printable(name) != name:
        yield sentence("The name “{name}” holds a character that cannot be seen. Type it again.", **said)
    if len(name) > LONGEST_NAME:
        yield sentence(
            "The name “{name}” has {length} characters. Make it {most} or fewer.", length=len(name), **said
        )
    if mixes_scripts(name):
        yield sentence(
            "The name “{name}” mixes letters of several scripts in one word. Type it in one.", **said
        )


def _topic(topic: str | None) -> Iterator[Sentence]:
    if topic is None:
        return
    if len(topic) > LONGEST_TOPIC:
        yield sentence(
            "A topic has {length} characters. Make it {most} or fewer.", length=len(topic), most=LONGEST_TOPIC
        )
    if printable(topic) != topic.replace("\n", ""):
        yield sentence(
            "The topic “{topic}” holds a character that cannot be seen. Type it again.", topic=_shown(topic)
        )


def _words(name: str, access: Access, ask: bool, listed: bool) -> Iterator[Sentence]:
    said = {"name": _shown(name), "access": ACCESSES[access]}
    if ask and access is not Access.PRIVATE:
        yield sentence(
            "“{name}” is {access}, and only what is private can be asked for. Take `ask` out.", **said
        )
    if listed and access is not Access.INVITE:
        yield sentence("“{name}” is {access}, so it is listed anyway. Take `listed` out.", **said)


def _shown(name: str) -> str:
    return " ".join(printable(name).split())[:LONGEST_NAME]


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
            yield from (problem(network.line, said) for said in self._about_between(network))

    def _about_between(self, bridge: WantedBridge) -> Iterator[Sentence]:
        names, called = {folded(name): name for name in bridge.between}, _shown(bridge.name)
        if len(names) < 2:
            yield sentence(
                "The bridge “{bridge}” needs two or more different networks under `between`.", bridge=called
            )
        for key, name in names.items():
            found = self.by_name.get(key, [])
            if key == folded(bridge.name):
                yield sentence(
                    "The bridge “{bridge}” stands between itself and others. Name networks.", bridge=called
                )
            elif len(found) > 1:
                yield self._of_several(name, found)
            elif not found and not self._is_known(key):
                yield sentence(
                    "There is no network “{network}” for “{bridge}”.{guess}",
                    network=_shown(name),
                    bridge=called,
                    guess=self._near(key),
                )

    def _of_several(self, name: str, numbers: Iterable[int]) -> Sentence:
        return sentence(
            "“{network}” is the name of several networks (lines {lines}). Rename one of them.",
            network=_shown(name),
            lines=", ".join(str(self.networks[number].line) for number in numbers),
        )

    def _is_known(self, key: str) -> bool:
        return self.known is None or key in self.known

    def _near(self, key: str) -> Sentence | str:
        names = (self.known or {}) | {folded(network.name): network.name for network in self.networks}
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.75)
        return sentence(" Did you mean “{network}”?", network=_shown(names[near[0]])) if near else ""

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
            yield _clash(thing, other, sentence("Under one parent each needs a name of its own."))


def _alike(plan: _Plan) -> Iterator[BlueprintProblem]:
    """Names that look alike anywhere, though they are not the same."""
    things = [*plan.networks, *(group for network in plan.networks for group in network.groups)]
    spellings = {folded(thing.name): thing for thing in sorted(things, key=lambda thing: -thing.line)}
    for other, thing in _repeated(spellings.values(), lambda thing: skeleton(thing.name)):
        yield _clash(thing, other, sentence("Readers could not tell them apart."))


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


def _clash(thing: Wanted | WantedGroup, other: Wanted | WantedGroup, why: Sentence) -> BlueprintProblem:
    said = {"name": _shown(thing.name), "other": _shown(other.name), "line": other.line, "why": why}
    if thing.name == other.name:
        is_there = sentence("“{name}” is there already. {why}", **said)
        is_there_at = sentence("“{name}” is there already (line {line}). {why}", **said)
    else:
        is_there = sentence("“{name}” looks like “{other}”. {why}", **said)
        is_there_at = sentence("“{name}” looks like “{other}” (line {line}). {why}", **said)
    return problem(thing.line, is_there_at if other.line else is_there)


def _loops(plan: _Plan) -> Iterator[BlueprintProblem]:
    """Networks that would stand below themselves, in fact or in name."""
    told: set[int] = set()
    for number, network in enumerate(plan.networks):
        below = plan.ancestors(number)
        if number in below and number not in told:
            way = _way_down(below, number)
            told |= set(way)
            names = " → ".join(f"“{_shown(plan.networks[one].name)}”" for one in way)
            yield problem(network.line, sentence("{way}: a network cannot stand below itself.", way=names))
        elif number not in below and any(
            folded(plan.networks[above].name) == folded(network.name) for above in below
        ):
            yield problem(
                network.line,
                sentence(
                    "“{network}” stands below a network of the same name. Give it another.",
                    network=_shown(network.name),
                ),
            )


def _way_down(below: Mapping[int, int], number: int) -> list[int]:
    """From `number` down, step by step, to itself again."""
    way = [number, below[number]]
    while way[-1] != number:
        way.append(below[way[-1]])
    return way
