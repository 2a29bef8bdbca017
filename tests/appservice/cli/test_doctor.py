"""`hedgerow doctor` as it is typed: what it prints, and how it ends."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appservice import logs
from appservice.cli import app
from appservice.demo.synapse import free_port
from appservice.findings import Finding
from config.settings import load_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration that is good, and for a homeserver and a folder that are not there."""
    path = tmp_path / "hedgerow.yaml"
    words = [
        "--homeserver",
        "http://127.0.0.1:1",
        "--listen",
        f"127.0.0.1:{free_port()}",
        "--admin",
        "@a:hs.test",
    ]
    words += ["--domain", "hs.test", "--database", f"sqlite:///{tmp_path / 'none' / 'h.db'}"]
    words += ["--config", str(path), "--registration", str(tmp_path / "registration.yaml")]
    assert CliRunner().invoke(app, ["init", *words]).exit_code == 0
    return path


def doctor(config: Path) -> tuple[int, list[str]]:
    ended = CliRunner().invoke(app, ["doctor", "--config", str(config)])
    return ended.exit_code, ended.output.splitlines()


def test_a_missing_key_is_told_once_with_its_own_mend(config: Path) -> None:
    config.write_text(re.sub(r"(?m)^  key:.*$", "  key:", config.read_text()))
    code, found = doctor(config)
    assert code == 1
    assert found[0].startswith("failed  configuration: encryption.key (")
    assert "Make one with `openssl rand -hex 32`" in found[0]
    assert found[0].endswith("write `enabled: false` below `encryption:`.")
    assert not found[0].endswith("..")
    assert "config check" not in found[0]
    assert found[1:] == ["One to mend."]


def test_what_only_is_to_be_looked_at_is_told_and_is_no_failure(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> list[Finding]:
        return []

    monkeypatch.setattr("appservice.cli.doctor.examine", nothing)
    assert doctor(config) == (0, [f"ok      configuration: {config} is good.", "All is well."])
    config.write_text(re.sub(r"(?m)^admins:.*(\n-.*)*", "admins: []", config.read_text()))
    config.chmod(0o644)
    code, found = doctor(config)
    assert code == 0
    assert found[0] == f"ok      configuration: {config} is good."
    assert [line.split(":")[0] for line in found[1:3]] == ["look    configuration"] * 2
    assert "can read the secrets" in found[1] + found[2]
    assert "Nobody is an admin." in found[1] + found[2]
    assert found[3:] == ["All is well, but for what to look at."]


def test_the_rest_is_looked_at_where_the_configuration_is_good(config: Path) -> None:
    code, found = doctor(config)
    assert code == 1
    assert [line.split(":")[0] for line in found[:-1] if "disk" not in line] == [
        "ok      configuration",
        "ok      registration",
        "failed  database",
        "look    service",
        "failed  homeserver",
    ]
    assert found[-1] == "2 to mend."


def test_a78_secrets_are_hidden_in_what_is_found_and_in_a_traceback(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = load_settings(config, {})
    secrets = [made.homeserver.as_token, made.homeserver.hs_token, made.encryption.key]
    text = " ".join(secret.get_secret_value() for secret in secrets if secret)

    async def told(*_: object) -> list[Finding]:
        return [Finding("ok", "as_token", text)]

    async def broken(*_: object) -> list[Finding]:
        raise RuntimeError(text)

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("appservice.cli.doctor.examine", told)
    assert doctor(config)[1][1] == "ok      as_token: [hidden] [hidden] [hidden]."
    monkeypatch.setattr("appservice.cli.doctor.examine", broken)
    error = CliRunner().invoke(app, ["doctor", "--config", str(config)]).exception
    assert isinstance(error, RuntimeError)
    logs.configure("CRITICAL")  # to standard error as it is now
    sys.excepthook(RuntimeError, error, error.__traceback__)
    written = capsys.readouterr().err
    assert written.endswith("\nRuntimeError\n")
    assert not [word for word in text.split() if word in written]


def test_a78_the_databases_password_is_hidden_as_it_is_written_and_as_it_is(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told(*_: object) -> list[Finding]:
        return [Finding("ok", "database", "zq7%40canary and zq7@canary")]

    monkeypatch.setattr("appservice.cli.doctor.examine", told)
    monkeypatch.setenv("HEDGEROW_DATABASE", "postgresql://hedgerow:zq7%40canary@127.0.0.1:1/hedgerow")
    assert doctor(config)[1][-2] == "ok      database: [hidden] and [hidden]."


def test_each_thing_wrong_in_the_configuration_is_a_failure_of_its_own(tmp_path: Path) -> None:
    config = tmp_path / "hedgerow.yaml"
    config.write_text("listen: nowhere\n")
    ended = CliRunner().invoke(app, ["doctor", "--config", str(config)])
    assert ended.exit_code == 1
    found = ended.output.splitlines()
    assert [line.split()[:2] for line in found[:-2]] == [["failed", "configuration:"]] * (len(found) - 2)
    assert found[-2].startswith("look    configuration: admins (")
    assert "listen (" in ended.output
    assert "homeserver.url (" in ended.output
    assert found[-1] == f"{len(found) - 2} to mend."


# -- mending and JSON -------------------------------------------------------------------------------


@pytest.fixture
def unbroken(config: Path) -> Path:
    """A configuration for a folder that is there."""
    (config.parent / "none").mkdir(mode=0o700)
    return config


def test_as_json_it_is_one_object_and_nothing_else(unbroken: Path) -> None:
    unbroken.chmod(0o644)
    ended = CliRunner().invoke(app, ["doctor", "--json", "--config", str(unbroken)])
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["well"]) == (1, False)
    assert {tuple(sorted(one)) for one in told["findings"]} == {("about", "found", "mend", "verdict")}
    mode = next(one for one in told["findings"] if "mode 0644" in one["found"])
    assert (mode["verdict"], mode["mend"]) == ("look", f"Run `chmod 600 {unbroken}`.")
    assert [one["about"] for one in told["findings"] if one["verdict"] == "failed"] == ["homeserver"]
    assert ended.stderr == ""


def test_a_repair_shows_what_it_would_do_and_does_nothing_unasked(config: Path) -> None:
    ended = CliRunner().invoke(app, ["doctor", "--repair", "--config", str(config)])
    assert ended.exit_code == 1
    assert ended.stdout.endswith(
        "\nThis can be mended from here:\n"
        f"  make the folder {config.parent / 'none'}\n"
        "The rest is for you: what stands behind “To mend it”.\n"
    )
    assert ended.stderr == "Nothing was done. Say --yes to have it done without being asked.\n"
    assert not (config.parent / "none").exists()


def test_a79_a_repair_that_is_agreed_to_mends_what_it_can_and_tells_what_is_left(config: Path) -> None:
    config.chmod(0o646)
    ended = CliRunner().invoke(app, ["doctor", "--repair", "--yes", "--config", str(config)])
    assert f"\n  chmod 600 {config}\n" in ended.stdout
    assert f"\ndone: chmod 600 {config}\n" in ended.stdout
    after = ended.stdout.partition("\ndone: ")[2]
    assert f"ok      configuration: {config} is good." in after
    assert "failed  database: the folder" in after  # which only shows now
    ended = CliRunner().invoke(app, ["doctor", "--repair", "--yes", "--config", str(config)])
    assert "ok      database: " in ended.stdout
    assert ended.stdout.endswith("One to mend.\n")  # the homeserver is away
    ended = CliRunner().invoke(app, ["doctor", "--repair", "--yes", "--config", str(config)])
    assert "Nothing of that can be mended from here.\nOne to mend.\n" in ended.stdout


def test_who_says_no_at_a_terminal_has_nothing_done(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appservice.cli.doctor._is_asked_at_a_terminal", lambda: True)
    ended = CliRunner().invoke(app, ["doctor", "--repair", "--config", str(config)], input="n\n")
    assert ended.stdout.endswith("Do this? [y/N]: n\n2 to mend.\n")
    assert not (config.parent / "none").exists()
    ended = CliRunner().invoke(app, ["doctor", "--repair", "--config", str(config)], input="y\n")
    assert f"Do this? [y/N]: y\ndone: make the folder {config.parent / 'none'}\n" in ended.stdout


def test_a79_a_secret_in_a_file_that_others_may_read_is_looked_at(
    unbroken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = unbroken.with_name("key")
    secret.write_text("a-key-of-the-configuration")
    secret.chmod(0o644)
    monkeypatch.setattr("appservice.doctor.files.stat.S_IXOTH", 0o400)  # as if pytest's folder were open
    monkeypatch.setenv("HEDGEROW_ENCRYPTION__KEY_FILE", str(secret))
    _, found = doctor(unbroken)
    [line] = [line for line in found if str(secret) in line]
    assert line == (
        f"look    configuration: everyone on this machine can read {secret} (mode 0644). "
        f"To mend it: `chmod 600 {secret}`."
    )
