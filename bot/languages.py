"""The languages that the bot speaks, from gettext catalogues.

English is how the sentences are written. Every other language is a catalogue at
`bot/locale/LANGUAGE/LC_MESSAGES/hedgerow.po`; what is not in it is said in English.
"""

from __future__ import annotations

import gettext
import io
from enum import StrEnum
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from spaces.sentences import Sentence, Words, english


class Language(StrEnum):
    """A language by its code (ISO 639-1), or by one of its names."""

    ENGLISH = "en"
    WELSH = "cy"

    @classmethod
    def _missing_(cls, value: object) -> Language | None:
        called = str(value).casefold()
        return next((one for one in cls if called in (one.name.casefold(), LANGUAGES[one].casefold())), None)


ENGLISH = Language.ENGLISH.value
LANGUAGES: dict[str, str] = {Language.ENGLISH: "English", Language.WELSH: "Cymraeg"}
"""What each language is called by those who speak it, by its code."""


@cache
def words_in(language: str) -> Words:
    """How sentences are said in that language; English where there is no catalogue of it."""
    if language == ENGLISH or language not in LANGUAGES:
        return english
    return _words(_translations(language))


def _translations(language: str) -> gettext.GNUTranslations:
    source = files("bot").joinpath("locale", language, "LC_MESSAGES", "hedgerow.po")
    with source.open("rb") as lines:
        catalogue = read_po(lines, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _words(translations: gettext.GNUTranslations) -> Words:
    def words(said: Sentence) -> str:
        if not said.text:
            return ""
        if said.count is None:
            return translations.gettext(said.text)
        return translations.ngettext(said.text, said.plural, said.count)

    return words
