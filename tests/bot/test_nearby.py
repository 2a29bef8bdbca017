"""“Did you mean”, for networks and groups: only what everyone who hears the answer may see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.arguments import read
from bot.nearby import short_names_like
from spaces.errors import Unknown
from spaces.identifiers import NetworkId, Slug
from spaces.network import Access, Network, Purpose, Status
from spaces.unseen import Kind
from tests.bot.dialogue import Stage
from tests.bot.speaking import (
    BOB,
    HIDDEN,
    LANDSCAPE,
    PAINTING,
    SOMERSET,
    RememberingWork,
    call,
    command_named,
    network,
)


async def like(typed: str, kind: Kind = "any", *more: Network) -> list[str]:
    return await short_names_like(typed, kind, call(work=RememberingWork(LANDSCAPE.having(*more))))


@pytest.mark.parametrize(
    ("typed", "kind", "guesses"),
    [
        ("Somersett West", "network", ["somerset-west"]),
        ("West Somerset", "network", ["somerset-west"]),
        ("somersetwest", "any", ["somerset-west"]),
        ("Paintin", "group", ["arts/painting"]),
        ("arts/paiting", "any", ["arts/painting"]),
        ("Paintin", "network", []),
        ("Helth", "group", []),
        ("xyzzy", "any", []),
        ("", "any", []),
    ],
)
async def test_the_closest_by_name_or_short_name_are_meant(
    typed: str, kind: Kind, guesses: list[str]
) -> None:
    assert await like(typed, kind) == guesses


async def test_two_at_most_are_named_the_closest_first() -> None:
    mills = [network(f"{n} Mill Lane") for n in ("12", "1", "2", "34")]
    assert await like("2 Mill Lan", "network", *mills) == ["2-mill-lane", "12-mill-lane"]


async def test_neither_what_is_hidden_nor_what_is_archived_is_meant() -> None:
    assert await like("Quiet Plase") == []
    assert await like("Somersett West", "any", replace(SOMERSET, status=Status.ARCHIVED)) == []


async def test_the_groups_that_every_network_has_are_meant_by_their_whole_short_names() -> None:
    welcome = replace(PAINTING, name="welcome", slug=Slug("welcome"), purpose=Purpose.WELCOME)
    work = RememberingWork(LANDSCAPE.having(welcome))
    assert await short_names_like("welcom", "any", call(work=work)) == []
    assert await short_names_like("arts/welcom", "any", call(work=work)) == ["arts/welcome"]


async def test_what_is_hidden_changes_neither_the_guesses_nor_their_order() -> None:
    """A hidden network has the very name of one that all may see, and would come first."""
    first = Network(NetworkId("n.aaaaaaaaaaaaaaaa"), "3 Mill Lane", Slug("3-m"), access=Access.INVITE)
    seen = [network(f"{n} Mill Lane") for n in ("9", "3", "5")]
    before = replace(LANDSCAPE, networks={first.id: first, **LANDSCAPE.networks})
    for typed in ("4 Mill Lane", "3x Mill Lane", "4-m"):
        with_it = call(work=RememberingWork(before.having(*seen)))
        assert await short_names_like(typed, "any", with_it) == await like(typed, "any", *seen)


async def said(name: str, text: str) -> str:
    with pytest.raises(Unknown) as refused:
        await read(command_named(name), text, call(sender=BOB))
    return refused.value.sentence


async def test_what_is_not_known_is_answered_with_what_may_be_meant() -> None:
    assert await said("tree", "Helth") == (
        "I know no network called “Helth”. Did you mean `health`? `tree` shows the networks that you can see."
    )
    assert "“Helth”. Did you mean `health`?" in await said("bridge create", "B --between Arts and Helth")


async def test_a_hidden_name_and_one_that_nobody_has_are_answered_alike() -> None:
    hidden, nothing = await said("show", HIDDEN.name), await said("show", "Quiet Plaze")
    assert hidden.replace(HIDDEN.name, "Quiet Plaze") == nothing


async def test_in_a_room_only_what_all_who_are_in_it_may_see_is_meant() -> None:
    stage = Stage(["ada"])
    for name in ("Arts", "Quiet Garden --access invite"):
        await stage.say("ada", f"network create {name}")
    slug = next(n.slug for n in stage.work.landscape.networks.values() if n.name == "Quiet Garden")
    assert slug in await stage.say("ada", "show Quiet Gardn")
    assert "Did you mean" not in await stage.say("ada", "!hedge show Quiet Gardn", "arts")
    assert slug in await stage.say("ada", "!hedge show Quiet Gardn", slug)
