"""The API of the directory on the public listener: what everyone may see, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from appservice.codes import JoinPages
from appservice.demo.synapse import free_port
from appservice.engine import Foundation
from appservice.hsds.api import Api
from appservice.hsds.checking import fault_of
from appservice.hsds.importing import Importing
from appservice.hsds.openapi import document
from appservice.hsds.reading import read_json
from appservice.hsds.served import EveryonesDirectory
from appservice.public import build_public
from appservice.server import Server
from appservice.store import listings
from appservice.store.database import Database
from appservice.works import Works
from spaces import changes
from spaces.directory import ListingKind, Seen
from spaces.hsds import schema_of
from spaces.identifiers import NetworkId
from spaces.listings import Contact, Listing
from spaces.network import Access
from spaces.open_referral import own_id
from tests.appservice.stage import ALICE, BOT, Stage
from tests.fake import FakeHomeserver
from tests.hedgerow import running, settings_for
from tests.open_referral import an_id, organization, service

SERVICE, ORGANISATION = ListingKind.SERVICE, ListingKind.ORGANISATION
URL = "https://hedgerow.example.org"


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Town:
    stage: Stage
    url: str
    client: aiohttp.ClientSession

    async def get(self, path: str, method: str = "GET") -> Answer:
        async with self.client.request(method, f"{self.url}{path}") as answer:
            shown = {name: value for name, value in answer.headers.items() if name != "Date"}
            return Answer(answer.status, await answer.read(), shown)

    async def take(self, data: Any, network: str) -> None:
        await Importing(self.stage.works, network, read_json(json.dumps(data)), "feed").run()

    async def keep(self, *made: Listing) -> None:
        async with self.stage.works.begin("test") as work:
            await listings.keep(work.connection, made)

    async def all_of(self, network: NetworkId) -> list[Listing]:
        async with self.stage.database.reading() as connection:
            return await listings.of(connection, {network})


@asynccontextmanager
async def town_on(database: Database, *, per_minute: int = 10_000, api: bool = True) -> AsyncIterator[Town]:
    stage = Stage(database)
    pages = JoinPages(database, BOT, "en", stage.clock)
    served = Api(EveryonesDirectory(database, BOT.server), URL) if api else None
    server = Server(build_public(pages, stage.clock, "en", per_minute=per_minute, api=served))
    await server.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession() as client:
            yield Town(stage, f"http://127.0.0.1:{server.port}", client)
    finally:
        await server.stop()


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    async with town_on(database) as made:
        yield made


@pytest.mark.both_databases
async def test_d5_what_nobody_has_confirmed_says_so_and_stands_last(town: Town) -> None:
    arts = await town.stage.found("Arts")
    old = Listing(1, SERVICE, arts, "Old choir", confirmed_at=1_700_000_000.0, stale=True)
    await town.keep(old, Listing(2, SERVICE, arts, "New choir", confirmed_at=1_700_000_000.0))
    listed = (await town.get("/services")).json["contents"]
    assert [(one["name"], one.get("alert")) for one in listed] == [
        ("New choir", None),
        ("Old choir", "Not confirmed since 2023-11-14."),
    ]
    one = (await town.get(f"/services/{own_id(BOT.server, 1)}")).json
    assert one["alert"] == "Not confirmed since 2023-11-14."
    assert fault_of(one, "service") is None


@pytest.mark.both_databases
async def test_d4_what_was_imported_is_served_whole_and_in_brief(town: Town) -> None:
    arts = await town.stage.found("Arts")
    await town.take(service(organization=organization()), "arts")
    await town.keep(Listing(12345, SERVICE, arts, "Toy library", confirmed_at=9e8))
    page = (await town.get("/services")).json
    assert [one["name"] for one in page.pop("contents")] == ["Toy library", "Mill Lunch"] or page["size"] == 2
    assert page == {
        "total_items": 2,
        "total_pages": 1,
        "page_number": 1,
        "size": 2,
        "first_page": True,
        "last_page": True,
        "empty": False,
    }
    lunch = (await town.get(f"/services/{an_id('Mill Lunch')}")).json
    assert lunch == service(organization=organization())
    mill = (await town.get(f"/organizations/{an_id('Mill Trust')}")).json
    assert mill.pop("services") == [{n: v for n, v in service().items() if n != "organization"}]
    assert mill == organization()
    toys = (await town.get(f"/services/{own_id('hs.test', 12345)}")).json
    assert (toys["name"], toys["status"]) == ("Toy library", "active")
    number = next(one.number for one in await town.all_of(arts) if one.name == "Mill Lunch")
    assert (await town.get(f"/services/{own_id('hs.test', number)}")).status == 404
    for kind, path in (("service", "services"), ("organization", "organizations")):
        for one in (await town.get(f"/{path}")).json["contents"]:
            assert not {"schedules", "phones", "services"} & one.keys()
            assert fault_of(one, kind) is None
            assert fault_of((await town.get(f"/{path}/{one['id']}")).json, kind) is None


async def test_d4_the_first_answer_says_what_it_is_and_where_it_is_described(town: Town) -> None:
    about = (await town.get("/")).json
    assert about["version"] == "3.0"
    assert about["openapi_url"] == f"{URL}/openapi.json"
    assert (await town.get("/openapi.json")).json["paths"].keys() >= {"/services", "/services/{id}"}


async def test_d4_pages_hold_each_once(town: Town) -> None:
    arts = await town.stage.found("Arts")
    await town.keep(*(Listing(n, SERVICE, arts, f"Service {n}", confirmed_at=float(n)) for n in range(1, 8)))
    pages = [(await town.get(f"/services?page={n}&per_page=3")).json for n in range(1, 5)]
    assert [one["name"] for page in pages for one in page["contents"]] == [
        f"Service {n}" for n in range(1, 8)
    ]
    assert [(p["size"], p["first_page"], p["last_page"], p["empty"]) for p in pages] == [
        (3, True, False, False),
        (3, False, False, False),
        (1, False, True, False),
        (0, False, True, True),
    ]
    assert {(page["total_items"], page["total_pages"]) for page in pages} == {(7, 3)}


async def test_d4_services_are_chosen_by_words_by_time_and_by_organisation(town: Town) -> None:
    arts = await town.stage.found("Arts")
    hall = Listing(5, ORGANISATION, arts, "Hall")
    tea = Listing(6, SERVICE, arts, "Tea parties", "with café", by=5, confirmed_at=100.0)
    await town.keep(hall, tea, Listing(7, SERVICE, arts, "Boats", confirmed_at=200.0))

    async def names(query: str) -> list[str]:
        return [one["name"] for one in (await town.get(f"/services?{query}")).json["contents"]]

    assert await names("search=party+CAFE") == ["Tea parties"]
    assert await names("search=nothing") == await names("search=%00%21") == []
    assert await names("modified_after=1970-01-01T00:02:00Z") == ["Boats"]
    assert await names("modified_after=1970-01-01T01:02:00+01:00") == ["Boats"]
    assert await names(f"organization_id={own_id('hs.test', 5)}") == ["Tea parties"]
    assert await names(f"organization_id={own_id('hs.test', 9)}") == await names("organization_id=x") == []


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=²",
        "page=9999999999999",
        "per_page=101",
        "per_page=-1",
        "modified_after=soon",
        "taxonomy_term_id=1",
        "postcode=ZZ1",
        "search=" + "x" * 201,
    ],
)
async def test_what_cannot_be_read_is_said(town: Town, query: str) -> None:
    answer = await town.get(f"/services?{query}")
    assert answer.status == 400
    assert answer.json["error"].startswith("`")


async def test_d4_every_answer_may_be_read_from_any_web_page(town: Town) -> None:
    await town.stage.found("Arts")
    for path in ("/", "/services", "/organizations/none", "/openapi.json", "/services?page=x"):
        answer = await town.get(path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        kept = answer.headers["Cache-Control"]
        assert kept == ("public, max-age=60" if answer.status == 200 else "no-store")
        assert (await town.get(path, "HEAD")).body == b""
        asked = await town.get(path, "OPTIONS")
        assert (asked.status, asked.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")
        assert (await town.get(path, "POST")).status == 405


# -- what is hidden -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("access", [Access.PRIVATE, Access.INVITE])
async def test_a44_what_is_hidden_is_answered_as_what_does_not_exist(town: Town, access: Access) -> None:
    arts = await town.stage.found("Arts")
    hidden = await town.stage.found("Hidden", access=access)
    mill = organization("Canary")
    await town.take(service("Canary song", organization=mill), "hidden")
    await town.keep(Listing(12345, SERVICE, hidden, "Canary by hand"))
    nothing = await town.get(f"/services/{an_id('nothing')}")
    assert nothing.status == 404
    owner = next(one for one in await town.all_of(hidden) if one.kind is ORGANISATION)
    await town.keep(Listing(23456, SERVICE, arts, "Shown", by=owner.number))
    for path in (
        f"/services/{an_id('Canary song')}",
        f"/services/{own_id('hs.test', 12345)}",
        f"/services/{own_id('hs.test', 54321)}",
        f"/organizations/{an_id('Canary')}",
        f"/organizations/{own_id('hs.test', owner.number)}",
        f"/organizations/{own_id('hs.test', 23456)}",
        "/services/12345",
        "/services/%00",
        "/services//",
        f"/services/{an_id('Canary song')}/x",
    ):
        assert await town.get(path) == nothing, path
    empty = (await town.get("/organizations")).json
    assert (empty["total_items"], empty["empty"]) == (0, True)
    said = b"".join(
        [
            (await town.get(path)).body
            for path in (
                "/services",
                "/services?search=canary",
                f"/services?organization_id={an_id('Canary')}",
                f"/services/{own_id('hs.test', 23456)}",
                "/organizations",
            )
        ]
    )
    assert b"anary" not in said
    assert b"Shown" in said


async def test_a44_how_to_reach_them_is_served_where_everyone_may_know(town: Town) -> None:
    arts = await town.stage.found("Arts")
    await town.take(service(organization=organization()), "arts")
    contact = Contact("01632 960009", "toys@example.org", "https://toys.example.org")
    await town.keep(Listing(12345, SERVICE, arts, "Toys", contact=contact, contact_for=Seen.EVERYONE))
    assert b"01632 960009" in (await town.get(f"/services/{own_id('hs.test', 12345)}")).body
    await town.keep(*(replace(one, contact_for=Seen.MEMBERS) for one in await town.all_of(arts)))
    paths = ["/services", "/organizations", f"/services/{own_id('hs.test', 12345)}"]
    paths += [f"/services/{an_id('Mill Lunch')}", f"/organizations/{an_id('Mill Trust')}"]
    said = b"".join([(await town.get(path)).body for path in paths])
    for hidden in (b"96000", b"@", b"mill.example", b"toys.example", b"Ann Example", b"kitchen"):
        assert hidden not in said, hidden


async def test_what_two_networks_take_from_one_feed_is_served_once(town: Town) -> None:
    for name in ("Arts", "Health"):
        await town.stage.found(name)
        await town.take(service(organization=organization()), name)
    assert (await town.get("/services")).json["total_items"] == 1
    assert (await town.get("/organizations")).json["total_items"] == 1


# -- beside the pages ---------------------------------------------------------------------------------------


async def test_the_pages_of_codes_are_byte_for_byte_what_they_are_without_it(database: Database) -> None:
    async with town_on(database) as town, town_on(database, api=False) as bare:
        for path in ("/join/none", "/join/", "/other", "/servicesx", "/.well-known/x"):
            for method in ("GET", "POST", "OPTIONS"):
                assert await town.get(path, method) == await bare.get(path, method)
        assert (await bare.get("/services")).headers["Content-Type"].startswith("text/html")


async def test_an_address_that_asks_too_often_waits(database: Database) -> None:
    async with town_on(database, per_minute=2) as town:
        answers = [await town.get(path) for path in ("/services", "/join/x", "/services")]
    assert [answer.status for answer in answers] == [200, 404, 429]
    assert (answers[2].json["error"], answers[2].headers["Retry-After"]) == (
        "You ask too often: wait a minute.",
        "60",
    )


async def test_a_database_that_does_not_answer_says_nothing_of_itself(database: Database) -> None:
    async with town_on(database) as town:
        async with database.writing() as connection:
            await connection.exec_driver_sql("ALTER TABLE listings RENAME TO away")
        answer = await town.get("/services")
    assert (answer.status, answer.json) == (503, {"error": "It cannot be read at present."})


@pytest.mark.parametrize("directory", [True, False])
async def test_the_service_serves_it_where_the_settings_say_so(
    fake: FakeHomeserver, service_database: str, directory: bool
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    public = {"listen": url.removeprefix("http://"), "base_url": url, "directory": directory}
    made = settings_for(fake.base_url, fake.registration, service_database, public=public)
    async with running(made), aiohttp.ClientSession() as client, client.get(f"{url}/services") as answer:
        assert answer.status == (200 if directory else 404)
        assert answer.content_type == ("application/json" if directory else "text/html")


async def test_d4_what_another_process_imports_is_served_at_once(
    fake: FakeHomeserver, service_database: str
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    public = {"listen": url.removeprefix("http://"), "base_url": url}
    made = settings_for(fake.base_url, fake.registration, service_database, public=public)
    async with running(made) as hedgerow, aiohttp.ClientSession() as client:
        async with hedgerow.engine.works.begin("test") as work:
            founded, arts = changes.create_network(
                work.landscape, work.ids, name="Arts", access=Access.PUBLIC, coordinators=(ALICE,)
            )
            await work.change(founded, what="founded", about=arts)
        other = Foundation(made)
        await other.lay()
        works = Works(other.database, other.surroundings(), lambda: None)
        await Importing(works, "arts", read_json(json.dumps(service())), "feed").run()
        await other.database.close()
        async with client.get(f"{url}/services") as answer:
            assert [one["name"] for one in (await answer.json())["contents"]] == ["Mill Lunch"]


# -- what it says of itself ---------------------------------------------------------------------------------


def test_the_description_holds_the_profile() -> None:
    described = document(URL)["components"]["schemas"]
    assert described["service"]["required"] == schema_of("service")["$defs"]["service"]["required"]


async def test_d4_it_does_as_it_says_whatever_it_is_asked(town: Town) -> None:
    await town.stage.found("Arts")
    await town.take(service(organization=organization()), "arts")
    await asyncio.to_thread(_ask_anything, town.url)


def _ask_anything(url: str) -> None:
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    whole = document(url)
    for path, name in (("/services/{id}", "Mill Lunch"), ("/organizations/{id}", "Mill Trust")):
        whole["paths"][path]["parameters"][0]["schema"] = {"enum": [an_id(name), an_id("nothing"), "x"]}
    described = schemathesis.openapi.from_dict(whole)
    asked = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=15,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(base_url=url, checks=checks)

        ask()
        asked += 1
    assert asked == 5
