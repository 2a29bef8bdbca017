"""What is said about organisations and services, beyond the dialogues: rights, and what stays hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spaces.bans import Banned
from spaces.directory import ListingKind
from spaces.listings import Listing
from tests.bot.dialogue import Stage
from tests.dialogues import person

FIRST, SECOND, THIRD = 48213, 48214, 48215
UNKNOWN = f"I know no listing {FIRST}. find shows what there is."


@pytest.fixture
async def stage() -> Stage:
    """Alice looks after Arts and Health, Quinn after Garden, which nobody else may know of, and Arts."""
    stage = Stage(["ada"])
    await stage.say("ada", "network create Garden --access invite")
    for name in ("Arts", "Health"):
        await stage.say("ada", f"network create {name}")
        await stage.say("ada", f"coordinator add @alice:example.org --in {name.lower()}")
    await stage.say("ada", "coordinator add @quinn:example.org --in garden-7f3a")
    await stage.say("ada", "coordinator add @quinn:example.org --in arts")
    for network in ("garden-7f3a", "arts", "health"):
        await stage.say("ada", f"coordinator remove @ada:example.org --in {network}")
        await stage.say("ada", "yes")
    return stage


def kept(stage: Stage, number: int = FIRST) -> Listing:
    return stage.work.listings.kept[number]


async def import_one(stage: Stage, number: int, slug: str) -> None:
    """A listing of that network that nobody is steward of."""
    made = Listing(number, ListingKind.ORGANISATION, stage.place(slug), "Old Brewery", source="brewery")
    await stage.work.listings.keep([made])


async def ban(stage: Stage, who: str, slug: str) -> None:
    stage.work.landscape = stage.work.landscape.having(Banned(stage.place(slug), person(who)))


# -- what is hidden -----------------------------------------------------------------------------------


async def test_a_service_does_not_tell_of_its_hidden_organisation(stage: Stage) -> None:
    await stage.say("quinn", "list organisation Seed Library --in garden-7f3a")
    await stage.say("quinn", f"list service Seeds --by {FIRST} --in arts")
    assert kept(stage, SECOND).network == stage.place("arts")
    assert await stage.say("sam", f"show listing {SECOND}") == f"Seeds (listing {SECOND}): service in Arts."
    assert "Seed Library" in await stage.say("quinn", f"show listing {SECOND}")
    assert "Seed Library" not in await stage.say("alice", f"remove listing {SECOND}")


async def test_an_organisation_does_not_tell_of_a_hidden_service(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts")
    await stage.say("quinn", f"list service Night watch --by {FIRST} --in garden-7f3a")
    assert "Night watch" not in await stage.say("alice", f"show listing {FIRST}")
    assert "Night watch" in await stage.say("quinn", f"show listing {FIRST}")
    assert "service would go" not in await stage.say("alice", f"remove listing {FIRST}")
    await stage.say("alice", "yes")
    assert kept(stage, SECOND).by is None, "a service elsewhere stays, and is nobody's"


async def test_services_of_other_networks_that_one_looks_after_go_too(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts")
    await stage.say("alice", f"list service Walks --by {FIRST} --in health")
    assert f"{SECOND}: Walks" in await stage.say("alice", f"remove listing {FIRST}")
    assert "One service of theirs went with it." in await stage.say("alice", "yes")
    assert stage.work.listings.kept == {}


async def test_what_is_shown_before_a_removal_is_shown_again_if_more_would_go(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts")
    await stage.say("alice", f"remove listing {FIRST}")
    await stage.say("quinn", f"list service Tours --by {FIRST}")
    assert f"{SECOND}: Tours" in await stage.say("alice", "yes")
    assert kept(stage)


async def test_in_a_room_nobody_is_told_how_to_reach_them_whom_not_all_may_reach(stage: Stage) -> None:
    await stage.say("alice", "list organisation Kiln --in arts --phone 01823 555 0103 --contact members")
    said = await stage.say("alice", f"!hedge show listing {FIRST}", "elsewhere")
    assert "555" not in said
    assert "@alice" not in said
    assert "555" in await stage.say("alice", f"!hedge show listing {FIRST}", "arts")


async def test_nobody_but_stewards_hears_what_is_for_nobody(stage: Stage) -> None:
    await stage.say("alice", "list organisation Kiln --in arts --phone 01823 555 0103 --contact nobody")
    assert "555" not in await stage.say("quinn", f"show listing {FIRST}")
    await stage.say("alice", f"steward add @quinn:example.org --of {FIRST}")
    assert "555" in await stage.say("quinn", f"show listing {FIRST}")


async def test_a_steward_who_may_not_see_the_network_sees_the_listing_and_not_its_network(
    stage: Stage,
) -> None:
    await stage.say("quinn", "list organisation Seed Library --in garden-7f3a --phone 01823 555 0100")
    await stage.say("quinn", f"steward add @sam:example.org --of {FIRST}")
    said = [
        await stage.say("sam", f"show listing {FIRST}"),
        await stage.say("sam", "listings"),
        await stage.say("sam", f"edit {FIRST} --place Taunton"),
        await stage.say("sam", f"remove listing {FIRST}"),
        await stage.say("sam", "yes"),
    ]
    assert f"Seed Library (listing {FIRST}): organisation." in said[0]
    assert "555 0100" in said[0]
    assert said[-1].endswith("is no longer in the directory.")
    assert "Garden" not in "".join(said)


async def test_a_steward_who_is_banned_from_the_network_is_none(stage: Stage) -> None:
    await stage.say("quinn", "list organisation Seed Library --in garden-7f3a")
    await stage.say("quinn", f"steward add @sam:example.org --of {FIRST}")
    await ban(stage, "sam", "garden-7f3a")
    for said in (f"show listing {FIRST}", f"edit {FIRST} --place Bath", f"confirm {FIRST}"):
        assert await stage.say("sam", said) == UNKNOWN
    assert "nothing" in await stage.say("sam", "listings")
    refused = await stage.say("quinn", f"steward add @sam:example.org --of {FIRST}")
    assert refused.endswith("already.")


async def test_who_is_banned_becomes_no_steward(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts")
    await ban(stage, "sam", "arts")
    await stage.say("alice", f"steward add @sam:example.org --of {FIRST}")
    assert kept(stage).stewards == (person("alice"),)


async def test_what_belongs_to_an_archived_network_is_not_there(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts")
    await stage.say("alice", "network archive arts")
    await stage.say("alice", "yes")
    for who in ("alice", "sam"):
        for said in (f"show listing {FIRST}", f"edit {FIRST} --place Bath", f"remove listing {FIRST}"):
            assert await stage.say(who, said) == UNKNOWN
    assert "archived" in await stage.say("alice", "list organisation Kiln --in arts")


# -- who may ------------------------------------------------------------------------------------------


async def test_a_coordinator_edits_what_nobody_is_steward_of(stage: Stage) -> None:
    await import_one(stage, FIRST, "arts")
    await stage.say("quinn", f"edit {FIRST} --place Bath")
    assert kept(stage).place == "Bath"
    assert "coordinator of “Arts”" in await stage.say("sam", f"edit {FIRST} --place Wells")


async def test_who_looks_after_another_network_lists_nothing_in_this_one(stage: Stage) -> None:
    said = await stage.say("quinn", "list organisation Mill Trust --in health")
    assert said.startswith("Only a coordinator of “Health” can list organisations and services in it.")
    await stage.say("alice", "list organisation Mill Trust --in health")
    said = await stage.say("quinn", f"list service Walks --by {FIRST}")
    assert said.startswith("Only a coordinator of “Health”")


async def test_stewards_are_no_more_than_ten_and_never_the_bot(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts")
    assert "cannot be" in await stage.say("alice", f"steward add @hedgerow:example.org --of {FIRST}")
    for n in range(9):
        await stage.say("alice", f"steward add @s{n}:example.org --of {FIRST}")
    assert "as many as" in await stage.say("alice", f"steward add @s10:example.org --of {FIRST}")
    assert len(kept(stage).stewards) == 10


async def test_who_is_steward_of_several_says_of_which(stage: Stage) -> None:
    assert "listings NETWORK" in await stage.say("alice", "steward add @sam:example.org")
    await stage.say("alice", "list organisation Mill Trust --in arts")
    await stage.say("alice", "list organisation Kiln --in health")
    said = await stage.say("alice", "steward add @sam:example.org")
    assert f"--of {SECOND} (Kiln)" in said
    assert "Say of which" in await stage.say("alice", "!hedge steward add @sam:example.org", "arts")


# -- names --------------------------------------------------------------------------------------------


async def test_the_same_name_is_another_listing_in_another_network(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts")
    await stage.say("alice", "list organisation Mill Trust --in health")
    said = await stage.say("alice", "list service Tours --by Mill Trust")
    assert said == (
        f"“Mill Trust” may be any of these listings: {FIRST}, {SECOND}. Say which one, by its number."
    )
    assert "direct message" in await stage.say("alice", "!hedge list service Tours --by Mill Trust", "arts")
    await stage.say("alice", "list service Tours --by mill trust --in health")
    assert kept(stage, THIRD).by == SECOND


async def test_a_name_that_only_others_may_see_is_not_told_to_a_steward(stage: Stage) -> None:
    for name in ("Seed Library", "Night Watch"):
        await stage.say("quinn", f"list organisation {name} --in garden-7f3a")
    await stage.say("quinn", f"steward add @sam:example.org --of {FIRST}")
    assert "is changed" in await stage.say("sam", f"edit {FIRST} --name Night Watch")


@pytest.mark.parametrize("name", ["!!!", "@room", "a" * 300, "P\N{CYRILLIC SMALL LETTER A}yments"])
async def test_a_name_is_a_name(stage: Stage, name: str) -> None:
    await stage.say("alice", f"list organisation {name} --in arts")
    assert stage.work.listings.kept == {}


# -- in the log ---------------------------------------------------------------------------------------


async def test_the_log_tells_what_was_done_and_nothing_of_what_stands_there(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts --phone 01823 555 0100")
    await stage.say("alice", f"edit {FIRST} --name Old Mill")
    await stage.say("alice", f"steward add @sam:example.org --of {FIRST}")
    await stage.say("alice", f"steward remove @sam:example.org --of {FIRST}")
    await stage.say("alice", f"confirm {FIRST}")
    await stage.say("alice", f"remove listing {FIRST}")
    await stage.say("alice", "yes")
    log = (await stage.say("quinn", "audit arts")).splitlines()
    done = [line.partition("@alice:example.org ")[2].removesuffix(" (in chat)") for line in log]
    assert done[:6] == [
        f"took listing {FIRST} out of the directory of Arts",
        "confirmed one listing of Arts",
        f"made @sam:example.org no longer a steward of listing {FIRST} of Arts",
        f"made @sam:example.org a steward of listing {FIRST} of Arts",
        f"changed listing {FIRST} of Arts",
        f"put listing {FIRST} into the directory of Arts",
    ]


async def test_a_listing_is_in_the_index_without_how_to_reach_them(stage: Stage) -> None:
    await stage.say("alice", "list organisation Mill Trust --in arts --phone 01823 555 0100 --place Taunton")
    [entry] = stage.work.index.rows
    assert (entry.key, entry.title, entry.located) == (str(FIRST), "Mill Trust", "Taunton")
    assert "555" not in repr(entry)
    await stage.work.listings.keep([replace(kept(stage), stale=True)])
    assert stage.work.index.rows[0].stale
    assert "perhaps out of date" in await stage.say("sam", f"show listing {FIRST}")
    assert "perhaps out of date" in await stage.say("sam", "listings arts")
    await stage.say("alice", f"edit {FIRST} --place Bath")
    assert not stage.work.index.rows[0].stale
