"""What `hedgerow demo` says when it cannot be, and who speaks at its prompt."""

from __future__ import annotations

import asyncio
import importlib
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from appservice.demo.folder import Folder
from spaces.blueprint import Blueprint, WantedNetwork

demonstration = importlib.import_module("appservice.cli.demonstration")
app = typer.Typer()
app.command()(demonstration.demo)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(app, ["--directory", str(tmp_path / "demo"), *words])


def test_a_template_that_is_not_there_is_a_sentence_and_nothing_is_made(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    result = run("--template", "neighborhood")
    assert result.exit_code == 1
    assert "Did you mean “neighbourhood”?" in result.output
    assert list(tmp_path.iterdir()) == []


def test_without_synapse_it_says_what_to_install(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    result = run("--once")
    assert result.exit_code == 1
    assert "pip install 'hedgerow[demo]'" in result.output


def test_a_second_one_in_the_same_folder_is_refused(run: Callable[..., Result], tmp_path: Path) -> None:
    with Folder(tmp_path / "demo").held():
        result = run("--once")
    assert result.exit_code == 1
    assert "running" in result.output


def test_how_signals_were_handled_comes_back_at_the_end(run: Callable[..., Result]) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run("--template", "none such")
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_alice_coordinates_each_top_and_so_what_is_below() -> None:
    stage = importlib.import_module("appservice.demo.stage")
    below = WantedNetwork("Below")
    [top] = stage.coordinated(Blueprint((WantedNetwork("Top", networks=(below,)),))).networks
    assert top.coordinators == ("@alice:demo.example",)
    assert top.networks == (below,)


class Place:
    """Stands for the stage: answers everything with who said what."""

    def __init__(self) -> None:
        self.dialogues = {name: SimpleNamespace(news=self._news) for name in ("alice", "bob")}

    async def _news(self) -> list[str]:
        return ["Somebody asks you (https://matrix.to/#/!room/$event?via=demo.example)."]

    async def ask(self, name: str, text: str) -> list[str]:
        return [f"{name}: {text}"]


@pytest.mark.parametrize(
    ("said", "speaks", "shown"),
    [
        ("tree", "alice", "  alice: tree\n"),
        ("as bob", "bob", "  Somebody asks you.\n"),
        ("as mallory", "alice", "There is nobody called “mallory” here, only alice, bob, carol, admin.\n"),
        ("assemble", "alice", "  alice: assemble\n"),
        ("", "alice", ""),
    ],
)
def test_a_line_is_said_to_the_bot_or_changes_who_speaks(
    said: str, speaks: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place: Any = Place()
    assert demonstration._turn(place, asyncio.run, "alice", said) == speaks
    assert capsys.readouterr().out == shown
