"""What `hedgerow doctor` finds, and that it changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from appservice.cli import app
from appservice.demo.synapse import free_port
from appservice.doctor import examine
from config.sections import Settings
from tests.fake import FakeHomeserver
from tests.hedgerow import running, settings_for

KEY = "a-key-of-the-configuration"


@pytest.fixture
def settings(fake: FakeHomeserver, tmp_path: Path) -> Callable[..., Settings]:
    def make(url: str = fake.base_url, **homeserver: Any) -> Settings:
        made = settings_for(url, fake.registration, tmp_path / "h.db", encryption={"key": KEY})
        said = made.homeserver.model_copy(update=homeserver)
        return made.model_copy(update={"homeserver": said})

    return make


async def lines(settings: Settings) -> list[str]:
    return [str(finding) for finding in await examine(settings)]


async def test_before_the_first_start_it_says_what_that_will_make_and_makes_nothing(
    fake: FakeHomeserver, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    found = await lines(settings())
    assert all(line.startswith("ok ") for line in found)
    assert "h.db is not there yet" in found[0]
    assert "account comes with the first start" in found[2]
    assert os.listdir(tmp_path) == []
    assert {call.method for call in fake.calls} <= {"GET", "POST"}
    assert not [call for call in fake.calls if call.method == "POST" and "query" not in call.path]


async def test_beside_a_service_and_after_it_all_is_well(settings: Callable[..., Settings]) -> None:
    async with running(settings()) as service:
        beside = await lines(settings())
        device = service.engine.homeserver.device_id
    for found in (beside, await lines(settings())):
        assert [line.split()[:2] for line in found] == [
            ["ok", "database:"],
            ["ok", "homeserver:"],
            ["ok", "as_token:"],
            ["ok", "encryption:"],
        ]
        assert f"{device} is cross-signed" in found[3]


async def test_a_device_that_is_not_cross_signed_is_told_with_the_mend(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings()):
        pass
    fake.world.accounts["@hedgerow:hs.test"].signing_keys.clear()
    last = (await lines(settings()))[-1]
    assert last.startswith("failed  encryption:")
    assert "is not cross-signed. To mend it: start `hedgerow run`" in last


async def test_a_homeserver_that_is_away_and_a_token_that_it_does_not_know_are_told_apart(
    settings: Callable[..., Settings],
) -> None:
    away = await lines(settings(f"http://127.0.0.1:{free_port()}"))
    assert [line.split()[0] for line in away] == ["ok", "failed"]
    assert "start the homeserver" in away[1]
    token = type(settings().homeserver.as_token)("some-other-token-012345")
    unknown = await lines(settings(as_token=token))
    assert [line.split()[0] for line in unknown] == ["ok", "ok", "failed"]
    assert "app_service_config_files" in unknown[2]
    assert "some-other-token" not in "".join(unknown)


async def test_a_database_that_cannot_be_read_does_not_hide_the_rest(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "h.db").write_bytes(b"no database" * 500)
    found = await lines(settings())
    assert found[0].startswith("failed  database: it cannot be read")
    assert all(line.startswith("ok ") for line in found[1:])


def test_a_configuration_that_is_wrong_is_a_failure_with_its_mend(tmp_path: Path) -> None:
    config = tmp_path / "hedgerow.yaml"
    config.write_text("listen: nowhere\n")
    ended = CliRunner().invoke(app, ["doctor", "--config", str(config)])
    assert ended.exit_code == 1
    assert ended.output.startswith("failed  configuration:")
    assert f"hedgerow config check --config {config}" in ended.output
    assert "One to mend." in ended.output
