"""Help: written from the commands themselves, and no longer than a phone's screen.

It shows what the person who asks may do. `described` gives all of it as data, for the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from bot.command import Call, Command, Commands, Parameter, Requirement, command
from bot.reply import Block, Bold, Bullet, Code, Document, Paragraph, line
from spaces.errors import Unknown
from spaces.identifiers import printable

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
        if not said:
            return self._overview(call)
        if found := self.commands.get(said):
            return explained(found, call)
        wanted = [one for one in self.commands if _is_about(one, said)]
        if not wanted:
            raise Unknown(f"I have no help on “{printable(topic)[:40]}”. `help` shows everything.")
        return self._topic(possible(wanted, call) or wanted)

    def _overview(self, call: Call) -> Document:
        allowed = possible(self.commands, call)
        listed = _listed(allowed) if len(allowed) <= _MOST_LISTED else _topics(allowed)
        start = "You can say:" if call.heard.is_direct else f"You can say, with {self._prefix} in front:"
        return Document((Paragraph(line(start)), *listed, _how_to_see_more(allowed)))

    def _topic(self, wanted: list[Command]) -> Document:
        shown = wanted[:_MOST_LISTED]
        return Document((*_listed(shown), _how_to_see_more(shown)))


def _how_to_see_more(commands: list[Command]) -> Paragraph:
    return Paragraph(line(Code(f"help {commands[0].name}"), " explains one, with its options."))


def with_help(commands: Commands, prefix: str) -> Commands:
    """These commands and `help`, which knows them all."""
    helper = Help(prefix)
    helper.commands = commands.including(helper)
    return helper.commands


def explained(command: Command, call: Call) -> Document:
    """All about one command: usage, arguments, options, an example."""
    blocks: list[Block] = [Paragraph(line(Bold(command.summary))), Paragraph(line(Code(usage(command))))]
    if command.detail:
        blocks.append(Paragraph(line(command.detail)))
    for parameter in command.parameters:
        name = parameter.option if parameter.is_option else parameter.label
        blocks.append(Bullet(line(Code(name), f" – {parameter.help}" if parameter.help else "")))
    if command.examples:
        blocks.append(Paragraph(line("For example: ", Code(command.examples[0]))))
    if not possible([command], call):
        blocks.append(Paragraph(line("At present there is nowhere that you may do this.")))
    return Document(tuple(blocks))


def _is_about(command: Command, said: str) -> bool:
    is_topic = command.topic.lower().removesuffix("s") == said.removesuffix("s")
    return is_topic or command.words[: len(said.split())] == tuple(said.split())


def _listed(commands: Iterable[Command]) -> Iterator[Bullet]:
    for one in commands:
        room = WIDTH - len(f"- {one.name} – ")
        yield Bullet(line(Code(one.name), f" – {_cut(one.summary.rstrip('.'), room)}"))


def _topics(commands: Iterable[Command]) -> Iterator[Bullet]:
    """One line per topic: `networks: network create, link, rename; tree`."""
    by_topic: dict[str, list[Command]] = {}
    for one in commands:
        if one.name != "help":
            by_topic.setdefault(one.topic, []).append(one)
    for topic, members in by_topic.items():
        room = WIDTH - len(f"- help {topic}: ")
        yield Bullet(line(Code(f"help {topic}"), f": {_cut(_abbreviated(members), room)}"))


def _abbreviated(commands: Iterable[Command]) -> str:
    by_word: dict[str, list[str]] = {}
    for one in commands:
        by_word.setdefault(one.words[0], []).append(" ".join(one.words[1:]))
    return "; ".join(f"{first} {', '.join(rest)}".strip() for first, rest in by_word.items())


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 2, 0)].rstrip(" ,;") + " …"
