"""YAML as operators write it, read with the line of each entry, and refused where it is a trap.

Of YAML only what people need: text, numbers, lists and mappings. Anchors and aliases, which can
make a short file endlessly long, tags, and keys said twice are not taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from config.problems import Misfit, shown
from spaces.identifiers import printable

LARGEST_BYTES = 1024 * 1024
DEEPEST = 128

Key = tuple[str | int, ...]


class Unreadable(Misfit):
    """The file cannot be read as a whole. `line` is where, 0 if it is not about a line."""

    def __init__(self, what: str, mend: str, line: int = 0) -> None:
        super().__init__(what, mend)
        self.line = line


@dataclass(frozen=True, slots=True)
class Flaw:
    """An entry that is not taken."""

    key: Key
    line: int
    what: str
    mend: str


@dataclass(frozen=True)
class Document:
    """`data` is made of dict, list, str, int, float, bool and None; `lines` of keys and items, from 1 on."""

    data: object
    lines: Mapping[Key, int] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()

    def line_of(self, key: Key) -> int:
        """The line of `key`, or of the nearest entry around it."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 0)


def read_document(path: Path) -> Document:
    """Read one YAML file of at most 1 MiB. Raises `Unreadable`."""
    return parse_document(_text_of(path))


def parse_document(text: str) -> Document:
    """Read YAML text. Raises `Unreadable` for what is not YAML; lesser things become flaws."""
    try:
        _refuse_traps(text)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable("There is a character that YAML does not allow.", "Take it out.", line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        mend = "Check indentation, colons and quotes there and on the line before."
        raise Unreadable(f"It is not YAML: {error.problem}.", mend, mark.line + 1 if mark else 0) from None
    reader = _Reader(loader)
    data = reader.value(node, ()) if node else None
    return Document(data, reader.lines, tuple(reader.flaws))


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        what = f"The file cannot be read: {(error.strerror or 'no reason given').lower()}."
        raise Unreadable(what, "Check the path, and that this user may read it.") from None
    if len(raw) > LARGEST_BYTES:
        raise Unreadable("The file is larger than 1 MiB.", "Divide it, or check that it is the right one.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable("The file is not UTF-8 text.", "Save it as UTF-8.", line) from None


def _refuse_traps(text: str) -> None:
    """Anchors, tags and endless nesting, seen before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            what = "Anchors (&) and aliases (*) are not taken."
            raise Unreadable(what, "Write it out, or put a text that begins so into quotes.", line)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            what = "Tags (!) are not taken."
            raise Unreadable(what, "Leave it out, or put a text that begins so into quotes.", line)
        if depth > DEEPEST:
            raise Unreadable(f"It is nested more than {DEEPEST} deep.", "Make it flatter.", line)


class _Reader:
    """Walks the nodes of one document."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self.loader = loader
        self.lines: dict[Key, int] = {}
        self.flaws: list[Flaw] = []

    def value(self, node: yaml.Node, at: Key) -> object:
        self.lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, at))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*at, n)) for n, item in enumerate(node.value)]
        return self._scalar(node, at)

    def _entries(self, node: yaml.MappingNode, at: Key) -> Iterator[tuple[str, object]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._flaw(at, line, "A key must be a word, not a list or a mapping.", "Check the brackets.")
                continue
            key = str(key_node.value)
            if key in seen:
                what = f"{shown(key)} is said twice here, first on line {self.lines[(*at, key)]}."
                self._flaw((*at, key), line, what, "Take one of them out.")
                continue
            seen.add(key)
            self.lines[(*at, key)] = line
            yield key, self.value(value_node, (*at, key))

    def _scalar(self, node: yaml.Node, at: Key) -> object:
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            line = node.start_mark.line + 1
            self._flaw(at, line, "The value cannot be read.", "Put it into quotes if it is meant as text.")
            return None

    def _flaw(self, at: Key, line: int, what: str, mend: str) -> None:
        self.flaws.append(Flaw(at, line, what, mend))


def dotted(key: Key) -> str:
    """`homeserver.url`, `admins.1`, with items counted from 1."""
    return ".".join(printable(part)[:60] if isinstance(part, str) else str(part + 1) for part in key)
