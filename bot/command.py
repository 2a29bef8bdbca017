"""A command is a typed method; its signature is its grammar.

A positional parameter is an argument, a keyword-only one an `--option` (a `bool` is a flag), the
text in `Annotated` its help, the first line of the docstring the summary, and the type returned
picks the reply. Help, the parser and the documentation read the same `Command`.

A parameter whose name is a word of Python ends in an underscore: `in_` is `--in`.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cache
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, NewType, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from bot.ports import Heard, Work
from bot.reply import Document, plain
from bot.scanning import LONGEST
from spaces.access import Standing
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape

Name = NewType("Name", str)
"""Free text that names something: it runs to the next option, quotes around it are optional."""

Entries = NewType("Entries", str)
"""A list as it was typed, with its line ends: whoever is given it reads what is in it."""

TYPES: tuple[Any, ...] = (bool, int, str, Name, Entries, UserId, NetworkId, GroupId, PlaceId)
"""What a parameter may be, beside enumerations, `list[…]` of people or places, and `… | None`."""

_MARK = "_declared_command"
_REPLY_MARK = "_reply_to"
_F = TypeVar("_F", bound=Callable[..., Any])


class ToConfirm(Exception):
    """It cannot be undone, and has not been agreed to: `document` tells what would be done.

    `agreement` is what a yes to it would stand for.
    """

    def __init__(self, document: Document, agreement: str) -> None:
        super().__init__("this has to be confirmed")
        self.document, self.agreement = document, agreement


@dataclass(frozen=True, slots=True)
class Call:
    """Who says it, where and when. `open_creation`: everyone local may make networks at the top.

    `server` is ours: only its aliases lead anywhere. `bot` is who answers, where that is known.
    `wants` is the command with all that its arguments were read as, `confirmed` the agreement to which
    they have said yes: names may have changed hands since it was shown.
    """

    heard: Heard
    standing: Standing
    work: Work
    open_creation: bool = False
    server: str | None = None
    bot: UserId | None = None
    wants: str = ""
    confirmed: str | None = None

    def confirm(self, preview: Document) -> None:
        """Go on only if the person has agreed to exactly this; to be called before anything is changed.

        Raises `ToConfirm`, which shows the preview and waits for their yes.
        """
        agreement = f"{self.wants}\n{plain(preview)}"
        if self.confirmed != agreement:
            raise ToConfirm(preview, agreement)

    @property
    def sender(self) -> UserId:
        return self.heard.sender

    @property
    def now(self) -> datetime:
        return self.heard.at

    @property
    def landscape(self) -> Landscape:
        """All networks as they stand now, with what this command has changed."""
        return self.work.landscape


class Requirement(Protocol):
    """What somebody must be allowed to do before a command runs (`bot/permissions.py`)."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        """Raise a `Refusal` if this person may not do this."""

    def possible(self, call: Call) -> bool:
        """Whether this person may do it anywhere at all: help shows only that."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument or option. `type` is what each value is turned into; `many` if there are several."""

    name: str
    type: Any
    help: str
    many: bool = False
    is_option: bool = False
    default: Any = inspect.Parameter.empty

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def is_flag(self) -> bool:
        return self.type is bool

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that may be said, for an enumeration; otherwise nothing."""
        is_enumeration = isinstance(self.type, type) and issubclass(self.type, Enum)
        return tuple(str(choice.value) for choice in self.type) if is_enumeration else ()

    @property
    def is_place(self) -> bool:
        return isinstance(self.type, type) and issubclass(self.type, PlaceId)

    @property
    def is_one_word(self) -> bool:
        """Whether its value is a single word, so that what follows belongs to something else."""
        return not self.many and (self.type in (UserId, int) or bool(self.choices))

    @property
    def word(self) -> str:
        """Its name as it is typed: `in` for the parameter `in_`."""
        return self.name.rstrip("_").replace("_", "-")

    @property
    def option(self) -> str:
        return f"--{self.word}"

    @property
    def label(self) -> str:
        """What stands for its value in a usage line: `NETWORK`, `public|private|invite`, `@USER`."""
        if self.choices:
            return "|".join(self.choices)
        labels = {NetworkId: "NETWORK", GroupId: "GROUP", PlaceId: "PLACE", UserId: "@USER", int: "N"}
        named = self.word.upper().replace("-", " ")
        label = labels.get(self.type, "TEXT") if self.is_option or self.type is UserId else named
        return f"{label}[, …]" if self.many else label


@dataclass(frozen=True, slots=True)
class Declared:
    """What `@command` was told, until the method is bound to its instance."""

    words: tuple[str, ...]
    topic: str
    examples: tuple[str, ...]
    requires: tuple[Requirement, ...]
    meanwhile: str
    longest: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command as help, the parser and the documentation see it; `run` does it."""

    words: tuple[str, ...]
    summary: str
    detail: str
    topic: str
    examples: tuple[str, ...]
    requires: tuple[Requirement, ...]
    meanwhile: str
    parameters: tuple[Parameter, ...]
    returns: tuple[type, ...]
    run: Callable[..., Awaitable[Any]] = field(repr=False)
    longest: int = LONGEST

    @property
    def name(self) -> str:
        return " ".join(self.words)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if not p.is_option)

    @property
    def options(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if p.is_option)


def command(
    name: str,
    *,
    topic: str,
    requires: Requirement | Sequence[Requirement] = (),
    examples: Sequence[str] = (),
    meanwhile: str = "",
    longest: int = LONGEST,
) -> Callable[[_F], _F]:
    """Declare an `async` method as the command `name`, e.g. `network create`.

    `requires` are `may(…)` of `bot/permissions.py`, all of which must hold. `examples` are whole
    commands without prefix. `meanwhile` is said while the work takes long, such as
    `Creating {name} …`, where `{name}` becomes what was typed for that parameter. `longest` is how many
    characters the command may have.
    """
    needed = tuple(requires) if isinstance(requires, Sequence) else (requires,)
    declared = Declared(tuple(name.split()), topic, tuple(examples), needed, meanwhile, longest)

    def declare(method: _F) -> _F:
        setattr(method, _MARK, declared)
        return method

    return declare


Reply = Callable[[Any, Call], Document]


def reply_to(*results: type) -> Callable[[_F], _F]:
    """Declare `(result, call) -> Document` as the reply to each of `results`."""

    def declare(reply: _F) -> _F:
        setattr(reply, _REPLY_MARK, results)
        return reply

    return declare


class Commands:
    """The commands of some instances, with the replies of some modules: all that can be said.

    Raises `TypeError` when two commands have the same name, a parameter cannot be read from text,
    or nothing replies to what a command returns.
    """

    def __init__(self, *instances: object, replies: Iterable[ModuleType] = ()) -> None:
        self._replies = {kind: reply for module in replies for kind, reply in _replies_in(module)}
        self._commands: dict[tuple[str, ...], Command] = {}
        for instance in instances:
            self._add(instance)

    def including(self, *instances: object, replies: Iterable[ModuleType] = ()) -> Commands:
        """These commands and those of `instances`, with the replies of these modules besides.

        An instance may be `Commands`, with replies of their own.
        """
        more = Commands()
        more._replies, more._commands = dict(self._replies), dict(self._commands)
        more._replies |= {kind: reply for module in replies for kind, reply in _replies_in(module)}
        for instance in instances:
            if isinstance(instance, Commands):
                more._replies |= instance._replies
                more._commands |= instance._commands
            else:
                more._add(instance)
        return more

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def get(self, name: str) -> Command | None:
        return self._commands.get(tuple(name.lower().split()))

    def find(self, words: Sequence[str]) -> Command | None:
        """The command whose words are the longest beginning of `words`, whatever their case."""
        said = tuple(word.lower() for word in words[:4])
        return next(
            (self._commands[said[:n]] for n in range(len(said), 0, -1) if said[:n] in self._commands), None
        )

    def reply(self, result: object, call: Call) -> Document:
        """The answer to what a command returned."""
        if isinstance(result, Document):
            return result
        return self._replies[type(result)](result, call)

    def _add(self, instance: object) -> None:
        for made in commands_of(instance):
            if made.words in self._commands:
                raise TypeError(f"two commands are called “{made.name}”")
            missing = [t.__name__ for t in made.returns if t is not Document and t not in self._replies]
            if missing:
                raise TypeError(f"nothing replies to {', '.join(missing)}, which “{made.name}” returns")
            self._commands[made.words] = made


def commands_of(instance: object) -> Iterator[Command]:
    """The commands of an instance, in the order of its class."""
    kind: type = type(instance)
    for name, read in _commands_in(kind).items():
        yield replace(read, run=getattr(instance, name))


@cache
def _commands_in(kind: type) -> Mapping[str, Command]:
    """The commands of a class by the names of its methods, each with the method of no instance."""
    declared = ((name, method, getattr(method, _MARK, None)) for name, method in vars(kind).items())
    return {name: _command(mark, method) for name, method, mark in declared if isinstance(mark, Declared)}


def _replies_in(module: ModuleType) -> Iterator[tuple[type, Reply]]:
    for value in vars(module).values():
        for kind in getattr(value, _REPLY_MARK, ()):
            yield kind, value


def _command(declared: Declared, method: Callable[..., Awaitable[Any]]) -> Command:
    summary, _, detail = (inspect.getdoc(method) or "").partition("\n")
    hints = get_type_hints(method, include_extras=True)
    _, *takes = inspect.signature(method).parameters.values()
    parameters = [p for p in takes if p.name != "call"]
    return Command(
        words=declared.words,
        summary=summary.strip(),
        detail=" ".join(detail.split()),
        topic=declared.topic,
        examples=declared.examples,
        requires=declared.requires,
        meanwhile=declared.meanwhile,
        parameters=tuple(_parameter(p, hints[p.name], declared) for p in parameters),
        returns=tuple(_members(hints["return"])),
        run=method,
        longest=declared.longest,
    )


def _parameter(parameter: inspect.Parameter, hint: Any, declared: Declared) -> Parameter:
    hint, *texts = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    [kind] = [member for member in _members(hint) if member is not NoneType]
    many = get_origin(kind) is list
    kind = get_args(kind)[0] if many else kind
    is_enumeration = isinstance(kind, type) and issubclass(kind, Enum)
    if kind not in TYPES and not is_enumeration:
        raise TypeError(f"“{' '.join(declared.words)}” cannot read {parameter.name} from text: {kind}")
    is_option = parameter.kind is inspect.Parameter.KEYWORD_ONLY
    return Parameter(parameter.name, kind, texts[0] if texts else "", many, is_option, parameter.default)


def _members(hint: Any) -> tuple[Any, ...]:
    """The members of a union, or the one type itself."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
