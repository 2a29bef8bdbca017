import importlib
import stat

import pytest
import typer
import yaml
from typer.testing import CliRunner

from appservice.cli.config_check import check
from config.settings import load_settings
from config.writing import write_together
from spaces.errors import Conflict, Unavailable

FILES = ["--config", "hedgerow.yaml", "--registration", "hedgerow-registration.yaml"]
cli_init = importlib.import_module("appservice.cli.init")  # the package may have a function of that name
app = typer.Typer()
app.command()(cli_init.init)
config_app = typer.Typer()
app.add_typer(config_app, name="config")
config_app.command("check")(check)
config_app.callback()(lambda: None)

NEEDED = ["--domain", "example.org", "--homeserver", "http://127.0.0.1:8008"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {})
    return tmp_path


@pytest.fixture
def run(place):
    return lambda *words, **rest: CliRunner().invoke(app, list(words), **rest)


def registration_in(place):
    return yaml.safe_load((place / "hedgerow-registration.yaml").read_text())


def test_init_writes_both_files_and_they_agree(run, place):
    result = run("init", *NEEDED, "--admin", "@alice:example.org", "--admin", "@bob:example.org")
    assert result.exit_code == 0, result.output
    settings = load_settings(place / "hedgerow.yaml", {})
    registration = registration_in(place)
    assert settings.admins == ("@alice:example.org", "@bob:example.org")
    assert settings.homeserver.as_token.get_secret_value() == registration["as_token"]
    assert registration["as_token"] != registration["hs_token"]
    assert len(registration["hs_token"]) == 64
    assert registration["url"] == "http://127.0.0.1:29330"
    assert registration["sender_localpart"] == settings.homeserver.sender_localpart != "hedgerow"
    checked = run(
        "config", "check", "--config", "hedgerow.yaml", "--registration", "hedgerow-registration.yaml"
    )
    assert (checked.exit_code, checked.output) == (0, "Configuration is good.\n")


def test_init_says_what_to_do_next(run, place):
    output = run("init", *NEEDED).output
    assert "app_service_config_files" in output
    assert str(place / "hedgerow-registration.yaml") in output
    assert "hedgerow run --config hedgerow.yaml" in output
    assert "Nobody is an admin yet" in output
    assert registration_in(place)["as_token"] not in output


def test_a79_both_files_are_readable_by_their_owner_only(run, place):
    run("init", *NEEDED)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()}
    assert modes == {0o600}


def test_what_is_given_is_taken(run, place):
    given = [
        "--listen",
        "0.0.0.0:8080",
        "--url",
        "https://hedge.example.org/",
        "--database",
        "postgres://db/hedge",
    ]
    tokens = ["--as-token", "0123456789abcdef", "--hs-token", "fedcba9876543210"]
    files = ["--config", "a.yaml", "--registration", "b.yaml"]
    assert run("init", *NEEDED, *given, *tokens, *files).exit_code == 0
    registration = yaml.safe_load((place / "b.yaml").read_text())
    assert registration["url"] == "https://hedge.example.org"
    assert registration["hs_token"] == "fedcba9876543210"
    settings = load_settings(place / "a.yaml", {})
    assert str(settings.listen) == "0.0.0.0:8080"
    assert settings.database_url == "postgresql+asyncpg://db/hedge"


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "[::]"])
def test_who_listens_everywhere_is_reached_at_home(run, place, everywhere):
    run("init", *NEEDED, "--listen", f"{everywhere}:29330")
    assert registration_in(place)["url"] == "http://127.0.0.1:29330"


@pytest.mark.parametrize("existing", ["hedgerow.yaml", "hedgerow-registration.yaml"])
def test_nothing_is_overwritten_and_nothing_written_beside_it(run, place, existing):
    (place / existing).write_text("mine")
    result = run("init", *NEEDED)
    assert result.exit_code == 1
    assert f"{existing} is already there" in result.output
    assert "--force" in result.output
    assert [path.name for path in place.iterdir()] == [existing]
    assert (place / existing).read_text() == "mine"


def test_force_overwrites_with_new_tokens_and_a_safe_mode(run, place):
    run("init", *NEEDED)
    before = registration_in(place)
    (place / "hedgerow.yaml").chmod(0o644)
    assert run("init", *NEEDED, "--force").exit_code == 0
    assert registration_in(place)["as_token"] != before["as_token"]
    assert stat.S_IMODE((place / "hedgerow.yaml").stat().st_mode) == 0o600
    assert len(list(place.iterdir())) == 2


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ["--domain", "https://example.org"],
            "--domain: “https://example.org” is not the name of a homeserver.",
        ),
        (["--homeserver", "example.org"], "--homeserver: “example.org” is not an http or https URL."),
        (["--admin", "alice"], "--admin: “alice” is not a Matrix ID."),
        (["--listen", "29330"], "--listen: “29330” is not an address to listen on."),
        (["--url", "hedge"], "--url: “hedge” is not an http or https URL."),
        (["--database", "mysql://x/y"], "--database: The database is neither SQLite nor PostgreSQL."),
        (["--as-token", "changeme"], "--as-token: The token is a stand-in"),
        (["--as-token", "0123456789abcdef", "--hs-token", "0123456789abcdef"], "--hs-token: It is the same"),
        (["--config", "x.yaml", "--registration", "./x.yaml"], "name the same file"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(run, place, flags, sentence):
    result = run("init", *NEEDED, *flags)
    assert result.exit_code == 2
    assert sentence in result.output
    assert list(place.iterdir()) == []


def test_all_that_cannot_be_is_said_at_once(run):
    lines = run("init", "--domain", "?", "--homeserver", "?", "--admin", "?").output.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "--domain",
        "--homeserver",
        "--admin",
        "Nothing was written.",
    ]


def test_without_a_terminal_the_missing_flags_are_named(run, place):
    result = run("init", "--domain", "example.org")
    assert result.exit_code == 2
    assert result.output == "This is not a terminal, so nobody can be asked. Give --homeserver.\n"
    assert "--domain and --homeserver" in run("init").output
    assert list(place.iterdir()) == []


def test_at_a_terminal_only_what_the_flags_leave_out_is_asked(run, place, monkeypatch):
    monkeypatch.setattr(cli_init, "at_a_terminal", lambda: True)
    result = run(
        "init", "--domain", "example.org", "--listen", "127.0.0.1:1", input="\n\n@alice:example.org\n"
    )
    assert result.exit_code == 0, result.output
    assert "Domain" not in result.output
    settings = load_settings(place / "hedgerow.yaml", {})
    assert settings.homeserver.url == "http://127.0.0.1:8008"
    assert settings.admins == ("@alice:example.org",)


def test_http_to_another_machine_is_pointed_out(run):
    assert "Careful" in run("init", "--domain", "example.org", "--homeserver", "http://10.0.0.5:8008").output


def test_a_folder_that_is_not_there_is_a_sentence_and_the_other_file_is_taken_back(run, place):
    result = run("init", *NEEDED, "--registration", "none/r.yaml")
    assert result.exit_code == 1
    assert "none/r.yaml cannot be written: no such file or directory." in result.output
    assert list(place.iterdir()) == []


def test_a_file_that_appears_at_the_last_moment_is_kept(place):
    (place / "old").write_text("mine")
    with pytest.raises(Conflict):
        write_together({place / "new": "x", place / "old": "y"})
    assert [(path.name, path.read_text()) for path in place.iterdir()] == [("old", "mine")]


def test_a_file_that_cannot_be_put_in_place_leaves_none(place):
    (place / "folder").mkdir()
    with pytest.raises(Unavailable):
        write_together({place / "folder": "x", place / "new": "y"}, force=True)
    assert [path.name for path in place.iterdir()] == ["folder"]


# -- config check -----------------------------------------------------------------------------------


def test_check_prints_every_problem_and_fails(run, place):
    run("init", *NEEDED)
    path = place / "hedgerow.yaml"
    path.write_text(path.read_text().replace("prefix:", "prefx:").replace("level: ", "level: un"))
    path.chmod(0o644)
    result = run("config", "check", "--config", "hedgerow.yaml")
    assert result.exit_code == 1
    assert "Did you mean “prefix”?" in result.output
    assert "log.level" in result.output
    assert "warning" in result.output
    assert result.output.splitlines()[-1] == "2 to mend."


def test_check_takes_variables_into_account(run, place, monkeypatch):
    run("init", *NEEDED)
    monkeypatch.setattr("os.environ", {"HEDGEROW_LISTEN": "nowhere"})
    result = run("config", "check", "--config", "hedgerow.yaml")
    assert result.exit_code == 1
    assert "HEDGEROW_LISTEN" in result.output


def test_check_compares_with_the_registration(run, place):
    run("init", *NEEDED, "--admin", "@alice:example.org")
    path = place / "hedgerow-registration.yaml"
    path.write_text(path.read_text().replace("example\\.org", "hs\\.test"))
    result = run("config", "check", "--config", "hedgerow.yaml", "--registration", path.name)
    assert result.exit_code == 1
    assert "namespaces.users" in result.output


def test_warnings_alone_do_not_fail(run):
    run("init", *NEEDED)
    result = run("config", "check", "--config", "hedgerow.yaml")
    assert result.exit_code == 0
    assert "Nobody is an admin." in result.output
    assert result.output.endswith("Configuration is good.\n")


def test_a_file_that_is_not_there_is_a_sentence(run):
    result = run("config", "check", "--config", "none.yaml", "--registration", "none.yaml")
    assert result.exit_code == 1
    assert "The file cannot be read: no such file or directory." in result.output
    assert "Traceback" not in result.output
