"""What the demonstration keeps from one start to the next."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from appservice.demo.folder import Folder
from config.registration import problems_of_registration
from config.settings import load_settings
from spaces.errors import Conflict, Unavailable


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "demo")
    with made.held():
        pass
    return made


def test_the_settings_and_the_registration_are_good_and_agree(folder: Folder) -> None:
    kept = folder.settle()
    settings = load_settings(folder.config, {})
    assert problems_of_registration(folder.registration, settings) == []
    assert settings.homeserver.url == kept.homeserver_url
    assert settings.listen.port == kept.hedgerow_port
    assert settings.admins == ("@admin:demo.example",)
    assert str(folder.database) in settings.database_url


def test_a_second_start_finds_everything_as_it_was(folder: Folder) -> None:
    kept = folder.settle()
    before = folder.config.read_text()
    assert folder.settle() == kept
    assert folder.config.read_text() == before


def test_a_folder_from_before_encryption_gets_a_key_and_keeps_it(folder: Folder) -> None:
    folder.settle()
    kept = folder.path / "kept.json"
    kept.write_text(
        json.dumps({k: v for k, v in json.loads(kept.read_text()).items() if k != "encryption_key"})
    )
    key = folder.settle().encryption_key
    assert len(key) == 64
    assert folder.settle().encryption_key == key


def test_a_port_that_somebody_took_is_changed_in_every_file_and_nothing_else(folder: Folder) -> None:
    kept = folder.settle()
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", kept.hedgerow_port))
        somebody.listen()
        changed = folder.settle()
    assert changed.hedgerow_port != kept.hedgerow_port
    assert changed.homeserver_port == kept.homeserver_port
    assert (changed.as_token, changed.password) == (kept.as_token, kept.password)
    assert load_settings(folder.config, {}).listen.port == changed.hedgerow_port
    assert f"url: '{changed.hedgerow_url}'" in folder.registration.read_text()


def test_only_one_demonstration_runs_in_a_folder(folder: Folder) -> None:
    with folder.held(), pytest.raises(Conflict, match="already"), Folder(folder.path).held():
        pass
    with folder.held():
        pass


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="--directory"), Folder(tmp_path / "file" / "demo").held():
        pass


@pytest.mark.parametrize("text", ["", "[]", '{"password": "x"}'])
def test_what_was_kept_and_cannot_be_read_is_a_sentence(folder: Folder, text: str) -> None:
    (folder.path / "kept.json").write_text(text)
    with pytest.raises(Unavailable, match="begin anew"):
        folder.settle()


def test_the_secrets_are_for_this_user_only(folder: Folder) -> None:
    folder.settle()
    for name in ("kept.json", "hedgerow.yaml", "hedgerow-registration.yaml"):
        assert (folder.path / name).stat().st_mode & 0o077 == 0
