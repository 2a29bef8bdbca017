"""Every word that people are shown is in the catalogue, is data, or is something to type.

All dialogues are held in a language that has only the words of the catalogue, with other letters. What
then still comes in English letters was never in the catalogue.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import pytest
from babel.messages.catalog import Catalog

import bot.answering
import bot.languages
from bot.languages import LANGUAGES
from bot.reply import Block, Bullet, Code, Document, EventLink, Person
from config.blueprints import template, template_names
from spaces.identifiers import PlaceId
from spaces.landscape import Landscape
from spaces.wanted import room_name
from spaces.zones import DEFAULT
from tests import catalogue
from tests.bot.dialogue import Stage
from tests.bot.fake_work import FakeWork
from tests.dialogues import Dialogue, dialogues_for, person

ODD = "cy"
_GAP_OR_TYPED = re.compile(r"(`[^`]*`|\{\w*\})")
_ENGLISH = re.compile("[A-Za-z]+")
_OPTION = re.compile(r"--[a-z-]+(?: (?:public|private|invite|en|cy)\b)?")
_BETWEEN_NAMES = re.compile(" → |, ")
_LOOK_ALIKES = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áƀçđéƒğħíĵķłɱñóþɋŕšŧúṽŵẋýžÁɃÇĐÉƑĞĦÍĴĶŁⱮÑÓÞɊŔŠŦÚṼŴẊÝŽ",
)


class InOtherLetters(gettext.NullTranslations):
    """The words of the catalogue in letters that look alike; whatever is not in it stays English."""

    def __init__(self, known: Catalog) -> None:
        super().__init__()
        ids = (message.id for message in known if message.id)
        self._known = {one for said in ids for one in ((said,) if isinstance(said, str) else said)}

    def gettext(self, message: str) -> str:
        if message not in self._known:
            return message
        pieces = _GAP_OR_TYPED.split(message)
        return "".join(p if number % 2 else p.translate(_LOOK_ALIKES) for number, p in enumerate(pieces))

    def ngettext(self, one: str, several: str, n: int) -> str:
        return self.gettext(one if n == 1 else several)


@cache
def in_letters_that_look_alike() -> InOtherLetters:
    return InOtherLetters(catalogue.extracted())


class OddWork(FakeWork):
    """Speaks the other language with everybody, and remembers every name that there was."""

    names: frozenset[str] = frozenset()

    async def _language_of(self, user: object, here: object, *, direct: bool = True) -> str:
        return ODD

    async def change(
        self, landscape: Landscape, *, what: str, about: PlaceId, undoes: int | None = None
    ) -> int:
        self.names |= {name.casefold() for name in names_in(landscape)}
        return await super().change(landscape, what=what, about=about, undoes=undoes)


class OddStage(Stage):
    """Where the other language is spoken. `typed` is what was said, without the words of commands."""

    def __init__(self, admins: Iterable[str] = ()) -> None:
        super().__init__(admins, template)
        self.work: OddWork = OddWork(admins=self.work.admins)
        self.typed: list[str] = []

    async def say(self, who: str, text: str, place: str | None = None, *, in_thread: bool = False) -> str:
        bare = text.removeprefix("!hedge ")
        command = self.conversation.commands.find(bare.split())
        rest = bare.split(maxsplit=len(command.words))[len(command.words) :] if command else [bare]
        self.typed += [_OPTION.sub(" ", typed) for typed in rest] + [who, person(who)]
        return await super().say(who, text, place, in_thread=in_thread)

    async def proposes(self, who: str, whom: str, slug: str, text: str) -> None:
        self.typed += [text, who, person(who), whom, person(whom)]
        await super().proposes(who, whom, slug, text)

    async def makes(self, who: str, name: str) -> None:
        self.typed.append(name)
        await super().makes(who, name)

    async def makes_space(self, who: str, name: str, rooms: Sequence[str]) -> None:
        self.typed += (name, *rooms)
        await super().makes_space(who, name, rooms)

    def english(self) -> set[str]:
        """The words in English letters among what was answered and told that are no data."""
        said = (*self.work.answers, *(document for _, document in self.work.told))
        return {word for document in said for word in self._english_in(document)}

    def _english_in(self, document: Document) -> Iterator[str]:
        for block in document.blocks:
            for part in block.line:
                if not isinstance(part, (Code, Person, EventLink)) and not self._is_data(part.text, block):
                    yield from _ENGLISH.findall(part.text)

    def _is_data(self, text: str, block: Block) -> bool:
        if not _ENGLISH.search(text):
            return True
        shown = text.strip().casefold()
        if all(part in self.work.names or part in ALWAYS for part in _BETWEEN_NAMES.split(shown)):
            return True
        if is_topic_of_help(block) and set(_ENGLISH.findall(text)) <= COMMAND_WORDS:
            return True
        return any(shown.rstrip(" …") in " ".join(typed.split()).casefold() for typed in self.typed)


def names_in(landscape: Landscape) -> Iterator[str]:
    """What people have called things, and what these are called because of it."""
    for place in (*landscape.networks.values(), *landscape.groups.values()):
        yield from (place.name, place.topic, room_name(landscape, place), landscape.slug_of(place.id))


def is_topic_of_help(block: Block) -> bool:
    """A line such as `help groups`: group create, rename; what stands behind it is to be typed."""
    first = block.line[0]
    return isinstance(block, Bullet) and isinstance(first, Code) and first.text.startswith("help ")


COMMANDS = catalogue.commands()
COMMAND_WORDS = {word for command in COMMANDS for word in command.words}
ALWAYS = {
    name.casefold() for name in (*LANGUAGES.values(), "Hedgerow 0.1.0", *template_names(), "…", DEFAULT)
}


@pytest.fixture(autouse=True)
def in_other_letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(bot.languages, "_translations", lambda language: in_letters_that_look_alike())
    _forget_the_words()
    yield
    _forget_the_words()


def _forget_the_words() -> None:
    """What was read of the catalogues, and the short answers taken from them."""
    bot.languages.words_in.cache_clear()
    bot.answering._short_words.cache_clear()


@pytest.mark.parametrize("dialogue", dialogues_for("memory"), ids=lambda dialogue: dialogue.name)
async def test_no_word_of_a_dialogue_is_missing_in_the_catalogue(dialogue: Dialogue) -> None:
    stage = OddStage(dialogue.admins)
    await dialogue.walk(stage)
    assert stage.work.answers
    assert stage.english() == set()


@pytest.mark.parametrize(
    "said", ["help {}", "{}", "{} Xyzzy", "{} --xyzzy", "{} --acces private", "{} “Xyzzy"]
)
@pytest.mark.parametrize("who", ["ada", "mia"])
async def test_no_word_about_a_command_is_missing_in_the_catalogue(said: str, who: str) -> None:
    for command in COMMANDS:
        stage = OddStage(["ada"])
        await stage.say(who, said.format(command.name))
        await stage.say(who, "cancel")
        assert stage.english() == set(), command.name


TOLD = [
    "network create Moss",
    "network create Fern --under moss --access private",
    "network create Reed --access invite",
    "network create Heath --access private --template neighbourhood",
    "network create Heath --template nieghbourhood",
    "network create Heath --template xyzzy",
    "network create Moss",
    "ecosystem create Peat",
    "bridge create Bog --between moss and peat --topic Sphagnum",
    "bridge create Mire --between moss, and",
    "group create Sedge --in moss --encrypted",
    "group describe moss/sedge --access invite --listed --topic Sphagnum",
    "group describe moss/sedge --access private --no-listed --ask",
    "group describe moss/sedge --topic Sphagnum",
    "group describe moss/news --access private",
    "group rename moss/sedge --to Rush",
    "group rename moss/rush --to Rush",
    "network link fern --under peat",
    "network link fern --under peat",
    "network link moss --under fern",
    "network unlink fern --from peat",
    "network unlink fern --from peat",
    "network create Мoss",
    "network create Mоss",
    "network create !moss",
    "network create …",
    "coordinator add @mia:example.org --in moss",
    "coordinator add @mia:example.org --in moss",
    "coordinator add @hedgerow:example.org --in moss",
    "coordinator remove @mia:example.org --in moss",
    "yes",
    "coordinator remove @mia:example.org --in moss",
    "join moss",
    "join moss/rush",
    "join reed",
    "leave reed",
    "yes",
    "leave moss",
    "no",
    "no",
    "tree",
    "tree moss",
    "tree fern",
    "tree xyzzy",
    "show moss",
    "show bog",
    "show moss/rush",
    "show #xyzzy:example.org",
    "show https://matrix.to/#/!xyzzy:example.org",
    "whoami",
    "status",
    "bridge accept bog",
    "network describe moss",
    "network describe moss --ask --no-ask",
    "network describe moss --ask",
    "network describe moss --listed",
    "network describe moss --language cy",
    "group create Cotton --in moss --access public",
    "network describe moss --access private",
    "yes",
    "show moss",
    "language",
    "language cy",
    "language xyzzy",
    "more",
    "help xyzzy",
    "help",
]


@pytest.mark.parametrize("who", ["ada", "mia", "sam"])
@pytest.mark.parametrize("where", [None, "elsewhere"])
async def test_no_word_of_many_answers_is_missing_in_the_catalogue(who: str, where: str | None) -> None:
    stage = OddStage(["ada"])
    stage.conversation._open_creation = True
    prefix = "" if where is None else "!hedge "
    for said in TOLD:
        await stage.say(who, f"{prefix}{said}", where)
        assert stage.english() == set(), said
