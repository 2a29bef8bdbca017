"""Settings for the fake homeserver.

With a database of SQLite's that is not there yet; for a test that takes `laid_out`, with one of this
version's shape, of the kind that the run asks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from tests.appservice.doctor.examined import MakeSettings
from tests.databases import driven
from tests.fake import FakeHomeserver
from tests.hedgerow import settings_for

KEY = "a-key-of-the-configuration"


@pytest.fixture
def settings(request: pytest.FixtureRequest, fake: FakeHomeserver, tmp_path: Path) -> MakeSettings:
    database = f"sqlite:///{tmp_path / 'h.db'}"  # as a URL: there is no file yet
    encryption = {"key": KEY}
    if "laid_out" in request.fixturenames:
        database = request.getfixturevalue("service_database")
        encryption["store"] = str(tmp_path / "hedgerow-crypto")

    def make(url: str = fake.base_url, **homeserver: Any) -> Settings:
        made = settings_for(url, fake.registration, database, encryption=encryption)
        said = made.homeserver.model_copy(update=homeserver)
        return made.model_copy(update={"homeserver": said})

    return make


@pytest.fixture
def laid_out(service_database: str, settings: MakeSettings) -> Settings:
    """Settings with a database of this version's shape, as the first start makes it."""
    assert driven(service_database) == settings().database_url
    return settings()


@pytest.fixture
def file(service_database: str) -> Path:
    """SQLite's."""
    return Path(service_database.removeprefix("sqlite:///"))


@pytest.fixture(autouse=True)
def few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """That many are asked at once to see limits costs more than all the rest."""
    monkeypatch.setattr("appservice.doctor.limits._AT_ONCE", 1)
