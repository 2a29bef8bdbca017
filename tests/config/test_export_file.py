"""`hedgerow-export/1`: what stands in the file, and what is said of a file that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.export_file import parsed, read_export
from config.export_writing import text_of
from spaces import changes
from spaces.directory import ListingKind, Seen
from spaces.export_checks import ExportRefused
from spaces.exported import Export, cutting
from spaces.identifiers import EventId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.listings import Contact, Listing
from spaces.market import Posting, Terms
from spaces.network import Banned
from spaces.occasions import Occasion
from spaces.stories import Level, Step, Story
from tests.spaces.worlds import CountedIds, network

ADA, BEN = UserId("@ada:old.test"), UserId("@ben:old.test")
Json = dict[str, Any]


def an_export() -> Export:
    """One of everything."""
    ids = CountedIds()
    landscape, county = network(Landscape(), ids, "County", by=[ADA])
    landscape, arts = network(landscape, ids, "Arts", under=[county], by=[ADA, BEN])
    landscape, painting = changes.create_group(landscape, ids, name="Painting", home=arts)
    landscape = landscape.having(Banned(arts, "@bad:old.test", at=5.0))
    story = Story(
        7, painting, RoomId("!r"), EventId("$e"), UserId(""), 10.0, ADA, "The mill is open.", "Ada", True
    )
    levels = {
        arts: Level(7, arts, Step.TAKEN, 20.0),
        county: Level(7, county, Step.TAKEN, 30.0, arts, "The mill"),
    }
    contact = Contact("01632", "mill@example.org", "https://mill.example.org")
    mill = Listing(
        8, ListingKind.ORGANISATION, arts, "Mill", "Flour", "Wells", contact, Seen.EVERYONE, None, (BEN,)
    )
    lunch = Listing(
        9, ListingKind.SERVICE, arts, "Lunch", by=8, source="feed", source_id="x", record='{"fees": "none"}'
    )
    return Export(
        "old.test",
        1_000.0,
        cutting(landscape).tree,
        {arts: frozenset({ADA, BEN}), painting: frozenset({BEN})},
        (mill, lunch),
        (Posting(11, ListingKind.WANT, arts, BEN, "A ladder, please", 900.0, 9_000.0, Terms.LEND),),
        ((story, levels),),
        (Occasion(12, arts, ADA, "Fair", "Market place", 5e9, None, "Europe/London", 900.0, 900.0),),
        3,
    )


def test_o3_what_is_written_is_read_again_the_same() -> None:
    export = an_export()
    read = parsed(text_of(export).encode())
    assert read == export
    assert text_of(read) == text_of(export)


def changed(change: Callable[[Json], object]) -> str:
    """What is said of the file after that change."""
    document = json.loads(text_of(an_export()))
    change(document)
    with pytest.raises(ExportRefused) as refused:
        parsed(json.dumps(document).encode())
    return str(refused.value)


def of(document: Json, name: str, kind: str = "networks") -> Json:
    found: Json = next(one for one in document[kind] if one["name"] == name)
    return found


def hang(document: Json) -> None:
    of(document, "County")["under"] = [of(document, "Arts")["id"]]


def again(kind: str) -> Callable[[Json], None]:
    return lambda document: document[kind].append(document[kind][0])


def put(where: str, /, **more: Any) -> Callable[[Json], None]:
    return lambda document: document[where][-1].update(more)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(format="hedgerow-export/2"), "`format` is hedgerow-export/2; this version reads"),
        (lambda d: d.pop("format"), "`format` is missing"),
        (lambda d: d.update(surplus=1), "surplus: Extra inputs are not permitted"),
        (put("networks", access="secret"), "Input should be 'public', 'private' or 'invite'. It is 'secret'"),
        (put("networks", name="  "), "“” breaks a rule: A name needs at least one letter"),
        (put("networks", name="@room"), "reads like an address"),
        (put("networks", name="Ar\u202ets"), "characters in it that nobody sees"),
        (put("groups", name="x" * 81), "at most 80 characters"),
        (put("networks", slug="Not A Slug"), "is not a short name"),
        (put("networks", topic="y" * 1001), "at most 1000"),
        (put("networks", language="xx"), "speaks “xx”. There are: cy, en."),
        (put("networks", timezone="Mars/Base"), "unknown time zone, “Mars/Base”"),
        (put("networks", grace_days=-1), "-1 days of grace"),
        (put("networks", coordinators=["ada"]), "“ada” is not a Matrix ID"),
        (put("networks", members=["@a b:old.test"]), "is not a Matrix ID"),
        (put("networks", id="g.aaaa"), "is not the id of a network"),
        (put("networks", id="n. x"), "is not the id of a network"),
        (put("networks", under=["n.nowhere"]), "There is no network “n.nowhere” in the file, and a link"),
        (put("networks", topic="\0"), "character that cannot be kept"),
        (again("networks"), "is in the file 2 times"),
        (again("groups"), "is in the file 2 times"),
        (again("stories"), "The story 7 is in the file 2 times"),
        (lambda d: of(d, "Arts").update(slug="county"), "The short name “county” is in the file 2 times"),
        (hang, "“County” → “Arts” → “County”: a network cannot stand below itself"),
        (lambda d: of(d, "Arts").update(under=[of(d, "Arts")["id"]]), "cannot stand below itself"),
        (lambda d: of(d, "Arts").update(access="private"), "is not open to the same people as its “Arts”"),
        (lambda d: of(d, "Painting", "groups").update(purpose="news"), "“Arts” has 2 groups for news"),
        (lambda d: of(d, "Arts").update(banned=[{"who": ADA}]), "is banned from “Arts” and looks after it"),
        (put("networks", banned=[{"who": "@*:old.test"}]), "is a rule for many"),
        (put("listings", by=99), "service of the organisation 99, and there is none"),
        (put("listings", name=" "), "The listing 9 has no name"),
        (put("listings", kind="person"), "Input should be"),
        (put("listings", network="n.nowhere"), "there is no such network in the file"),
        (put("listings", record={"a": "\0"}), "a character nobody can keep"),
        (put("postings", text="no"), "an offer or a want has from 5 to 300"),
        (put("postings", made_at=1e300), "less than or equal to"),
        (put("events", zone="Nowhere"), "unknown time zone"),
        (put("events", ends_at=1.0), "ends before it begins"),
        (put("stories", text=""), "its text is empty"),
        (lambda d: d["stories"][0]["taken"].pop(0), "cannot have come to where it is"),
        (put("stories", group="g.nowhere"), "there is no such group in the file"),
    ],
)
def test_o3_what_is_wrong_with_a_file_is_said(change: Callable[[Json], object], said: str) -> None:
    told = changed(change)
    assert told.startswith("The file cannot be imported, and nothing was done.\n")
    assert said in told


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, '"\\ud800"', '{"format": NaN}'])
def test_o3_what_is_no_export_at_all_is_refused(text: str) -> None:
    with pytest.raises(ExportRefused):
        parsed(text.encode())


def test_o3_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Any, monkeypatch: Any) -> None:
    with pytest.raises(ExportRefused, match=r"gone.json cannot be read: No such file"):
        read_export(tmp_path / "gone.json")
    file = tmp_path / "large.json"
    file.write_text(text_of(an_export()))
    monkeypatch.setattr("config.export_file.LARGEST_BYTES", 100)
    with pytest.raises(ExportRefused, match=r"large.json is larger"):
        read_export(file)


_WORDS = st.sampled_from(["", "arts", "n.x", "\0", "\u202e", "@a:b", "public", "../..", "{x}", "x" * 300])
_ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _WORDS, st.lists(_WORDS, max_size=2))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_o3_whatever_stands_where_a_file_is_read_or_refused(data: st.DataObject) -> None:
    document = json.loads(text_of(an_export()))
    for _ in range(data.draw(st.integers(1, 3))):
        kind = data.draw(st.sampled_from(sorted(k for k, v in document.items() if isinstance(v, list) and v)))
        entry = data.draw(st.sampled_from(document[kind]))
        entry[data.draw(st.sampled_from(sorted(entry)))] = data.draw(_ANY)
    try:
        parsed(json.dumps(document).encode())
    except ExportRefused as refusal:
        told = refusal.problems
    else:
        told = ("it is read",)
    assert told
