"""What networks answer is a sentence that can be said in another language, and data: nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.reply import Bold, Document, Text, in_language
from spaces.sentences import Sentence, english
from tests.bot.dialogue import Stage, person

_WORD = re.compile("[A-Z]?[a-z]{2,}")
_GAP_OR_TYPED = re.compile(r"(`[^`]*`|\{\w+\})")

TOLD = [
    "network create Moss",
    "network create Fern --under moss --access private",
    "network create Reed --access invite",
    "network create Moss",
    "ecosystem create Peat",
    "bridge create Bog --between moss and peat --topic Sphagnum",
    "group create Sedge --in moss --encrypted",
    "group describe moss/sedge --access invite --listed --topic Sphagnum",
    "group describe moss/sedge --access private --no-listed --ask",
    "group describe moss/sedge --topic Sphagnum",
    "group rename moss/sedge --to Rush",
    "group rename moss/rush --to Rush",
    "network link fern --under peat",
    "network link fern --under peat",
    "network unlink fern --from peat",
    "network unlink fern --from peat",
    "network create Мoss",
    "coordinator add @mia:example.org --in moss",
    "coordinator add @mia:example.org --in moss",
    "coordinator remove @mia:example.org --in moss",
    "coordinator remove @mia:example.org --in moss",
    "join moss",
    "join moss/rush",
    "join reed",
    "leave reed",
    "leave moss",
    "tree",
    "tree moss",
    "tree fern",
    "show moss",
    "show bog",
    "show moss/rush",
    "whoami",
    "status",
    "bridge accept bog",
    "network describe moss",
]


def other_words(said: Sentence) -> str:
    """The sentence in capitals, but for its gaps and for what is to be typed."""
    pieces = _GAP_OR_TYPED.split(english(said))
    return "".join(piece if number % 2 else piece.upper() for number, piece in enumerate(pieces))


def in_small_letters(document: Document) -> Iterator[str]:
    """The words of it that were not in a sentence."""
    for block in in_language(document, other_words).blocks:
        for part in block.line:
            if isinstance(part, (Text, Bold)):
                yield from _WORD.findall(part.text)


@pytest.mark.parametrize("who", ["ada", "mia", "sam"])
async def test_every_word_of_an_answer_is_in_a_sentence_or_was_typed(
    who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.conversation.words_in", lambda language: other_words)
    stage = Stage(["ada"], open_creation=True)
    typed = {"Hedgerow", "welcome", "news"}
    for said in TOLD:
        typed |= set(_WORD.findall(f"{said} {person(who)}"))
        for document in await answers(stage, who, said):
            assert set(in_small_letters(document)) <= typed, said


async def test_every_word_of_a_question_and_its_answer_is_in_a_sentence_or_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.conversation.words_in", lambda language: other_words)
    stage = Stage(["ada"])
    await stage.say("ada", "network create Alder")
    await stage.say("ada", f"coordinator add {person('mia')} --in alder")
    await stage.say("ada", "leave alder")
    await stage.say("ada", "network create Birch")
    for who, said in (
        ("mia", "bridge create Rowan --between alder and birch"),
        ("ada", "bridge accept rowan"),
        ("mia", "network link birch --under alder"),
        ("ada", "network unlink birch --from alder"),
        ("mia", "network link birch --under alder"),
        ("ada", "network link birch --under alder"),
    ):
        typed = set(_WORD.findall(f"Rowan Alder Birch {said} @ada @mia example org"))
        for document in await answers(stage, who, said):
            assert set(in_small_letters(document)) <= typed, said


async def answers(stage: Stage, who: str, said: str) -> list[Document]:
    """What is answered to `said`, and what others are told of it."""
    before = len(stage.work.answers), len(stage.work.told)
    await stage.say(who, said)
    return [*stage.work.answers[before[0] :], *(told for _, told in stage.work.told[before[1] :])]
