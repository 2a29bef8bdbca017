"""Blueprints: the wanted networks, groups and bridges of a place as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from spaces.errors import Conflict, Malformed
from spaces.identifiers import UserId
from spaces.network import Access, Kind
from spaces.sentences import Sentence, sentence


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
    """A network with what is below it. `language` is the code of what is spoken there, None if not said."""

    name: str
    kind: Kind = Kind.NETWORK
    access: Access | None = None
    ask: bool = False
    listed: bool = False
    topic: str | None = None
    language: str | None = None
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
    language: str | None = None
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
    """What is wrong, in English, and the line where, 0 if unknown. `said` is the same as a `Sentence`."""

    line: int
    sentence: str
    said: Sentence | None = field(default=None, compare=False)


def problem(line: int, said: Sentence) -> BlueprintProblem:
    return BlueprintProblem(line, str(said), said)


class BlueprintRefused(Malformed):
    """The blueprint cannot be used; `problems` are all that is wrong with it."""

    def __init__(self, problems: Iterable[BlueprintProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        start = sentence("The blueprint cannot be used, and nothing was done.")
        super().__init__(_below_each_other([start, *map(_with_line, self.problems)]))


def _with_line(found: BlueprintProblem) -> Sentence | str:
    what = found.said or found.sentence
    return sentence("line {number}: {problem}", number=found.line, problem=what) if found.line else what


def _below_each_other(lines: Sequence[Sentence | str]) -> Sentence:
    """Each on a line of its own; there is no word in it to translate."""
    parts = {f"line_{number}": line for number, line in enumerate(lines)}
    return Sentence("\n".join(f"{{{name}}}" for name in parts), parts)
