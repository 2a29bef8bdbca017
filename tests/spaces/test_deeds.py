"""Who may do what: every deed, role and word, and what a refusal tells."""

from dataclasses import replace

import pytest

from spaces import changes
from spaces.access import (
    Deed,
    Standing,
    may,
    require,
)
from spaces.errors import Forbidden, Refusal, Unknown
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator
from tests.spaces.roles import (
    ABOVE,
    ADMIN,
    ELSEWHERE,
    HERE,
    ROLES,
    SEES_GROUP,
    SEES_KIT,
    SEES_NETWORK,
    SOMEONE,
    STRANGER,
    WORDS,
    World,
    table,
)

MAY = table("""
              | admin here above aside member of-group of-parent of-other invited guest-up stranger far
CREATE_TOP    | yes   no   no    no    no     no       no        no       no      no       no       no
CREATE_UNDER  | no    yes  no    no    no     no       no        no       no      no       no       no
CREATE_GROUP  | no    yes  no    no    no     no       no        no       no      no       no       no
RENAME        | no    yes  no    no    no     no       no        no       no      no       no       no
DESCRIBE      | no    yes  no    no    no     no       no        no       no      no       no       no
LINK          | no    yes  no    no    no     no       no        no       no      no       no       no
UNLINK        | no    yes  no    no    no     no       no        no       no      no       no       no
SHARE         | no    yes  no    no    no     no       no        no       no      no       no       no
COORDINATE    | no    yes  no    no    no     no       no        no       no      no       no       no
ARCHIVE       | no    yes  no    no    no     no       no        no       no      no       no       no
RELEASE       | no    yes  no    no    no     no       no        no       no      no       no       no
INVITE        | no    yes  no    no    no     no       no        no       no      no       no       no
ACCEPT        | no    yes  no    no    no     no       no        no       no      no       no       no
BAN           | no    yes  no    no    no     no       no        no       no      no       no       no
AUDIT         | yes   yes  no    no    no     no       no        no       no      no       no       no
PAUSE         | no    yes  no    no    no     no       no        no       no      no       no       no
ADOPT         | no    yes  no    no    no     no       no        no       no      no       no       no
UPGRADE       | no    yes  no    no    no     no       no        no       no      no       no       no
LIST          | no    yes  no    no    no     no       no        no       no      no       no       no
ANNOUNCE      | no    yes  no    no    no     no       no        no       no      no       no       no
""")


def outcome(act, *args, **kwargs):
    try:
        act(*args, **kwargs)
    except Refusal as refused:
        return type(refused)
    return "done"


def test_the_table_of_deeds_has_every_deed():
    assert {deed for deed, _ in MAY} == {deed.name for deed in Deed}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("deed", Deed)
def test_a54_a55_who_may_do_what_is_the_table_and_nothing_beside_it(deed, word):
    world = World(word)
    for place, sees in ((world.quiet, SEES_NETWORK), (world.oils, SEES_GROUP), (world.welcome, SEES_KIT)):
        for role in ROLES:
            standing = world.standing(role, place)
            expected = MAY[deed.name, role]
            assert may(world.landscape, standing, deed, place) is expected, (role, place)
            happened = outcome(require, world.landscape, standing, deed, place)
            hidden = not sees[word, role] and deed is not Deed.CREATE_TOP
            assert happened == ("done" if expected else Unknown if hidden else Forbidden), (role, place)


@pytest.mark.parametrize("deed", [deed for deed in Deed if deed is not Deed.CREATE_TOP])
def test_a55_a_right_in_one_network_is_none_in_another(deed):
    world = World("public")
    rights = {
        (user, place)
        for user in (HERE, ABOVE, ELSEWHERE)
        for place in (world.quiet, world.oils, world.above, world.other)
        if may(world.landscape, Standing(user), deed, place)
    }
    assert rights == {
        (HERE, world.quiet),
        (HERE, world.oils),
        (ABOVE, world.above),
        (ELSEWHERE, world.other),
    }


def test_a_group_that_is_shared_obeys_its_home_only():
    world = World("private", shared=True)
    assert not may(world.landscape, Standing(ELSEWHERE), Deed.RENAME, world.oils)
    assert may(world.landscape, Standing(HERE), Deed.RENAME, world.oils)


@pytest.mark.parametrize(
    ("is_admin", "is_local", "open_creation", "expected"),
    [
        (True, True, False, True),
        (True, True, True, True),
        (False, True, False, False),
        (False, True, True, True),
        (False, False, True, False),
        (False, False, False, False),
    ],
)
def test_who_creates_at_the_top(is_admin, is_local, open_creation, expected):
    standing = Standing(SOMEONE, is_admin=is_admin, is_local=is_local)
    happened = outcome(require, Landscape(), standing, Deed.CREATE_TOP, open_creation=open_creation)
    assert happened == ("done" if expected else Forbidden)


def test_r2_an_admin_names_coordinators_only_where_there_are_none():
    world, admin = World("public"), Standing(ADMIN, is_admin=True)
    assert not may(world.landscape, admin, Deed.COORDINATE, world.quiet)
    orphaned = world.landscape.having(Coordinator(world.quiet, HERE, former=True))
    assert may(orphaned, admin, Deed.COORDINATE, world.quiet)
    assert [deed for deed in Deed if may(orphaned, admin, deed, world.quiet)] == [
        Deed.CREATE_TOP,
        Deed.COORDINATE,
        Deed.AUDIT,
    ]
    assert not may(orphaned, Standing(SOMEONE), Deed.COORDINATE, world.quiet)


def test_a_refusal_says_what_who_can_and_what_to_do():
    world = World("public")
    refuse = pytest.raises(Forbidden)
    with refuse as refused:
        require(world.landscape, Standing(STRANGER), Deed.RENAME, world.oils)
    assert refused.value.sentence == (
        "Only a coordinator of “Quiet”, which “Oils” belongs to, can rename it. Ask @here:hs.test."
    )
    with refuse as refused:
        require(world.landscape, Standing(STRANGER), Deed.CREATE_GROUP, world.quiet)
    assert refused.value.sentence == (
        "Only a coordinator of “Quiet” can create a group in it. Ask @here:hs.test."
    )


@pytest.mark.parametrize("deed", [deed for deed in Deed if deed is not Deed.CREATE_TOP])
def test_each_deed_has_a_sentence_that_says_who_can(deed):
    world = World("public")
    with pytest.raises(Forbidden) as refused:
        require(world.landscape, Standing(STRANGER), deed, world.quiet)
    assert refused.value.sentence == f"Only a coordinator of “Quiet” can {deed}. Ask @here:hs.test."


def test_a_refusal_names_three_coordinators_at_most():
    world = World("public")
    for n in range(4):
        world.landscape = changes.add_coordinator(world.landscape, world.quiet, UserId(f"@c{n}:hs.test"))
    with pytest.raises(Forbidden, match=r"Ask @here:hs\.test, @c0:hs\.test or @c1:hs\.test\.$"):
        require(world.landscape, Standing(STRANGER), Deed.RENAME, world.quiet)


def test_a_refusal_about_a_public_group_of_a_hidden_network_tells_nothing_of_the_network():
    world = World("invite")
    oils = world.landscape.groups[world.oils]
    landscape = world.landscape.having(replace(oils, access=Access.PUBLIC))
    with pytest.raises(Forbidden) as refused:
        require(landscape, Standing(STRANGER), Deed.RENAME, world.oils)
    assert "Quiet" not in refused.value.sentence
    assert HERE not in refused.value.sentence


def test_a_refusal_where_nobody_coordinates_sends_to_an_admin():
    world = World("public")
    orphaned = world.landscape.having(Coordinator(world.quiet, HERE, former=True))
    with pytest.raises(Forbidden, match="none at present"):
        require(orphaned, Standing(STRANGER), Deed.RENAME, world.quiet)
