"""Hedgerow as a process of the demonstration."""

from __future__ import annotations

from pathlib import Path

import pytest

from appservice.demo.folder import Folder
from appservice.demo.service import Service
from spaces.errors import Unavailable


async def test_a_hedgerow_that_ends_at_once_says_why(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    kept = folder.settle()
    folder.config.write_text(folder.config.read_text().replace("prefix:", "prefx:"))
    service = Service(folder, kept.hedgerow_url)
    with pytest.raises(Unavailable, match="Did you mean “prefix”"):
        await service.start()
    await service.stop()
    assert service.pid is None
