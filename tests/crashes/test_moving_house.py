"""An import that is killed goes on where it was: by itself once something acts, or when it is said again."""

from __future__ import annotations

import asyncio

import pytest

from appservice.applying import watch
from appservice.engine import Foundation
from appservice.importing import Begun, Importing, Wishes
from appservice.works import Works
from spaces import changes
from spaces.exported import Export, cutting
from spaces.identifiers import UserId
from spaces.landscape import Landscape
from tests.fake import FakeHomeserver, Registration
from tests.hedgerow import crash, settings_for
from tests.spaces.worlds import CountedIds, network
from tests.waiting import until

FAR = UserId("@far:elsewhere.test")


def a_tree() -> Export:
    ids = CountedIds()
    landscape, county = network(Landscape(), ids, "County", by=[FAR])
    landscape, arts = network(landscape, ids, "Arts", under=[county], by=[FAR])
    landscape, painting = changes.create_group(landscape, ids, name="Painting", home=arts)
    return Export("old.test", tree=cutting(landscape).tree, members={painting: frozenset({FAR})})


@pytest.mark.parametrize("after", [1, 9])
async def test_o3_an_import_that_is_killed_goes_on_when_it_is_said_again(
    service_database: str, after: int
) -> None:
    async with FakeHomeserver(Registration()) as fake:
        settings = settings_for(fake.base_url, fake.registration, service_database)
        first, begun = await _begin(Foundation(settings))
        assert begun.undertaking is not None
        watching = asyncio.create_task(watch(first, begun.undertaking, lambda _: None))
        await until(lambda: len([c for c in fake.calls if c.method in ("PUT", "POST")]) > 3 + after)
        await crash(watching)
        await first.database.close()
        second, again = await _begin(Foundation(settings))
        assert again.undertaking == begun.undertaking
        assert not again.outlook.is_new
        applied = await asyncio.wait_for(watch(second, begun.undertaking, lambda _: None), 60)
        third, nothing = await _begin(second)
        await third.database.close()
        assert (applied.failed, nothing.undertaking) == ((), None)
        assert sorted(map(len, fake.rooms_by_marker().values())) == [1] * 7
        invited = [call for call in fake.calls if call.name == "POST /rooms/{room_id}/invite"]
        assert {call.body["user_id"] for call in invited} == {FAR}


async def _begin(foundation: Foundation) -> tuple[Foundation, Begun]:
    await foundation.lay()
    works = Works(foundation.database, foundation.surroundings(), lambda: None)
    return foundation, await Importing(works, a_tree(), Wishes(invite=True)).run()
