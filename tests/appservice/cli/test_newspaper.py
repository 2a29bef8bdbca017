"""`hedgerow newspaper`, as an operator types it."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

import pytest
from click.testing import Result
from pypdf import PdfReader
from typer.testing import CliRunner

from appservice.cli import app
from appservice.store import announcements
from appservice.store.database import Database
from spaces.announcements import Announcement
from spaces.network import Access
from tests.appservice.stage import ALICE, Stage
from tests.databases import driven

MONDAY = 1_804_000_000.0 // 86_400 * 86_400 - 86_400
"""1 March 2027 in UTC, and in London."""


@pytest.fixture(autouse=True)
def announced(service_database: str) -> None:
    async def found() -> None:
        database = Database(driven(service_database))
        stage = Stage(database)
        arts = await stage.found("Arts & Crafts")
        await stage.found("Quiet", access=Access.INVITE)
        async with database.writing() as connection:
            for number, day in ((1, 0), (2, 6), (3, 7)):
                said = Announcement(number, arts, ALICE, f"Number {number}.", MONDAY + day * 86_400)
                await announcements.keep(connection, said)
        await database.close()

    asyncio.run(found())


def say(config: Path, network: str, *days: str, out: str = "paper.pdf") -> Result:
    named = [word for name, day in zip(("--from", "--to"), days, strict=False) for word in (name, day)]
    words = ["newspaper", network, *named, "--out", str(config.parent / out), "--config", str(config)]
    return CliRunner().invoke(app, words)


WEEK = ("2027-03-01", "2027-03-08")


def test_n5_a_newspaper_is_written_of_the_days_that_are_named(config: Path) -> None:
    said = say(config, "Arts & Crafts", *WEEK)
    assert (said.exit_code, said.stdout) == (0, f"{config.parent / 'paper.pdf'} is written.\n")
    reader = PdfReader(io.BytesIO((config.parent / "paper.pdf").read_bytes()))
    text = reader.pages[0].extract_text()
    assert [f"Number {n}." in text for n in (1, 2, 3)] == [True, True, False]
    assert "1–7 Mar 2027" in text
    assert reader.metadata is not None
    assert reader.metadata.title == "News of Arts & Crafts"


def test_what_cannot_be_done_is_said_in_a_sentence_and_nothing_is_written(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, reason in (
        (("Nothing", *WEEK), "I know no network called “Nothing”.\n"),
        (("Arts & Craft", *WEEK), "called “Arts & Craft”. Did you mean `arts-and-crafts`?\n"),
        (("Quiet", *WEEK), "Quiet is not public, or not active."),
        (("Arts & Crafts", "2027-03-10", "2027-03-12"), "has nothing to print from 2027-03-10 to 2027-03-12"),
        (("Arts & Crafts", "2027-03-08", "2027-03-01"), "The first day must come before the last"),
    ):
        said = say(config, *words)
        assert (said.exit_code, said.stdout) == (1, "")
        assert reason in said.stderr
    assert say(config, "Arts & Crafts", "monday", WEEK[1]).exit_code == 2
    assert not (config.parent / "paper.pdf").exists()
    said = say(config, "Arts & Crafts", *WEEK, out="no/such/folder.pdf")
    assert (said.exit_code, "cannot be written" in said.stderr) == (1, True)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    said = say(config, "Arts & Crafts", *WEEK)
    assert (said.exit_code, "hedgerow[paper]" in said.stderr) == (1, True)
