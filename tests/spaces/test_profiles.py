"""What somebody says about themselves is found by those to whom they have shown it, and by nobody else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spaces import bans, changes
from spaces.access import Sights, Standing, is_member, may_find
from spaces.bans import is_banned
from spaces.errors import Conflict, Malformed
from spaces.identifiers import GroupId, NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Access, Banned, Status
from spaces.profiles import (
    LONGEST,
    NOBODY,
    Audience,
    Field,
    Names,
    Profile,
    entries_of,
    found_now,
    has_other_rules,
    names_among,
    shown_to_everyone,
    shown_to_members,
    shown_to_nobody,
    with_other_members,
    written,
)
from tests.spaces.worlds import PEOPLE, CountedIds, group_named, network, seen_landscapes

MIA, SAM = UserId("@mia:hs.test"), UserId("@sam:hs.test")
ARTS, HEALTH = NetworkId("n.arts"), NetworkId("n.health")
TEXTS = {Field.SKILLS: "welding", Field.PLACE: "Bath"}
MIAS = Profile(MIA, TEXTS)


def banned(landscape: Landscape, place: str, who: str) -> Landscape:
    return bans.ban(landscape, [Banned(NetworkId(place), who)])


# -- changing it ------------------------------------------------------------------------------------


def test_what_is_written_is_shown_to_nobody() -> None:
    profile = written(Profile(MIA), {Field.SKILLS: "  welding\n and  such\u202e "})
    assert profile == Profile(MIA, {Field.SKILLS: "welding and such"})
    assert entries_of(profile, Names()) == []


def test_a_field_written_anew_keeps_its_audience_and_one_taken_out_loses_it() -> None:
    shown = shown_to_everyone(MIAS, Field)
    assert shown.shown == dict.fromkeys(TEXTS, Audience(everyone=True))
    changed = written(shown, {Field.SKILLS: "sewing", Field.PLACE: ""})
    assert (changed.texts, set(changed.shown)) == ({Field.SKILLS: "sewing"}, {Field.SKILLS})
    assert written(changed, {Field.PLACE: "Taunton"}).audience(Field.PLACE) == NOBODY


def test_networks_are_added_and_everyone_is_not_meant_any_more() -> None:
    shown = shown_to_members(shown_to_everyone(MIAS, TEXTS), [Field.SKILLS], ARTS)
    assert shown.audience(Field.SKILLS) == Audience(networks=frozenset({ARTS}))
    assert shown.audience(Field.PLACE).everyone
    both = shown_to_members(shown, [Field.SKILLS], HEALTH)
    assert both.networks == {ARTS, HEALTH}
    assert shown_to_nobody(both, Field) == MIAS


def test_a_field_has_300_characters_at_most() -> None:
    assert written(MIAS, {Field.ABOUT: "x" * LONGEST + "  "}).texts[Field.ABOUT] == "x" * 300
    with pytest.raises(Malformed, match="`about` has 301 characters, and 300 is the most"):
        written(MIAS, {Field.ABOUT: "x" * 301})


# -- who finds it -----------------------------------------------------------------------------------


audiences = st.builds(Audience, st.booleans(), st.frozensets(st.integers(0, 5), max_size=2))


@st.composite
def profiles(draw: st.DrawFn) -> tuple[Landscape, Standing, Standing, Profile]:
    """A landscape, somebody who asks, and somebody with a profile who may be kept out of one network."""
    landscape, asker = draw(seen_landscapes())
    networks = list(landscape.networks) or [ARTS]
    places = [*networks, *landscape.groups]
    owner = draw(st.sampled_from([p for p in (*PEOPLE, MIA) if p != asker.user]))
    joined = draw(st.frozensets(st.sampled_from(places), max_size=3)) & (
        landscape.networks.keys() | landscape.groups.keys()
    )
    if draw(st.booleans()) and networks[0] in landscape.networks:
        where = EVERYWHERE if draw(st.booleans()) else networks[0]
        with suppress(Conflict):  # who looks after it
            landscape = banned(landscape, where, owner)
    shown = {
        one: Audience(to.everyone, frozenset(networks[n % len(networks)] for n in to.networks))
        for one, to in draw(st.dictionaries(st.sampled_from(Field), audiences)).items()
    }
    texts = {one: one.value for one in draw(st.sets(st.sampled_from(Field)))}
    return landscape, asker, Standing(owner, joined=joined), Profile(owner, texts, shown)


def naively(landscape: Landscape, asker: Standing, owner: Standing, to: Audience) -> bool:
    """Whether what is shown to them is for who asks: everyone, or where both are members and may be."""
    if bans.rule_on(landscape, owner.user) is not None:
        return False
    return to.everyone or any(
        network in landscape.networks
        and landscape.networks[network].status is Status.ACTIVE
        and is_member(landscape, asker, network)
        and is_member(landscape, owner, network)
        and not is_banned(landscape, network, owner.user)
        for network in to.networks
    )


@given(profiles())
@settings(max_examples=150, deadline=None)
def test_d2_each_field_is_found_by_those_to_whom_it_is_shown_and_by_no_others(
    world: tuple[Landscape, Standing, Standing, Profile],
) -> None:
    landscape, asker, owner, profile = world
    sight = Sights(landscape).of(asker)
    rows = entries_of(found_now(landscape, owner, profile), Names("Mia"))
    found = [row for row in rows if may_find(sight, row)]
    seen = {one for one in profile.fields if naively(landscape, asker, owner, profile.audience(one))}
    assert {row.part for row in found} == seen
    assert {row.about for row in found} == {profile.texts[one] for one in seen}
    if Field.PLACE not in seen:
        assert not any(row.located for row in found)
    if seen and profile.audience(Field.PLACE).everyone and Field.PLACE in profile.fields:
        assert all(row.located for row in found)


def test_whoever_sees_the_place_besides_finds_what_everyone_finds_by_it() -> None:
    profile = shown_to_members(shown_to_everyone(MIAS, TEXTS), [Field.PLACE], ARTS)
    rows = [(row.part, row.place, row.located) for row in entries_of(profile, Names("Mia"))]
    assert rows == [("skills", None, ""), ("skills", ARTS, "Bath"), ("place", ARTS, "Bath")]


def test_who_leaves_shows_it_again_once_they_are_back() -> None:
    landscape, arts = network(Landscape(), CountedIds(), "Arts")
    profile = shown_to_members(MIAS, TEXTS, arts)
    there, gone = Standing(MIA, joined=frozenset({arts})), Standing(MIA)
    assert found_now(landscape, there, profile) == profile
    assert found_now(landscape, gone, profile) == MIAS
    assert found_now(banned(landscape, arts, MIA), there, profile) == MIAS
    assert found_now(banned(landscape, EVERYWHERE, "@mia*:hs.test"), there, profile) == MIAS
    assert found_now(Landscape(), there, profile) == MIAS


# -- names ------------------------------------------------------------------------------------------


def test_a_name_of_a_closed_room_is_told_to_members_or_to_nobody() -> None:
    ids = CountedIds()
    landscape, arts = network(Landscape(), ids, "Arts")
    landscape, health = network(landscape, ids, "Health")
    landscape, quiet = network(landscape, ids, "Quiet", access=Access.INVITE)
    landscape, bench = changes.create_group(landscape, ids, name="Bench", home=quiet)
    kit = next(g.id for g in landscape.groups_of(quiet) if g.is_kit)
    inside = [(quiet, "Shy  Mia"), (bench, "Bench Mia"), (kit, "Kit Mia"), (GroupId("g.gone"), "Gone")]
    assert names_among(landscape, inside) == Names("", {quiet: "Shy Mia"})
    rows = entries_of(shown_to_everyone(MIAS, TEXTS), names_among(landscape, inside))
    assert {row.title for row in rows} == {"mia"}
    outside = [(arts, "Mia"), (health, "Mia Jones"), (group_named(landscape, arts, "welcome"), "Mia")]
    names = names_among(landscape, [*inside, *outside])
    assert (names.everyone, names.seen_from(quiet), names.seen_from(None)) == ("Mia", "Shy Mia", "Mia")
    assert names.seen_from(health) == "Mia Jones"
    assert names_among(landscape, [(arts, "\u202e\u200b ")]) == Names()


# -- what changes it besides ------------------------------------------------------------------------


def test_a_role_a_ban_and_a_group_change_who_is_a_member() -> None:
    ids = CountedIds()
    landscape, arts = network(Landscape(), ids, "Arts")
    landscape, health = network(landscape, ids, "Health")
    both = (arts, health)
    ran = changes.rename(landscape, ids, arts, "Fine Arts")
    assert with_other_members(landscape, ran, both) == set()
    for changed in (
        changes.add_coordinator(landscape, arts, SAM),
        banned(landscape, arts, SAM),
        changes.create_group(landscape, ids, name="Painting", home=arts)[0],
    ):
        assert with_other_members(landscape, changed, both) == {arts}
        assert not has_other_rules(landscape, changed)
    assert with_other_members(landscape, Landscape(), both) == {arts, health}
    assert has_other_rules(landscape, banned(landscape, EVERYWHERE, "@*:bad.example"))
