"""Dialogues as data: who says what where, and what Hedgerow answers (`tests/conversations/*.yaml`).

A dialogue is a list of lines, each a mapping of one key:

    alice: text                 alice says it in her direct room
    alice in SLUG: text         alice says it in the room of that place, or in `elsewhere`
    alice (thread): text        she says it in a thread on what she said last, in her direct room
    alice in SLUG proposes bob: text    he says it in that room, and she replies `story` to it
    alice edits: text           she changes what she said last
    alice reacts: ✅             she reacts to what Hedgerow answered last
    alice joins: SLUG           she joins it in her client (likewise `leaves`)
    alice invites bob: SLUG     she invites him to it in her client
    alice makes: NAME           she makes a public room of that name there, with the alias #name
    alice makes a Space: NAME of NAME, NAME     she makes a public Space of the first name with those rooms
    Hedgerow: text              the answer to what was last said or done; an empty one if there is none
    Hedgerow to bob: text       what bob is told besides, in his direct room
    writes: 0                   what was last said changed nothing, and told nobody but who asked
    admin notes: 1              how many lines of the audit log looks of an admin's have written so far

All that bob is told has to stand in the dialogue. Names are local to example.org unless they hold a
colon. `given` lines come before and are not answered in the data. A dialogue with `only:` is played
on the stages named there, and `because:` tells why.

A `Stage` is where it is played: in memory (`tests/bot/dialogue.py`), or with the whole service and
people's own clients at the fake homeserver or at Synapse (`tests/service_stage.py`). A new kind of
line is a row in `_LINES` and a method of `Stage`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from spaces.identifiers import UserId

FOLDER = Path(__file__).parent / "conversations"
SERVER = "example.org"
STAGES = ("memory", "fake", "synapse")
Line = tuple[str, Any]


def person(name: str) -> UserId:
    return UserId.parse(f"@{name}" if ":" in name else f"@{name}:{SERVER}")


def alias_of(name: str) -> str:
    """The local part of the alias of a room that somebody makes."""
    return name.casefold().replace(" ", "-")


class Stage(Protocol):
    """A world in which people do things, and what came of the last of them.

    What is told and written is counted from the last thing said (`forget`) on.
    """

    async def say(self, who: str, text: str, place: str | None = None, *, in_thread: bool = False) -> str: ...

    async def proposes(self, who: str, whom: str, slug: str, text: str) -> None: ...

    async def edits(self, who: str, text: str) -> None: ...

    async def reacts(self, who: str, key: str) -> None: ...

    async def joins(self, who: str, slug: str) -> None: ...

    async def leaves(self, who: str, slug: str) -> None: ...

    async def invites(self, who: str, whom: str, slug: str) -> None: ...

    async def makes(self, who: str, name: str) -> None: ...

    async def makes_space(self, who: str, name: str, rooms: Sequence[str]) -> None: ...

    def forget(self) -> None: ...

    def answer(self) -> str: ...

    def told(self) -> list[tuple[UserId, str]]: ...

    @property
    def writes(self) -> int: ...

    @property
    def admin_notes(self) -> int: ...


@dataclass(frozen=True)
class Dialogue:
    """One dialogue; `name` tells what it shows. `background` is the place that it happens in."""

    name: str
    admins: tuple[str, ...]
    background: tuple[Line, ...]
    given: tuple[Line, ...]
    said: tuple[Line, ...]
    only: Sequence[str] = STAGES

    @property
    def people(self) -> set[str]:
        """Everybody who says or does something, or is told something."""
        keys = (key for key, _ in (*self.background, *self.given, *self.said))
        return {name for key in keys for name in _people_in(key)}

    @property
    def is_of_several(self) -> bool:
        """Whether somebody uses their client, or a room of several, or a thread.

        The rest is people's questions in their direct rooms, and the answers. What the homeserver has to do
        with that is the same in all of them: they are held with the whole service at the fake homeserver.
        Of these the first of each file is held on Synapse, where one takes six seconds of CPU; with
        `--every-dialogue` all at both.
        """
        return any(_OF_SEVERAL.fullmatch(key) for key, _ in (*self.given, *self.said))

    async def set_up(self, stage: Stage) -> None:
        """Do and say what its background is made of."""
        await _prepare(stage, self.background)

    async def play(self, stage: Stage) -> None:
        """Play it before its background, and raise `AssertionError` where something else is answered."""
        await _prepare(stage, self.given)
        stage.forget()
        await self._play_on(stage)

    async def walk(self, stage: Stage) -> None:
        """Do all that is done in it, whatever comes of it."""
        for key, value in (*self.background, *self.given, *self.said):
            if key not in _JUDGED and not key.startswith("Hedgerow to "):
                await _do(stage, key, value)

    async def _play_on(self, stage: Stage) -> None:
        expected: list[tuple[UserId, str]] = []
        for key, value in self.said:
            if whom := re.fullmatch(r"Hedgerow to (\S+)", key):
                expected.append((person(whom[1]), value.strip()))
            elif key in _JUDGED:
                written = value.strip() if isinstance(value, str) else value
                _compare((key, written), (key, _JUDGED[key](stage)))
            else:
                if _is_said(key):
                    _compare(_by_person(expected), _by_person(stage.told()))
                    expected = []
                await _do(stage, key, value)
        _compare(_by_person(expected), _by_person(stage.told()))


async def _makes_space(stage: Stage, who: str, text: str) -> None:
    name, _, rooms = text.partition(" of ")
    await stage.makes_space(who, name, rooms.split(", "))


_Deed = Callable[[Stage, re.Match[str], Any], Awaitable[object]]
_WHO = r"(?P<who>\S+)"
_LINES: tuple[tuple[re.Pattern[str], _Deed], ...] = tuple(
    (re.compile(pattern), deed)
    for pattern, deed in (
        (_WHO, lambda stage, m, text: stage.say(m["who"], text)),
        (rf"{_WHO} \(thread\)", lambda stage, m, text: stage.say(m["who"], text, in_thread=True)),
        (rf"{_WHO} in (?P<slug>\S+)", lambda stage, m, text: stage.say(m["who"], text, m["slug"])),
        (
            rf"{_WHO} in (?P<slug>\S+) proposes (?P<whom>\S+)",
            lambda stage, m, text: stage.proposes(m["who"], m["whom"], m["slug"], text),
        ),
        (rf"{_WHO} edits", lambda stage, m, text: stage.edits(m["who"], text)),
        (rf"{_WHO} reacts", lambda stage, m, key: stage.reacts(m["who"], key)),
        (rf"{_WHO} joins", lambda stage, m, slug: stage.joins(m["who"], slug)),
        (rf"{_WHO} leaves", lambda stage, m, slug: stage.leaves(m["who"], slug)),
        (rf"{_WHO} makes", lambda stage, m, name: stage.makes(m["who"], name)),
        (rf"{_WHO} makes a Space", lambda stage, m, text: _makes_space(stage, m["who"], text)),
        (rf"{_WHO} invites (?P<whom>\S+)", lambda stage, m, slug: stage.invites(m["who"], m["whom"], slug)),
    )
)
_JUDGED: Mapping[str, Callable[[Stage], object]] = {
    "Hedgerow": lambda stage: stage.answer(),
    "writes": lambda stage: stage.writes,
    "admin notes": lambda stage: stage.admin_notes,
}
_CLIENT_DEEDS = re.compile(r"\S+ (?:joins|leaves|makes|makes a Space|invites \S+)")
_OF_SEVERAL = re.compile(
    r"\S+ (?:joins|leaves|makes|makes a Space|invites \S+|in \S+|in \S+ proposes \S+|edits|reacts|\(thread\))"
)


async def _prepare(stage: Stage, lines: Sequence[Line]) -> None:
    for key, value in lines:
        await _do(stage, key, value)
        if _is_said(key):
            done = stage.writes or "Shall I?" in stage.answer()
            assert done, f"{value!r} did nothing: {stage.answer()}"


async def _do(stage: Stage, key: str, value: Any) -> None:
    for pattern, deed in _LINES:
        if found := pattern.fullmatch(key):
            await deed(stage, found, value)
            return
    raise ValueError(f"nobody knows what “{key}” means in a dialogue")


def _is_said(key: str) -> bool:
    """Whether it is said to Hedgerow, rather than done without it."""
    return not _CLIENT_DEEDS.fullmatch(key)


def _people_in(key: str) -> list[str]:
    if key in _JUDGED:
        return []
    who, _, rest = key.partition(" ")
    also = re.match(r"(?:to|invites|in \S+ proposes) (\S+)", rest)
    return [*([who] if who != "Hedgerow" else []), *([also[1]] if also else [])]


def _by_person(told: Sequence[tuple[UserId, str]]) -> list[tuple[UserId, str]]:
    """In whatever order it was told to several."""
    return sorted(told, key=lambda one: one[0])


def _compare(written: object, said: object) -> None:
    assert written == said, f"\nwritten: {written}\nsaid:    {said}"


# -- reading ------------------------------------------------------------------------------------------


@cache
def read(path: Path) -> list[Dialogue]:
    """The dialogues of one file."""
    backgrounds = _written(FOLDER / "backgrounds.yaml")
    found = _written(path).items()
    return [_dialogue(f"{path.stem}: {name}", backgrounds[one["in"]], one) for name, one in found]


@cache
def _written(path: Path) -> Any:
    """libyaml reads ten times as fast as what is written in Python."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), loader)


def _dialogue(name: str, background: Mapping[str, Any], one: Mapping[str, Any]) -> Dialogue:
    only = one.get("only", STAGES)
    assert only == STAGES or one["because"], f"{name}: `only` without `because`"
    place, given, said = map(_lines, (background["given"], one.get("given", []), one["said"]))
    return Dialogue(name, tuple(background["admins"]), place, given, said, only)


def _lines(entries: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    lines: list[Line] = []
    for entry in entries:
        [(key, value)] = entry.items()
        lines.append((key, "" if value is None else value))
    return tuple(lines)


def dialogues_for(stage: str) -> list[Dialogue]:
    """All dialogues that are played on that stage, those of one background together."""
    files = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "backgrounds")
    found = [dialogue for path in files for dialogue in read(path) if stage in dialogue.only]
    return sorted(found, key=lambda dialogue: len(dialogue.background))


_WITHOUT_OTHER_TESTS = ("asking", "audit", "clients", "languages", "looking", "members")


def held_on_synapse() -> list[Dialogue]:
    """Of what has no tests of its own on Synapse, the first one that a homeserver has more to do with."""
    of_several = [one for one in dialogues_for("synapse") if one.is_of_several]
    first = {one.name.partition(":")[0]: one for one in reversed(of_several)}
    return [one for one in of_several if one in [first[name] for name in _WITHOUT_OTHER_TESTS]]
