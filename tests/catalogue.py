"""The catalogue: every sentence that people are shown, and its translations.

`python -m tests.catalogue` (`make catalogue`) writes `bot/locale/hedgerow.pot` and brings each
`bot/locale/LANGUAGE/LC_MESSAGES/hedgerow.po` up to it: translations are kept, sentences that nobody
says any more are dropped, and new ones wait with empty words. The files hold no dates and no line
numbers, so they change only when a sentence does.
"""

from __future__ import annotations

import importlib
import inspect
import io
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

import bot
import spaces
from bot.command import Command
from bot.help import with_help
from bot.languages import ENGLISH, LANGUAGES
from bot.repertoire import all_commands
from config.blueprints import template
from spaces.errors import Refusal

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "bot" / "locale"
TEMPLATE = LOCALE / "hedgerow.pot"
OTHERS = tuple(code for code in LANGUAGES if code != ENGLISH)
READ_BY_NOBODY = "This catalogue has not yet been read by a {language} speaker."
"""What stands in the first lines of a catalogue until somebody who speaks the language has read it."""

_SAID_BY = {"sentence": None, "Sentence": None, "paragraph": None, "item": None, "say": None}
_COUNTED_BY = {"counted": (1, 2)}
_MOSTLY_ELSEWHERE = ("appservice", "config")  # what they refuse is read at the command line and in logs
_KEPT = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


def catalogue_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "hedgerow.po"


# -- what is said -----------------------------------------------------------------------------------


def extracted() -> Catalog:
    """All that people are shown, as an empty catalogue."""
    found = Catalog(charset="utf-8", fuzzy=False)
    found.header_comment = "# What Hedgerow says. `make catalogue` writes this file."
    for said, where in (*_in_calls(), *_in_commands()):
        found.add(said, locations=[(where, 0)])
    return found


@cache
def _in_calls() -> tuple[tuple[str | tuple[str, str], str], ...]:
    """The sentences in the sources, each with the file it stands in."""
    return tuple(_found_in_calls())


def _found_in_calls() -> Iterator[tuple[str | tuple[str, str], str]]:
    sentences = {**_SAID_BY, **_COUNTED_BY}
    in_chat = {**sentences, **dict.fromkeys(refusals())}
    for folder, keywords in (
        ("bot", in_chat),
        ("spaces", in_chat),
        *((f, sentences) for f in _MOSTLY_ELSEWHERE),
    ):
        for path in sorted((ROOT / folder).rglob("*.py")):
            with path.open("rb") as source:
                for _, said, _, _ in extract("python", source, keywords):
                    if not isinstance(said, str) or said.strip():
                        yield said, path.relative_to(ROOT).as_posix()


def refusals() -> list[str]:
    """The names of all kinds of refusals."""
    for package in (bot, spaces):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    kinds = [Refusal]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return sorted({kind.__name__ for kind in kinds})


def commands() -> list[Command]:
    return list(with_help(all_commands(template), "!hedge"))


def _in_commands() -> Iterator[tuple[str, str]]:
    """What commands say of themselves."""
    for command in commands():
        where = Path(inspect.getfile(command.run)).relative_to(ROOT).as_posix()
        helps = (parameter.help for parameter in command.parameters)
        for said in (command.summary, command.detail, *helps, command.meanwhile):
            if said:
                yield said, where


# -- the files --------------------------------------------------------------------------------------


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a file, without what changes by itself."""
    file = io.BytesIO()
    write_po(file, catalogue, width=100, include_lineno=False, ignore_obsolete=True, omit_header=True)
    header = "".join(f'"{name}: {value}\\n"\n' for name, value in catalogue.mime_headers if name in _KEPT)
    start = f'{catalogue.header_comment}\nmsgid ""\nmsgstr ""\n{header}\n'
    return start.encode() + file.getvalue()


def brought_up_to(template: Catalog, language: str) -> Catalog:
    """The catalogue of a language with the translations it has, for what is said now."""
    catalogue = Catalog(locale=language, charset="utf-8", fuzzy=False)
    comment = "# " + READ_BY_NOBODY.format(language=Locale(language).english_name)
    if catalogue_of(language).exists():
        catalogue = committed(language)
        comment = catalogue.header_comment
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.header_comment = comment
    return catalogue


def committed(language: str) -> Catalog:
    """The catalogue of a language as it stands in the repository."""
    with catalogue_of(language).open("rb") as lines:
        return read_po(lines, locale=language)


def main() -> None:
    template = extracted()
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(written(template))
    for language in OTHERS:
        catalogue = brought_up_to(template, language)
        catalogue_of(language).parent.mkdir(parents=True, exist_ok=True)
        catalogue_of(language).write_bytes(written(catalogue))
        missing = sum(not all(words_of(message)) for message in catalogue if message.id)
        print(f"{language}: {len(catalogue)} sentences, {missing} of them without words")


def words_of(message: Message) -> tuple[str, ...]:
    """The translation, in each plural form that there is."""
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


if __name__ == "__main__":
    main()
