"""Identifiers: parsed or refused with a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spaces.errors import Malformed
from spaces.identifiers import (
    DirectId,
    GroupId,
    NetworkId,
    PlaceId,
    RoomAlias,
    RoomId,
    Slug,
    UserId,
    printable,
)


@pytest.mark.parametrize("kind", [UserId, RoomAlias])
def test_a_server_identifier_comes_apart_at_its_first_colon(kind):
    parsed = kind.parse(f"{kind.sigil}ada:example.org:8448")
    assert type(parsed) is kind
    assert (parsed.localpart, parsed.server) == ("ada", "example.org:8448")


@pytest.mark.parametrize(
    "text",
    ["", "@", "@ada", "@:hs.test", "@ada:", "ada:hs.test", "#ada:hs.test", "@a b:hs.test", "@a\n:hs.test"],
)
def test_what_is_no_user_id_is_refused_with_an_example(text):
    with pytest.raises(Malformed, match="One looks like @alice"):
        UserId.parse(text)


def test_an_identifier_has_at_most_255_bytes():
    UserId.parse("@" + "a" * 246 + ":hs.test")
    for long in ("@" + "a" * 247 + ":hs.test", "@" + "é" * 124 + ":hs.test"):
        with pytest.raises(Malformed):
            UserId.parse(long)


@pytest.mark.parametrize("text", ["!abc:hs.test", "!" + "A" * 43])
def test_a_room_id_has_a_server_or_none(text):
    assert RoomId.parse(text) == text


@pytest.mark.parametrize("text", ["", "!", "abc", "#abc:hs.test", "!a b", "!" + "a" * 255, "!a\u202e"])
def test_what_is_no_room_id_is_refused(text):
    with pytest.raises(Malformed):
        RoomId.parse(text)


@given(st.text())
def test_a62_any_text_is_parsed_or_refused_in_words_that_can_be_shown(text):
    for kind in (UserId, RoomAlias, RoomId, Slug):
        try:
            answer = kind.parse(text)
        except Malformed as refused:
            answer = refused.sentence
        else:
            assert answer == text
        answer.encode()
        assert printable(answer) == answer


@given(st.binary(min_size=10, max_size=10))
def test_our_ids_tell_their_kind_and_are_no_slugs(entropy):
    network, group = NetworkId.of_bytes(entropy), GroupId.of_bytes(entropy)
    assert network != group
    assert (network.is_network, network.is_group, network.is_direct) == (True, False, False)
    assert (group.is_network, group.is_group, group.is_direct) == (False, True, False)
    assert network.alias_localpart == f"hedge_{network}"
    assert network.alias_localpart == network.alias_localpart.lower()
    for place in (network, group):
        with pytest.raises(Malformed):
            Slug.parse(place)


def test_an_id_is_made_of_ten_bytes():
    with pytest.raises(ValueError, match="10 bytes"):
        NetworkId.of_bytes(b"short")


def test_a_direct_room_has_one_id_for_each_person_that_only_the_secret_tells():
    ada, ben = UserId("@ada:hs.test"), UserId("@ben:hs.test")
    direct = DirectId.of_user(ada, "secret")
    assert direct == DirectId.of_user(ada, "secret")
    assert direct not in (DirectId.of_user(ben, "secret"), DirectId.of_user(ada, "other"))
    assert PlaceId(direct).is_direct


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Arts UK", "arts-uk"),
        ("Arts & Health", "arts-and-health"),
        ("Caffè  Nero!", "caffe-nero"),
        ("St Mary's", "st-marys"),
        ("St Mary’s", "st-marys"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Сад", "sad"),
        ("Йога", "yoga"),
        ("Ελλάδα", "ellada"),
        ("Дім її", "dim-yiyi"),
        ("under_score", "under-score"),
        ("ＡＲＴＳ", "arts"),
    ],
)
def test_a_name_in_another_script_is_transliterated(name, slug):
    assert Slug.of_name(name) == slug


def test_a_name_without_letters_we_know_gets_a_slug_of_its_own():
    tree, flower = Slug.of_name("🌳"), Slug.of_name("🌸")
    assert tree != flower
    assert tree == Slug.of_name("🌳") == Slug.parse(tree)


@given(st.text(min_size=1, max_size=90))
def test_every_name_has_a_slug_that_can_be_typed_back(name):
    slug = Slug.of_name(name)
    assert Slug.parse(slug) == slug
    assert len(slug) <= 48


@pytest.mark.parametrize("text", ["", "-", "a--b", "-a", "a-", "A", "a_b", "a.b", "a b", "ä", "a" * 65])
def test_what_is_no_slug_is_refused(text):
    with pytest.raises(Malformed, match="One looks like arts-uk"):
        Slug.parse(text)


@given(st.text())
def test_what_is_printable_has_nothing_that_turns_or_hides(text):
    shown = printable(text)
    shown.encode()
    assert not set("\0\n\u202e\u200b\u2066\ufeff") & set(shown)
