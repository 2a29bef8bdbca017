"""A configuration as `hedgerow init` writes it, on a database of the kind that the run asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from appservice.cli import app


@pytest.fixture
def config(tmp_path: Path, service_database: str) -> Path:
    words = ["init", "--domain", "hs.test", "--homeserver", "http://127.0.0.1:1"]
    words += ["--listen", "127.0.0.1:29330", "--database", service_database]
    words += ["--admin", "@a:hs.test", "--config", str(tmp_path / "c.yaml")]
    made = CliRunner().invoke(app, [*words, "--registration", str(tmp_path / "r.yaml")])
    assert made.exit_code == 0
    return tmp_path / "c.yaml"
