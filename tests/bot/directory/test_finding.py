"""`find`, with listings of all kinds in the index: its lines, pages, limits, and what it never tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.directory.commands import MOST_SHOWN
from bot.directory.replies import ON_A_PAGE
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, UserId
from spaces.network import Access
from tests.bot.dialogue import Stage

MIA = UserId("@mia:example.org")


async def staged() -> Stage:
    """Arts UK with Mia in it, Arts Taunton below, and a network that only Quinn may know of."""
    stage = Stage(["ada", "rita"])
    for said in (
        "network create Arts UK",
        "network create Arts Taunton --under arts-uk",
        "network create Quiet Garden --access invite",
        "coordinator add @quinn:example.org --in Quiet Garden",
    ):
        await stage.say("ada", said)
    stage.moves("mia", "arts-uk", "join")
    return stage


def network(stage: Stage, name: str) -> NetworkId:
    [found] = stage.work.landscape.named(name)
    return NetworkId(found)


def listing(
    stage: Stage, kind: ListingKind, key: str, title: str, place: str = "Arts UK", **more: object
) -> Entry:
    where = network(stage, place)
    return replace(Entry(kind, key, title, Seen.FINDERS, where, where), **more)


def person(name: str, part: str = "", about: str = "", **more: object) -> Entry:
    user = UserId(f"@{name.lower()}:example.org")
    entry = Entry(ListingKind.PERSON, user, name, Seen.EVERYONE, owner=user, part=part, about=about)
    return replace(entry, **more)


async def test_each_kind_says_what_it_is_where_it_belongs_and_what_to_do_next() -> None:
    stage = await staged()
    stage.work.index.rows = [
        listing(stage, ListingKind.SERVICE, "23456", "Bicycle kitchen", located="Fore Street, Taunton"),
        listing(stage, ListingKind.ORGANISATION, "34567", "Bicycle trust", stale=True),
        listing(stage, ListingKind.OFFER, "45678", "Bicycle pump", place="Arts Taunton"),
        listing(stage, ListingKind.WANT, "56789", "A bicycle, any", owner=MIA),
        person("Imber", "skills", "bicycle repair", located="Taunton"),
        person("Imber", "interests", "cider"),
    ]
    assert sorted((await stage.say("mia", "find bicycle")).splitlines()) == [
        "- A bicycle, any, want, in Arts UK – yours, mine shows it",
        "- Bicycle kitchen, service, in Arts UK, Fore Street, Taunton – show listing 23456",
        "- Bicycle pump, offer, in Arts Taunton – ask 45678",
        "- Bicycle trust, organisation, in Arts UK, nobody has confirmed it lately – show listing 34567",
        "- Imber, person, Taunton, skills: bicycle repair – write to @imber:example.org",
    ]
    assert (await stage.say("mia", "find bicycle")).splitlines()[-1].startswith("- Bicycle trust")
    assert (await stage.say("imber", "find cider")) == "- Imber, person, interests: cider – that is you"


async def test_without_words_it_lists_the_newest_first_and_the_stale_last() -> None:
    stage = await staged()
    stage.work.index.rows = [
        listing(stage, ListingKind.OFFER, "10001", "Awl"),
        listing(stage, ListingKind.OFFER, "10002", "Drill", located="Bath"),
        listing(stage, ListingKind.OFFER, "10003", "Adze", stale=True),
        listing(stage, ListingKind.OFFER, "10004", "Spade", place="Arts Taunton"),
    ]

    async def found(said: str) -> list[str]:
        return [line[2:].partition(",")[0] for line in (await stage.say("mia", said)).splitlines()]

    assert await found("find --kind offer") == ["Spade", "Drill", "Awl", "Adze"]
    assert await found("find --kind offer --in arts-taunton") == ["Spade"]
    assert await found("find --near Bath") == ["Drill"]
    assert await found("find --near taunton --kind offer") == ["Spade"]
    assert await found("find --near Tautnon --kind offer") == ["Spade"]
    assert await found("find drill --near Bahts --kind offer") == ["Drill"]


async def test_a_network_is_named_only_where_it_may_be_known() -> None:
    stage = await staged()
    quiet = network(stage, "Quiet Garden")
    shown = listing(stage, ListingKind.OFFER, "10001", "Rake", seen=Seen.EVERYONE)
    stage.work.index.rows = [replace(shown, network=quiet)]
    assert await stage.say("mia", "find rake") == "- Rake, offer – ask 10001"
    assert await stage.say("quinn", "find rake") == "- Rake, offer, in Quiet Garden – ask 10001"


async def test_eight_stand_on_a_page_however_long_their_lines_and_more_shows_the_next() -> None:
    stage = await staged()
    long = "Loom for weaving, with all that belongs to it and a bench to sit on, to be fetched by two people"
    stage.work.index.rows = [
        listing(stage, ListingKind.OFFER, f"{number}", f"{long} {number}") for number in range(10_000, 10_100)
    ]
    pages = [await stage.say("mia", "find loom")]
    while pages[-1].endswith("There is more: more shows it."):
        pages.append(await stage.say("mia", "more"))
    assert [page.count("\n- ") + 1 for page in pages] == [ON_A_PAGE] * (MOST_SHOWN // ON_A_PAGE)
    shown = {line for page in pages for line in page.splitlines() if line.startswith("- ")}
    assert len(shown) == MOST_SHOWN
    assert pages[-1].endswith("There is more. Another word, --kind, --in or --near narrows it down.")


async def test_exactly_eight_need_no_second_page() -> None:
    stage = await staged()
    rows = [listing(stage, ListingKind.OFFER, f"{number}", "Loom") for number in range(10_000, 10_008)]
    stage.work.index.rows = rows
    said = await stage.say("mia", "find loom")
    assert len(said.splitlines()) == ON_A_PAGE


# -- what is hidden -----------------------------------------------------------------------------------


@pytest.mark.parametrize("asker", ["mia", "rita"])
async def test_a_hidden_title_is_answered_word_for_word_like_a_nonsense_word(asker: str) -> None:
    stage = await staged()
    quiet = network(stage, "Quiet Garden")
    stage.work.index.rows = [
        listing(stage, ListingKind.SERVICE, "10001", "Refuge helpline", place="Quiet Garden"),
        person("Wren", "skills", "refuge work", seen=Seen.MEMBERS, place=quiet, network=quiet),
        person("Finch", "skills", "refuge helpline", seen=Seen.NOBODY),
    ]
    for hidden, nonsense in (("refuge", "rxfxgx"), ("refgue helpline", "rxfxgx hxlplxnx"), ("refu", "rxfx")):
        for options in ("", " --kind service", " --kind person", " --in arts-taunton", " --near Taunton"):
            one = await stage.say(asker, f"find {hidden}{options}")
            other = await stage.say(asker, f"find {nonsense}{options}")
            assert one == other.replace(nonsense, hidden)
            assert "I find nothing" in one
    assert "Refuge helpline" in await stage.say("quinn", "find refuge")


@pytest.mark.parametrize("typed", ["chorixg", "choryxg"])
async def test_a_hidden_word_neither_finds_another_of_its_stem_nor_is_guessed(typed: str) -> None:
    """“choring” has the stem of “chores”, and is one letter, or two, from what is typed."""
    stage = await staged()
    stage.work.index.rows = [listing(stage, ListingKind.OFFER, "10001", "Chores")]
    before = await stage.say("mia", f"find {typed}")
    hidden = listing(stage, ListingKind.SERVICE, "10002", "Choring", place="Quiet Garden")
    stage.work.index.rows.append(hidden)
    assert await stage.say("mia", f"find {typed}") == before
    stage.work.index.rows[-1] = replace(hidden, seen=Seen.EVERYONE)
    assert "horing" in await stage.say("mia", f"find {typed}")


async def test_what_is_guessed_is_a_word_that_stands_there_and_no_stem() -> None:
    stage = await staged()
    stage.work.index.rows = [listing(stage, ListingKind.OFFER, "10001", "Libraries")]
    assert "Did you mean find libraries?" in await stage.say("mia", "find libraxxes")


# -- limits -------------------------------------------------------------------------------------------


async def test_thirty_finds_a_minute_are_answered_and_the_next_is_told_when_to_go_on() -> None:
    stage = await staged()
    for _ in range(30):
        assert "Arts UK" in await stage.say("mia", "find arts")
    assert await stage.say("mia", "find arts") == (
        "You have looked for something 30 times within a minute. Go on in a minute."
    )
    assert "Arts UK" in await stage.say("sam", "find arts")


async def test_so_many_people_are_shown_within_a_day_and_then_only_those_known_already() -> None:
    stage = await staged()
    stage.work.allowance.people_per_day = 3
    stage.work.index.rows = [person(name, "skills", "pottery") for name in ("Ash", "Birch", "Cedar", "Dale")]
    stage.work.index.rows.append(listing(stage, ListingKind.OFFER, "10001", "Pottery wheel"))
    limit = "There are more people, but I show nobody more than 3 people a day. Ask again in 24 hours."
    said = await stage.say("mia", "find pottery")
    assert [line for line in said.splitlines() if "person" in line and "write to" in line].__len__() == 3
    assert "Pottery wheel" in said
    assert said.endswith(limit)
    assert (await stage.say("mia", "find dale pottery")).endswith(limit)
    assert "Ash" in await stage.say("mia", "find ash")
    assert limit not in await stage.say("mia", "find ash pottery --kind offer")
    assert "Dale" in await stage.say("sam", "find dale")


async def test_the_limit_says_nothing_where_only_hidden_people_are_left() -> None:
    stage = await staged()
    stage.work.allowance.people_per_day = 1
    quiet = network(stage, "Quiet Garden")
    stage.work.index.rows = [person("Ash", "skills", "pottery")]
    before = await stage.say("mia", "find pottery")
    stage.work.index.rows.append(
        person("Wren", "skills", "pottery", seen=Seen.MEMBERS, place=quiet, network=quiet)
    )
    assert await stage.say("mia", "find pottery") == before
    assert stage.work.allowance.shown.keys() == {(MIA, "@ash:example.org")}


async def test_nothing_of_a_room_is_found_by_owners_where_others_listen() -> None:
    stage = await staged()
    stage.work.index.rows = [
        listing(stage, ListingKind.OFFER, "10001", "Rake", place="Quiet Garden", owner=MIA),
    ]
    assert "Rake" in await stage.say("mia", "find rake")
    assert "I find nothing" in await stage.say("mia", "!hedge find rake", "arts-uk")


async def test_in_a_room_a_network_that_others_may_not_know_is_not_looked_into() -> None:
    stage = await staged()
    assert await stage.say("quinn", "!hedge find rake --in Quiet Garden", "arts-uk") == (
        "Not everyone here may see that. Ask me in a direct message."
    )
    assert "I know no network" in await stage.say("mia", "!hedge find rake --in Quiet Garden", "arts-uk")


async def test_groups_of_a_private_network_are_found_by_its_members_alone() -> None:
    stage = await staged()
    await stage.say("ada", "network create Back Room --under arts-uk --access private")
    assert stage.work.landscape.networks[network(stage, "Back Room")].access is Access.PRIVATE
    assert "Back Room" in await stage.say("mia", "find back room")
    assert "I find nothing" in await stage.say("sam", "find back room")
