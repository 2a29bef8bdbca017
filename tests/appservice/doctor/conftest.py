"""Settings for the fake homeserver, with a database that is not there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from tests.appservice.doctor.examined import MakeSettings
from tests.fake import FakeHomeserver
from tests.hedgerow import settings_for

KEY = "a-key-of-the-configuration"


@pytest.fixture
def settings(fake: FakeHomeserver, tmp_path: Path) -> MakeSettings:
    def make(url: str = fake.base_url, **homeserver: Any) -> Settings:
        database = f"sqlite:///{tmp_path / 'h.db'}"  # as a URL: there is no file yet
        made = settings_for(url, fake.registration, database, encryption={"key": KEY})
        said = made.homeserver.model_copy(update=homeserver)
        return made.model_copy(update={"homeserver": said})

    return make


@pytest.fixture
def laid_out(settings: MakeSettings, fake: FakeHomeserver, tmp_path: Path) -> Settings:
    """Settings with a database of this version's shape, as the first start makes it."""
    settings_for(fake.base_url, fake.registration, tmp_path / "h.db")
    return settings()


@pytest.fixture(autouse=True)
def few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """That many are asked at once to see limits costs more than all the rest."""
    monkeypatch.setattr("appservice.doctor.limits._AT_ONCE", 1)
