"""Finding a place by what was typed: in every spelling, and what is hidden exactly as what is not there."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spaces import changes
from spaces.access import (
    Deed,
    Standing,
    require,
    require_sight,
    unknown,
    visible,
)
from spaces.errors import Ambiguous, Refusal, Unknown
from spaces.finding import find_place
from spaces.identifiers import GroupId, NetworkId, Slug
from spaces.landscape import Landscape
from spaces.network import Access
from tests.spaces.roles import ADMIN, STRANGER, LaterIds, World
from tests.spaces.worlds import moderate, network, seen_landscapes


@pytest.mark.parametrize(
    "typed",
    [
        *("quiet", "Quiet", " QUIET ", "ｑuiet", "#hedge_quiet:hs.test", "#HEDGE_quiet:HS.test"),
        pytest.param("Quiet\u00a0", id="with a no-break space"),
    ],
)
def test_a_network_is_found_by_slug_name_and_alias_in_any_spelling(typed):
    world = World("public")
    assert find_place(world.landscape, Standing(STRANGER), typed, kind="network") == world.quiet


@pytest.mark.parametrize(
    "typed", ["quiet/oils", "Quiet/Oils", "Oils", "oils", "#hedge_quiet_oils:hs.test", "QUIET/oils"]
)
def test_a_group_is_found_with_its_network_and_alone(typed):
    world = World("public")
    assert find_place(world.landscape, Standing(STRANGER), typed, kind="group") == world.oils


@pytest.mark.parametrize(
    "typed",
    ["", " ", "#", "/", "#x", "#:", "#hedge_", "#other:hs.test", "#hedge_quiet:evil.test", "quiet/", "/oils"],
)
def test_what_names_nothing_is_unknown(typed):
    with pytest.raises(Unknown):
        find_place(World("public").landscape, Standing(ADMIN, is_admin=True), typed, server="hs.test")


def test_an_opaque_id_is_no_name():
    world = World("public")
    for place in (world.quiet, world.oils, f"{world.quiet}/oils", f"#hedge_{world.quiet}:hs.test"):
        with pytest.raises(Unknown):
            find_place(world.landscape, Standing(ADMIN, is_admin=True), place)


def test_a_place_is_found_by_a_slug_it_once_had_unless_another_has_that_name_now():
    world = World("public")
    landscape = changes.rename(world.landscape, LaterIds(), world.quiet, "Calm")
    stranger = Standing(STRANGER)
    assert find_place(landscape, stranger, "quiet") == world.quiet
    assert find_place(landscape, stranger, "quiet/oils") == world.oils
    landscape, new = network(landscape, LaterIds(), "Quiet")
    assert landscape.slug_of(new) == "quiet-2"
    assert find_place(landscape, stranger, "Quiet") == new


def test_several_of_one_name_are_listed_by_slug_and_only_those_that_the_person_may_see():
    world = World("private")
    landscape, one = network(world.landscape, LaterIds(), "quiet", under=[world.above])
    landscape, two = network(landscape, ids := LaterIds(), "QUIET", under=[one])
    ids._count = 2000
    landscape, three = network(landscape, ids, "Quiet", under=[one])
    with pytest.raises(Ambiguous) as refused:
        find_place(landscape, Standing(STRANGER), "Quiet")
    slugs = sorted(landscape.slug_of(place) for place in {one, two, three})
    assert ", ".join(slugs) in refused.value.sentence
    assert landscape.slug_of(world.quiet) not in refused.value.sentence
    for slug in slugs:
        assert landscape.slug_of(find_place(landscape, Standing(STRANGER), slug)) == slug


def test_within_a_network_only_its_own_groups_and_children_are_meant():
    world = World("public")
    landscape, other = changes.create_group(
        world.landscape, LaterIds(), name="Oils", home=world.other, access=Access.PUBLIC
    )
    stranger = Standing(STRANGER)
    with pytest.raises(Ambiguous):
        find_place(landscape, stranger, "Oils")
    assert find_place(landscape, stranger, "Oils", within=world.quiet) == world.oils
    assert find_place(landscape, stranger, "Oils", within=world.other) == other
    assert find_place(landscape, stranger, "Quiet", within=world.above) == world.quiet
    with pytest.raises(Unknown):
        find_place(landscape, stranger, "Quiet", within=world.other)


def test_a_place_of_the_wrong_kind_is_unknown():
    world, stranger = World("public"), Standing(STRANGER)
    for kind, typed in (("group", "quiet"), ("network", "oils"), ("network", "quiet/oils")):
        with pytest.raises(Unknown):
            find_place(world.landscape, stranger, typed, kind=kind)
    with pytest.raises(Unknown):
        require_sight(world.landscape, stranger, world.oils, "!room:hs.test", kind="network")
    assert require_sight(world.landscape, stranger, world.oils, "", kind="group") == world.oils


@pytest.mark.parametrize("kind", ["network", "group", "any"])
@pytest.mark.parametrize(
    "typed", ["quiet", "Quiet", "quiet-0003", "quiet/oils", "Oils", "#hedge_quiet:hs.test"]
)
def test_a45_the_answer_about_something_hidden_is_word_for_word_that_about_nothing(typed, kind):
    world, stranger = World("invite"), Standing(STRANGER)
    sentences = set()
    for landscape in (world.landscape, Landscape()):
        with pytest.raises(Unknown) as refused:
            find_place(landscape, stranger, typed, kind=kind)
        sentences.add(refused.value.sentence)
    for place in (world.quiet, world.oils, None, NetworkId("n.none"), GroupId("g.none")):
        with pytest.raises(Unknown) as refused:
            require_sight(world.landscape, stranger, place, typed, kind=kind)
        sentences.add(refused.value.sentence)
    assert sentences == {unknown(kind, typed).sentence}


@pytest.mark.parametrize("deed", [deed for deed in Deed if deed is not Deed.CREATE_TOP])
def test_a45_a_deed_to_something_hidden_is_answered_as_one_to_nothing(deed):
    world, stranger = World("invite"), Standing(STRANGER)
    sentences = set()
    for place in (world.quiet, world.oils, world.welcome, None, NetworkId("n.none"), GroupId("g.none")):
        with pytest.raises(Unknown) as refused:
            require(world.landscape, stranger, deed, place, typed="!abc:hs.test")
        sentences.add(refused.value.sentence)
    assert sentences == {unknown("any", "!abc:hs.test").sentence}


@given(st.text(), st.sampled_from(["network", "group", "any"]))
def test_a62_whatever_is_typed_is_found_or_answered_in_words(typed, kind):
    world = World("public")
    with pytest.raises(Unknown) as refused:
        find_place(world.landscape, Standing(STRANGER), f"{typed} zzz", kind=kind)
    refused.value.sentence.encode()


def found_by(landscape, standing, typed):
    try:
        return find_place(landscape, standing, typed)
    except Refusal as refused:
        return refused.sentence


@moderate
@given(seen_landscapes())
def test_a45_what_is_found_does_not_depend_on_what_is_hidden(both):
    landscape, standing = both
    seen = set(visible(landscape, standing))
    shown_homes = {landscape.groups[p].home for p in seen if p.is_group}
    hidden = [
        place
        for place in (*landscape.networks.values(), *landscape.groups.values())
        if place.id not in seen | shown_homes
    ]
    assume(hidden)
    blank = replace(landscape, slugs={s: p for s, p in landscape.slugs.items() if p in seen | shown_homes})
    disguised = blank.having(
        *(replace(place, name=f"Hidden {n}", slug=Slug(f"hidden-{n}")) for n, place in enumerate(hidden))
    )
    typed = {landscape.slug_of(place.id) for place in hidden} | {place.name for place in hidden}
    typed |= {landscape.slug_of(place) for place in seen} | {"#hedge_arts:hs.test"}
    for words in typed:
        assert found_by(landscape, standing, words) == found_by(disguised, standing, words)


def test_the_answer_shows_what_was_typed_on_one_line_without_what_cannot_be_seen():
    sentence = unknown("network", "a\nb\u202ec" + "d" * 500).sentence
    assert "“a bc" in sentence
    assert "\n" not in sentence
    assert len(sentence) < 250
