"""The conversation: who speaks to the bot is heard, understood and answered.

A refusal is answered with its sentence, in the language of who asked. Any other exception is the
caller's, who undoes the work and answers with `failure`. What the bot has asked back (a
confirmation, a missing argument, whether to show more) is kept by the work, so it outlives the
process; only the person who was asked can answer, and only for ten minutes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.address import Address, said_itself
from bot.answering import YES, Answering, Meant
from bot.arguments import Arguments, Missing, read
from bot.command import Call, Command, Commands, Entries, ToConfirm
from bot.counting import Count, counting, uncounted
from bot.help import possible, with_help
from bot.invitations.accounts import ToLookUp
from bot.languages import words_in
from bot.listings.yes import still_right
from bot.market.answering import to_who_asks
from bot.paging import paged
from bot.paths.offering import in_full
from bot.ports import Awaited, Heard, Work
from bot.reply import Code, Document, Inline, Paragraph, from_json, in_language, joined, say, to_json
from bot.scanning import Word, cleaned, words_of
from bot.suggestions import close_to, did_you_mean
from spaces.codes import is_code
from spaces.errors import Forbidden, Malformed, Refusal, Unknown
from spaces.identifiers import UserId, printable
from spaces.sentences import Sentence

_MOST_GUESSES = 6


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is answered, and what is said while the work takes its time. Help tells of the prefix itself."""

    reply: Document
    meanwhile: Document | None = None
    is_help: bool = False


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
        count: Count = uncounted,
    ) -> None:
        self._count = count
        self.commands = with_help(commands, prefix)
        self._bot, self._prefix = bot, prefix
        self._open_creation = open_creation
        self._address = Address(bot, prefix, name)
        self._answering = Answering(self.commands, prefix)

    def what_was_said(self, heard: Heard) -> str | None:
        """What `heard` says to the bot, without the address; None if it is not for the bot."""
        return self._address.said(heard)

    async def hear(self, heard: Heard, work: Work) -> bool:
        """Answer, if it was said to the bot; returns whether it was. What is refused changes nothing."""
        said = self.what_was_said(heard)
        if said is None and heard.answers is None and heard.thread is None:
            return False
        awaited = await _awaited_in(heard, work)
        if said is None:
            if not self._answering.is_answer(heard, awaited):
                return False
            said = said_itself(heard)
        await self._answer(said, heard, work, awaited)
        return True

    async def around_list(self, heard: Heard, work: Work) -> tuple[str, str] | None:
        """What is to be heard before and after the list in a file, where one is wanted; else None.

        That is so with a command that takes a list as the file's caption, or where it has asked for one.
        """
        said = cleaned(self.what_was_said(heard) or "").strip()
        asked = (await _awaited_in(heard, work)).get("argument")
        if not said and asked is None:
            return None
        command = self.commands.find((said or (asked.said if asked else "")).split())
        lists = {p.name for p in command.arguments if p.type is Entries} if command else set()
        if command is None or not lists or (asked and not said and asked.detail not in lists):
            return None
        rest = said.split(maxsplit=len(command.words))[len(command.words) :]
        return (command.name, rest[0] if rest else "") if said else ("", "")

    async def hear_reaction(self, heard: Heard, work: Work) -> bool:
        """Take ✅ or ❌ (`heard.body`) on a preview of ours as yes or no; returns whether it was one."""
        meant = Answering.of_reaction(heard.body)
        asked = (await _awaited_in(heard, work)).get("confirmation") if meant else None
        if meant is None or asked is None or asked.event != heard.answers:
            return False
        spoken = replace(heard, reply_to=asked.event, thread=asked.thread)
        await self._answer(meant, spoken, work, {"confirmation": asked})
        return True

    async def hear_decision(self, heard: Heard, work: Work, yes: str, no: str) -> bool:
        """Take ✅ or ❌ on what the bot has told them as the command `yes` or `no`; whether it was one."""
        meant = Answering.of_reaction(heard.body)
        if meant is not None:
            await self._answer(yes if meant == YES else no, heard, work, {})
        return meant is not None

    async def _answer(self, said: str, heard: Heard, work: Work, awaited: Mapping[str, Awaited]) -> None:
        before = work.landscape
        standing = await work.standing_of(heard.sender)
        call = Call(heard, standing, work, self._open_creation, self._bot.server, self._bot)
        try:
            answer = await self._done(cleaned(said).strip(), call, awaited)
        except Refusal as refusal:
            if work.landscape != before:
                raise RuntimeError("a command was refused after it had changed something") from refusal
            hint = self._answering.hint(said, heard, awaited)
            answer = _Answer(joined((refused(refusal), *hint)))
        if answer is not None:
            await self._say(answer, heard, work, awaited)

    async def _say(self, answer: _Answer, heard: Heard, work: Work, awaited: Mapping[str, Awaited]) -> None:
        """Answer in the language of who asked, one page of it."""
        words = words_in(await work.language_for(heard))
        said = in_language(answer.reply, words)
        if not heard.is_direct and not answer.is_help:
            said = self._with_prefix(said)
        page, rest = paged(said)
        if "more" in awaited:
            await work.stop_waiting(heard, "more")
        if rest is not None:
            await work.wait_for(heard, self._awaited("more", json.dumps(to_json(rest)), "", heard))
            page = joined((page, in_language(self._answering.more_to_come(heard), words)))
        meanwhile = in_language(answer.meanwhile, words) if answer.meanwhile else None
        await work.answer(heard, page, meanwhile=meanwhile)

    def _with_prefix(self, document: Document) -> Document:
        """The same with all commands in it as they have to be typed in a room."""
        blocks = (replace(b, line=tuple(self._typed(part) for part in b.line)) for b in document.blocks)
        return Document(tuple(blocks))

    def _typed(self, part: Inline) -> Inline:
        if isinstance(part, Code) and self.commands.find(part.text.split()[:4]):
            return Code(f"{self._prefix} {part.text}")
        return part

    # -- what was meant --------------------------------------------------------------------------

    async def _done(self, said: str, call: Call, awaited: Mapping[str, Awaited]) -> _Answer | None:
        """Take `said` as the answer to what the bot has asked, or else as a command; None: see `_run`."""
        is_asked = self._answering.waits_for_argument(call.heard, awaited)
        said = await in_full(said, call, is_asked=is_asked) if self.commands.get("choose") else said
        meant = await self._meant(said, call, awaited)
        for kind in meant.settles:
            await call.work.stop_waiting(call.heard, kind)
        if meant.reply is not None:
            return _Answer(meant.reply)
        if meant.rest is not None:
            return _Answer(from_json(meant.rest))
        try:
            return await self._run(meant, call, awaited)
        except Refusal:
            if "argument" in meant.settles:  # the answer did not fit: the question stays
                await call.work.wait_for(call.heard, awaited["argument"])
            raise

    async def _meant(self, said: str, call: Call, awaited: Mapping[str, Awaited]) -> Meant:
        """What `said` means; in a direct message it may answer what a network asks of who applies to it."""
        answer = self._answering.to_a_network(said, call.heard, awaited)
        if answer is not None and await call.work.applications.is_asking(call.sender):
            return answer
        claims: list[Meant | None] = []
        if self.commands.get("confirm"):
            claims.append(await still_right(said, call, awaited, self._answering))
        if self.commands.get("ask accept"):
            claims.append(await to_who_asks(said, call, awaited))
        match [claim for claim in claims if claim]:
            case [claim]:
                return claim
            case [_, *_]:
                return Meant(
                    reply=say(
                        "Several things wait for your answer. `mine` and `listings` show them, each with its "
                        "number."
                    )
                )
        return self._answering.meant(said, call.heard, awaited)

    async def _run(self, meant: Meant, call: Call, awaited: Mapping[str, Awaited]) -> _Answer | None:
        """Do it, ask back for what is missing, or show what would be done; None: it is heard again soon.

        Once something else was done, what was asked before it is no longer meant.
        """
        command, rest = self._understood(meant.command, call)
        before = call.landscape
        try:
            agreed = replace(call, confirmed=meant.confirmed)
            with counting(self._count, command.name):
                answer = await self._carried_out(command, rest, agreed, meant.verbatim)
            for kind in ("argument", "confirmation") if command.meanwhile else ():
                if kind in awaited and kind not in meant.settles:
                    await call.work.stop_waiting(call.heard, kind)
            return answer
        except Missing as missing:
            if not possible([command], call):
                raise Forbidden("At present there is nowhere that you may do this.") from missing
            asked = self._awaited("argument", meant.command, missing.parameter.name, call.heard)
            await call.work.wait_for(call.heard, asked)
            return _Answer(joined((refused(missing), self._answering.tell_me(call.heard))))
        except ToLookUp as unknown:
            again = f"{self._prefix} {meant.command}"
            await call.work.invitations.look_up(unknown.user, call.heard, again)
            return None
        except ToConfirm as preview:
            shown = preview.document
            if call.landscape != before:
                raise RuntimeError("a preview was shown after something had changed") from preview
            asked = self._awaited("confirmation", meant.command, preview.agreement, call.heard)
            await call.work.wait_for(call.heard, asked)
            changed = (
                say("Meanwhile something has changed. It is now like this:") if meant.confirmed else None
            )
            parts = (changed, shown, self._answering.how_to_confirm(call.heard))
            return _Answer(joined(part for part in parts if part))

    async def _carried_out(
        self, command: Command, rest: str, call: Call, verbatim: str | None = None
    ) -> _Answer:
        if verbatim is None:
            arguments = await read(command, rest, call)
        else:
            arguments = Arguments({command.parameters[0].name: verbatim}, {})
        for requirement in command.requires:
            requirement.check(call, arguments.values)
        call = replace(call, wants=_wants(command, arguments))
        result = await command.run(call, **_by_keyword(command, arguments))
        reply, is_help = self.commands.reply(result, call), command.words == ("help",)
        return _Answer(reply, _meanwhile(command, arguments), is_help)

    def _awaited(self, kind: str, said: str, detail: str, heard: Heard) -> Awaited:
        event = heard.reply_to or heard.event
        at = heard.at.timestamp()
        return Awaited(kind, said, detail, event, at, heard.thread, heard.is_direct)

    # -- understanding ---------------------------------------------------------------------------

    def _understood(self, text: str, call: Call) -> tuple[Command, str]:
        """The command that `text` begins with, and what follows its words."""
        words = text[:200].split()
        command = self.commands.find(words)
        if command is None and is_code(text) and (redeem := self.commands.get("redeem")):
            return redeem, text
        if command is None:
            self._count("unknown", "refused")
            raise self._unknown(words, call)
        beginning = re.match(r"\s*" + r"\s+".join([r"\S+"] * len(command.words)), text)
        following = text[beginning.end() :] if beginning else ""
        self._refuse_a_second(words_of(following, command.longest))
        return command, following

    def _refuse_a_second(self, words: Sequence[Word]) -> None:
        for index, word in enumerate(words):
            begun = [w.text for w in words[index : index + 5] if not w.is_quoted]
            if word.starts_line and not word.is_quoted:
                begun = begun[1:] if self._address.prefixed.match(begun[0]) else begun
                if second := self.commands.find(begun):
                    raise Malformed(
                        "One command in each message, please: a line of yours begins with `{command}`. "
                        "Nothing was done. If it is part of a text, put quotes around the text.",
                        command=second.name,
                    )

    def _unknown(self, words: Sequence[str], call: Call) -> Unknown:
        """“Did you mean”, among what this person may do."""
        first, second = [*(printable(word)[:40].lower() for word in words[:2]), "", ""][:2]
        names = [command.name for command in possible(self.commands, call)]
        begun = [name for name in names if name.startswith(f"{first} ")]
        guesses = _same_beginning(second, begun) if begun else _guesses(first, second, names)
        return Unknown(
            "I do not know “{typed}”.{guess} `help` shows what you can say.",
            typed=f"{first} {second}".strip() if begun else first,
            guess=did_you_mean(guesses[:_MOST_GUESSES]),
        )


def _same_beginning(second: str, names: Sequence[str]) -> Sequence[str]:
    """Of commands with the same first word, those whose others are close to `second`; else all."""
    by_rest = {name.partition(" ")[2]: name for name in names}
    return [by_rest[rest] for rest in close_to(second, list(by_rest))] or names


def _guesses(first: str, second: str, names: Sequence[str]) -> list[str]:
    """Commands whose names are close to the two words said, or to the first of them."""
    return close_to(f"{first} {second}".strip(), names) or close_to(first, names)


async def _awaited_in(heard: Heard, work: Work) -> Mapping[str, Awaited]:
    """What was asked in the company that is here now: what was asked in private is answered in private."""
    awaited = await work.awaited(heard.sender, heard.room)
    return {kind: one for kind, one in awaited.items() if one.is_direct == heard.is_direct}


def refused(refusal: Refusal) -> Document:
    """The sentence of a refusal; what is between backquotes is to be typed."""
    return Document((Paragraph((refusal.said,)),))


def failure(reference: str) -> Document:
    """The answer when something broke: nobody sees more than the number."""
    return say(
        "Something went wrong on my side, and nothing was changed. Try again in a little while. If it stays "
        "so, tell an admin of this server the number `{reference}`.",
        reference=reference,
    )


def _wants(command: Command, arguments: Arguments) -> str:
    """The command and what its arguments mean, whatever the places are called at present."""
    meant = {name: str(value) for name, value in sorted(arguments.values.items())}
    return f"{command.name} {json.dumps(meant)}"


def _by_keyword(command: Command, arguments: Arguments) -> Mapping[str, Any]:
    return {parameter.name: arguments.values[parameter.name] for parameter in command.parameters}


class _Texts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def _meanwhile(command: Command, arguments: Arguments) -> Document:
    """What is said while the work takes long; it ends in `…`."""
    texts = _Texts({name: printable(text)[:80] for name, text in arguments.texts.items()})
    if not command.meanwhile:
        return say("Working on `{command}` …", command=command.name)
    return Document((Paragraph((Sentence(command.meanwhile, texts),)),))
