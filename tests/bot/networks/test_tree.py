"""The tree: what is in it, how it is cut, and that it tells nothing of what is hidden."""

from __future__ import annotations

import pytest

from bot.networks.phrases import LISTED_AT_MOST
from bot.networks.tree import MOST_LINES, leaves
from spaces.access import Standing
from spaces.identifiers import NetworkId
from spaces.network import Access, Kind
from tests.bot.dialogue import Stage, person
from tests.bot.networks.test_ways_in import Place

SAM = Standing(person("sam"))


def drawn(place: Place, standing: Standing = SAM, top: NetworkId | None = None) -> list[str]:
    lines, left_out = leaves(place.landscape, standing, top)
    shown = [
        f"{'  ' * leaf.depth}{leaf.network.name}"
        + (f" +{leaf.more}" if leaf.more else "")
        + (" again" if leaf.again else "")
        for leaf in lines
    ]
    return [*shown, *([f"… {left_out}"] if left_out else [])]


def test_a_network_stands_under_each_parent_that_one_can_see() -> None:
    place = Place()
    arts, health = place.network("Arts", Access.PUBLIC), place.network("Health", Access.PUBLIC)
    bridge = place.network("Both", Access.PUBLIC, arts, health, kind=Kind.BRIDGE)
    place.network("Inner", Access.PUBLIC, bridge)
    assert drawn(place) == ["Arts", "  Both", "    Inner", "Health", "  Both again"]


def test_a_visible_network_whose_parents_are_hidden_stands_at_the_top() -> None:
    place = Place()
    hidden = place.network("Hidden", Access.INVITE)
    place.network("Open", Access.PUBLIC, hidden)
    assert drawn(place) == ["Open"]


def test_a_network_with_two_parents_of_which_one_is_hidden_is_not_called_a_bridge() -> None:
    place = Place()
    arts, hidden = place.network("Arts", Access.PUBLIC), place.network("Hidden", Access.INVITE)
    both = place.network("Both", Access.PUBLIC, arts, hidden)
    lines, _ = leaves(place.landscape, SAM, None)
    assert [leaf.kind for leaf in lines] == [Kind.NETWORK, Kind.NETWORK]
    member = Standing(person("mia"), joined=frozenset({hidden}))
    assert {leaf.kind for leaf in leaves(place.landscape, member, None)[0] if leaf.network.id == both} == {
        Kind.BRIDGE
    }


def test_what_does_not_fit_is_counted_where_it_would_be() -> None:
    place = Place()
    arts = place.network("Arts", Access.PUBLIC)
    for number in range(MOST_LINES + 10):
        place.network(f"Town {number:03}", Access.PUBLIC, arts)
    lines = drawn(place)
    assert len(lines) == MOST_LINES
    assert lines[0] == "Arts +11"


def test_a_count_never_includes_what_is_hidden() -> None:
    place = Place()
    arts = place.network("Arts", Access.PUBLIC)
    for number in range(MOST_LINES + 1):
        place.network(f"Town {number:03}", Access.PUBLIC, arts)
    seen = drawn(place)
    for number in range(9):
        place.network(f"Secret {number}", Access.INVITE, arts)
        place.network(f"Top secret {number}", Access.INVITE)
    assert drawn(place) == seen


def test_the_first_level_is_cut_too() -> None:
    place = Place()
    for number in range(MOST_LINES + 5):
        place.network(f"Town {number:03}", Access.PUBLIC)
    assert drawn(place)[-1] == "… 5"


@pytest.mark.parametrize("depth", [6, 60, 600])
def test_h1_a_deep_tree_is_drawn(depth: int) -> None:
    place = Place()
    above: tuple[NetworkId, ...] = ()
    for number in range(depth):
        above = (place.network(f"Level {number}", Access.PUBLIC, *above),)
    lines = drawn(place)
    assert len(lines) == min(depth, MOST_LINES)
    assert lines[5] == "          Level 5"


async def test_the_rest_of_a_cut_tree_is_one_command_away() -> None:
    stage, place = Stage(["ada"]), Place()
    arts = place.network("Arts", Access.PUBLIC)
    for number in range(MOST_LINES + 5):
        place.network(f"Town {number:03}", Access.PUBLIC, arts)
    stage.work.landscape = place.landscape
    answer = await stage.say("sam", "tree")
    assert answer.startswith("- Arts, public … and 6 more: tree arts\n")
    answer = await stage.say("sam", "!hedge tree", "elsewhere")
    assert answer.startswith("- Arts, public … and 6 more: !hedge tree arts\n")


@pytest.mark.parametrize("where", [None, "elsewhere"])
async def test_a_tree_longer_than_a_page_is_shown_to_its_end(where: str | None) -> None:
    stage, place = Stage(["ada"]), Place()
    arts = place.network("Arts", Access.PUBLIC)
    for number in range(120):
        place.network(f"Town {number:03}", Access.PUBLIC, arts)
        place.group(f"Group {number:03}", arts, Access.PUBLIC)
    stage.work.landscape = place.landscape
    prefix = "!hedge " if where else ""
    pages = [await stage.say("sam", f"{prefix}tree arts", where)]
    while f"{prefix}more shows it" in pages[-1]:
        pages.append(await stage.say("sam", f"{prefix}more", where))
    shown = "\n".join(pages)
    assert shown.count("Town ") == shown.count("Group ") == 120
    assert "… and" not in shown


async def test_of_very_many_names_in_a_line_the_first_are_shown_and_the_others_counted() -> None:
    stage, place = Stage(["ada"]), Place()
    arts = place.network("Arts", Access.PUBLIC)
    for number in range(LISTED_AT_MOST):
        place.network(f"Town {number:03}", Access.PUBLIC, arts)
    stage.work.landscape = place.landscape
    assert "Town 048 and Town 049\n" in await stage.say("sam", "show arts")
    for number in range(LISTED_AT_MOST, LISTED_AT_MOST + 3):
        place.network(f"Town {number:03}", Access.PUBLIC, arts)
    stage.work.landscape = place.landscape
    answer = await stage.say("sam", "show arts")
    assert "Town 048, Town 049 and 3 more\n" in answer
    assert "Town 050" not in answer
