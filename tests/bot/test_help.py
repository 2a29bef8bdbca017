from __future__ import annotations

import re
from typing import Annotated

import pytest

from bot.command import Call, Commands, command
from bot.conversation import Conversation
from bot.help import MOST_LINES, WIDTH, described, usage, with_help
from bot.reply import Document, say
from spaces.identifiers import UserId
from tests.bot.speaking import (
    ALICE,
    BOB,
    BOT,
    Making,
    Others,
    RememberingWork,
    command_named,
    commands,
    conversation,
    heard,
    plain,
)


async def said(body: str, *, sender: UserId = ALICE, is_direct: bool = True) -> str:
    work = RememberingWork()
    await conversation().hear(heard(body, sender=sender, is_direct=is_direct), work)
    return plain(work.answers[-1])


def many(count: int) -> Commands:
    """Commands enough that an overview has to go by topic."""
    made = {}
    for number in range(count):

        @command(f"word{number % 7} verb{number}", topic=f"topic{number % 7}")
        async def run(self: object, call: Call) -> Document:
            """Do something that has a rather long summary, longer than a phone is wide."""
            return say("done")

        made[f"run{number}"] = run
    return Commands(type("Many", (), made)())


@pytest.mark.parametrize("count", [3, 15, 16, 17, 70])
@pytest.mark.parametrize("body", ["help", "help topic1"])
async def test_help_fits_one_screen_of_a_phone(count: int, body: str) -> None:
    work = RememberingWork()
    await Conversation(many(count), BOT).hear(heard(body), work)
    lines = plain(work.answers[-1]).splitlines()
    assert len(lines) <= MOST_LINES
    assert all(len(text) <= WIDTH for text in lines), lines
    assert any("topic1" in text or "verb1" in text for text in lines)


@pytest.mark.parametrize("count", [3, 70])
async def test_no_line_of_help_is_cut_within_a_word(count: int) -> None:
    work = RememberingWork()
    await Conversation(many(count), BOT).hear(heard("help"), work)
    lines = [text for text in plain(work.answers[-1]).splitlines() if text.endswith(" …")]
    words = {"Do", "something", "that", "has", "a", "rather", "long", "summary", "longer", "than"}
    for text in lines:
        last = text.removesuffix(" …").split()[-1]
        assert last in words or re.fullmatch(r"verb\d+", last), text
    assert lines


async def test_help_shows_only_what_one_may_do() -> None:
    assert "- network rename – Give a network another name" in await said("help")
    assert "- network" not in await said("help", sender=BOB)
    assert (await said("help", sender=BOB)).endswith("\nhelp bridge create explains one, with its options.")
    assert "- tree – Show the networks" in await said("help", sender=BOB)


@pytest.mark.parametrize("topic", ["", " networks"])
async def test_help_in_a_room_says_how_to_address_the_bot(topic: str) -> None:
    answer = await said(f"!hedge help{topic}", is_direct=False)
    assert answer.startswith("You can say, with !hedge in front:\n- network create – ")
    assert answer.endswith("\n!hedge help network create explains one, with its options.")


async def test_what_is_to_be_typed_in_a_room_has_the_prefix_in_front() -> None:
    answer = await said("!hedge help network create", is_direct=False)
    assert answer.endswith("For example: !hedge network create Arts UK --under Somerset")
    nothing = await said("!hedge help xyzzy", is_direct=False)
    assert nothing == "I have no help on “xyzzy”. !hedge help shows everything."


@pytest.mark.parametrize(
    "body", ["help network create", "help Network  Create", "help !hedge network create"]
)
async def test_help_on_a_command_shows_usage_options_and_an_example(body: str) -> None:
    assert await said(body) == (
        "Create a network.\n"
        "network create NAME [--under NETWORK] [--access public|private|invite] [--ask] [--topic TEXT]\n"
        "- NAME – its name\n"
        "- --under – the network above it\n"
        "- --access – who finds it and who gets in\n"
        "- --ask – others may ask to come in\n"
        "- --topic – what it is about\n"
        "For example: network create Arts UK --under Somerset"
    )


@pytest.mark.parametrize("topic", ["networks", "network"])
async def test_help_on_a_topic_lists_its_commands(topic: str) -> None:
    lines = (await said(f"help {topic}")).splitlines()
    assert [text.partition(" – ")[0] for text in lines[:-1]] == ["- network create", "- network rename"]


async def test_help_on_something_that_one_may_not_do_says_so() -> None:
    assert "nowhere that you may do this" in await said("help network rename", sender=BOB)


async def test_help_on_nothing_known_says_so() -> None:
    assert await said("help xyzzy") == "I have no help on “xyzzy”. help shows everything."


def test_the_usage_shows_what_is_required_first() -> None:
    assert usage(command_named("bridge create")) == "bridge create NAME --between NETWORK[, …]"
    assert usage(command_named("invite")) == "invite @USER[, …] --to PLACE"
    assert usage(command_named("coordinator add")) == "coordinator add @USER --in NETWORK"
    assert usage(command_named("tree")) == "tree [NETWORK]"


def test_every_command_is_described_as_data() -> None:
    everything = {one["name"]: one for one in described(with_help(commands(), "!hedge"))}
    assert set(everything) == {one.name for one in commands()} | {"help"}
    assert everything["coordinator add"]["options"] == [
        {"name": "--in", "value": "NETWORK", "help": "where", "required": True}
    ]


def test_two_commands_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match="two commands are called"):
        commands().including(Others())


def test_a_command_without_a_reply_is_refused() -> None:
    with pytest.raises(TypeError, match=r"nothing replies to Created, which “network create” returns"):
        Commands(Making())


def test_a_parameter_that_text_cannot_give_is_refused() -> None:
    class Odd:
        @command("odd", topic="odd")
        async def odd(self, call: Call, what: Annotated[dict[str, str], "odd"]) -> Document:
            """Be odd."""
            return say("odd")

    with pytest.raises(TypeError, match="cannot read what from text"):
        Commands(Odd())
