"""Files come into a network and go out of it: what is new, what has changed, and who may see what of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from appservice.hsds.checking import fault_of
from appservice.hsds.exporting import Exporting
from appservice.hsds.importing import Importing, Outcome
from appservice.hsds.reading import read_json
from appservice.hsds.sheets import read_sheet
from appservice.store import audit, listings
from appservice.store.database import Database
from spaces import changes
from spaces.directory import ListingKind, Seen
from spaces.errors import Conflict, Unknown
from spaces.identifiers import NetworkId
from spaces.listings import Contact, Listing
from spaces.network import Access
from tests.appservice.stage import Stage
from tests.open_referral import an_id, brief, organization, service

SERVICE, ORGANISATION = ListingKind.SERVICE, ListingKind.ORGANISATION
FEED = {"services": [service(organization=organization())]}
TABLE = "kind,name,about,phone,organisation\norganisation,Hall,=1+1,'+44 1632\nservice,Tea,Hot,,hall\n"


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database)


async def take(stage: Stage, data: Any, network: str = "arts", source: str = "feed") -> Outcome:
    """Import it; what was said before is what was done."""
    read = read_sheet(data) if isinstance(data, str) else read_json(json.dumps(data))
    importing = Importing(stage.works, network, read, source)
    before = await importing.preview()
    done = await importing.run()
    assert str(before) == str(done)
    return done


async def kept(stage: Stage, network: NetworkId) -> dict[str, Listing]:
    async with stage.database.reading() as connection:
        return {one.name: one for one in await listings.of(connection, {network})}


async def edit(stage: Stage, listing: Listing, **more: Any) -> Listing:
    stage.clock.seconds += 60
    now = replace(listing, confirmed_at=stage.clock.seconds, **more)
    async with stage.works.begin("test") as work:
        await listings.keep(work.connection, [now])
    return now


async def out(stage: Stage, *, everything: bool = False, network: str | None = None) -> Any:
    return json.loads(await Exporting(stage.works, network, everything).json())


@pytest.mark.both_databases
async def test_d4_a_feed_comes_in_once_and_the_second_time_changes_nothing(stage: Stage) -> None:
    arts = await stage.found("Arts")
    assert str(await take(stage, FEED)) == "new 2, changed 0, unchanged 0, refused 0"
    first = await kept(stage, arts)
    assert first["Mill Lunch"].by == first["Mill Trust"].number
    assert first["Mill Lunch"].source_id == an_id("Mill Lunch")
    stage.clock.seconds += 86_400
    for same in (FEED, [FEED["services"][0]], {"contents": [brief(service(), "schedules", "contacts")]}):
        assert str(await take(stage, same)) == "new 0, changed 0, unchanged 2, refused 0"
    assert await kept(stage, arts) == first


async def test_d4_what_came_in_goes_out_as_it_was_and_is_valid(stage: Stage) -> None:
    await stage.found("Arts")
    await take(stage, FEED)
    data = await out(stage)
    assert data["services"] == FEED["services"]
    assert data["organizations"] == [organization()]
    assert fault_of(data["services"][0], "service") is None
    assert fault_of(data["organizations"][0], "organization") is None


async def test_d4_what_goes_out_comes_in_again_and_changes_nothing(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await take(stage, FEED)
    await take(stage, TABLE, source="table")
    await edit(stage, (await kept(stage, arts))["Mill Lunch"], name="Mill Supper", place="Town Hall")
    hand = Listing(
        12345, SERVICE, arts, "Toys", "Borrow", "Chapel", Contact(web="toys.example.org"), made_at=1
    )
    await edit(stage, hand)
    before = await kept(stage, arts)
    table = await Exporting(stage.works, "arts", everything=True).csv()
    stage.clock.seconds += 60
    for exported in (await out(stage), table):
        assert str(await take(stage, exported)) == "new 0, changed 0, unchanged 5, refused 0"
    assert await kept(stage, arts) == before


async def test_d4_a_feed_that_changes_leaves_what_was_edited_here(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await take(stage, FEED)
    lunch = (await kept(stage, arts))["Mill Lunch"]
    await edit(stage, lunch, about="Edited in chat", stale=True, contact_for=Seen.MEMBERS)
    changed = {
        "services": [service(fees="2 pounds", status="temporarily closed", organization=organization())]
    }
    assert str(await take(stage, changed)) == "new 0, changed 1, unchanged 1, refused 0"
    now = (await kept(stage, arts))["Mill Lunch"]
    assert (now.about, now.number, now.contact_for) == ("Edited in chat", lunch.number, Seen.MEMBERS)
    assert (now.stale, now.confirmed_at) == (False, stage.clock.seconds)
    (record,) = (await out(stage, everything=True))["services"]
    assert (record["fees"], record["status"]) == ("2 pounds", "temporarily closed")


async def test_d4_what_is_missing_from_the_file_stays_and_is_counted(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await take(stage, FEED)
    outcome = await take(stage, [brief(service("Tea"), "organization")])
    assert (outcome.absent, str(outcome)) == (2, "new 1, changed 0, unchanged 0, refused 0")
    assert len(await kept(stage, arts)) == 3


async def test_d4_bad_entries_stop_nothing_and_a_table_finds_organisations_by_name(stage: Stage) -> None:
    arts = await stage.found("Arts")
    text = f"{TABLE}service,Lost,,,Nowhere\nroom,Hall\n"
    outcome = await take(stage, text)
    assert str(outcome) == "new 2, changed 0, unchanged 0, refused 2"
    reasons = sorted(map(str, outcome.refused))
    assert reasons == [
        "line 4: No organisation is called “Nowhere”, here or in the file.",
        "line 5: Its kind is “room”; it must be organisation or service.",
    ]
    here = await kept(stage, arts)
    assert here["Tea"].by == here["Hall"].number
    assert (here["Hall"].about, here["Hall"].contact.phone) == ("=1+1", "+44 1632")
    assert str(await take(stage, text)) == "new 0, changed 0, unchanged 2, refused 2"
    changed = text.replace("Hot", "Iced")
    assert str(await take(stage, changed)) == "new 0, changed 1, unchanged 1, refused 2"


async def test_d4_two_organisations_of_one_name_are_told_apart_by_id(stage: Stage) -> None:
    await stage.found("Arts")
    halls = "organisation,Hall,h-1,\norganisation,Hall,h-2,\n"
    table = f"kind,name,id,organisation\n{halls}service,Tea,,Hall\nservice,Pie,,h-2\n"
    outcome = await take(stage, table)
    assert [str(one) for one in outcome.refused] == [
        "line 4: Several organisations are called “Hall”: write the id of one."
    ]
    text = await Exporting(stage.works).csv()
    assert [line.rsplit(",", 2)[1] for line in text.splitlines() if "Pie" in line] != ["Hall"]


async def test_d4_an_import_is_one_line_of_the_audit_log(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await take(stage, FEED)
    await take(stage, FEED)
    async with stage.database.reading() as connection:
        page = await audit.page(connection, {arts}, before=None, most=9, unbound=False)
    told = [(entry.what, entry.who, entry.source.value) for entry in page if "import" in entry.what]
    assert told == [("directory import: new 2, changed 0", "operator", "command line")]


async def test_an_import_names_a_network_that_is_active(stage: Stage) -> None:
    arts = await stage.found("Arts")
    with pytest.raises(Unknown):
        await take(stage, FEED, "nothing")
    async with stage.works.begin("test") as work:
        await work.change(changes.archive(work.landscape, arts), what="archived", about=arts)
    with pytest.raises(Conflict, match="Arts is not active"):
        await take(stage, FEED)
    assert await out(stage) == {"organizations": [], "services": []}


async def test_a_listing_of_another_network_is_not_taken_by_its_id(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await stage.found("Health")
    await edit(stage, Listing(12345, SERVICE, arts, "Toys"))
    outcome = await take(stage, await out(stage), "health")
    assert [one.reason for one in outcome.refused] == ["It is a listing of this server, in another network."]


# -- who may see what goes out ------------------------------------------------------------------------------


@pytest.mark.both_databases
async def test_d4_an_export_is_public_unless_everything_is_asked_for(stage: Stage) -> None:
    await stage.found("Arts")
    await stage.found("Hidden", access=Access.INVITE)
    await take(stage, FEED)
    await take(stage, [service("Canary", organization=organization("Aviary"))], "hidden", "other")
    assert "Canary" not in json.dumps(await out(stage)) + await Exporting(stage.works).csv()
    assert await out(stage, network="hidden") == {"organizations": [], "services": []}
    whole = await out(stage, everything=True, network="hidden")
    assert [one["name"] for one in whole["services"]] == ["Canary"]


async def test_d4_how_to_reach_them_goes_out_only_where_everyone_may_know(stage: Stage) -> None:
    arts = await stage.found("Arts")
    await take(stage, FEED)
    here = await kept(stage, arts)
    for one in here.values():
        await edit(stage, one, contact_for=Seen.MEMBERS)
    shown = json.dumps(await out(stage)) + await Exporting(stage.works).csv()
    for hidden in ("960001", "960002", "@mill.example.org", "https://mill", "Ann Example", "kitchen"):
        assert hidden not in shown, hidden
        assert hidden in json.dumps(await out(stage, everything=True)) + str(here)
    assert "1 Mill Lane" in shown
    assert fault_of((await out(stage))["services"][0], "service") is None
