"""What is installed is what is in the tree: templates, migrations and the example included."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

HERE = Path(__file__).parent.parent
PACKAGES = ("appservice", "bot", "config", "spaces")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """The wheel, built of a copy: a build leaves files behind where it runs."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for package in PACKAGES:
        shutil.copytree(HERE / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        if (HERE / name).exists():
            shutil.copy(HERE / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, *offline, "--wheel-dir", built, source], check=True)
    [path] = built.glob("hedgerow-*.whl")
    with ZipFile(path) as opened:
        yield opened


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(wheel: ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    files = (file for package in PACKAGES for file in (HERE / package).rglob("*") if file.is_file())
    assert held == {file.relative_to(HERE).as_posix() for file in files if "__pycache__" not in file.parts}


@pytest.mark.parametrize(
    "name",
    [
        "appservice/store/migrations/env.py",
        "appservice/store/migrations/script.py.mako",
        "appservice/store/migrations/versions/0001_first.py",
        "config/example.yaml",
        "config/templates/integrated-care-system.yaml",
        "config/templates/neighbourhood.yaml",
        *(f"{package}/py.typed" for package in PACKAGES),
    ],
)
def test_the_wheel_holds_what_is_read_while_it_runs(wheel: ZipFile, name: str) -> None:
    assert name in wheel.namelist()


def test_the_wheel_brings_the_command_and_the_licence(wheel: ZipFile) -> None:
    told = {name.rpartition(".dist-info/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}
    assert "hedgerow = appservice.cli:main" in wheel.read(told["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in told
