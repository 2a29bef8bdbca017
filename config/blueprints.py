"""Reads blueprints, the YAML files of the wanted networks, groups and bridges, and our own templates."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, get_args

from config.documents import Document, Key, Unreadable, dotted, parse_document, read_document
from config.problems import closest, did_you_mean, shown
from config.sections import Language
from spaces.blueprint import (
    Blueprint,
    BlueprintProblem,
    BlueprintRefused,
    WantedBridge,
    WantedGroup,
    WantedNetwork,
)
from spaces.blueprint_checks import check
from spaces.errors import Malformed, Unknown
from spaces.identifiers import UserId, printable
from spaces.network import Access, Kind
from spaces.sentences import Sentence, sentence

VERSION = 1
_TEMPLATES = resources.files("config").joinpath("templates")
_GROUP = ("name", "access", "ask", "listed", "encrypted", "topic")
_NETWORK = (
    "name",
    "kind",
    "access",
    "ask",
    "listed",
    "topic",
    "language",
    "coordinators",
    "networks",
    "groups",
)
_BRIDGE = ("name", "between", "access", "topic", "language", "coordinators", "groups", "networks")
_KINDS = (Kind.NETWORK, Kind.ECOSYSTEM)
_ACCESS = tuple(Access)
_LANGUAGES: tuple[str, ...] = get_args(Language)

T = TypeVar("T")
Word = TypeVar("Word", bound=str)


def read_blueprint(path: Path, known_names: Collection[str] | None = None) -> Blueprint:
    """Read and check a blueprint file. Raises `BlueprintRefused` with everything that is wrong with it.

    `known_names` are the networks that the server has, for bridges between them; with None, such
    names are let pass and `spaces.blueprint.check` can be asked later.
    """
    try:
        return _blueprint_of(read_document(path), known_names)
    except Unreadable as error:
        raise BlueprintRefused([BlueprintProblem(error.line, error.sentence)]) from None


def template_names() -> list[str]:
    """The names of the templates that come with Hedgerow."""
    names = (entry.name for entry in _TEMPLATES.iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def template(name: str) -> Blueprint:
    """A template by its name. It has one network at its top. Raises `Unknown`."""
    if name not in template_names():
        raise Unknown(_no_template(name))
    text = _TEMPLATES.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return _blueprint_of(parse_document(text), ())


def _no_template(name: str) -> Sentence:
    """Said in a chat too."""
    near = closest(name, template_names())
    if near is None:
        return sentence(
            "There is no template “{name}”. There are: {templates}.",
            name=printable(name)[:60],
            templates=", ".join(template_names()),
        )
    return sentence(
        "There is no template “{name}”. Did you mean “{near}”?", name=printable(name)[:60], near=near
    )


def _blueprint_of(document: Document, known_names: Collection[str] | None) -> Blueprint:
    reader = _Reader(document)
    blueprint = reader.blueprint()
    # What could not be read may be what a bridge names: then only the rest of the rules can be asked.
    problems = [*reader.problems, *check(blueprint, None if reader.problems else known_names)]
    if problems:
        raise BlueprintRefused(problems)
    return blueprint


class _Reader:
    """Takes one document apart and collects what does not fit on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems = [BlueprintProblem(flaw.line, f"{flaw.what} {flaw.mend}") for flaw in document.flaws]

    def blueprint(self) -> Blueprint:
        data = self.document.data
        if not isinstance(data, dict):
            self._wrong((), "A blueprint begins with `version: 1`; below it stand `networks` and `bridges`.")
            return Blueprint()
        self._refuse_other_keys(data, (), ("version", "networks", "bridges"))
        version = data.get("version")
        if version != VERSION or isinstance(version, bool):
            said = f"not {shown(version)}" if "version" in data else "which is missing"
            self._wrong(("version",), f"The blueprint needs `version: 1`, {said}.")
        networks = self._items(data, (), "networks", self._network)
        return Blueprint(networks, self._items(data, (), "bridges", self._bridge))

    def _network(self, data: dict[str, Any], at: Key) -> WantedNetwork:
        self._refuse_other_keys(data, at, _NETWORK)
        return WantedNetwork(
            name=self._name(data, at),
            kind=self._word(data, at, "kind", _KINDS) or Kind.NETWORK,
            access=self._word(data, at, "access", _ACCESS),
            ask=self._flag(data, at, "ask"),
            listed=self._flag(data, at, "listed"),
            topic=self._text(data, at, "topic"),
            language=self._word(data, at, "language", _LANGUAGES),
            coordinators=self._coordinators(data, at),
            networks=self._items(data, at, "networks", self._network),
            groups=self._items(data, at, "groups", self._group),
            line=self.document.line_of(at),
        )

    def _bridge(self, data: dict[str, Any], at: Key) -> WantedBridge:
        self._refuse_other_keys(data, at, _BRIDGE)
        between = self._texts(data, at, "between", "names of networks, such as [Arts UK, Health UK]")
        return WantedBridge(
            name=self._name(data, at),
            between=tuple(_tidy(name) for name, _ in between),
            access=self._word(data, at, "access", _ACCESS),
            topic=self._text(data, at, "topic"),
            language=self._word(data, at, "language", _LANGUAGES),
            coordinators=self._coordinators(data, at),
            groups=self._items(data, at, "groups", self._group),
            networks=self._items(data, at, "networks", self._network),
            line=self.document.line_of(at),
        )

    def _group(self, data: dict[str, Any], at: Key) -> WantedGroup:
        self._refuse_other_keys(data, at, _GROUP)
        return WantedGroup(
            name=self._name(data, at),
            access=self._word(data, at, "access", _ACCESS),
            ask=self._flag(data, at, "ask"),
            listed=self._flag(data, at, "listed"),
            encrypted=self._flag(data, at, "encrypted"),
            topic=self._text(data, at, "topic"),
            line=self.document.line_of(at),
        )

    # -- one key --------------------------------------------------------------------------------

    def _name(self, data: dict[str, Any], at: Key) -> str:
        return _tidy(self._text(data, at, "name") or "")

    def _text(self, data: dict[str, Any], at: Key, key: str) -> str | None:
        value = data.get(key)
        if value is None or isinstance(value, str):
            return value.strip(" \n") if value is not None else None
        sentence = f"`{key}` must be text, not {_what(value)}. Put it into quotes if it is meant as text."
        self._wrong((*at, key), sentence)
        return f"line {self.document.line_of(at)}" if key == "name" else None

    def _flag(self, data: dict[str, Any], at: Key, key: str) -> bool:
        value = data.get(key)
        if value is not None and not isinstance(value, bool):
            self._wrong((*at, key), f"`{key}` must be true or false, not {_what(value)}.")
        return value is True

    def _word(self, data: dict[str, Any], at: Key, key: str, words: Collection[Word]) -> Word | None:
        value = data.get(key)
        if value is None:
            return None
        found = next((word for word in words if word == value), None)
        if found is None:
            what = f"`{key}` must be {', '.join(words)}; it is {_what(value)}."
            hint = f" {did_you_mean(value, words)}" if isinstance(value, str) else ""
            self._wrong((*at, key), what + (hint if "mean" in hint else ""))
        return found

    def _coordinators(self, data: dict[str, Any], at: Key) -> tuple[UserId, ...]:
        return tuple(dict.fromkeys(self._user_ids(data, at)))

    def _user_ids(self, data: dict[str, Any], at: Key) -> Iterator[UserId]:
        for text, where in self._texts(
            data, at, "coordinators", 'Matrix IDs, such as ["@alice:example.org"]'
        ):
            try:
                yield UserId.parse(text)
            except Malformed as malformed:
                self._wrong(where, malformed.sentence)

    def _texts(self, data: dict[str, Any], at: Key, key: str, of: str) -> list[tuple[str, Key]]:
        """The texts of a list, each with where it stands."""
        items = [] if data.get(key) is None else data[key]
        if not isinstance(items, list):
            self._wrong((*at, key), f"`{key}` must be a list of {of}.")
            return []
        texts = [(item, (*at, key, n)) for n, item in enumerate(items) if isinstance(item, str)]
        if len(texts) < len(items):
            self._wrong((*at, key), f"`{key}` must hold {of}. Put each into quotes.")
        return texts

    def _items(
        self, data: dict[str, Any], at: Key, key: str, read: Callable[[dict[str, Any], Key], T]
    ) -> tuple[T, ...]:
        items = [] if data.get(key) is None else data[key]
        if not isinstance(items, list):
            self._wrong((*at, key), f"`{key}` must be a list: begin each with a hyphen and `name:`.")
            return ()
        return tuple(self._each(items, (*at, key), read))

    def _each(self, items: list[Any], at: Key, read: Callable[[dict[str, Any], Key], T]) -> Iterator[T]:
        for n, item in enumerate(items):
            if isinstance(item, dict):
                yield read(item, (*at, n))
            else:
                self._wrong((*at, n), f"This must begin with `name:`, and is {_what(item)}.")

    def _refuse_other_keys(self, data: dict[str, Any], at: Key, known: Collection[str]) -> None:
        for key in data:
            if key not in known:
                sentence = f"There is no key {shown(dotted((key,)))} here. {did_you_mean(key, known)}"
                self._wrong((*at, key), sentence)

    def _wrong(self, at: Key, sentence: str) -> None:
        self.problems.append(BlueprintProblem(self.document.line_of(at), sentence))


def _tidy(name: str) -> str:
    """The same letters in one form (NFC), without spaces around."""
    return unicodedata.normalize("NFC", name.strip(" "))


def _what(value: object) -> str:
    """What a reader of YAML would call it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else shown(value)
