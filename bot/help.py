"""Help: written from the commands themselves, and no longer than a phone's screen.

It shows what the person who asks may do. `described` gives all of it as data, for the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from bot.command import Call, Command, Commands, Parameter, Requirement, command
from bot.languages import words_in
from bot.reply import Block, Bold, Bullet, Document, Paragraph, item, line, paragraph
from spaces.errors import Unknown
from spaces.identifiers import printable
from spaces.sentences import Words, plain, sentence

WIDTH = 60
"""How many characters a line of an overview has at most."""

MOST_LINES = 20
_MOST_LISTED = MOST_LINES - 4


def usage(command: Command) -> str:
    """The grammar of a command on one line: `network create NAME [--under NETWORK] [--ask]`."""
    ordered = sorted(command.options, key=lambda option: not option.required)
    return " ".join([command.name, *(_shown(p) for p in (*command.arguments, *ordered))])


def _shown(parameter: Parameter) -> str:
    shown = parameter.label
    if parameter.is_option:
        shown = parameter.option if parameter.is_flag else f"{parameter.option} {parameter.label}"
    return shown if parameter.required else f"[{shown}]"


def described(commands: Iterable[Command]) -> list[dict[str, Any]]:
    """Each command as plain data: name, topic, usage, summary, detail, examples, arguments, options."""
    return [
        {
            "name": one.name,
            "topic": one.topic,
            "usage": usage(one),
            "summary": one.summary,
            "detail": one.detail,
            "examples": list(one.examples),
            "arguments": [_described(p) for p in one.arguments],
            "options": [_described(p) for p in one.options],
        }
        for one in commands
    ]


def _described(parameter: Parameter) -> dict[str, Any]:
    name = parameter.option if parameter.is_option else parameter.label
    return {"name": name, "value": parameter.label, "help": parameter.help, "required": parameter.required}


def possible(commands: Iterable[Command], call: Call) -> list[Command]:
    """The commands that this person may use somewhere."""
    known: dict[Requirement, bool] = {}
    allowed: list[Command] = []
    for one in commands:
        for requirement in one.requires:
            if requirement not in known:
                known[requirement] = requirement.possible(call)
        if all(known[requirement] for requirement in one.requires):
            allowed.append(one)
    return allowed


class Help:
    """Say what can be said."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.commands = Commands()

    @command("help", topic="help", examples=("help", "help network create"))
    async def help(
        self, call: Call, topic: Annotated[str, "a topic or a command, such as network create"] = ""
    ) -> Document:
        """Show what you can say, or explain one command."""
        said = " ".join(topic.lower().split()).removeprefix(self._prefix).strip()
        words = words_in(await call.work.language_for(call.heard))
        if not said:
            return self._overview(call, words)
        if found := self.commands.get(said):
            return self._explained(found, call, words)
        wanted = [one for one in self.commands if _is_about(one, said)]
        if not wanted:
            raise Unknown(
                "I have no help on “{topic}”. `{help}` shows everything.",
                topic=printable(topic)[:40],
                help=self._typed("help", call),
            )
        shown = (possible(wanted, call) or wanted)[:_MOST_LISTED]
        return Document((*self._start(call), *_listed(shown, words), self._more(shown, call)))

    def _typed(self, text: str, call: Call) -> str:
        """`text` as it has to be typed here: with the prefix, in a room."""
        return text if call.heard.is_direct else f"{self._prefix} {text}"

    def _start(self, call: Call) -> Iterator[Paragraph]:
        if not call.heard.is_direct:
            yield paragraph("You can say, with `{prefix}` in front:", prefix=self._prefix)

    def _overview(self, call: Call, words: Words) -> Document:
        allowed = possible(self.commands, call)
        start = tuple(self._start(call)) or (paragraph("You can say:"),)
        listed = _listed(allowed, words) if len(allowed) <= _MOST_LISTED else _topics(allowed)
        return Document((*start, *listed, self._more(allowed, call)))

    def _more(self, commands: list[Command], call: Call) -> Paragraph:
        example = self._typed(f"help {commands[0].name}", call)
        return paragraph("`{example}` explains one, with its options.", example=example)

    def _explained(self, command: Command, call: Call, words: Words) -> Document:
        """All about one command: usage, arguments, options, an example."""
        summary = plain(sentence(command.summary), words)
        blocks: list[Block] = [Paragraph(line(Bold(summary))), paragraph("`{usage}`", usage=usage(command))]
        if command.detail:
            blocks.append(Paragraph((sentence(command.detail),)))
        blocks += [_explanation(parameter) for parameter in command.parameters]
        if command.examples:
            example = self._typed(command.examples[0], call)
            blocks.append(paragraph("For example: `{example}`", example=example))
        if not possible([command], call):
            blocks.append(paragraph("At present there is nowhere that you may do this."))
        return Document(tuple(blocks))


def with_help(commands: Commands, prefix: str) -> Commands:
    """These commands and `help`, which knows them all."""
    helper = Help(prefix)
    helper.commands = commands.including(helper)
    return helper.commands


def _explanation(parameter: Parameter) -> Bullet:
    name = parameter.option if parameter.is_option else parameter.label
    if not parameter.help:
        return item("`{name}`", name=name)
    return item("`{name}` – {help}", name=name, help=sentence(parameter.help))


def _is_about(command: Command, said: str) -> bool:
    is_topic = command.topic.lower().removesuffix("s") == said.removesuffix("s")
    return is_topic or command.words[: len(said.split())] == tuple(said.split())


def _listed(commands: Iterable[Command], words: Words) -> Iterator[Bullet]:
    for one in commands:
        room = WIDTH - len(f"- {one.name} – ")
        summary = _cut(plain(sentence(one.summary), words).rstrip("."), room)
        yield item("`{command}` – {summary}", command=one.name, summary=summary)


def _topics(commands: Iterable[Command]) -> Iterator[Bullet]:
    """One line per topic: `networks: network create, link, rename; tree`."""
    by_topic: dict[str, list[Command]] = {}
    for one in commands:
        if one.name != "help":
            by_topic.setdefault(one.topic, []).append(one)
    for topic, members in by_topic.items():
        room = WIDTH - len(f"- help {topic}: ")
        yield item("`help {topic}`: {commands}", topic=topic, commands=_cut(_abbreviated(members), room))


def _abbreviated(commands: Iterable[Command]) -> str:
    by_word: dict[str, list[str]] = {}
    for one in commands:
        by_word.setdefault(one.words[0], []).append(" ".join(one.words[1:]))
    return "; ".join(_with_rest(first, rest) for first, rest in by_word.items())


def _with_rest(first: str, rest: Iterable[str]) -> str:
    """`network create, link`; a word that is a command itself stands with each: `join, join all`."""
    several = list(rest)
    if "" not in several:
        return f"{first} {', '.join(several)}"
    return ", ".join(f"{first} {one}".strip() for one in several)


def _cut(text: str, room: int) -> str:
    """`text` in that many characters, without the words that find no room."""
    if len(text) <= room:
        return text
    whole = text[: max(room - 1, 0)].rpartition(" ")[0]
    return f"{whole.rstrip(' ,;–')} …".lstrip()
