"""From a command's text to its arguments: which words belong to which parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.command import Call, Command, Entries, Parameter
from bot.conversion import converted, is_place_there
from bot.help import usage
from bot.scanning import Word, text_of, words_of
from bot.suggestions import close_to
from spaces.errors import Malformed
from spaces.identifiers import printable
from spaces.sentences import Sentence, sentence

_MOST_WORDS = 20  # of a place that is named before a free text


@dataclass(frozen=True, slots=True)
class Arguments:
    """`values` by parameter name, defaults included; `texts` what was typed for those that were given."""

    values: Mapping[str, Any]
    texts: Mapping[str, str]


@dataclass
class _Said:
    """The words of each option, and the pieces of text that belong to none."""

    options: dict[str, list[Word]] = field(default_factory=dict)
    pieces: list[list[Word]] = field(default_factory=list)


class Missing(Malformed):
    """`parameter` has to be said, and was not."""

    def __init__(self, said: Sentence, parameter: Parameter) -> None:
        super().__init__(said)
        self.parameter = parameter


async def read(command: Command, text: str, call: Call) -> Arguments:
    """The arguments of `command` in `text`, which is what follows its name.

    Raises `Malformed`, naming the parameter and the usage, `Missing`, and what the converters raise.
    """
    said = _sorted(command, words_of(text, command.longest))
    given = {p.name: said.options[p.name] for p in command.options if p.name in said.options}
    given |= await _positional(command, said, call)
    for parameter in command.parameters:
        _need(command, parameter, given)
    values = {p.name: p.default for p in command.parameters if p.name not in given}
    for parameter in command.parameters:
        if parameter.name in given:
            values[parameter.name] = await converted(parameter, given[parameter.name], call)
    return Arguments(values, {name: text_of(words) for name, words in given.items() if words})


def _sorted(command: Command, words: Sequence[Word]) -> _Said:
    said = _Said(pieces=[[]])
    open_option: Parameter | None = None
    takes_list = any(p.type is Entries for p in command.arguments)
    for word in words:
        if takes_list and word.starts_line and open_option is not None and open_option.is_place:
            open_option = None  # the list goes on below what was said of it
        if word.option:
            open_option = _open(command, word, said)
        elif open_option is None:
            said.pieces[-1].append(word)
        else:
            said.options[open_option.name].append(word)
            open_option = None if open_option.is_one_word else open_option
            if open_option is None:
                said.pieces.append([])
    said.pieces = [piece for piece in said.pieces if piece]
    if takes_list and said.pieces:
        said.pieces = [[word for piece in said.pieces for word in piece]]
    return said


def _open(command: Command, word: Word, said: _Said) -> Parameter | None:
    """Begin the option that `word` names; returns it if its value is still to come."""
    named = word.option.casefold()
    option = next((p for p in command.options if p.word == named), None)
    chosen = next((p for p in command.options if named in p.choices), None)
    if option is None and chosen is None:
        raise _unknown_option(command, word)
    parameter = option or chosen
    assert parameter is not None
    if parameter.name in said.options:
        raise _malformed(
            command, sentence("`{option}` is there twice. Once is enough.", option=parameter.option)
        )
    if word.has_value and (parameter.is_flag or option is None):
        typed = printable(word.option)[:40]
        raise _malformed(command, sentence("`--{option}` stands by itself, without a value.", option=typed))
    said.options[parameter.name] = [Word(named, named)] if option is None else []
    said.pieces.append([])
    return None if parameter.is_flag or option is None else parameter


async def _positional(command: Command, said: _Said, call: Call) -> dict[str, list[Word]]:
    """Share the words out among the arguments: single words from both ends, the rest to the one between."""
    if len(said.pieces) > 1:
        stray = printable(text_of(said.pieces[1]))[:40]
        where = sentence(
            "I cannot tell where “{words}” belongs. Keep what belongs together together.", words=stray
        )
        raise _malformed(command, where)
    words, given = (said.pieces[0] if said.pieces else []), dict[str, list[Word]]()
    for index, parameter in enumerate(command.arguments):
        later = command.arguments[index + 1 :]
        taken = await _how_many(parameter, later, words, call)
        if taken:
            given[parameter.name], words = list(words[:taken]), words[taken:]
    if words:
        stray = printable(text_of(words))[:40]
        raise _malformed(command, sentence("I do not know what to do with “{words}”.", words=stray))
    return given


async def _how_many(
    parameter: Parameter, later: Sequence[Parameter], words: Sequence[Word], call: Call
) -> int:
    """How many of the words are this parameter's."""
    needed_later = sum(1 for p in later if p.required)
    spare = len(words) if parameter.required else len(words) - needed_later
    if spare <= 0 or not words:
        return 0
    if parameter.is_one_word:
        return 1
    if all(p.is_one_word for p in later):
        return max(len(words) - needed_later, 1)
    if words[0].is_quoted or not parameter.is_place:
        return 1
    for count in range(min(len(words) - needed_later, _MOST_WORDS), 1, -1):
        if await is_place_there(parameter, words[:count], call):
            return count
    return 1


def _need(command: Command, parameter: Parameter, given: Mapping[str, list[Word]]) -> None:
    """Raise `Malformed` for what is missing: the parameter, or the value behind an option."""
    words = given.get(parameter.name)
    if words is None and not parameter.required:
        return
    if words is not None and (parameter.is_flag or (words and (text_of(words) or parameter.type is str))):
        return
    if words is not None and parameter.is_option:
        raise _malformed(command, sentence("`{option}` needs a value behind it{what}.", **_asked(parameter)))
    needs = sentence("`{command}` needs `{shown}`{what}.", command=command.name, **_asked(parameter))
    example = sentence(" For example: `{example}`.", example=command.examples[0]) if command.examples else ""
    raise Missing(sentence("{needs}{example}", needs=needs, example=example), parameter)


def _asked(parameter: Parameter) -> dict[str, Any]:
    """How the parameter is called, and what it is."""
    shown = f"{parameter.option} {parameter.label}" if parameter.is_option else parameter.label
    what = sentence(": {help}", help=sentence(parameter.help)) if parameter.help else ""
    return {"option": parameter.option, "shown": shown, "what": what}


def _unknown_option(command: Command, word: Word) -> Malformed:
    known = [p.word for p in command.options] + [choice for p in command.options for choice in p.choices]
    close = close_to(word.option.casefold(), known, 1)
    guess = (
        sentence("Did you mean `--{option}`?", option=close[0])
        if close
        else sentence("If it is part of a text, put quotes around the text.")
    )
    unknown = sentence(
        "`{command}` has no option `--{option}`. {guess}",
        command=command.name,
        option=printable(word.option)[:40],
        guess=guess,
    )
    return _malformed(command, unknown)


def _malformed(command: Command, said: Sentence) -> Malformed:
    return Malformed(_with_usage(command, said))


def _with_usage(command: Command, said: Sentence) -> Sentence:
    return sentence("{said}\nUsage: `{usage}`", said=said, usage=usage(command))
