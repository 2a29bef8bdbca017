"""What the bot asks back: a yes before what cannot be undone, an argument that is missing, more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Annotated

import pytest

from bot.command import Call, Commands, Name, command
from bot.conversation import Conversation
from bot.paging import paged
from bot.ports import Heard
from bot.reply import Bullet, Document, Text, item, say
from spaces import changes
from spaces.errors import Conflict
from spaces.identifiers import EventId, RoomId, UserId
from spaces.network import Access
from tests.bot.dialogue import Stage, no_templates
from tests.bot.speaking import ALICE, BOB, BOT, RememberingWork, heard, plain


@dataclass
class Garden:
    """Commands that can be looked at from outside."""

    cut: list[str] = field(default_factory=list)
    height: int = 3

    @command("cut", topic="garden", examples=["cut the hazel"])
    async def cut_down(self, call: Call, what: Annotated[Name, "what is to go"]) -> Document:
        """Cut something down."""
        if what == "nothing":
            raise Conflict("There is nothing to cut.")
        call.confirm(say("{what} is {height} metres high.", what=what, height=self.height))
        self.cut.append(what)
        return say("{what} is gone.", what=what)

    @command("move", topic="garden", examples=["move the rose --to the wall"])
    async def move(
        self,
        call: Call,
        plant: Annotated[Name, "the plant"],
        *,
        to: Annotated[Name, "its new place"],
        fast: Annotated[bool, "at once"] = False,
    ) -> Document:
        """Move a plant."""
        return say("{plant} is at {to}{fast}.", plant=plant, to=to, fast=" now" if fast else "")

    @command("plant", topic="garden", examples=["plant a rose"], meanwhile="Planting …")
    async def plant(self, call: Call, what: Annotated[Name, "what is to grow"]) -> Document:
        """Plant something."""
        return say("{what} grows.", what=what)

    @command("count", topic="garden", examples=["count"])
    async def count(self, call: Call) -> Document:
        """Count the leaves."""
        return Document(tuple(item("leaf {n}", n=n) for n in range(50)))


class Talk:
    """People who talk with the bot about one garden, at one time after another."""

    def __init__(self) -> None:
        self.garden, self.work = Garden(), RememberingWork()
        self._start_again()
        self._numbers: Iterator[int] = count(1)
        self.minutes = 0.0

    def _start_again(self) -> None:
        """As after a restart: only the work remembers."""
        self._conversation = Conversation(Commands(self.garden), BOT)

    def heard(self, body: str, sender: UserId = ALICE, *, direct: bool = True) -> Heard:
        made = heard(body, sender=sender, is_direct=direct)
        at = made.at + timedelta(minutes=self.minutes)
        return replace(made, event=EventId(f"$said{next(self._numbers)}"), at=at)

    async def say(self, body: str, sender: UserId = ALICE, *, direct: bool = True) -> str:
        return await self.hear(self.heard(body, sender, direct=direct))

    async def hear(self, said: Heard) -> str:
        self._start_again()
        before = len(self.work.answers)
        await self._conversation.hear(said, self.work)
        return "\n".join(plain(answer) for answer in self.work.answers[before:])

    async def react(self, key: str, answers: EventId, sender: UserId = ALICE) -> str:
        before = len(self.work.answers)
        reaction = replace(self.heard(key, sender), answers=answers)
        await self._conversation.hear_reaction(reaction, self.work)
        return "\n".join(plain(answer) for answer in self.work.answers[before:])


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def test_what_cannot_be_undone_waits_for_a_yes_also_over_a_restart(talk: Talk) -> None:
    assert await talk.say("cut the hazel") == (
        "the hazel is 3 metres high.\nShall I? yes or ✅ does it, no or ❌ leaves it. I wait for ten minutes."
    )
    assert talk.garden.cut == []
    assert await talk.say("yes") == "the hazel is gone."
    assert talk.garden.cut == ["the hazel"]


@pytest.mark.parametrize("word", ["Yes.", "YES!", " yes "])
async def test_a_yes_may_be_written_as_people_write_it(talk: Talk, word: str) -> None:
    await talk.say("cut the hazel")
    assert await talk.say(word) == "the hazel is gone."


async def test_a_yes_counts_once(talk: Talk) -> None:
    await talk.say("cut the hazel")
    await talk.say("yes")
    assert await talk.say("yes") == "Nothing waits for a yes or no of yours here."
    assert talk.garden.cut == ["the hazel"]


async def test_a_no_leaves_it(talk: Talk) -> None:
    await talk.say("cut the hazel")
    assert await talk.say("no") == "All right. Nothing was done."
    assert await talk.say("yes") == "Nothing waits for a yes or no of yours here."
    assert talk.garden.cut == []


async def test_a60_a_yes_after_ten_minutes_does_nothing(talk: Talk) -> None:
    await talk.say("cut the hazel")
    talk.minutes = 10.1
    assert await talk.say("yes") == (
        "That question is more than ten minutes old, so nothing was done. Ask for it again."
    )
    assert talk.garden.cut == []


async def test_a_yes_within_ten_minutes_does_it(talk: Talk) -> None:
    await talk.say("cut the hazel")
    talk.minutes = 9.9
    assert await talk.say("yes") == "the hazel is gone."


async def test_a60_only_who_asked_can_say_yes(talk: Talk) -> None:
    await talk.say("!hedge cut the hazel", direct=False)
    assert await talk.say("!hedge yes", BOB, direct=False) == "Nothing waits for a yes or no of yours here."
    assert talk.garden.cut == []
    assert await talk.say("!hedge yes", direct=False) == "the hazel is gone."


async def test_a60_only_in_the_room_where_it_was_asked(talk: Talk) -> None:
    await talk.say("cut the hazel")
    elsewhere = replace(talk.heard("yes"), room=RoomId("!other:hs.test"))
    assert await talk.hear(elsewhere) == "Nothing waits for a yes or no of yours here."
    assert talk.garden.cut == []


async def test_in_a_room_a_yes_to_somebody_else_is_none_to_the_bot(talk: Talk) -> None:
    shown = await talk.say("!hedge cut the hazel", direct=False)
    assert "!hedge yes or ✅ does it" in shown
    assert await talk.say("yes", direct=False) == ""
    assert talk.garden.cut == []


async def test_in_a_room_a_reply_to_the_question_needs_no_prefix(talk: Talk) -> None:
    asked = talk.heard("!hedge cut the hazel", direct=False)
    await talk.hear(asked)
    assert (
        await talk.hear(replace(talk.heard("yes", direct=False), answers=asked.event)) == "the hazel is gone."
    )


async def test_in_the_thread_of_the_question_a_bare_yes_is_enough_and_other_words_are_not(talk: Talk) -> None:
    thread = EventId("$thread")
    for said, answer in (
        ("!hedge cut the hazel", "the hazel is 3 metres high."),
        ("what do you think of it?", ""),
        ("yes", "the hazel is gone."),
    ):
        heard_there = replace(talk.heard(said, direct=False), thread=thread)
        assert (await talk.hear(heard_there)).partition("\n")[0] == answer
    await talk.say("!hedge cut the hazel", direct=False)
    assert await talk.hear(replace(talk.heard("yes", direct=False), thread=thread)) == ""


async def test_a_reaction_is_an_answer_from_who_asked(talk: Talk) -> None:
    asked = replace(talk.heard("cut the hazel"), thread=EventId("$thread"))
    await talk.hear(asked)
    assert await talk.react("✅", asked.event, BOB) == ""
    assert await talk.react("👍", asked.event) == ""
    assert await talk.react("✅", EventId("$other")) == ""
    assert await talk.react("✅\N{VARIATION SELECTOR-16}", asked.event) == "the hazel is gone."
    assert await talk.react("✅", asked.event) == ""
    assert talk.garden.cut == ["the hazel"]


async def test_a_cross_leaves_it(talk: Talk) -> None:
    asked = talk.heard("cut the hazel")
    await talk.hear(asked)
    assert await talk.react("❌", asked.event) == "All right. Nothing was done."
    assert talk.garden.cut == []


async def test_what_has_changed_since_the_preview_is_shown_again(talk: Talk) -> None:
    await talk.say("cut the hazel")
    talk.garden.height = 4
    assert (await talk.say("yes")).startswith(
        "Meanwhile something has changed. It is now like this:\nthe hazel is 4 metres high."
    )
    assert talk.garden.cut == []
    assert await talk.say("yes") == "the hazel is gone."


async def test_a_look_in_between_does_not_take_the_question_away(talk: Talk) -> None:
    await talk.say("cut the hazel")
    assert (await talk.say("count")).startswith("- leaf 0")
    assert await talk.say("yes") == "the hazel is gone."


async def test_a_missing_argument_is_asked_for_and_the_next_message_is_it(talk: Talk) -> None:
    assert await talk.say("move") == (
        "move needs PLANT: the plant. For example: move the rose --to the wall.\nTell me now, or cancel."
    )
    assert "needs --to TEXT: its new place" in await talk.say("the rose")
    assert await talk.say("the wall") == "the rose is at the wall."


async def test_options_already_said_are_kept(talk: Talk) -> None:
    await talk.say("move --fast --to the wall")
    assert await talk.say("the rose") == "the rose is at the wall now."


async def test_a_command_instead_of_the_argument_is_the_command(talk: Talk) -> None:
    await talk.say("move the rose")
    assert (await talk.say("count")).startswith("- leaf 0")
    assert await talk.say("the wall") == "the rose is at the wall."


async def test_in_quotes_the_name_of_a_command_is_the_argument(talk: Talk) -> None:
    await talk.say("move the rose")
    assert await talk.say('"count"') == "the rose is at count."


async def test_an_answer_that_does_not_fit_leaves_the_question_open(talk: Talk) -> None:
    await talk.say("cut")
    assert await talk.say("nothing") == (
        "There is nothing to cut.\nI still wait for the answer to my question about cut; cancel drops it."
    )
    assert (await talk.say("the hazel")).startswith("the hazel is 3 metres high.")
    assert await talk.say("yes") == "the hazel is gone."


@pytest.mark.parametrize("word", ["cancel", "no"])
async def test_what_is_asked_for_can_be_dropped(talk: Talk, word: str) -> None:
    await talk.say("move the rose")
    assert await talk.say(word) == "All right, I leave it. Nothing was done."
    assert "I do not know “the”" in await talk.say("the wall")


async def test_an_argument_after_ten_minutes_is_a_message_like_any_other(talk: Talk) -> None:
    await talk.say("move the rose")
    talk.minutes = 11
    assert "I do not know “the”" in await talk.say("the wall")


async def test_in_a_room_the_argument_is_a_reply(talk: Talk) -> None:
    asked = talk.heard("!hedge move the rose", direct=False)
    assert (await talk.hear(asked)).endswith("Reply to this message with it, or with cancel.")
    assert await talk.say("the wall", direct=False) == ""
    reply = replace(talk.heard("the wall", direct=False), answers=asked.event)
    assert await talk.hear(reply) == "the rose is at the wall."


async def test_a_long_answer_comes_page_by_page(talk: Talk) -> None:
    pages = [await talk.say("count"), await talk.say("more"), await talk.say("More")]
    assert [page.count("leaf") for page in pages] == [20, 20, 10]
    assert pages[0].endswith("- leaf 19\nThere is more: more shows it.")
    assert pages[2].endswith("- leaf 49")
    leaves = [line for page in pages for line in page.splitlines() if "leaf" in line]
    assert leaves == [f"- leaf {n}" for n in range(50)]
    assert (await talk.say("more")).startswith("There is no more to show.")


async def test_only_who_asked_gets_more(talk: Talk) -> None:
    await talk.say("!hedge count", direct=False)
    assert (await talk.say("!hedge more", BOB, direct=False)).startswith("There is no more to show.")
    assert "leaf 20" in await talk.say("!hedge more", direct=False)


async def test_a_refusal_on_the_way_is_told_and_nothing_waits(talk: Talk) -> None:
    assert await talk.say("cut nothing") == "There is nothing to cut."
    assert await talk.say("yes") == "Nothing waits for a yes or no of yours here."


async def test_a_greeting_is_answered_with_help(talk: Talk) -> None:
    assert await talk.say("Hello!") == await talk.say("help")


async def test_a_yes_to_an_older_preview_does_nothing(talk: Talk) -> None:
    first, second = talk.heard("cut the hazel"), talk.heard("cut the oak")
    await talk.hear(first)
    await talk.hear(second)
    late = replace(talk.heard("yes"), answers=first.event)
    assert await talk.hear(late) == "That question is closed: I have asked you something else since."
    assert talk.garden.cut == []
    assert await talk.hear(replace(talk.heard("yes"), answers=second.event)) == "the oak is gone."


async def test_once_something_else_was_done_nothing_asked_before_it_is_meant(talk: Talk) -> None:
    await talk.say("cut the hazel")
    await talk.say("move the rose")
    assert await talk.say("plant a fern") == "a fern grows."
    assert await talk.say("yes") == "Nothing waits for a yes or no of yours here."
    assert "I do not know “the”" in await talk.say("the wall")
    assert talk.garden.cut == []


@pytest.mark.parametrize("word", ["thanks", "OK", "yes", "conut", "What?"])
async def test_what_people_say_to_each_other_and_a_slip_are_no_answers(talk: Talk, word: str) -> None:
    await talk.say("move the rose")
    assert " is at " not in await talk.say(word)
    assert await talk.say("the wall") == "the rose is at the wall."


@pytest.mark.parametrize("answer", ["--to the wall", "to the wall", "to = the wall", "—to the wall"])
async def test_an_answer_may_begin_with_the_name_of_the_option(talk: Talk, answer: str) -> None:
    await talk.say("move the rose")
    assert await talk.say(answer) == "the rose is at the wall."


async def test_what_was_asked_in_private_is_not_answered_in_company(talk: Talk) -> None:
    await talk.say("cut the hazel")
    await talk.say("count")
    await talk.say("move the rose")
    assert await talk.say("!hedge yes", direct=False) == "Nothing waits for a yes or no of yours here."
    assert (await talk.say("!hedge more", direct=False)).startswith("There is no more to show.")
    assert "the rose" not in await talk.say("!hedge the wall", direct=False)
    assert talk.garden.cut == []


async def test_a_second_line_that_begins_with_a_command_is_refused(talk: Talk) -> None:
    assert (await talk.say("count\ncut the hazel")).startswith("One command in each message, please")
    assert (await talk.say("cut\ncount")).startswith("One command in each message, please")


async def test_while_a_preview_waits_other_words_tell_of_it(talk: Talk) -> None:
    await talk.say("cut the hazel")
    assert (await talk.say("perhaps")).endswith("I still wait for your yes or no to what I have shown.")
    assert await talk.say("y") == "the hazel is gone."


async def test_the_words_of_every_language_are_understood(talk: Talk) -> None:
    await talk.say("cut the hazel")
    assert await talk.say("Na") == "All right. Nothing was done."


def test_a_page_that_begins_within_a_list_repeats_what_it_belongs_to() -> None:
    top = Bullet((Text("Somerset"),))
    towns = [Bullet((Text(f"Town {n}"),), 1) for n in range(40)]
    first, rest = paged(Document((top, *towns)))
    assert rest is not None
    assert first.blocks[-1] == towns[18]
    assert rest.blocks[:2] == (top, towns[19])


async def test_a_yes_counts_for_what_was_shown_whatever_it_is_called_by_now() -> None:
    stage = Stage(["ada"], no_templates)
    for line in (
        "network create Choir --access invite",
        "network create Chess --access invite",
        "network describe Choir --access public",
    ):
        await stage.say("ada", line)
    choir, chess = stage.work.landscape.named("Choir")[0], stage.work.landscape.named("Chess")[0]
    for place, name in ((choir, "Gone"), (chess, "Choir")):
        stage.work.landscape = changes.rename(stage.work.landscape, stage.work.ids, place, name)
    assert "Shall I?" in await stage.say("ada", "yes")
    assert {network.access for network in stage.work.landscape.networks.values()} == {Access.INVITE}
