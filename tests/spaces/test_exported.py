"""What moves from one server to another: a part of a landscape, and what becomes of it elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from config.export_file import parsed
from config.export_writing import text_of
from spaces import changes
from spaces.export_checks import ExportRefused
from spaces.exported import Export, NotExported, cutting
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.imported import Imported, imported
from spaces.landscape import Landscape
from spaces.network import Access, Banned, Coordinator, Kind, Status
from spaces.reinviting import People, invitations
from tests.spaces.worlds import CountedIds, group_named, grown, network, stories

ADA, BEN, CAT = (UserId(f"@{name}:old.test") for name in ("ada", "ben", "cat"))
NEW = UserId("@ada:new.test")


class OtherIds(CountedIds):
    """Ids of another server."""

    def __init__(self, first: int = 1_000_000) -> None:
        super().__init__()
        self._count = first


def taken_in(tree: Landscape, into: Landscape | None = None, **more: Any) -> Imported:
    return imported(into or Landscape(), tree, OtherIds(), **{"known": {}, "stand_ins": [NEW], **more})


def shape(tree: Landscape) -> dict[str, Any]:
    """Everything but the ids: places by their slugs."""
    name = {n.id: n.slug for n in tree.networks.values()}
    group = {g.id: f"{name[g.home]}/{g.slug}" for g in tree.groups.values()}
    called: dict[PlaceId, str] = {**name, **group}
    return {
        "networks": {name[n.id]: replace(n, id=NetworkId("")) for n in tree.networks.values()},
        "groups": {group[g.id]: replace(g, id=GroupId(""), home=NetworkId("")) for g in tree.groups.values()},
        "links": {(name[ln.parent], name[ln.child], ln.canonical, ln.holds) for ln in tree.links.values()},
        "shares": {(group[s.group], name[s.network], s.holds) for s in tree.shares.values()},
        "people": {(name[c.network], c.user) for c in tree.coordinators.values()},
        "bans": {(called[b.place], b.who, b.at) for b in tree.bans.values()},
    }


@settings(max_examples=60, deadline=None)
@given(stories)
def test_o3_any_landscape_exported_written_read_and_imported_is_exported_the_same_again(story: Any) -> None:
    ids = CountedIds()
    landscape, start = network(Landscape(), ids, "Start", by=[ADA])
    landscape, _ = changes.create_group(landscape, ids, name="Talk", home=start)
    landscape = grown(landscape, ids, story)
    tree = cutting(landscape).tree
    if not tree.networks:
        return
    read = parsed(text_of(Export("old.test", tree=tree)).encode()).tree
    came = taken_in(read, stand_ins=[])
    assert shape(cutting(came.landscape).tree) == shape(tree)
    known = came.places
    again = taken_in(read, came.landscape, known=known)
    assert again.landscape is came.landscape
    assert not again.made
    assert not again.differs
    assert set(again.places.values()) == set(came.places.values())


# -- what goes out ------------------------------------------------------------------------------------


def a_place() -> tuple[Landscape, dict[str, NetworkId]]:
    """Somerset over Arts and Health, a bridge between them, and Wells beside."""
    ids = CountedIds()
    landscape, somerset = network(Landscape(), ids, "Somerset", by=[ADA])
    landscape, arts = network(landscape, ids, "Arts", under=[somerset], by=[ADA])
    landscape, health = network(landscape, ids, "Health", by=[BEN], access=Access.PRIVATE)
    landscape, bridge = changes.create_network(
        landscape, ids, name="Arts and Health", kind=Kind.BRIDGE, under=[arts, health], agreed=[arts, health]
    )
    landscape, painting = changes.create_group(landscape, ids, name="Painting", home=arts)
    landscape = changes.share(landscape, painting, health, home_agrees=True, network_agrees=True)
    return landscape, {"somerset": somerset, "arts": arts, "health": health, "bridge": bridge}


def test_o3_a_bridge_keeps_the_parents_that_come_along_and_the_export_says_so() -> None:
    landscape, at = a_place()
    cut = cutting(landscape, at["arts"])
    assert set(cut.tree.networks) == {at["arts"], at["bridge"]}
    assert cut.tree.parents(at["bridge"]) == (at["arts"],)
    told = "\n".join(cut.left)
    assert "“Arts” is under “Somerset”, which stays here: it will be at the top." in told
    assert "“Arts and Health” is under “Health” too, which stays here: it keeps “Arts” alone." in told
    assert "“Painting” is listed by “Health” too, which stays here" in told
    assert len(cut.left) == 3


def test_o3_of_a_bridge_whose_canonical_parent_stays_the_other_one_is_canonical() -> None:
    landscape, at = a_place()
    cut = cutting(landscape, at["health"])
    assert cut.tree.links[at["health"], at["bridge"]].canonical
    assert "“Health” lists “Painting” of “Arts”, which stays here" in "\n".join(cut.left)


def test_o3_what_is_archived_or_waits_stays_and_is_named() -> None:
    landscape, at = a_place()
    landscape = changes.archive(landscape, group_of(landscape, at["arts"], "Painting"))
    landscape = changes.link(landscape, at["somerset"], at["health"], parent_agrees=False, child_agrees=True)
    cut = cutting(landscape)
    told = "\n".join(cut.left)
    assert "“Painting” of “Arts” is archived and stays here; restore it first to take it along." in told
    assert "“Health” under “Somerset” still waits for a yes" in told
    with pytest.raises(NotExported, match="not active"):
        cutting(changes.archive(landscape, at["arts"]), at["arts"])


def test_o3_former_coordinators_and_an_admins_rules_do_not_go_out() -> None:
    landscape, at = a_place()
    landscape = landscape.having(
        Coordinator(at["arts"], CAT, former=True),
        Banned(at["arts"], "@bad:old.test", by=ADA, reason="made up", at=5.0),
        Banned(at["arts"], "@ruled:old.test", rule="@ruled:*"),
    )
    tree = cutting(landscape).tree
    assert (at["arts"], CAT) not in tree.coordinators
    assert list(tree.bans.values()) == [Banned(at["arts"], "@bad:old.test", at=5.0)]


def group_of(landscape: Landscape, home: NetworkId, name: str) -> GroupId:
    return group_named(landscape, home, name)


# -- what comes in ------------------------------------------------------------------------------------


def test_o3_a_short_name_that_is_taken_is_refused_unless_the_tree_hangs_below_a_network() -> None:
    tree = cutting(a_place()[0]).tree
    ids = OtherIds(5_000_000)
    here, arts = network(Landscape(), ids, "Arts", by=[NEW])
    with pytest.raises(
        ExportRefused, match=r"The short name “arts” of “Arts” is taken here, by “Arts”.*--under"
    ):
        taken_in(tree, here)
    here, county = network(here, ids, "County", by=[NEW])
    came = taken_in(tree, here, under=county, by=NEW)
    slugs = {n.name: n.slug for n in came.landscape.networks.values() if n.id in came.made}
    assert slugs["Arts"] == "arts-somerset"
    somerset = next(n.id for n in came.landscape.networks.values() if n.name == "Somerset")
    assert came.landscape.parents(somerset) == (county,)
    assert came.landscape.networks[arts].slug == "arts"


def test_o3_a_parent_that_somebody_else_looks_after_is_asked() -> None:
    tree = cutting(a_place()[0]).tree
    here, county = network(Landscape(), OtherIds(5_000_000), "County", by=[BEN])
    came = taken_in(tree, here, under=county, by=NEW)
    waiting = [ln for ln in came.landscape.links.values() if not ln.holds]
    assert {ln.parent for ln in waiting} == {county}
    assert len(waiting) == 2


def test_o3_a_network_of_the_same_name_in_the_same_place_is_not_joined_with_it() -> None:
    ids = OtherIds(5_000_000)
    here, county = network(Landscape(), ids, "County", by=[NEW])
    here, _ = network(here, ids, "Somerset", under=[county], by=[NEW])
    with pytest.raises(ExportRefused, match="There is a network “Somerset” under “County” already"):
        taken_in(cutting(a_place()[0]).tree, here, under=county)


def test_o3_nobody_is_named_unless_people_are_invited_and_no_network_is_without_anybody() -> None:
    tree = cutting(a_place()[0]).tree
    quiet = taken_in(tree, invite=False)
    assert {c.user for c in quiet.landscape.coordinators.values()} == {NEW}
    people = People("old.test", {ADA: NEW})
    came = taken_in(tree, resolve=people, stand_ins=[CAT])
    looked_after = {n.name: came.landscape.coordinators_of(n.id) for n in came.landscape.networks.values()}
    assert looked_after == {"Somerset": (NEW,), "Arts": (NEW,), "Health": (CAT,), "Arts and Health": (CAT,)}
    later = taken_in(
        tree, quiet.landscape, known=quiet.places, resolve=People("old.test", accounts_stay=True)
    )
    assert BEN in {c.user for c in later.landscape.coordinators.values()}
    assert not later.made


def test_o3_what_changed_here_since_stays_and_what_has_gone_stays_gone() -> None:
    tree = cutting(a_place()[0]).tree
    came = taken_in(tree)
    arts = next(n for n in came.landscape.networks.values() if n.name == "Arts")
    here = changes.rename(came.landscape, OtherIds(), arts.id, "Arts of Somerset")
    again = taken_in(tree, here, known=came.places)
    assert again.landscape is here
    assert again.differs == (
        "“Arts of Somerset” is here already, with another name: it stays as it is here.",
    )
    without = Landscape(slugs=here.slugs)
    gone = taken_in(tree, without, known=came.places)
    assert not gone.made
    assert len(gone.left_out) == 4


def test_o3_who_was_kept_out_stays_out_by_either_name() -> None:
    landscape, at = a_place()
    tree = cutting(landscape.having(Banned(at["health"], CAT, at=5.0))).tree
    came = taken_in(tree, resolve=People("old.test", {CAT: UserId("@cat:new.test")}))
    assert {ban.who for ban in came.landscape.bans.values()} == {CAT, "@cat:new.test"}
    spared = taken_in(tree, resolve=People("old.test"), spared={CAT})
    assert not spared.landscape.bans
    assert spared.left_out == ("@cat:old.test is banned from “Health” there, and cannot be here.",)


# -- who is invited -----------------------------------------------------------------------------------


def test_o3_nobody_is_invited_to_what_they_get_into_by_themselves() -> None:
    landscape, at = a_place()
    landscape, quiet = changes.create_group(
        landscape, OtherIds(), name="Quiet", home=at["arts"], access=Access.INVITE
    )
    tree = cutting(landscape).tree
    painting = group_of(tree, at["arts"], "Painting")
    news = group_of(tree, at["health"], "news")
    members = {
        at["somerset"]: [ADA],
        at["arts"]: [ADA, BEN],
        at["bridge"]: [BEN, CAT],
        news: [CAT],
        painting: [BEN, CAT, ADA],
        quiet: [ADA],
    }
    assert sorted(invitations(tree, members)) == sorted(
        [
            (at["somerset"], ADA),  # and Arts below it, which is public
            (at["arts"], BEN),  # and the bridge, and painting
            (at["bridge"], CAT),  # is in Health by its news only
            (at["health"], CAT),  # and painting, which Health lists
            (quiet, ADA),
        ]
    )


def test_o3_who_cannot_be_reached_is_known_beforehand() -> None:
    far, bot = UserId("@far:elsewhere.test"), UserId("@hedgerow:new.test")
    people = People("old.test", {ADA: NEW, CAT: bot}, bots=frozenset({bot}))
    assert [people(user) for user in (ADA, BEN, CAT, far)] == [NEW, None, None, far]
    assert people.left_behind([ADA, BEN, far]) == [BEN]
    assert People("old.test", accounts_stay=True)(BEN) == BEN


def test_o3_statuses_other_than_active_never_come_out_of_a_file() -> None:
    landscape, _ = a_place()
    read = parsed(text_of(Export("old.test", tree=cutting(landscape).tree)).encode())
    assert {n.status for n in read.tree.networks.values()} == {Status.ACTIVE}
