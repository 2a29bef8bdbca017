"""Files with organisations and services: what is taken, and why the rest is not."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from appservice.hsds import entries, reading, sheets
from appservice.hsds.checking import fault_of
from appservice.hsds.entries import FileRefused, text_of
from appservice.hsds.reading import read_json
from appservice.hsds.sheets import COLUMNS, guarded, read_sheet, unguarded, write_sheet
from spaces.directory import ListingKind
from spaces.hsds import schema_of
from spaces.listings import Contact
from tests.open_referral import an_id, brief, organization, service

SERVICE, ORGANISATION = ListingKind.SERVICE, ListingKind.ORGANISATION


def names(data: Any) -> list[tuple[str, str]]:
    return [(entry.kind.value, entry.told.name) for entry in read_json(json.dumps(data)).entries]


def reasons(data: Any) -> list[str]:
    return [str(one) for one in read_json(json.dumps(data)).refused]


# -- JSON -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["service", "organization"])
def test_the_schema_is_one_and_takes_a_full_example(kind: str) -> None:
    Draft202012Validator.check_schema(schema_of(kind))
    assert fault_of(service() if kind == "service" else organization(), kind) is None


@pytest.mark.parametrize(
    "data",
    [
        service(),
        [service()],
        {"total_items": 1, "contents": [service()]},
        {"services": [brief(service(), "organization")], "organizations": [organization()]},
        [organization(services=[brief(service(), "organization")])],
    ],
)
def test_d4_every_shape_in_which_services_come_is_read(data: Any) -> None:
    assert names(data) == [("organisation", "Mill Trust"), ("service", "Mill Lunch")]
    assert reasons(data) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "42"}, "`id` must be a UUID."),
        ({"name": None}, "It has no name."),
        ({"name": " \x00"}, "It has no name."),
        ({"name": "x" * 300}, "Its name is longer than 200 characters."),
        ({"status": "defunct"}, "Its status is “defunct”"),
        ({"status": "open"}, "`status` must be active, inactive, defunct, temporarily closed."),
        ({"status": None}, "`status` is missing."),
        ({"url": "javascript:alert(1)"}, "`url` must be an address such as https://example.org."),
        ({"email": "nobody"}, "`email` must be an email address."),
        ({"last_modified": "soon"}, "`last_modified` must be a time"),
        ({"minimum_age": "ten"}, "`minimum_age` must be a number."),
        ({"schedules": {"a": 1}}, "`schedules` must be a list."),
        ({"schedules": [{"id": an_id("a")}, {"id": 5}]}, "`schedules[2].id` must be text."),
        (
            {"service_at_locations": [{"id": an_id("a"), "location": {}}]},
            "`service_at_locations[1].location.id`",
        ),
    ],
)
def test_d4_what_cannot_be_listed_is_refused_with_its_reason_and_stops_nothing(
    change: Any, reason: str
) -> None:
    bad, good = service(**change), brief(service("Other"), "organization")
    (said,) = reasons([bad, good])
    assert said.startswith(f"entry 1: {reason}")
    assert ("service", "Other") in names([bad, good])


def test_d4_an_id_that_stands_twice_is_refused_the_second_time() -> None:
    twice = [brief(service(), "organization"), brief(service(), "organization")]
    assert reasons(twice) == ["entry 2: Its id is that of entry 1."]


@pytest.mark.parametrize("odd", [[5], [None], [["x"]], ["text"]])
def test_an_entry_that_is_no_object_is_refused(odd: Any) -> None:
    assert reasons(odd) == ["entry 1: It must be an object."]


@pytest.mark.parametrize("odd", [[["Ann"]], ["Ann"], "Ann", 5, {"phones": 5}, [{"phones": [5], "email": 5}]])
@pytest.mark.parametrize("name", ["contacts", "service_at_locations", "url"])
def test_what_an_organisation_has_beside_the_profile_may_be_of_any_shape(name: str, odd: Any) -> None:
    said = {**brief(organization(), "phones", "email"), name: odd}
    (entry,) = read_json(json.dumps({"organizations": [said]})).entries
    assert entry.told.contact == Contact("", "", "https://mill.example.org")
    assert entry.told.place == ""


@pytest.mark.parametrize("odd", [[["Mill"]], [{"name": 5, "addresses": [{"city": []}, 5]}], {"a": 1}, "Mill"])
def test_what_a_service_has_beside_the_profile_may_be_of_any_shape(odd: Any) -> None:
    said = service(locations=odd, service_at_locations=[], website=[odd], url=None)
    (entry, _) = sorted(read_json(json.dumps([said])).entries, key=lambda one: one.kind is ORGANISATION)
    assert (entry.told.place, entry.told.contact.web) == ("", "")


def test_an_entry_nested_too_deep_is_refused_by_itself() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    assert reasons([service(x_local=deep)]) == ["entry 1: It is nested too deep."]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "It is not JSON"),
        ("[" * 200_000, "nested too deep|not JSON"),
        ('[{"minimum_age": NaN}]', "NaN is no number"),
        ('[{"minimum_age": ' + "9" * 5000 + "}]", "not JSON"),
        ("5", "must be a list of services"),
        ('{"a": 1}', "must be a list of services"),
        ('{"services": 5}', "must be a list of services"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(text: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read_json(text)


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    odd = tmp_path / "old {x}.csv"
    odd.write_bytes("name\ncaf\xe9\n".encode("latin-1"))
    with pytest.raises(FileRefused, match="not in UTF-8"):
        text_of(odd)
    with pytest.raises(FileRefused, match="cannot be read"):
        text_of(tmp_path / "missing.json")


def test_a_file_that_is_too_large_or_has_too_many_entries_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.json"
    large.write_text("[]" + " " * 20)
    monkeypatch.setattr(entries, "LARGEST_BYTES", 10)
    with pytest.raises(FileRefused, match="larger than"):
        text_of(large)
    for module, read in ((reading, "[1, 2, 3]"), (sheets, "name\na\nb\nc\n")):
        monkeypatch.setattr(module, "MOST_ENTRIES", 2)
        with pytest.raises(FileRefused, match="more than 2"):
            (read_json if module is reading else read_sheet)(read)


def test_descriptions_become_plain_text_and_addresses_whole() -> None:
    (entry,) = read_json(
        json.dumps([service(organization=None, description="<p>Soup &amp; bread</p>", url="www.example.org")])
    ).entries
    assert entry.told.about == "Soup & bread"
    assert entry.told.contact.web == "https://www.example.org"


# -- CSV --------------------------------------------------------------------------------------------------


def rows(text: str) -> list[str]:
    return [entry.told.name for entry in read_sheet(text).entries]


def test_d4_a_table_is_read_with_its_columns_in_any_order() -> None:
    trusts = "Mill Trust,organisation,'+44 1632,,m-1\r\n"
    text = f"name,kind,phone,organisation,id\r\n{trusts}Lunch,service,,Mill Trust,\r\n"
    trust, lunch = read_sheet(text).entries
    assert (trust.kind, trust.source_id, trust.told.contact) == (ORGANISATION, "m-1", Contact("+44 1632"))
    assert (lunch.kind, lunch.organisation, len(lunch.source_id)) == (SERVICE, "Mill Trust", 36)
    assert read_sheet(text).entries[1].source_id == lunch.source_id


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_may_have_commas_semicolons_or_tabs_between(sign: str) -> None:
    assert rows(f"kind{sign}name\nservice{sign}Lunch\n") == ["Lunch"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("room,Hall", "Its kind is “room”; it must be organisation or service."),
        ("service,", "It has no name."),
        ("service,Lunch", "It is the same as line 2: same id, or same name."),
        ("service,Tea,x.example.org,nobody", "Its email address has no @, or a space."),
        ("service,Tea,not an address", "Its web address must be such as https://example.org."),
        ("service,Tea,,,,", "It has 6 cells, but there are 4 columns."),
    ],
)
def test_d4_a_row_that_cannot_be_listed_is_told_by_its_line(row: str, reason: str) -> None:
    read = read_sheet(f'kind,name,web,email\nservice,Lunch\n\nservice,"Two\nlines"\n{row}\nservice,Last\n')
    assert [str(one) for one in read.refused] == [f"line 6: {reason}"]
    assert [entry.told.name for entry in read.entries] == ["Lunch", "Two lines", "Last"]


@pytest.mark.parametrize(
    "text", ["", "kind,place\n", "name,name\n", "name,colour\n", 'name\n"open', "name\n" + "x" * 100_001]
)
def test_a_table_that_is_none_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(FileRefused):
        read_sheet(text)


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "＝", "'=", "''+"])
def test_a_cell_that_would_be_a_formula_is_none(begins: str) -> None:
    row = dict.fromkeys(COLUMNS, "") | {"kind": "service", "name": f"{begins}1+1"}
    (written,) = list(csv.DictReader(io.StringIO(write_sheet([row]), newline="")))
    assert written["name"] == f"'{begins}1+1"
    assert unguarded(written["name"]) == f"{begins}1+1"


@given(st.text(st.sampled_from("'=+-@\t\ra"), max_size=6) | st.text(max_size=20))
def test_what_is_guarded_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")
