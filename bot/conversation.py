"""Four ways in, one way out: who speaks to the bot is heard, understood and answered.

In a direct room bare words do; elsewhere the prefix, the bot's name with a colon or a comma, its
Matrix ID, or a mention. A refusal is answered with its sentence. Any other exception is the
caller's, who undoes the work and answers with `failure`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from bot.arguments import Arguments, read
from bot.command import Call, Command, Commands
from bot.help import possible, with_help
from bot.ports import Heard, Work
from bot.reply import Code, Document, Inline, Paragraph, line, say
from bot.scanning import Word, cleaned, words_of
from spaces.errors import Malformed, Refusal, Unknown
from spaces.identifiers import UserId, printable

_QUOTED_REPLY = re.compile(r"\A> [^\n]*\n(?:>[^\n]*\n)*\n?")
_MOST_GUESSES = 6


class Conversation:
    """Answers what is said to `bot`, who is called `name` and listens to `prefix`."""

    def __init__(
        self,
        commands: Commands,
        bot: UserId,
        prefix: str = "!hedge",
        name: str = "Hedgerow",
        *,
        open_creation: bool = False,
    ) -> None:
        self.commands = with_help(commands, prefix)
        self._bot = bot
        self._open_creation = open_creation
        own_id, names = re.escape(bot), "|".join(re.escape(calling) for calling in (name, bot.localpart))
        self._prefixed = re.compile(rf"{re.escape(prefix)}(?:[:,]|\s|\Z)", re.IGNORECASE)
        firmly = rf"{own_id}(?:[:,]|(?=\s)|\Z)|(?:{names})[:,]|@(?:{names})[:,](?=\s|\Z)"
        self._called_firmly = re.compile(firmly, re.IGNORECASE)
        self._called = re.compile(rf"{firmly}|@?(?:{names})(?=\s|\Z)", re.IGNORECASE)
        self._named = re.compile(rf"(?<!\w)(?:{own_id}|@?(?:{names})(?!\w|:\S))[:,]?", re.IGNORECASE)

    def what_was_said(self, heard: Heard) -> str | None:
        """What `heard` says to the bot, without the address; None if it is not for the bot."""
        if heard.sender == self._bot:
            return None
        body = _QUOTED_REPLY.sub("", heard.body).strip()
        calling = self._called if heard.is_direct or heard.mentions_bot else self._called_firmly
        if address := self._prefixed.match(body) or calling.match(body):
            return body[address.end() :].strip()
        if heard.mentions_bot and self._named.search(body):
            return self._named.sub("", body, count=1).strip()
        return body if heard.is_direct else None

    async def hear(self, heard: Heard, work: Work) -> bool:
        """Answer, if it was said to the bot; returns whether it was. What is refused changes nothing."""
        said = self.what_was_said(heard)
        if said is None:
            return False
        before = work.landscape
        standing = await work.standing_of(heard.sender)
        call = Call(heard, standing, work, self._open_creation, self._bot.server, self._bot)
        try:
            reply, meanwhile = await self._done(said, call)
        except Refusal as refusal:
            if work.landscape != before:
                raise RuntimeError("a command was refused after it had changed something") from refusal
            reply, meanwhile = refused(refusal), None
        await work.answer(heard, reply, meanwhile=meanwhile)
        return True

    async def _done(self, said: str, call: Call) -> tuple[Document, Document | None]:
        """Do what was said; returns the answer, and what to say while it takes its time."""
        command, rest = self._understood(said, call)
        arguments = await read(command, rest, call)
        for requirement in command.requires:
            requirement.check(call, arguments.values)
        result = await command.run(call, **_by_keyword(command, arguments))
        return self.commands.reply(result, call), _meanwhile(command, arguments)

    def _understood(self, said: str, call: Call) -> tuple[Command, str]:
        """The command that `said` begins with, and what follows its words."""
        text = cleaned(said).strip() or "help"
        words = text[:200].split()
        command = self.commands.find(words)
        if command is None:
            raise self._unknown(words, call)
        rest = text.split(maxsplit=len(command.words))[len(command.words) :]
        following = rest[0] if rest else ""
        self._refuse_a_second(words_of(following))
        return command, following

    def _refuse_a_second(self, words: Sequence[Word]) -> None:
        for index, word in enumerate(words):
            begun = [w.text for w in words[index : index + 5] if not w.is_quoted]
            if word.starts_line and not word.is_quoted:
                begun = begun[1:] if self._prefixed.match(begun[0]) else begun
                if second := self.commands.find(begun):
                    raise Malformed(
                        f"One command in each message, please: a line of yours begins with `{second.name}`. "
                        "Nothing was done. If it is part of a text, put quotes around the text."
                    )

    def _unknown(self, words: Sequence[str], call: Call) -> Unknown:
        """“Did you mean”, among what this person may do."""
        first, second = [*(printable(word)[:40].lower() for word in words[:2]), "", ""][:2]
        names = [command.name for command in possible(self.commands, call)]
        begun = [name for name in names if name.startswith(f"{first} ")]
        guesses = _same_beginning(second, begun) if begun else _guesses(first, second, names)
        known = ", ".join(f"`{name}`" for name in guesses[:_MOST_GUESSES])
        guess = f"Did you mean {known}? " if known else ""
        typed = f"{first} {second}".strip() if begun else first
        return Unknown(f"I do not know “{typed}”. {guess}`help` shows what you can say.")


def _same_beginning(second: str, names: Sequence[str]) -> Sequence[str]:
    """Of commands with the same first word, those whose others are close to `second`; else all."""
    by_rest = {name.partition(" ")[2]: name for name in names}
    return [by_rest[rest] for rest in _close(second, list(by_rest))] or names


def _guesses(first: str, second: str, names: Sequence[str]) -> list[str]:
    """Commands whose names are close to the two words said, or to the first of them."""
    return _close(f"{first} {second}".strip(), names) or _close(first, names)


def _close(said: str, names: Sequence[str]) -> list[str]:
    return get_close_matches(said, names, 2, cutoff=0.7)


def refused(refusal: Refusal) -> Document:
    """The sentence of a refusal, a paragraph for each line; what is between backquotes is to be typed."""
    return Document(tuple(Paragraph(_typed(text)) for text in refusal.sentence.splitlines() if text.strip()))


def failure(reference: str) -> Document:
    """The answer when something broke: nobody sees more than the number."""
    return say(
        "Something went wrong on my side, and nothing was changed. Try again in a little while. If it stays "
        "so, tell an admin of this server the number ",
        Code(reference),
        ".",
    )


def _typed(sentence: str) -> tuple[Inline, ...]:
    pieces = sentence.split("`")
    if len(pieces) % 2 == 0:
        return line(sentence)
    return line(*(Code(piece) if index % 2 else piece for index, piece in enumerate(pieces) if piece))


def _by_keyword(command: Command, arguments: Arguments) -> Mapping[str, Any]:
    return {parameter.name: arguments.values[parameter.name] for parameter in command.parameters}


class _Texts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def _meanwhile(command: Command, arguments: Arguments) -> Document:
    """What is said while the work takes long; it ends in `…`."""
    template = command.meanwhile or f"Working on {command.name} …"
    return say(template.format_map(_Texts({k: printable(v)[:80] for k, v in arguments.texts.items()})))
