"""The fake homeserver is held against the real one: the same questions, the same answers."""

from __future__ import annotations

import pytest

from appservice.demo.synapse import LocalSynapse
from tests.fake import FakeHomeserver
from tests.registration import Registration
from tests.synapse.probe import LogIn, Probe
from tests.synapse.scenarios import SCENARIOS, Scenario


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_the_fake_answers_as_synapse_does(
    scenario: Scenario, synapse: LocalSynapse, bystander: Registration
) -> None:
    async def log_in_there(localpart: str) -> tuple[str, str]:
        account = await synapse.register(localpart, "a password")
        return account.user_id, account.access_token

    real = await _seen(scenario, synapse.base_url, bystander, log_in_there)
    async with FakeHomeserver(bystander) as fake:

        async def log_in_here(localpart: str) -> tuple[str, str]:
            person = fake.add_user(f"@{localpart}:{bystander.server_name}")
            return person.user_id, person.access_token

        played = await _seen(scenario, fake.base_url, bystander, log_in_here)
    assert played == real


async def _seen(scenario: Scenario, base_url: str, registration: Registration, log_in: LogIn) -> list[object]:
    probe = Probe(base_url, registration, scenario.__name__, log_in)
    try:
        await probe.start()
        await scenario(probe)
    finally:
        await probe.close()
    return probe.seen
