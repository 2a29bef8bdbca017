from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from bot.permissions import ADMIN, may
from spaces.access import Deed, Standing, visible
from spaces.access import may as may_do
from spaces.errors import Forbidden, Unknown
from spaces.landscape import Landscape
from tests.bot.speaking import ALICE, ARTS, BOB, CRAFTS, HEALTH, HIDDEN, RememberingWork, call
from tests.spaces.worlds import moderate, seen_landscapes

ADMINS_CALL = replace(call(sender=BOB), standing=Standing(BOB, is_admin=True))


def test_a_coordinator_may_where_they_coordinate_and_not_elsewhere() -> None:
    requirement = may(Deed.RENAME, "network")
    requirement.check(call(), {"network": ARTS.id})
    with pytest.raises(Forbidden):
        requirement.check(call(), {"network": CRAFTS.id})
    assert requirement.possible(call())
    assert not requirement.possible(call(sender=BOB))


def test_each_of_several_places_is_checked() -> None:
    requirement = may(Deed.LINK, "between")
    requirement.check(call(), {"between": [ARTS.id, HEALTH.id]})
    with pytest.raises(Forbidden):
        requirement.check(call(), {"between": [ARTS.id, CRAFTS.id]})


def test_without_a_network_above_it_takes_the_right_to_create_at_the_top() -> None:
    requirement = may(Deed.CREATE_UNDER, "under")
    requirement.check(ADMINS_CALL, {"under": None})
    requirement.check(replace(call(sender=BOB), open_creation=True), {"under": None})
    for someone in (ALICE, BOB):
        with pytest.raises(Forbidden):
            requirement.check(call(sender=someone), {"under": None})


def test_open_creation_makes_only_creation_possible() -> None:
    bobs_call = replace(call(sender=BOB), open_creation=True)
    assert may(Deed.CREATE_UNDER, "under").possible(bobs_call)
    assert may(Deed.CREATE_TOP).possible(bobs_call)
    assert not may(Deed.CREATE_GROUP, "in_").possible(bobs_call)
    assert not may(Deed.CREATE_TOP).possible(call(sender=BOB))


def test_where_a_place_is_needed_and_none_is_given_nobody_may() -> None:
    with pytest.raises(Unknown):
        may(Deed.RENAME, "network").check(ADMINS_CALL, {"network": None})


def test_what_is_hidden_is_unknown_and_not_forbidden() -> None:
    with pytest.raises(Unknown):
        may(Deed.RENAME, "network").check(call(), {"network": HIDDEN.id})


def test_an_admins_command_is_an_admins() -> None:
    ADMIN.check(ADMINS_CALL, {})
    assert ADMIN.possible(ADMINS_CALL)
    assert not ADMIN.possible(call())
    with pytest.raises(Forbidden, match="Only an admin"):
        ADMIN.check(call(), {})


@moderate
@given(seen_landscapes())
def test_an_admin_may_somewhere_if_they_may_in_any_place(world: tuple[Landscape, Standing]) -> None:
    landscape, standing = world[0], replace(world[1], is_admin=True)
    admins_call = call(work=RememberingWork(landscape), sender=standing.user)
    admins_call = replace(admins_call, standing=standing)
    for deed in set(Deed) - {Deed.CREATE_TOP, Deed.CREATE_UNDER}:
        anywhere = any(may_do(landscape, standing, deed, place) for place in visible(landscape, standing))
        assert may(deed, "network").possible(admins_call) is anywhere
