"""What the bot has asked back, and how an answer to it is understood.

`yes` or `no` to a preview, the argument that was missing, `more` of a long answer. Ten minutes after
it was asked, an answer does nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.address import said_itself
from bot.command import Commands
from bot.languages import LANGUAGES, words_in
from bot.ports import Awaited, Heard
from bot.reply import Document, say
from bot.scanning import words_of
from bot.suggestions import close_to
from spaces.sentences import Sentence, sentence

LASTS_SECONDS = 600.0
YES, NO, MORE, CANCEL = "yes", "no", "more", "cancel"
_WORDS = {YES: sentence("yes"), NO: sentence("no"), MORE: sentence("more"), CANCEL: sentence("cancel")}
_REACTIONS = {"✅": YES, "✔": YES, "☑": YES, "❌": NO, "✖": NO, "❎": NO}
_ALSO = {"y": YES, "n": NO}
_CHATTER = frozenset({"thanks", "thank you", "ok", "okay", "diolch", "sorry", "great", "what", "why", "hm"})
_QUOTES = ('"', "“", "„", "«", "'", "‘")
_GREETINGS = frozenset({"hello", "hi", "hey", "hiya", "helo", "shwmae", "shwmai"})
_VARIANTS = "\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}"


@dataclass(frozen=True, slots=True)
class Meant:
    """What a message means: a command, confirmed as it was shown or not; the rest of an answer (JSON);
    or nothing to do but to reply. `settles` are the kinds of question that it answers. `verbatim` is the
    only argument of the command, as it was said."""

    command: str = ""
    confirmed: str | None = None
    rest: Any = None
    reply: Document | None = None
    settles: tuple[str, ...] = ()
    verbatim: str | None = None


class Answering:
    """Tells answers from commands, for who listens to `prefix` in rooms."""

    def __init__(self, commands: Commands, prefix: str) -> None:
        self._commands = commands
        self._prefix = prefix

    @staticmethod
    def of_reaction(key: str) -> str | None:
        """`yes` or `no`, where the reaction is one of these."""
        return _REACTIONS.get(key.strip(_VARIANTS))

    @staticmethod
    def of_word(said: str) -> str | None:
        """`yes` or `no`, where what is said is one of these and nothing else."""
        short = _short(said)
        return short if short in (YES, NO) else None

    @staticmethod
    def of_more(said: str) -> bool:
        """Whether it asks for more, and is nothing else."""
        return _short(said) == MORE

    @staticmethod
    def is_answer(heard: Heard, awaited: Mapping[str, Awaited]) -> bool:
        """Whether what is not said to the bot is an answer to its question all the same.

        It replies to the question, or it is a short word in the thread in which the bot has asked.
        """
        if heard.answers is not None and heard.answers in {one.event for one in awaited.values()}:
            return True
        threads = {one.thread for one in awaited.values()} - {None}
        return heard.thread in threads and bool(_short(said_itself(heard)))

    @staticmethod
    def waits_for_argument(heard: Heard, awaited: Mapping[str, Awaited]) -> bool:
        return "argument" in awaited and _is_fresh(awaited["argument"], heard)

    def meant(self, said: str, heard: Heard, awaited: Mapping[str, Awaited]) -> Meant:
        """What `said` means, given what is awaited."""
        short = _short(said)
        if short in (YES, NO) and ("confirmation" in awaited or "argument" not in awaited):
            return self._decided(short, heard, awaited.get("confirmation"))
        if short == MORE:
            return self._more(heard, awaited.get("more"))
        asked = awaited.get("argument")
        if asked is None or not _is_fresh(asked, heard):
            if short == CANCEL:
                return Meant(reply=say("There is nothing to cancel."))
            return Meant("help" if _bare(said) in _GREETINGS else said or "help")
        if short in (CANCEL, NO):
            return Meant(reply=say("All right, I leave it. Nothing was done."), settles=("argument",))
        if self._is_no_answer(said):
            return Meant(said or "help")
        return Meant(self._completed(asked, said), settles=("argument",))

    def to_a_network(self, said: str, heard: Heard, awaited: Mapping[str, Awaited]) -> Meant | None:
        """What it means if a network has asked the speaker something; None if it is meant otherwise.

        A command is a command, and what the bot has asked since comes first.
        """
        fresh = {kind for kind, asked in awaited.items() if _is_fresh(asked, heard)}
        short = _short(said)
        since = {YES: "confirmation", NO: "confirmation", MORE: "more"}.get(short)
        if not heard.is_direct or not said or "argument" in fresh or since in fresh:
            return None
        if short == CANCEL:
            return Meant("withdraw")
        if self._commands.find(said.split()) or said.strip().casefold() == "help":
            return None
        return Meant("answer", verbatim=said)

    def yes_to_no_question(
        self, said: str, heard: Heard, awaited: Mapping[str, Awaited], since: float
    ) -> bool:
        """Whether it is a bare yes in a direct message, and nothing was asked there `since` that it answers.

        What the bot has told on its own account is answered so; `since` is when it has.
        """
        asked = awaited.get("confirmation")
        is_bare = heard.is_direct and heard.answers is None and _short(said) == YES
        is_free = asked is None or (asked.asked_at < since and not _is_fresh(asked, heard))
        return is_bare and is_free and not self.waits_for_argument(heard, awaited)

    @staticmethod
    def behind_yes(said: str) -> str:
        """What follows a yes, such as the number of what it is about."""
        first, _, rest = said.strip().partition(" ")
        return rest.strip() if _short(first) == YES else ""

    def _is_no_answer(self, said: str) -> bool:
        """Whether it is a command, or nearly one, or a word that people say to each other."""
        if said.startswith(_QUOTES):
            return False
        if not said or _short(said) or _bare(said) in _CHATTER or self._commands.find(said.split()):
            return True
        names = {word for command in self._commands for word in (command.words[0], command.name)}
        return _bare(said) not in names and bool(close_to(_bare(said), sorted(names), 1, enough=80.0))

    def _decided(self, short: str, heard: Heard, asked: Awaited | None) -> Meant:
        if asked is None:
            return Meant(reply=say("Nothing waits for a yes or no of yours here."))
        if heard.answers is not None and heard.answers != asked.event:
            return Meant(reply=say("That question is closed: I have asked you something else since."))
        if not _is_fresh(asked, heard):
            late = say("That question is more than ten minutes old, so nothing was done. Ask for it again.")
            return Meant(reply=late, settles=("confirmation",))
        if short == NO:
            return Meant(reply=say("All right. Nothing was done."), settles=("confirmation",))
        return Meant(asked.said, confirmed=asked.detail, settles=("confirmation",))

    def _more(self, heard: Heard, asked: Awaited | None) -> Meant:
        if asked is None or not _is_fresh(asked, heard):
            return Meant(
                reply=say("There is no more to show. Say the command again, to see it from the start.")
            )
        return Meant(rest=json.loads(asked.said), settles=("more",))

    def _completed(self, asked: Awaited, said: str) -> str:
        """The command with what was missing: an option at its end, an argument before its options."""
        command = self._commands.find(asked.said.split())
        assert command is not None, "only a command is asked back for"
        parameter = next(p for p in command.parameters if p.name == asked.detail)
        if parameter.is_option:
            return f"{asked.said} {parameter.option} {_without_option(said, parameter.word)}"
        typed = asked.said.split(maxsplit=len(command.words))[len(command.words) :]
        given = words_of(typed[0], command.longest) if typed else []
        at = next((n for n, word in enumerate(given) if word.option), len(given))
        before, after = given[:at], given[at:]
        return " ".join([command.name, *(w.raw for w in before), said, *(w.raw for w in after)])

    def hint(self, said: str, heard: Heard, awaited: Mapping[str, Awaited]) -> Iterator[Document]:
        """What still waits, where `said` was refused and may have been meant as an answer."""
        fresh = {kind for kind, asked in awaited.items() if _is_fresh(asked, heard)}
        command = self._commands.find(said.split())
        if command is not None and len(command.words) > 1:
            return
        if "confirmation" in fresh:
            yes, no = self._typed(YES, heard), self._typed(NO, heard)
            yield say("I still wait for your `{yes}` or `{no}` to what I have shown.", yes=yes, no=no)
        if "argument" in fresh:
            asked, cancel = awaited["argument"], self._typed(CANCEL, heard)
            yield say(
                "I still wait for the answer to my question about `{command}`; `{cancel}` drops it.",
                command=asked.said,
                cancel=cancel,
            )
            if self._is_no_answer(said):
                yield say("If that was the answer, put quotes around it.")

    # -- what is asked ---------------------------------------------------------------------------

    def _typed(self, word: str, heard: Heard) -> Sentence:
        """The short answer as it is typed there, in the language of whom it is shown to."""
        if heard.is_direct:
            return _WORDS[word]
        return sentence("{prefix} {word}", prefix=self._prefix, word=_WORDS[word])

    def how_to_confirm(self, heard: Heard) -> Document:
        return asks_for_a_yes(self._typed(YES, heard), self._typed(NO, heard))

    def tell_me(self, heard: Heard) -> Document:
        if heard.is_direct:
            return say("Tell me now, or `{cancel}`.", cancel=_WORDS[CANCEL])
        return say("Reply to this message with it, or with `{cancel}`.", cancel=_WORDS[CANCEL])

    def more_to_come(self, heard: Heard) -> Document:
        return say("There is more: `{more}` shows it.", more=self._typed(MORE, heard))


def asks_for_a_yes(yes: Sentence | None = None, no: Sentence | None = None) -> Document:
    """What is said below a preview; `yes` and `no` as they are typed there, the bare words by themselves."""
    return say(
        "Shall I? `{yes}` or ✅ does it, `{no}` or ❌ leaves it. I wait for ten minutes.",
        yes=yes or _WORDS[YES],
        no=no or _WORDS[NO],
    )


def _bare(said: str) -> str:
    return said.strip(" .!?").casefold()


def _short(said: str) -> str:
    """`yes`, `no`, `more` or `cancel`, in whichever language; else nothing."""
    return _short_words().get(_bare(said), "")


@cache
def _short_words() -> Mapping[str, str]:
    spoken = [words_in(language) for language in LANGUAGES]
    return {words(known).casefold(): word for words in spoken for word, known in _WORDS.items()} | _ALSO


def _without_option(said: str, word: str) -> str:
    """An answer may begin with the option's own name: `--in Arts UK`, `in=Arts UK`, `in Arts UK`."""
    return re.sub(rf"\A(?:[-‒–—―]*{re.escape(word)})(?:\s*=\s*|\s+)(?=\S)", "", said, flags=re.IGNORECASE)


def _is_fresh(asked: Awaited, heard: Heard) -> bool:
    return heard.at.timestamp() - asked.asked_at <= LASTS_SECONDS
