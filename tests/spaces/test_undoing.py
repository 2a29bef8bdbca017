"""Taking a change back: the inverse on what is there now, or a reason why not."""

from dataclasses import replace

import pytest
from hypothesis import given

from spaces import changes
from spaces.bans import ban, unban
from spaces.deeds import Deed
from spaces.differences import Changed, Presence, by_network, concerned, difference
from spaces.errors import Conflict, Refusal
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.lifecycle import without
from spaces.network import EVERYWHERE, Access, Banned, Status
from spaces.undoing import Needed, Undoing, needed_for, undo, why_not
from tests.spaces.worlds import BOT, CountedIds, changed_landscapes, landscapes, moderate, network

CORA = UserId("@cora:hs.test")
HAL = UserId("@hal:hs.test")
EVE = UserId("@eve:hs.test")


def undoing(*, agrees=True):
    return Undoing(CORA, lambda _: agrees, lambda _: True, {BOT})


class World:
    """Arts, and Health under it, with a group of Arts."""

    def __init__(self):
        self.ids = CountedIds()
        landscape, self.arts = network(Landscape(), self.ids, "Arts", by=[CORA, HAL])
        landscape, self.health = network(landscape, self.ids, "Health", under=[self.arts], by=[HAL])
        self.landscape, self.painting = changes.create_group(
            landscape, self.ids, name="Painting", home=self.arts
        )

    def changed(self, verb, *args, **kwargs):
        after = verb(self.landscape, *args, **kwargs)
        return after, difference(self.landscape, after)


def ways(world):
    """Each kind of change that can be undone."""
    ids = world.ids
    yield "rename", world.changed(changes.rename, ids, world.arts, "Arts United")
    yield "rename a group", world.changed(changes.rename, ids, world.painting, "Oils")
    yield "describe", world.changed(changes.describe, ids, world.arts, topic="All of it")
    yield "close", world.changed(changes.describe, ids, world.arts, access=Access.PRIVATE, ask=True)
    yield "open a group", world.changed(changes.describe, ids, world.painting, access=Access.PUBLIC)
    yield "language", world.changed(changes.describe, ids, world.arts, language="cy")
    yield "questions", world.changed(changes.describe, ids, world.arts, questions="Why?")
    yield "grace", world.changed(changes.describe, ids, world.arts, grace_days=14)
    yield "offer", world.changed(changes.describe, ids, world.arts, offers_groups=True)
    yield "archive", world.changed(changes.archive, world.arts)
    yield "archive a group", world.changed(changes.archive, world.painting)
    yield (
        "share",
        world.changed(changes.share, world.painting, world.health, home_agrees=True, network_agrees=True),
    )
    yield "unlink", world.changed(changes.unlink, world.arts, world.health)
    yield "coordinator remove", world.changed(changes.remove_coordinator, world.arts, HAL)
    yield "coordinator add", world.changed(changes.add_coordinator, world.arts, EVE)
    yield "ban", world.changed(ban, [Banned(world.arts, EVE)])


def plainly(landscape):
    """All but the slugs, which are never given back, and former coordinators, who stay known."""
    places = {
        place.id: (place.name, place.topic, place.access, place.ask, place.listed, place.status)
        for place in (*landscape.networks.values(), *landscape.groups.values())
    }
    more = {n.id: (n.questions, n.grace_days, n.offers_groups) for n in landscape.networks.values()}
    coordinators = {key for key, found in landscape.coordinators.items() if not found.former}
    links = {key: (link.parent_agreed, link.child_agreed) for key, link in landscape.links.items()}
    shares = {key: share.holds for key, share in landscape.shares.items()}
    return places, more, links, shares, coordinators, landscape.bans


@pytest.mark.parametrize("name", [name for name, _ in ways(World())])
def test_what_is_undone_is_as_it_was(name):
    world = World()
    after, done = dict(ways(world))[name]
    assert why_not(done) is None
    assert needed_for(done)
    back = undo(after, world.ids, done, undoing())
    assert plainly(back) == plainly(world.landscape)
    again = undo(back, world.ids, difference(after, back), undoing())
    assert plainly(again) == plainly(after)


@pytest.mark.parametrize("name", [name for name, _ in ways(World())])
def test_what_is_undone_already_is_refused(name):
    world = World()
    after, done = dict(ways(world))[name]
    back = undo(after, world.ids, done, undoing())
    with pytest.raises(Conflict, match=r"since"):
        undo(back, world.ids, done, undoing())


def test_what_others_have_changed_since_stays():
    world = World()
    renamed, done = world.changed(changes.rename, world.ids, world.arts, "Arts United")
    later = changes.describe(renamed, world.ids, world.arts, topic="new")
    later = changes.rename(later, world.ids, world.painting, "Oils")
    back = undo(later, world.ids, done, undoing())
    assert back.networks[world.arts].name == "Arts"
    assert back.networks[world.arts].topic == "new"
    assert back.groups[world.painting].name == "Oils"


def test_what_stands_on_it_keeps_it():
    world = World()
    opened, done = world.changed(changes.describe, world.ids, world.painting, access=Access.PUBLIC)
    closed, closing = changes.describe(world.landscape, world.ids, world.arts, access=Access.PRIVATE), None
    closing = difference(closed, world.landscape)
    with pytest.raises(Conflict, match="public groups"):
        undo(opened, world.ids, closing, undoing())
    assert why_not(done) is None


def test_the_last_coordinator_stays_though_their_naming_is_undone():
    world = World()
    named, done = world.changed(changes.add_coordinator, world.health, EVE)
    alone = changes.remove_coordinator(named, world.health, HAL)
    with pytest.raises(Conflict, match="last coordinator"):
        undo(alone, world.ids, done, undoing())


def test_a_link_comes_back_only_with_the_yes_of_both():
    world = World()
    apart, done = world.changed(changes.unlink, world.arts, world.health)
    back = undo(apart, world.ids, done, undoing(agrees=False))
    assert not back.links[world.arts, world.health].holds
    assert needed_for(done) == (Needed(Deed.LINK, (world.health, world.arts)),)


def test_a_loop_that_has_become_possible_since_is_refused():
    world = World()
    apart, done = world.changed(changes.unlink, world.arts, world.health)
    turned = changes.link(apart, world.health, world.arts, parent_agrees=True, child_agrees=True)
    with pytest.raises(Conflict, match="loop"):
        undo(turned, world.ids, done, undoing())


def test_a_ban_is_not_brought_back_over_a_coordinator():
    world = World()
    banned = ban(world.landscape, [Banned(world.arts, EVE)])
    ended = unban(banned, [world.arts], EVE)
    named = changes.add_coordinator(ended, world.arts, EVE)
    with pytest.raises(Conflict, match="cannot be banned"):
        undo(named, world.ids, difference(banned, ended), undoing())


def test_what_an_admins_rule_entails_is_an_admins_to_undo():
    world = World()
    derived = (Changed(None, Banned(world.arts, EVE, rule="@e*:hs.test")),)
    assert needed_for(derived) == (Needed(Deed.BAN, (EVERYWHERE,)),)


@pytest.mark.parametrize("verb", ["create", "release", "agree to a share", "ask", "bring about", "nothing"])
def test_what_cannot_be_undone_says_why(verb):
    world = World()
    landscape, ids = world.landscape, world.ids
    after = {
        "create": lambda: network(landscape, ids, "New")[0],
        "release": lambda: landscape.having(replace(landscape.networks[world.arts], status=Status.RELEASED)),
        "agree to a share": lambda: _shared(world, agreed=True),
        "bring about": lambda: landscape,
        "ask": lambda: _agreed(world),
        "nothing": lambda: landscape,
    }[verb]()
    before = {
        "ask": lambda: _asked(world),
        "agree to a share": lambda: _shared(world, agreed=False),
        "bring about": lambda: landscape.having(
            replace(landscape.networks[world.arts], status=Status.PROPOSED)
        ),
    }.get(verb, lambda: landscape)()
    assert "Entry {number}" in why_not(difference(before, after)).text


def _shared(world, *, agreed):
    return changes.share(
        world.landscape, world.painting, world.health, home_agrees=True, network_agrees=agreed
    )


def test_what_was_released_since_is_refused_in_words():
    world = World()
    unlinked, done = world.changed(changes.unlink, world.arts, world.health)
    with pytest.raises(Conflict, match="not there any more"):
        undo(without(unlinked, world.health), world.ids, done, undoing())


def test_a_share_comes_back_only_with_the_yes_of_both():
    world = World()
    shared = _shared(world, agreed=True)
    after = changes.unshare(shared, world.painting, world.health)
    back = undo(after, world.ids, difference(shared, after), undoing(agrees=False))
    assert not back.shares[world.painting, world.health].holds


def _asked(world):
    apart = changes.unlink(world.landscape, world.arts, world.health)
    return changes.link(apart, world.health, world.arts, parent_agrees=True, child_agrees=False)


def _agreed(world):
    return changes.accept(_asked(world), world.health, world.arts, for_child=True)


def test_who_was_taken_out_is_invited_by_who_may_invite():
    world = World()
    gone = (Changed(Presence(world.painting, EVE), None),)
    assert needed_for(gone) == (Needed(Deed.INVITE, (world.painting,)),)
    assert undo(world.landscape, world.ids, gone, undoing()) is world.landscape


def test_a_difference_concerns_both_ends_of_a_link():
    world = World()
    _, done = world.changed(changes.unlink, world.arts, world.health)
    assert concerned(world.landscape, done) == (world.health, world.arts)
    assert list(by_network(world.landscape, done)) == [world.health]


@moderate
@given(changed_landscapes())
def test_a_difference_is_all_that_differs_and_goes_both_ways(pair):
    before, after = pair
    done = difference(before, after)
    gone = [one.before for one in done if one.after is None]
    there = [one.after for one in done if one.after is not None]
    assert plainly(before.lacking(*gone).having(*there)) == plainly(after)
    assert {(one.after, one.before) for one in done} == {
        (one.before, one.after) for one in difference(after, before)
    } or any(one.before is None for one in done)
    concerned(after, done)
    why_not(done)
    needed_for(done)


@moderate
@given(landscapes())
def test_each_renaming_is_taken_back_wherever_it_can_be_done(landscape):
    ids = CountedIds()
    ids._count = 5000
    for place in [*landscape.networks, *landscape.groups]:
        try:
            after = changes.rename(landscape, ids, place, "Another name")
        except Refusal:
            continue
        back = undo(after, ids, difference(landscape, after), undoing())
        assert plainly(back) == plainly(landscape)
        assert back.place(place).status in Status
