from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Conversation, failure, refused
from bot.reply import Code, Paragraph, in_language, line
from spaces.errors import Malformed
from spaces.identifiers import UserId
from tests.bot.speaking import ALICE, BOB, BOT, RememberingWork, commands, conversation, heard, plain


async def answer(body: str, work: RememberingWork | None = None, sender: UserId = ALICE) -> str:
    work = work or RememberingWork()
    assert await conversation().hear(heard(body, sender=sender), work)
    return plain(work.answers[-1])


@pytest.mark.parametrize(
    "body",
    [
        "!hedge tree",
        "!HEDGE tree",
        "!hedge: tree",
        "Hedgerow: tree",
        "hedgerow, tree",
        "@Hedgerow: tree",
        "@hedgerow:hs.test tree",
        "@hedgerow:hs.test: tree",
        "  !hedge\ttree ",
        "> <@bob:hs.test> Hedgerow: help\n> more\n\n!hedge tree",
    ],
)
def test_in_a_room_the_prefix_the_name_or_the_id_speaks_to_the_bot(body: str) -> None:
    assert conversation().what_was_said(heard(body, is_direct=False)) == "tree"
    assert conversation().what_was_said(heard(body)) == "tree"


@pytest.mark.parametrize(
    "body", ["Hedgerow tree", "@Hedgerow tree", "Please @Hedgerow tree", "tree, Hedgerow"]
)
def test_in_a_room_a_mention_speaks_to_the_bot(body: str) -> None:
    said = conversation().what_was_said(heard(body, is_direct=False, mentions_bot=True))
    assert said is not None
    assert "hedgerow" not in said.lower()
    assert conversation().what_was_said(heard(body, is_direct=False)) is None


@pytest.mark.parametrize(
    "body",
    [
        "tree",
        "Hedgerow is a fine thing",
        "!hedgehog tree",
        "@hedgerow:other.test: tree",
        "@hedgerow:hs.testing tree",
        "> Hedgerow: tree\n\nI saw that",
        "we planted a hedgerow: nice",
        "",
    ],
)
async def test_in_a_room_what_is_not_for_the_bot_is_met_with_silence(body: str) -> None:
    work = RememberingWork()
    assert not await conversation().hear(heard(body, is_direct=False), work)
    assert work.answers == []


async def test_a_reply_to_the_bot_that_only_mentions_it_by_itself_is_met_with_silence() -> None:
    work = RememberingWork()
    assert not await conversation().hear(heard("thanks!", is_direct=False, mentions_bot=True), work)


async def test_the_bot_does_not_answer_itself() -> None:
    assert not await conversation().hear(heard("tree", sender=BOT), RememberingWork())


@pytest.mark.parametrize("body", ["tree", "Tree", "!hedge tree", "Hedgerow tree", "> quoted\n\ntree"])
async def test_in_a_direct_room_bare_words_do(body: str) -> None:
    assert await answer(body) == "None"


async def test_the_address_alone_is_a_call_for_help() -> None:
    for body in ("!hedge", "Hedgerow", "\0"):
        assert "You can say" in await answer(body)


async def test_the_longest_command_is_taken_whatever_the_case() -> None:
    assert await answer("NETWORK Create Arts UK --under arts") == "Arts UK is there for @alice:hs.test."


async def test_while_it_takes_long_the_bot_says_what_it_does() -> None:
    work = RememberingWork()
    await answer("network create “Arts UK” --under arts", work)
    assert plain(work.meanwhiles[-1]) == "Creating Arts UK …"
    await answer("tree", work)
    assert plain(work.meanwhiles[-1]) == "Working on tree …"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("trea", "I do not know “trea”. Did you mean tree? help shows"),
        ("netwrk create Arts", "I do not know “netwrk”. Did you mean network create"),
        ("network", "Did you mean network create or network rename?"),
        ("network creat Arts", "I do not know “network creat”. Did you mean network create? help"),
        ("network xyzzy", "Did you mean network create or network rename?"),
        ("xyzzy", "I do not know “xyzzy”. help shows what you can say."),
    ],
)
async def test_unknown_words_get_did_you_mean(body: str, part: str) -> None:
    assert part in await answer(body)


async def test_what_somebody_may_not_do_is_not_suggested() -> None:
    assert "network create" not in await answer("network", sender=BOB)


async def test_a_refusal_is_answered_with_its_sentence() -> None:
    work = RememberingWork()
    assert "Only an admin of this server can create a network at the top." in await answer(
        "network create Arts", work
    )
    assert work.meanwhiles == [None]


async def test_permission_is_asked_for_the_place_that_was_named() -> None:
    assert "Only a coordinator of “Arts” can create a network under it." in await answer(
        "network create Clay --under arts", sender=BOB
    )
    assert "Clay is there" in await answer("network create Clay", RememberingWork(is_admin=True))


async def test_with_open_creation_everyone_local_may_create_at_the_top() -> None:
    work = RememberingWork()
    await Conversation(commands(), BOT, open_creation=True).hear(
        heard("network create Clay", sender=BOB), work
    )
    assert "Clay is there" in plain(work.answers[-1])


async def test_a_hidden_network_and_none_at_all_are_refused_in_the_same_words() -> None:
    hidden = await answer("network create Clay --under Quiet Place", sender=BOB)
    absent = await answer("network create Clay --under Quiet Plaza", sender=BOB)
    assert hidden == absent.replace("Plaza", "Place")


async def test_what_breaks_is_left_to_the_caller() -> None:
    work = RememberingWork()
    with pytest.raises(ZeroDivisionError):
        await conversation().hear(heard("break"), work)
    assert work.answers == []
    assert "the number 7f3a." in plain(failure("7f3a"))


async def test_a_refusal_after_a_change_is_a_fault_so_that_the_work_is_undone() -> None:
    work = RememberingWork()
    with pytest.raises(RuntimeError, match="after it had changed"):
        await conversation().hear(heard("spoil"), work)
    assert work.answers == []


@pytest.mark.parametrize(
    "second", ["network create Health UK", "!hedge network create Health UK", "tree", "Network  Rename x y"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x85"])
async def test_a32_a_second_line_never_starts_a_second_command(second: str, end: str) -> None:
    work = RememberingWork(is_admin=True)
    said = await answer(f"network create Arts UK{end}{second}", work)
    assert said.startswith("One command in each message, please")
    assert "is there" not in said


async def test_a_line_in_quotes_may_begin_with_any_word() -> None:
    assert "is there" in await answer("network create Arts UK --under arts --topic “first\ntree” ")


def test_words_to_type_are_marked_in_a_refusal() -> None:
    document = in_language(refused(Malformed("Say `help`.\nUsage: `tree`")))
    assert document.blocks == (
        Paragraph(line("Say ", Code("help"), ".")),
        Paragraph(line("Usage: ", Code("tree"))),
    )
    assert plain(refused(Malformed("one ` only"))) == "one ` only"


_WORDS = st.sampled_from(
    [
        "!hedge ",
        "Hedgerow:",
        "network create ",
        "bridge create ",
        "help ",
        "invite ",
        "tree",
        "> ",
        "\n",
        "`",
        "{0}",
    ]
)


@given(
    body=st.lists(
        st.one_of(_WORDS, st.text(st.characters(exclude_categories=()), max_size=8)), max_size=12
    ).map("".join),
    is_direct=st.booleans(),
    mentions_bot=st.booleans(),
)
async def test_a32_whatever_is_said_gets_an_answer_that_can_be_sent(
    body: str, is_direct: bool, mentions_bot: bool
) -> None:
    work = RememberingWork()
    said = replace(heard(body), is_direct=is_direct, mentions_bot=mentions_bot)
    answered = await conversation().hear(said, work)
    assert len(work.answers) == int(answered)
    for document in work.answers:
        plain(document).encode()
