"""`hedgerow directory import` and `export`, as an operator types them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from appservice.cli import app
from appservice.store.database import Database
from tests.appservice.stage import Stage
from tests.databases import driven
from tests.open_referral import organization, service

FEED = {"services": [service(organization=organization()), {"name": "Nobody"}]}


@pytest.fixture(autouse=True)
def founded(service_database: str) -> None:
    async def found() -> None:
        database = Database(driven(service_database))
        await Stage(database).found("Arts")
        await database.close()

    asyncio.run(found())


def say(config: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["directory", *words, "--config", str(config)])


def test_d4_an_import_says_what_it_would_do_asks_and_does_it_once(config: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps(FEED))
    words = ("import", str(feed), "--in", "arts")
    refused = "refused – services, entry 2: `id` is missing.\n"
    would = "new 2, changed 0, unchanged 0, refused 1\n"
    for more, code in (("--dry-run", 0), ("", 1)):
        said = say(config, *words, *filter(None, [more]))
        assert (said.exit_code, said.stdout) == (code, would)
        assert said.stderr.startswith(refused)
    assert "Say --yes" in said.stderr
    assert json.loads(say(config, "export").stdout)["services"] == []
    done = say(config, *words, "--yes")
    assert done.stdout == f"{would}Done: {would.strip()}.\n"
    again = say(config, *words, "--yes")
    assert (again.exit_code, again.stdout) == (0, "new 0, changed 0, unchanged 2, refused 1\n")
    assert json.loads(say(config, "export", "--in", "arts").stdout)["services"] == FEED["services"][:1]


def test_d4_a_table_goes_out_to_a_file_and_comes_in_again(config: Path, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("name,about\nTea,=1+1\n")
    assert say(config, "import", str(table), "--in", "Arts", "--yes").exit_code == 0
    out = tmp_path / "out.csv"
    assert say(config, "export", "--format", "csv", "--out", str(out)).stdout == ""
    assert "service,Tea,'=1+1," in out.read_text()
    assert "unchanged 1," in say(config, "import", str(out), "--in", "arts", "--dry-run").stdout


def test_what_cannot_be_done_is_said_in_a_sentence(config: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.json"
    odd.write_text("{")
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps(FEED))
    for words, reason in (
        (("import", str(odd), "--in", "arts"), "It is not JSON: line 1, column 2."),
        (("import", str(tmp_path / "none.json"), "--in", "arts"), "none.json cannot be read"),
        (("import", str(feed), "--in", "nowhere"), "I know no network called “nowhere”.\n"),
        (("export", "--out", str(tmp_path)), "cannot be written"),
    ):
        said = say(config, *words)
        assert (said.exit_code, reason in said.stderr) == (1, True), said.stderr
