"""The catalogues are complete and current, and their words fit into the sentences."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.catalog import Message

from bot.languages import ENGLISH, LANGUAGES, Language
from config.sections import Language as Configured
from tests import catalogue

_TYPED = re.compile(r"`([^`]*)`")
_GAP = re.compile(r"\{\w*\}")
_SAME_IN_BOTH = {"ecosystem"}


def messages(language: str) -> list[Message]:
    return [message for message in catalogue.committed(language) if message.id]


def english_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


# -- current ----------------------------------------------------------------------------------------


def test_the_template_holds_what_is_said_and_nothing_else() -> None:
    current = catalogue.written(catalogue.extracted())
    assert catalogue.TEMPLATE.read_bytes() == current, "run `make catalogue`"


@pytest.mark.parametrize("language", catalogue.OTHERS)
def test_a_catalogue_holds_what_is_said_and_nothing_else(language: str) -> None:
    current = catalogue.written(catalogue.brought_up_to(catalogue.extracted(), language))
    assert catalogue.catalogue_of(language).read_bytes() == current, "run `make catalogue`"


def test_a_catalogue_changes_only_with_what_is_said() -> None:
    written = catalogue.TEMPLATE.read_text(encoding="utf-8")
    assert not re.search(r"\.py:\d|-Date:|/work|/home|VERSION|EMAIL", written)


def test_every_language_that_can_be_configured_can_be_chosen_and_has_a_name_and_a_catalogue() -> None:
    assert {*get_args(Configured)} == {*Language} == {*LANGUAGES}
    assert {path.parents[1].name for path in catalogue.LOCALE.glob("*/LC_MESSAGES/*.po")} == {*LANGUAGES} - {
        ENGLISH
    }


def test_a_catalogue_that_nobody_has_read_is_said_to_be_so_in_the_readme() -> None:
    header = catalogue.committed("cy").header_comment
    unread = catalogue.READ_BY_NOBODY.format(language="Welsh")
    readme = (catalogue.ROOT / "README.md").read_text(encoding="utf-8")
    assert (unread in header) == ("not yet been read by a Welsh speaker" in readme)


# -- the words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", catalogue.OTHERS)
def test_every_sentence_is_translated_in_every_plural_form(language: str) -> None:
    forms = catalogue.committed(language).num_plurals
    for message in messages(language):
        words = catalogue.words_of(message)
        assert len(words) == (forms if message.pluralizable else 1), message.id
        assert all(one.strip() for one in words), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", catalogue.OTHERS)
def test_every_sentence_is_in_other_words(language: str) -> None:
    for message in messages(language):
        for english in english_of(message):
            bare = _GAP.sub("", _TYPED.sub("", english))
            if any(letter.isalpha() for letter in bare) and english not in _SAME_IN_BOTH:
                assert english not in catalogue.words_of(message)


@pytest.mark.parametrize("language", catalogue.OTHERS)
def test_a_translation_has_the_gaps_of_its_sentence_and_the_same_things_to_type(language: str) -> None:
    single = _one(language)
    for message in messages(language):
        singular, *plural = english_of(message)
        for number, words in enumerate(catalogue.words_of(message)):
            fits = [shape(one) for one in ((*plural, singular) if number == single else plural)]
            assert shape(words) in (fits or [shape(singular)]), (message.id, words)


@pytest.mark.parametrize("language", catalogue.OTHERS)
def test_a_translation_begins_and_ends_with_space_where_its_sentence_does(language: str) -> None:
    for message in messages(language):
        for words in catalogue.words_of(message):
            english = english_of(message)[0]
            assert edges(words) == edges(english), words
            assert words.count("\n") == english.count("\n"), words


def shape(words: str) -> tuple[Counter[str], Counter[str]]:
    """The gaps, and what is to be typed."""
    gaps = Counter(name for _, name, spec, conversion in Formatter().parse(words) if name is not None)
    return gaps, Counter(_TYPED.findall(words))


def edges(words: str) -> tuple[bool, bool]:
    return words != words.lstrip(), words != words.rstrip()


def _one(language: str) -> int:
    """Which plural form is that of a single thing."""
    expression = catalogue.committed(language).plural_expr
    found = re.search(r"n\s*==\s*1 \? (\d)", expression)
    return int(found[1]) if found else 0


# -- the sources ------------------------------------------------------------------------------------

_SAYING = {"sentence", "Sentence", "paragraph", "item", "say", *catalogue.refusals()}
_DATA = {"Text", "Bold", "line"}
_NAMES = re.compile(r"\bHedgerow\b|!hedge")


def sources() -> list[Path]:
    return sorted(path for folder in ("bot", "spaces") for path in (catalogue.ROOT / folder).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def glued(node: ast.expr) -> bool:
    """Whether a text is put together here, so that no catalogue can have it."""
    made = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MAKING
    return made or isinstance(node, (ast.JoinedStr, ast.BinOp))


_MAKING = {"format", "join", "format_map", "replace", "capitalize"}


def english_in(node: ast.expr) -> bool:
    """Whether words stand there that somebody may read."""
    texts = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return any(isinstance(text, str) and re.search(r"[A-Za-z]{2}", _NAMES.sub("", text)) for text in texts)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(catalogue.ROOT)))
def test_a_sentence_is_one_literal_and_data_are_none(path: Path) -> None:
    for called, call in calls(path):
        where = f"line {call.lineno}"
        if called in _SAYING and call.args:
            assert not (glued(call.args[0]) and english_in(call.args[0])), where
        if called == "counted":
            assert all(isinstance(one, ast.Constant) for one in call.args[:2]), where
        if called in _DATA:
            literal = [one for one in call.args if isinstance(one, (ast.Constant, ast.JoinedStr, ast.BinOp))]
            assert not any(map(english_in, literal)), where
        if called in _SAYING | {"counted"}:
            parts = [word.value for word in call.keywords]
            literal = [one for one in parts if isinstance(one, (ast.Constant, ast.JoinedStr))]
            assert not any(map(english_in, literal)), where
