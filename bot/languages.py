"""The languages that the bot speaks, from gettext catalogues.

English is how the sentences are written. Every other language is a catalogue at
`bot/locale/LANGUAGE/LC_MESSAGES/hedgerow.po`; what is not in it is said in English.
"""

from __future__ import annotations

import gettext
import io
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from spaces.sentences import Sentence, Words, english

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "cy": "Cymraeg"}
"""What each language is called by those who speak it, by its code (ISO 639-1)."""


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
