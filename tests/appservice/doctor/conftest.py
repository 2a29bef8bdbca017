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
