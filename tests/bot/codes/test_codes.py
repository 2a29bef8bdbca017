"""What is said about codes, beyond the dialogues."""

from __future__ import annotations

import pytest

from spaces.identifiers import UserId
from tests.bot.dialogue import Stage
from tests.counted_codes import code_of
from tests.dialogues import person

NO = "That code does not let you in."
CODE = code_of(0)


@pytest.fixture
async def stage() -> Stage:
    """Quinn looks after Garden, which nobody else may know of."""
    stage = Stage(["ada"])
    await stage.say("ada", "network create Garden --access invite")
    await stage.say("ada", "coordinator add @quinn:example.org --in garden-7f3a")
    await stage.say("ada", "coordinator remove @ada:example.org --in garden-7f3a")
    await stage.say("ada", "yes")
    return stage


@pytest.mark.parametrize(
    "said",
    [
        CODE,
        CODE.upper(),
        CODE.replace("-", ""),
        f"https://hedgerow.example.org/join/{CODE}",
        f"redeem https://hedgerow.example.org/join/{CODE}",
        f"redeem “{CODE}”",
        f"redeem {CODE.replace('-', ' - ')}",
    ],
)
async def test_a_code_is_redeemed_however_it_is_passed_on(stage: Stage, said: str) -> None:
    await stage.say("quinn", "code create garden-7f3a")
    assert (await stage.say("sam", said)).startswith("An invitation to Garden waits for you")


async def test_what_is_no_code_is_an_unknown_word_still(stage: Stage) -> None:
    assert (await stage.say("sam", "bcdfg-hjkmn")).startswith("I do not know “bcdfg-hjkmn”.")


async def test_the_page_is_named_where_there_are_pages(stage: Stage) -> None:
    assert "https" not in await stage.say("quinn", "code create garden-7f3a")
    stage.work.codes.pages = "https://hedgerow.example.org"
    said = await stage.say("quinn", "code create garden-7f3a")
    assert f"Or the page that says so: https://hedgerow.example.org/join/{code_of(1)}" in said


async def test_a_stranger_to_a_network_is_answered_as_if_it_were_not_there(stage: Stage) -> None:
    for wanted in ("garden-7f3a", "nowhere-7f3a"):
        said = await stage.say("sam", f"code create {wanted}")
        assert said.replace(wanted, "…") == (
            "I know no network called “…”. tree shows the networks that you can see."
        )
    assert await stage.say("ada", "code create garden-7f3a") == (
        "Only a coordinator of “Garden” can invite to it. Ask @quinn:example.org."
    )


async def test_a_coordinator_sees_and_ends_the_codes_of_others_and_who_made_them(stage: Stage) -> None:
    await stage.say("quinn", "code create garden-7f3a --role coordinator --uses 2")
    assert "2 times, and would last 7 days" in stage.answer()
    await stage.say("quinn", "yes")
    await stage.say("sam", f"redeem {CODE}")
    assert await stage.say("sam", "code list") == (
        "These codes can be used:\n"
        "- 101 makes a coordinator of Garden. One use is left. It lasts 7 days more. "
        "It was made by @quinn:example.org."
    )
    assert "serves no longer. It was used once." in await stage.say("sam", "code revoke 101")
    assert (await stage.say("quinn", "code list")).startswith("There is no code at present.")


async def test_what_was_shown_for_the_role_is_what_the_yes_stands_for(stage: Stage) -> None:
    await stage.say("quinn", "code create garden-7f3a --role coordinator --expires 2w")
    assert "It could be used once, and would last 14 days." in stage.answer()
    assert stage.work.codes.by_digest == {}
    await stage.say("quinn", "no")
    assert stage.work.codes.by_digest == {}


async def test_who_looks_after_it_already_takes_no_use(stage: Stage) -> None:
    await stage.say("quinn", "code create garden-7f3a --role coordinator")
    await stage.say("quinn", "yes")
    assert await stage.say("quinn", f"redeem {CODE}") == "You look after Garden already."
    [code] = stage.work.codes.by_digest.values()
    assert (code.uses_left, code.used) == (1, 0)


async def test_a_group_that_needs_an_invitation_is_given_to_a_member_too(stage: Stage) -> None:
    await stage.say("quinn", "group create Trustees --in garden-7f3a --access invite")
    await stage.say("quinn", "code create garden-7f3a --groups Trustees")
    stage.moves("sam", "garden-7f3a", "join")
    said = await stage.say("sam", f"redeem {CODE}")
    assert said == "An invitation to Trustees waits for you: accept it in your client."
    stage.moves("sam", "garden-7f3a/trustees", "join")
    assert await stage.say("sam", f"redeem {CODE}") == "You are in Garden already."


async def test_who_is_banned_from_a_group_of_it_is_not_invited_there(stage: Stage) -> None:
    await stage.say("quinn", "group create Trustees --in garden-7f3a --access invite")
    await stage.say("quinn", "code create garden-7f3a --groups Trustees")
    stage.moves("sam", "garden-7f3a/trustees", "ban")
    assert await stage.say("sam", f"redeem {CODE}") == (
        "An invitation to Garden waits for you: accept it in your client."
    )


async def test_wrong_codes_are_counted_for_each_person(stage: Stage) -> None:
    await stage.say("quinn", "code create garden-7f3a")
    for _ in range(10):
        assert (await stage.say("sam", "redeem bcdfg-hjkmn-pqrst")).startswith(NO)
    for said in (f"redeem {CODE}", CODE, "redeem bcdfg-hjkmn-pqrst"):
        assert await stage.say("sam", said) == (
            "You have told me 10 codes within an hour that let nobody in. Wait 60 minutes, then try again."
        )
    assert "waits for you" in await stage.say("mia", f"redeem {CODE}")
    assert {who for who, _ in stage.work.codes.tries} == {person("sam")}


async def test_nothing_in_the_audit_log_holds_the_code(stage: Stage) -> None:
    await stage.say("quinn", "code create garden-7f3a")
    await stage.say("sam", f"redeem {CODE}")
    await stage.say("quinn", "code revoke 101")
    assert [what for what, _ in stage.work.notes] == ["code create 101", "redeem code 101", "code revoke 101"]
    assert UserId("@sam:example.org") in {who for _, who in stage.work.invited}
