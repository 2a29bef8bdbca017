"""Each call to the homeserver is counted once, by what came of it: a file that is sent, too."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from appservice.homeserver import Homeserver, HomeserverError, Identity
from appservice.metrics import Meters
from spaces.identifiers import UserId
from tests.clock import Clock
from tests.fake import FakeHomeserver

COUNT = "hedgerow_homeserver_call_seconds_count"


async def test_a_file_that_the_homeserver_does_not_take_counts_as_refused(
    fake: FakeHomeserver, clock: Clock
) -> None:
    """The fake homeserver takes no files at all."""
    meters = Meters(clock)
    identity = Identity(fake.base_url, UserId(fake.bot), fake.registration.as_token, "DEVICE")
    homeserver = Homeserver(identity, meters)
    with pytest.raises(HomeserverError):
        await homeserver.upload(b"minutes", "text/plain", "minutes.txt")
    await homeserver.close()
    families = text_string_to_metric_families(meters.render())
    counted = {
        sample.labels["result"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == COUNT and sample.value
    }
    assert counted == {"refused": 1.0}
