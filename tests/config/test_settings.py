import os
import stat
import traceback

import pytest
import yaml

from config.documents import parse_document
from config.sections import Settings, setting_names
from config.settings import ListenAddress, SettingsRefused, Severity, load_settings, problems_in
from spaces.identifiers import UserId

AS_TOKEN = "canary-a-5f1c0e9b7d"
HS_TOKEN = "canary-h-83be21c47a"
KEY = "canary-k-1d90fa6c3e"


def good():
    return {
        "homeserver": {
            "url": "http://127.0.0.1:8008",
            "domain": "example.org",
            "as_token": AS_TOKEN,
            "hs_token": HS_TOKEN,
            "sender_localpart": "hedgerow-0123",
        },
        "admins": ["@alice:example.org"],
        "encryption": {"key": KEY},
    }


def changed(key, value):
    settings = good()
    inner = settings
    *sections, name = key.split(".")
    for section in sections:
        inner = inner.setdefault(section, {})
    inner[name] = value
    return settings


@pytest.fixture
def write(tmp_path):
    def to_file(data, mode=0o600):
        path = tmp_path / "hedgerow.yaml"
        path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
        path.chmod(mode)
        return path

    return to_file


@pytest.fixture
def problems(write):
    return lambda data, environ=None, **rest: problems_in(write(data, **rest), environ or {})


@pytest.fixture
def load(write):
    return lambda data, environ=None: load_settings(write(data), environ or {})


# -- what is read -----------------------------------------------------------------------------------


def test_what_is_not_said_has_its_default(load, problems):
    settings = load(good())
    assert problems(good()) == []
    assert settings.listen == ListenAddress("127.0.0.1", 29330)
    assert settings.metrics.listen is None
    assert settings.database_url == "sqlite+aiosqlite:///hedgerow.db"
    assert settings.homeserver.bot == UserId("@hedgerow:example.org")
    assert settings.homeserver.sender == UserId("@hedgerow-0123:example.org")
    assert (settings.rooms.version, settings.outbox.side_by_side, settings.reconcile.every_seconds) == (
        "auto",
        8,
        180,
    )
    assert (settings.networks.open_creation, settings.legacy_query_auth) == (False, False)
    assert (settings.bot.prefix, settings.bot.display_name) == ("!hedge", "Hedgerow")
    assert (settings.log.level, settings.log.format) == ("info", "text")
    assert settings.admins == (UserId("@alice:example.org"),)
    encryption = settings.encryption
    assert (encryption.enabled, encryption.store, encryption.transport) == (True, None, "sync")


@pytest.mark.parametrize(
    ("written", "driven"),
    [
        ("sqlite:///hedge.db", "sqlite+aiosqlite:///hedge.db"),
        ("sqlite:////var/lib/hedge.db", "sqlite+aiosqlite:////var/lib/hedge.db"),
        ("postgresql://u:p@db/hedge", "postgresql+asyncpg://u:p@db/hedge"),
        ("postgres://u:p%40@db:5433/hedge", "postgresql+asyncpg://u:p%40@db:5433/hedge"),
        ("postgresql://db/hedge?sslmode=require", "postgresql+asyncpg://db/hedge?ssl=require"),
        ("postgresql:///hedge?host=/run/db", "postgresql+asyncpg:///hedge?host=%2Frun%2Fdb"),
        ("postgresql+asyncpg://db/hedge", "postgresql+asyncpg://db/hedge"),
    ],
)
def test_a_database_url_is_taken_as_it_is_written_elsewhere(load, written, driven):
    assert load(changed("database", written)).database_url == driven


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:29330", "::1", 29330), ("localhost:1", "localhost", 1)],
)
def test_an_address_to_listen_on_is_read_and_written_back(load, written, host, port):
    listen = load(changed("listen", written)).listen
    assert listen == ListenAddress(host, port)
    assert str(listen) == written


@pytest.mark.parametrize("version", [12, "12", "11", 10, "auto", "AUTO"])
def test_a_room_version_may_be_written_as_a_number(load, version):
    assert load(changed("rooms.version", version)).rooms.version == str(version).lower()


def test_settings_cannot_be_changed(load):
    with pytest.raises(ValueError, match="frozen"):
        load(good()).listen = None


# -- variables --------------------------------------------------------------------------------------


def test_variables_go_before_the_file(load):
    environ = {
        "HEDGEROW_LISTEN": "0.0.0.0:8080",
        "HEDGEROW_HOMESERVER__DOMAIN": "hs.test",
        "HEDGEROW_METRICS__LISTEN": "127.0.0.1:9100",
        "HEDGEROW_OUTBOX__SIDE_BY_SIDE": "16",
        "HEDGEROW_LEGACY_QUERY_AUTH": "true",
        "HEDGEROW_ADMINS": "@bob:hs.test, @carol:hs.test",
        "HEDGEROW_DATABASE": "",
        "PATH": "/usr/bin",
    }
    settings = load(good(), environ)
    assert settings.listen.port == 8080
    assert settings.homeserver.domain == "hs.test"
    assert settings.metrics.listen == ListenAddress("127.0.0.1", 9100)
    assert settings.outbox.side_by_side == 16
    assert settings.legacy_query_auth is True
    assert settings.admins == ("@bob:hs.test", "@carol:hs.test")
    assert settings.database_url.endswith("hedgerow.db")


def test_a_file_named_by_a_variable_goes_before_both(load, tmp_path):
    (tmp_path / "token").write_text("from-the-file-0123456789\n")
    environ = {
        "HEDGEROW_HOMESERVER__AS_TOKEN": "from-the-variable-01234",
        "HEDGEROW_HOMESERVER__AS_TOKEN_FILE": str(tmp_path / "token"),
    }
    token = load(good(), environ).homeserver.as_token.get_secret_value()
    assert token == "from-the-file-0123456789"


def test_a_database_with_its_password_may_stand_in_a_file(load, tmp_path):
    (tmp_path / "url").write_text("postgres://u:p@db/hedge\n")
    assert load(good(), {"HEDGEROW_DATABASE_FILE": str(tmp_path / "url")}).database_url.startswith(
        "postgresql+"
    )


def test_a_file_that_cannot_be_read_is_named(problems):
    (problem,) = problems(good(), {"HEDGEROW_HOMESERVER__HS_TOKEN_FILE": "/nowhere/token"})
    assert problem.file == "HEDGEROW_HOMESERVER__HS_TOKEN_FILE"
    assert problem.what == "The file “/nowhere/token” cannot be read: no such file or directory."


def test_a_mistyped_variable_is_an_error_but_one_of_a_container_only_a_warning(problems):
    typo, foreign = problems(
        good(), {"HEDGEROW_HOMSERVER__URL": "http://x", "HEDGEROW_PORT_29330_TCP": "tcp://10.0.0.1:29330"}
    )
    assert typo.severity is Severity.ERROR
    assert typo.mend == "Did you mean “HEDGEROW_HOMESERVER__URL”?"
    assert foreign.severity is Severity.WARNING


def test_a_wrong_variable_is_named_instead_of_the_file(problems):
    (problem,) = problems(good(), {"HEDGEROW_LISTEN": "everywhere"})
    assert (problem.key, problem.file, problem.line) == ("listen", "HEDGEROW_LISTEN", 0)


# -- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("homeserver.url", "example.org", "is not an http or https URL"),
        ("homeserver.url", "ftp://example.org", "is not an http or https URL"),
        ("homeserver.url", "https://example.org/?x=1", "holds a user, a query"),
        ("homeserver.url", 8008, "must be text"),
        ("homeserver.domain", "https://example.org", "is not the name of a homeserver"),
        ("homeserver.domain", "example..org", "is not the name of a homeserver"),
        ("homeserver.domain", "example.org:99999", "is not the name of a homeserver"),
        ("homeserver.bot_localpart", "Hedge Row", "first part of a Matrix ID"),
        ("homeserver.appservice_id", "hedge/row", "cannot be the id"),
        ("homeserver.as_token", "short", "can be guessed"),
        ("homeserver.as_token", "a" * 40, "can be guessed"),
        ("homeserver.as_token", "CHANGE_ME_CHANGE_ME", "stand-in"),
        ("homeserver.as_token", "with a space 0123456789", "header cannot carry"),
        ("homeserver.as_token", 1234567890123456, "must be text"),
        ("listen", "29330", "not an address to listen on"),
        ("listen", "127.0.0.1:70000", "not an address to listen on"),
        ("listen", "::1:29330", "not an address to listen on"),
        ("database", "mysql://db/hedge", "neither SQLite nor PostgreSQL"),
        ("database", "sqlite://hedge.db", "needs three slashes"),
        ("database", "sqlite:///:memory:", "forgotten at each restart"),
        ("database", "sqlite:////var/lib/", "names a folder"),
        ("database", "postgresql://db", "no database name"),
        ("database", "postgresql://u:p/w@db/hedge", "no database name"),
        ("admins", ["alice"], "is not a Matrix ID"),
        ("admins", {"alice": True}, "must be a list"),
        ("rooms.version", "9", "not one of the choices"),
        ("networks.open_creation", "perhaps", "neither yes nor no"),
        ("bot.prefix", "! hedge", "holds a space"),
        ("bot.display_name", "a\u202eb", "does not fit"),
        ("outbox.side_by_side", 0, "does not fit"),
        ("outbox.side_by_side", 65, "does not fit"),
        ("outbox.side_by_side", True, "does not fit"),
        ("reconcile.every_seconds", 9, "does not fit"),
        ("reconcile.every_seconds", 180.5, "does not fit"),
        ("log.level", "loud", "not one of the choices"),
        ("log", "info", "must be a section"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_a_sentence_with_its_line(problems, key, value, what):
    (problem,) = [problem for problem in problems(changed(key, value)) if problem.key.startswith(key)]
    assert what in problem.what
    assert problem.is_error
    assert problem.line > 0
    assert problem.mend.endswith(".") or problem.what.endswith("@alice:example.org.")


def test_an_unknown_key_is_refused_with_the_nearest_one(problems):
    assert [(p.key, p.mend) for p in problems(changed("outbox.side_by_sid", 3))] == [
        ("outbox.side_by_sid", "Did you mean “side_by_side”?")
    ]
    assert problems(changed("homserver", {}))[0].mend == "Did you mean “homeserver”?"


def test_what_is_missing_is_named_with_its_variable(problems):
    missing = [problem for problem in problems("") if problem.is_error]
    assert [problem.key.removeprefix("homeserver.") for problem in missing] == [
        "url",
        "domain",
        "as_token",
        "hs_token",
        "sender_localpart",
        "encryption.key",
    ]
    assert "HEDGEROW_HOMESERVER__AS_TOKEN_FILE" in missing[2].mend
    assert "_FILE" not in missing[0].mend


def test_all_problems_come_at_once(problems):
    settings = changed("listn", "x")
    settings["homeserver"] |= {"url": "x", "as_token": "changeme", "hs_token": "changeme"}
    found = problems(settings, {"HEDGEROW_LOG__LEVEL": "loud"}, mode=0o644)
    assert {problem.key for problem in found} == {
        "listn",
        "homeserver.url",
        "homeserver.as_token",
        "homeserver.hs_token",
        "log.level",
        "",
    }
    assert [problem.is_error for problem in found] == sorted((p.is_error for p in found), reverse=True)


def test_none_of_the_words_is_pydantics(problems):
    found = problems({"homeserver": [], "log": {"level": []}, "bot": 3, "admins": 1, "x": {}})
    assert found
    assert not any("Input" in str(problem) or "pydantic" in str(problem) for problem in found)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("listen: [\n", 2, "It is not YAML"),
        ("listen: a\nbot: b: c\n", 2, "It is not YAML"),
        ("a: &x 1\nb: *x\n", 1, "Anchors (&) and aliases (*) are not taken."),
        ("a: \x07\n", 1, "There is a character that YAML does not allow."),
        ("a: 1\nb: !!float ''\n", 2, "Tags (!) are not taken."),
        ("a: !!bool perhaps\n", 1, "Tags (!) are not taken."),
        ("a: !!timestamp soon\n", 1, "Tags (!) are not taken."),
        ("a: !!set {b}\n", 1, "Tags (!) are not taken."),
        ("a: 1\n---\nb: 1\n", 2, "It is not YAML"),
        ("[" * 500, 1, "It is nested more than 128 deep."),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_line(problems, text, line, what):
    (problem,) = problems(text)
    assert problem.line == line
    assert what in problem.what


@pytest.mark.parametrize(
    "text", ["listen: a\nlisten: b\n", "listen: !!python/object:os.system x\n", "[a]: 1\n"]
)
def test_traps_of_yaml_are_refused(problems, text):
    assert any(problem.line and "homeserver" not in problem.key for problem in problems(text))


def test_a_file_that_is_not_there_or_too_large_or_not_text_is_refused(write, tmp_path):
    assert problems_in(tmp_path / "none.yaml", {})[0].what.startswith("The file cannot be read")
    assert problems_in(tmp_path, {})[0].what.startswith("The file cannot be read")
    assert "1 MiB" in problems_in(write("#" * (1024 * 1024 + 1)), {})[0].what
    path = write("")
    path.write_bytes(b"a: 1\nb: \xff\n")
    assert problems_in(path, {})[0].line == 2


def test_settings_that_cannot_be_used_are_refused_with_all_that_is_wrong(load):
    with pytest.raises(SettingsRefused) as refused:
        load({"listen": "x"})
    assert len([problem for problem in refused.value.problems if problem.is_error]) == 7
    assert "homeserver.url" in refused.value.sentence


# -- what is risky ----------------------------------------------------------------------------------


def test_a79_equal_tokens_are_refused(problems):
    (problem,) = problems(changed("homeserver.hs_token", AS_TOKEN))
    assert (problem.key, problem.severity) == ("homeserver.hs_token", Severity.ERROR)


@pytest.mark.parametrize("token", [AS_TOKEN, HS_TOKEN])
def test_a80_the_token_of_before_is_another_than_those_beside_it(problems, token):
    (problem,) = problems(changed("homeserver.previous_hs_token", token))
    assert (problem.key, problem.severity) == ("homeserver.previous_hs_token", Severity.ERROR)
    assert token not in str(problem)


def test_a79_the_bot_cannot_be_the_sender(problems):
    (problem,) = problems(changed("homeserver.sender_localpart", "hedgerow"))
    assert "the bot's own" in problem.what


@pytest.mark.parametrize(
    ("mode", "severity"), [(0o600, None), (0o640, None), (0o644, Severity.WARNING), (0o666, Severity.ERROR)]
)
def test_a79_a_file_that_others_can_read_is_a_warning_and_change_an_error(problems, mode, severity):
    found = problems(good(), mode=mode)
    assert [problem.severity for problem in found] == ([severity] if severity else [])


def test_a_file_without_secrets_may_be_read_by_all(problems):
    settings = good()
    tokens = {name: settings["homeserver"].pop(name) for name in ("as_token", "hs_token")}
    environ = {f"HEDGEROW_HOMESERVER__{name.upper()}": token for name, token in tokens.items()}
    environ["HEDGEROW_ENCRYPTION__KEY"] = settings["encryption"].pop("key")
    assert problems(settings, environ, mode=0o644) == []
    with_password = {**settings, "database": "postgresql://u:p@db/hedge"}
    assert len(problems(with_password, environ, mode=0o644)) == 1


@pytest.mark.parametrize(
    ("url", "risky"),
    [
        ("http://matrix.example.org", True),
        ("http://10.0.0.5:8008", True),
        ("https://matrix.example.org", False),
        ("http://localhost:8008", False),
        ("http://[::1]:8008", False),
        ("http://127.1.2.3:8008", False),
    ],
)
def test_a79_http_to_another_machine_is_a_loud_warning(problems, url, risky):
    found = problems(changed("homeserver.url", url))
    assert [problem.severity for problem in found] == ([Severity.WARNING] if risky else [])


def test_no_admin_or_one_from_elsewhere_is_a_warning(problems):
    assert problems(changed("admins", []))[0].what == "Nobody is an admin."
    assert "another homeserver" in problems(changed("admins", ["@eve:elsewhere.example"]))[0].what


def test_the_key_of_encryption_is_asked_for_only_where_there_is_encryption(problems, tmp_path):
    without = good() | {"encryption": {}}
    (problem,) = problems(without)
    assert (problem.key, problem.is_error) == ("encryption.key", True)
    assert "openssl rand -hex 32" in problem.mend
    assert "HEDGEROW_ENCRYPTION__KEY_FILE" in problem.mend
    for no in (False, "no", "off"):
        assert problems(good() | {"encryption": {"enabled": no}}) == []
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert problems(without, {"HEDGEROW_ENCRYPTION__KEY_FILE": str(tmp_path / "key")}) == []


def test_a_transport_that_is_none_is_refused(problems):
    (problem,) = problems(good() | {"encryption": {"key": KEY, "transport": "pigeon"}})
    assert problem.key == "encryption.transport"
    assert "sync, transactions" in problem.mend


# -- secrets ----------------------------------------------------------------------------------------


def test_a78_secrets_show_nowhere(load, problems):
    settings = load(changed("database", "postgresql://u:canary-p@db/hedge"))
    assert "canary" not in f"{settings} {settings!r} {settings.homeserver!r} {settings.model_dump()}"
    tokens = ("homeserver.as_token", "homeserver.hs_token", "homeserver.previous_hs_token", "encryption.key")
    for key in (*tokens, "database"):
        for value in ("canary", ["canary-0123456789abc"], "canary with spaces 123", {"canary": 1}):
            for problem in problems(changed(key, value)):
                assert "canary" not in str(problem).replace("database.canary", "")


def test_a78_a_refusal_holds_no_secret_in_any_traceback(load):
    settings = changed("listen", "nowhere")
    try:
        load(settings)
    except SettingsRefused as refused:
        shown = "".join(traceback.format_exception(refused)) + repr(refused)
    assert "canary" not in shown


def test_reading_settings_changes_no_file(write, tmp_path):
    path = write(good(), mode=0o400)
    tmp_path.chmod(0o500)
    before = path.stat()
    try:
        load_settings(path, dict(os.environ))
    finally:
        tmp_path.chmod(0o700)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


# -- the example ------------------------------------------------------------------------------------


def names(tree, at=()):
    for name, inner in tree.items():
        yield from names(inner, (*at, name)) if inner else [(*at, name)]


@pytest.fixture(scope="module")
def example(request):
    return (request.config.rootpath / "config" / "example.yaml").read_text()


def test_every_setting_stands_in_the_example_and_nothing_else(example):
    document = parse_document(example)
    in_example = {
        key for key in document.lines if key and not any(other[:-1] == key for other in document.lines)
    }
    assert in_example == set(names(setting_names()))


def test_every_setting_in_the_example_is_explained_above_it(example):
    lines = example.splitlines()
    said_together = {("homeserver", "hs_token"), ("bot", "display_name")}
    for key in set(names(setting_names())) - said_together:
        above = lines[parse_document(example).lines[key] - 2]
        assert above.lstrip().startswith("#"), key


def test_the_example_is_good_but_for_its_tokens_and_says_the_defaults(example, load):
    environ = {"HEDGEROW_HOMESERVER__AS_TOKEN": AS_TOKEN, "HEDGEROW_HOMESERVER__HS_TOKEN": HS_TOKEN}
    environ["HEDGEROW_ENCRYPTION__KEY"] = KEY
    settings = load(example, environ)
    defaults = Settings(
        homeserver=settings.homeserver.model_dump() | {"as_token": AS_TOKEN, "hs_token": HS_TOKEN},
        encryption={"key": KEY},
    )
    assert settings == defaults
    with pytest.raises(SettingsRefused, match="stand-in"):
        load(example)
