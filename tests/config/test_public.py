"""The public pages in the settings: both of their settings or neither, and a port of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Problem, Severity, load_settings, problems_in
from tests.config.test_settings import good

URL = "https://hedgerow.example.org"


def problems(tmp_path: Path, public: dict[str, Any], **more: Any) -> list[Problem]:
    return problems_in(_written(tmp_path, public, more), {})


def _written(tmp_path: Path, public: dict[str, Any], more: dict[str, Any]) -> Path:
    path = tmp_path / "hedgerow.yaml"
    path.write_text(yaml.safe_dump({**good(), "public": public, **more}))
    path.chmod(0o600)
    return path


def test_without_them_there_are_no_pages(tmp_path: Path) -> None:
    assert problems(tmp_path, {}) == []
    settings = load_settings(_written(tmp_path, {}, {}), {})
    assert (settings.public.listen, settings.public.base_url) == (None, None)


def test_the_directory_stands_beside_them_unless_it_is_switched_off(tmp_path: Path) -> None:
    public = {"listen": "127.0.0.1:29331", "base_url": URL}
    for said, is_on in (({}, True), ({"directory": False}, False), ({"directory": "yes"}, True)):
        assert load_settings(_written(tmp_path, {**public, **said}, {}), {}).public.directory is is_on


def test_the_news_stand_beside_them_unless_they_are_switched_off(tmp_path: Path) -> None:
    public = {"listen": "127.0.0.1:29331", "base_url": URL}
    for said, is_on in (({}, True), ({"news": False}, False), ({"news": "on"}, True)):
        assert load_settings(_written(tmp_path, {**public, **said}, {}), {}).public.news is is_on


def test_both_of_them_make_pages(tmp_path: Path) -> None:
    public = {"listen": "127.0.0.1:29331", "base_url": f"{URL}/hedge/"}
    assert problems(tmp_path, public) == []
    settings = load_settings(_written(tmp_path, public, {}), {})
    assert (str(settings.public.listen), settings.public.base_url) == ("127.0.0.1:29331", f"{URL}/hedge")


@pytest.mark.parametrize(
    ("public", "key", "part"),
    [
        ({"listen": "127.0.0.1:29331"}, "public.base_url", "nobody could be told"),
        ({"base_url": URL}, "public.listen", "nothing would answer"),
        ({"listen": "29331", "base_url": URL}, "public.listen", "not an address to listen on"),
        ({"listen": "127.0.0.1:29331", "base_url": "hedgerow"}, "public.base_url", "not an http or https"),
        ({"listen": "127.0.0.1:29330", "base_url": URL}, "public.listen", "another listener"),
        ({"listen": "127.0.0.1:9100", "base_url": URL}, "public.listen", "another listener"),
    ],
)
def test_what_is_wrong_is_said_with_its_mend(
    tmp_path: Path, public: dict[str, str], key: str, part: str
) -> None:
    [problem] = problems(tmp_path, public, metrics={"listen": "127.0.0.1:9100"})
    assert (problem.key, problem.severity) == (key, Severity.ERROR)
    assert part in problem.what
    assert problem.mend


def test_pages_in_the_clear_are_warned_of(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, {"listen": "127.0.0.1:29331", "base_url": "http://hedgerow.example.org"})
    assert (problem.key, problem.severity) == ("public.base_url", Severity.WARNING)
