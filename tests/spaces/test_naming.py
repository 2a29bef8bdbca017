"""Names and slugs: what is kept, what is refused, what is given to nobody twice."""

import pytest

from spaces import changes
from spaces.errors import Conflict, Malformed
from spaces.landscape import Landscape
from spaces.network import Access
from tests.spaces.worlds import PEOPLE, group_named, network

ADA, BEN, CAT, DAN = PEOPLE


def test_a_name_taken_gets_its_public_parent_behind_it_then_a_number(ids):
    landscape, top = network(Landscape(), ids, "Somerset")
    slugs = []
    for under in ([], [], [top], [top], [top]):
        landscape, new = network(landscape, ids, "Arts", under=under)
        slugs.append(landscape.networks[new].slug)
    assert slugs == ["arts", "arts-2", "arts-somerset", "arts-somerset-2", "arts-somerset-3"]


def test_a_parent_that_is_not_public_lends_its_slug_to_nobody(ids):
    landscape, top = network(Landscape(), ids, "Quiet", access=Access.INVITE)
    landscape, _ = network(landscape, ids, "Arts")
    landscape, new = network(landscape, ids, "Arts", under=[top])
    assert landscape.networks[new].slug == "arts-2"


@pytest.mark.parametrize("access", [Access.PRIVATE, Access.INVITE])
def test_what_is_not_public_has_something_random_in_its_slug_and_takes_no_name_away(ids, access):
    landscape, hidden = network(Landscape(), ids, "Quiet", access=access)
    assert landscape.networks[hidden].slug == "quiet-0002"
    landscape, open_ = network(landscape, ids, "Quiet")
    assert landscape.networks[open_].slug == "quiet"


def test_a_long_name_and_a_long_parent_still_make_a_slug(ids):
    landscape, top = network(Landscape(), ids, "A" * 80)
    for _ in range(4):
        landscape, new = network(landscape, ids, "B" * 80, under=[top])
        assert len(landscape.networks[new].slug) <= 64


def test_groups_of_one_name_are_numbered_within_their_network_only(two, ids):
    landscape, one, other = two
    slugs = []
    for home in (one, one, other):
        landscape, group = changes.create_group(landscape, ids, name="Painting", home=home)
        slugs.append(landscape.slug_of(group))
    assert slugs == ["arts/painting", "arts/painting-2", "health/painting"]


def test_p5_renamed_a_place_gets_a_new_slug_and_never_loses_the_old_one(arts, ids):
    landscape, home = arts
    renamed = changes.rename(landscape, ids, home, "Arts Wales")
    assert renamed.networks[home].slug == "arts-wales"
    assert renamed.slugs["arts-uk"] == home
    renamed, new = network(renamed, ids, "Arts UK")
    assert renamed.networks[new].slug == "arts-uk-2"
    assert changes.rename(renamed, ids, home, "Arts UK").networks[home].slug == "arts-uk"
    assert changes.rename(landscape, ids, home, " Arts  UK") is landscape


def test_p5_a_group_is_renamed_within_its_network(arts, ids):
    landscape, home = arts
    landscape, group = changes.create_group(landscape, ids, name="Painting", home=home)
    renamed = changes.rename(landscape, ids, group, "Oils")
    assert renamed.slug_of(group) == "arts-uk/oils"
    assert renamed.slugs[f"{home}/painting"] == group


def test_a_network_that_stops_being_public_gets_another_slug_and_one_that_becomes_it_a_plain_one(arts, ids):
    landscape, home = arts
    closed = changes.describe(landscape, ids, home, access=Access.PRIVATE)
    assert closed.networks[home].slug not in ("arts-uk", "")
    assert closed.networks[home].slug.startswith("arts-uk-")
    still = changes.describe(closed, ids, home, access=Access.INVITE)
    assert still.networks[home].slug == closed.networks[home].slug
    assert changes.describe(still, ids, home, access=Access.PUBLIC).networks[home].slug == "arts-uk"


def test_what_is_described_changes_and_nothing_else(arts, ids):
    landscape, home = arts
    described = changes.describe(landscape, ids, home, topic=" About\narts ")
    made = described.networks[home]
    assert made.topic == "About arts"
    assert (made.slug, made.access, made.name) == ("arts-uk", Access.PUBLIC, "Arts UK")
    again = changes.describe(described, ids, home, topic="About arts", ask=False, access=Access.PUBLIC)
    assert again is described


def test_what_its_access_leaves_no_meaning_is_off_and_stays_off(arts, ids):
    landscape, home = arts
    _, group = made = changes.create_group(landscape, ids, name="Oils", home=home, ask=True)
    for place, before in (
        (home, changes.describe(landscape, ids, home, access=Access.PRIVATE, ask=True)),
        (group, made[0]),
    ):
        assert before.place(place).ask
        shut = changes.describe(before, ids, place, access=Access.INVITE, listed=True)
        assert (shut.place(place).ask, shut.place(place).listed) == (False, True)
        again = changes.describe(shut, ids, place, access=Access.PRIVATE)
        assert (again.place(place).ask, again.place(place).listed) == (False, False)


@pytest.mark.parametrize("access", [Access.PRIVATE, Access.INVITE])
def test_a_public_group_belongs_to_a_public_network(arts, ids, access):
    landscape, home = arts
    landscape, oils = changes.create_group(landscape, ids, name="Oils", home=home, access=Access.PUBLIC)
    with pytest.raises(Conflict, match=r"“Arts UK” cannot be .* while it has public groups.*: “Oils”"):
        changes.describe(landscape, ids, home, access=access)
    with pytest.raises(Conflict, match="“Oils”"):
        changes.describe(changes.archive(landscape, oils), ids, home, access=access)
    shut = changes.describe(landscape, ids, oils, access=access)
    shut = changes.describe(shut, ids, home, access=access)
    with pytest.raises(Conflict, match="“Oils” cannot be public while its network is not"):
        changes.describe(shut, ids, oils, access=Access.PUBLIC)
    with pytest.raises(Conflict, match="“Open day” cannot be public while its network is not"):
        changes.create_group(shut, ids, name="Open day", home=home, access=Access.PUBLIC)


def test_the_kit_follows_its_network_and_cannot_be_opened_or_closed_by_itself(arts, ids):
    landscape, home = arts
    welcome = group_named(landscape, home, "welcome")
    closed = changes.describe(landscape, ids, home, access=Access.INVITE)
    assert closed.groups[welcome].access is Access.INVITE
    with pytest.raises(Conflict, match="network describe arts-uk"):
        changes.describe(landscape, ids, welcome, access=Access.PRIVATE)
    assert changes.describe(landscape, ids, welcome, topic="Hello").groups[welcome].topic == "Hello"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Arts   UK ", "Arts UK"),
        ("Cafe\u0301", "Café"),
        ("Сад", "Сад"),
        ("श्री", "श्री"),
        ("Arts & Health", "Arts & Health"),
        ("24/7 helpers", "24/7 helpers"),
        ("🌳", "🌳"),
        ("Arts\nUK", "Arts UK"),
        ("x" * 80, "x" * 80),
    ],
)
def test_a_name_is_kept_tidied(typed, kept):
    assert changes.check_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", " \u3000", "x" * 81, "@ada:hs.test", "#town", "!abc", "--under", "—under", "–x", "$x", "+x"),
        *("Arts @room", "arts@ROOM!", "a\u202eb", "a\u200bb", "a\0b", "a\ud800b", "\u2066a", "...", "-"),
        *("Ecоtopia", "\u0301\u0301"),
    ],
)
def test_a32_a38_a_name_that_could_deceive_is_refused_with_a_sentence(typed):
    with pytest.raises(Malformed) as refused:
        changes.check_name(typed)
    assert len(refused.value.sentence.split()) > 6
    refused.value.sentence.encode()


def test_a32_a_topic_is_one_line_without_what_nobody_sees(arts, ids):
    landscape, home = arts
    for topic in ("a\u202eb", "x" * 1001, "\0"):
        with pytest.raises(Malformed):
            changes.describe(landscape, ids, home, topic=topic)
