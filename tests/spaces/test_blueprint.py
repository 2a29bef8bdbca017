import pytest

from spaces.blueprint import (
    Blueprint,
    BlueprintProblem,
    BlueprintRefused,
    WantedBridge,
    WantedGroup,
    WantedNetwork,
)
from spaces.blueprint_checks import check
from spaces.errors import Conflict
from spaces.network import Access, Kind


def network(name, *networks, line=0, groups=(), **rest):
    return WantedNetwork(name, networks=networks, groups=tuple(groups), line=line, **rest)


def sentences(*networks, bridges=(), known=()):
    return [problem.sentence for problem in check(Blueprint(networks, tuple(bridges)), known)]


ARTS, HEALTH = network("Arts UK", line=1), network("Health UK", line=2)


def test_a_sound_blueprint_has_no_problems():
    bridge = WantedBridge("Arts & Health", ("Arts UK", "health uk"), groups=(WantedGroup("Singing"),))
    assert sentences(network("Somerset", ARTS, HEALTH, kind=Kind.ECOSYSTEM), bridges=[bridge]) == []


def test_where_a_thing_stands_is_no_part_of_what_it_is():
    assert network("Arts UK", line=3) == network("Arts UK", line=8)


def test_two_networks_of_one_name_under_one_parent_are_refused_with_their_lines():
    top = network("Somerset", ARTS, network("Arts UK", line=7))
    assert check(Blueprint((top,)), ()) == [
        BlueprintProblem(
            7, "“Arts UK” is there already (line 1). Under one parent each needs a name of its own."
        )
    ]


@pytest.mark.parametrize("name", ["arts uk", "Arts UK ", "Arts  UK", "ＡＲＴＳ UK"])
def test_a38_capitals_and_spaces_do_not_make_another_name(name):
    assert "looks like “Arts UK”" in sentences(ARTS, network(name, line=4))[0]


def test_a38_letters_that_look_alike_are_refused_wherever_they_stand():
    top = network("Somerset", network("Есо", line=5), network("Wales", network("Eco", line=9), line=8))
    assert sentences(top) == ["“Eco” looks like “Есо” (line 5). Readers could not tell them apart."]


def test_a38_a_word_of_several_scripts_is_refused_even_alone():
    assert "mixes letters of several scripts" in sentences(network("Есоtopia"))[0]


def test_one_name_under_different_parents_is_fine():
    assert (
        sentences(
            network("East", groups=[WantedGroup("Carers")]), network("West", groups=[WantedGroup("carers")])
        )
        == []
    )


def test_a_group_and_a_network_of_one_name_beside_each_other_are_refused():
    assert len(sentences(network("Somerset", ARTS, groups=[WantedGroup("Arts UK")]))) == 1


def test_a_bridge_is_beside_the_children_of_each_parent():
    health = network("Health UK", network("Singing"))
    bridge = WantedBridge("Singing", ("Arts UK", "Health UK"))
    assert "“Singing” is there already" in sentences(ARTS, health, bridges=[bridge])[0]


def test_two_bridges_of_one_name_between_networks_of_the_server_are_refused():
    bridges = [
        WantedBridge("Joint", ("Arts UK", "Health UK")),
        WantedBridge("Joint", ("Arts UK", "Sport UK")),
    ]
    assert len(sentences(bridges=bridges, known=["Arts UK", "Health UK", "Sport UK"])) == 1


@pytest.mark.parametrize("name", ["", "  ", "\u200b"])
def test_an_empty_name_is_refused(name):
    assert "missing or empty" in sentences(network(name))[0]


@pytest.mark.parametrize("name", ["Arts\nUK", "Arts\u202eUK", "Arts\u200bUK", "Arts\u2028UK", "Arts\x00UK"])
def test_a32_a_name_with_characters_that_cannot_be_seen_is_refused(name):
    (sentence,) = sentences(network(name))
    assert "cannot be seen" in sentence
    assert sentence.isprintable()


def test_a_name_may_have_80_characters_and_not_81():
    assert sentences(network("x" * 80)) == []
    assert "81 characters" in sentences(network("x" * 81))[0]


def test_a_topic_is_checked_too():
    assert sentences(network("Arts UK", topic="One line\nand another")) == []
    assert "cannot be seen" in sentences(network("Arts UK", topic="left\u202eright"))[0]
    assert "1001 characters" in sentences(network("Arts UK", topic="x" * 1001))[0]


def test_a_group_that_the_kit_brings_is_refused_but_an_ecosystem_has_only_news():
    assert "from the start" in sentences(network("Arts UK", groups=[WantedGroup("Welcome")]))[0]
    ecosystem = network("Somerset", kind=Kind.ECOSYSTEM, groups=[WantedGroup("welcome"), WantedGroup("news")])
    assert len(sentences(ecosystem)) == 1


def test_ask_is_for_what_is_private_and_listed_for_what_is_invite():
    assert "only what is private" in sentences(network("Arts UK", ask=True))[0]
    assert sentences(network("Arts UK", access=Access.PRIVATE, ask=True)) == []
    listed = WantedGroup("Board", Access.INVITE, listed=True)
    assert sentences(network("Arts UK", groups=[listed, WantedGroup("Painting", ask=True)])) == []
    assert "listed anyway" in sentences(network("Arts UK", groups=[WantedGroup("Painting", listed=True)]))[0]


def test_a_bridge_needs_two_different_networks():
    bridge = WantedBridge("Joint", ("Arts UK", "arts uk"))
    assert sentences(ARTS, bridges=[bridge]) == [
        "The bridge “Joint” needs two or more different networks under `between`."
    ]


def test_a_bridge_between_itself_is_refused():
    bridge = WantedBridge("Joint", ("Arts UK", "Joint"))
    assert "between itself" in sentences(ARTS, bridges=[bridge])[0]


def test_an_unknown_parent_is_refused_with_the_nearest_name():
    bridge = WantedBridge("Joint", ("Arts UK", "Helth UK"))
    assert sentences(ARTS, HEALTH, bridges=[bridge]) == [
        "There is no network “Helth UK” for “Joint”. Did you mean “Health UK”?"
    ]


def test_a_parent_may_be_a_network_of_the_server():
    bridge = WantedBridge("Joint", ("Arts UK", "Health UK"))
    assert sentences(ARTS, bridges=[bridge], known=["health uk"]) == []
    assert sentences(ARTS, bridges=[bridge], known=None) == []


def test_a_name_that_several_networks_have_cannot_be_bridged():
    twice = network("West", network("Arts UK", line=6))
    bridge = WantedBridge("Joint", ("Arts UK", "Health UK"))
    assert sentences(ARTS, twice, HEALTH, bridges=[bridge]) == [
        "“Arts UK” is the name of several networks (lines 1, 6). Rename one of them."
    ]


def test_a_bridge_may_stand_on_a_bridge():
    first = WantedBridge("Joint", ("Arts UK", "Health UK"))
    second = WantedBridge("Wider", ("Joint", "Health UK"))
    assert sentences(ARTS, HEALTH, bridges=[first, second]) == []


def test_a_loop_of_bridges_is_refused_once_and_its_path_is_shown():
    first = WantedBridge("One", ("Arts UK", "Two"), line=3)
    second = WantedBridge("Two", ("Health UK", "One"), line=4)
    assert sentences(ARTS, HEALTH, bridges=[first, second]) == [
        "“One” → “Two” → “One”: a network cannot stand below itself."
    ]


def test_a_bridge_cannot_stand_on_a_network_below_it():
    bridge = WantedBridge("Joint", ("Arts UK", "Singing"), networks=(network("Singing"),))
    assert "“Joint” → “Singing” → “Joint”" in sentences(ARTS, bridges=[bridge])[0]


def test_a_network_below_one_of_its_own_name_is_refused():
    assert "below a network of the same name" in sentences(network("Arts UK", network("Crafts", ARTS)))[0]


def test_the_same_value_may_stand_in_two_places():
    assert sentences(network("East", ARTS), network("West", ARTS)) == []


def test_all_problems_come_at_once_in_the_order_of_lines():
    problems = check(
        Blueprint((network("", line=9), network("x" * 99, line=2)), (WantedBridge("Joint", (), line=5),)), ()
    )
    assert [problem.line for problem in problems] == [2, 5, 9]


def test_a_refused_blueprint_lists_every_line():
    refused = BlueprintRefused(
        [BlueprintProblem(9, "Nine."), BlueprintProblem(2, "Two."), BlueprintProblem(0, "It.")]
    )
    assert refused.sentence.splitlines()[1:] == ["It.", "line 2: Two.", "line 9: Nine."]


def test_renaming_takes_the_bridges_along():
    bridge = WantedBridge("Joint", ("Somerset", "Arts UK"))
    renamed = Blueprint((network("Somerset", ARTS),), (bridge,)).renamed("Devon")
    assert renamed.networks[0].name == "Devon"
    assert renamed.networks[0].networks == (ARTS,)
    assert renamed.bridges[0].between == ("Devon", "Arts UK")


def test_only_one_top_can_be_renamed():
    with pytest.raises(Conflict):
        Blueprint((ARTS, HEALTH)).renamed("Devon")


def test_a_public_group_belongs_to_a_public_network():
    group = WantedGroup("Open day", access=Access.PUBLIC, line=3)
    assert not sentences(network("Arts", groups=(group,)))
    for access in (Access.PRIVATE, Access.INVITE):
        [sentence] = sentences(network("Arts", groups=(group,), access=access))
        assert sentence.startswith(f"“Open day” is public, and “Arts”, which it belongs to, is {access}")
    bridge = WantedBridge("Both", ("Arts", "Health"), groups=(group,))
    assert len(sentences(network("Arts"), network("Health"), bridges=[bridge])) == 1
