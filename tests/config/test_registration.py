import re

import pytest
import yaml
from synapse.config.appservice import load_appservices

from config.problems import Severity
from config.registration import (
    compare,
    make_registration,
    make_sender_localpart,
    make_token,
    problems_of_registration,
    registration_text,
)
from config.sections import Settings

AS_TOKEN, HS_TOKEN = "canary-a-5f1c0e9b7d", "canary-h-83be21c47a"


@pytest.fixture
def settings():
    homeserver = {
        "url": "http://127.0.0.1:8008",
        "domain": "hs.test",
        "as_token": AS_TOKEN,
        "hs_token": HS_TOKEN,
        "sender_localpart": "hedgerow-0123",
    }
    return Settings.model_validate({"homeserver": homeserver})


@pytest.fixture
def registration():
    return make_registration(
        domain="hs.test",
        url="http://127.0.0.1:29330",
        as_token=AS_TOKEN,
        hs_token=HS_TOKEN,
        sender_localpart="hedgerow-0123",
    )


def test_a_registration_agrees_with_the_settings_it_was_made_with(registration, settings):
    assert compare(registration, settings) == []


def test_a_registration_says_what_the_homeserver_needs(registration):
    assert registration["namespaces"] == {
        "users": [{"exclusive": True, "regex": r"(?i:@hedgerow:hs\.test)"}],
        "aliases": [{"exclusive": True, "regex": r"(?i:#hedge_[^:]*:hs\.test)"}],
        "rooms": [],
    }
    assert registration["rate_limited"] is False
    assert registration["protocols"] == ["hedgerow"]
    assert registration["receive_ephemeral"] is True
    assert registration["org.matrix.msc3202"] is True
    assert "io.element.msc4190" not in registration


def test_the_file_is_read_back_as_it_was_with_its_expressions_in_single_quotes(registration):
    text = registration_text(registration)
    assert yaml.safe_load(text) == registration
    assert r"regex: '(?i:@hedgerow:hs\.test)'" in text
    assert text.startswith("# ")


def test_a_homeserver_with_a_port_keeps_its_full_stops(registration):
    made = make_registration(**ARGUMENTS | {"domain": "my-hs.test:8448"})
    pattern = re.compile(made["namespaces"]["users"][0]["regex"])
    assert pattern.match("@Hedgerow:my-hs.test:8448")
    assert not pattern.match("@hedgerow:my-hsxtest:8448")


ARGUMENTS = {
    "domain": "hs.test",
    "url": "http://127.0.0.1:29330",
    "as_token": AS_TOKEN,
    "hs_token": HS_TOKEN,
    "sender_localpart": "hedgerow-0123",
}


def test_synapse_takes_the_file(registration, tmp_path):
    path = tmp_path / "registration.yaml"
    path.write_text(registration_text(registration))
    (loaded,) = load_appservices("hs.test", [str(path)])
    assert loaded.is_interested_in_user("@hedgerow:hs.test")
    assert loaded.is_exclusive_alias("#hedge_n.abc:hs.test")
    assert not loaded.is_interested_in_user("@someone:hs.test")
    assert not loaded.is_rate_limited()
    assert loaded.msc3202_transaction_extensions


def test_tokens_and_senders_are_random():
    assert make_token() != make_token()
    assert re.fullmatch("[0-9a-f]{64}", make_token())
    assert make_sender_localpart() != make_sender_localpart()


@pytest.mark.parametrize(
    ("change", "key", "what"),
    [
        ({"id": "other"}, "id", "It is not homeserver.appservice_id of the settings."),
        ({"as_token": "x"}, "as_token", "each would refuse the other"),
        ({"hs_token": None}, "hs_token", "each would refuse the other"),
        ({"sender_localpart": "other"}, "sender_localpart", "It is not homeserver.sender_localpart"),
        ({"url": None}, "url", "the homeserver sends nothing"),
        ({"url": "127.0.0.1:29330"}, "url", "the homeserver sends nothing"),
        ({"namespaces": None}, "namespaces.users", "is not kept for Hedgerow alone"),
    ],
)
def test_what_does_not_agree_is_said(registration, settings, change, key, what):
    problems = [problem for problem in compare(registration | change, settings) if problem.key == key]
    assert what in problems[0].what
    assert problems[0].is_error
    assert "canary" not in str(problems)


def test_the_bot_as_sender_is_refused(registration, settings):
    found = compare(registration | {"sender_localpart": "hedgerow"}, settings)
    assert any("Synapse lets no such user" in problem.what for problem in found)


def test_a79_equal_tokens_are_refused(registration, settings):
    found = compare(registration | {"hs_token": AS_TOKEN}, settings)
    assert any("the same as as_token" in problem.what for problem in found)


@pytest.mark.parametrize(
    ("regex", "taken"),
    [
        (".*", "@someone:hs.test"),
        ("@.*:hs\\.test", "@someone:hs.test"),
        ("@hedgerow.*", "@hedgerowx:hs.test"),
        ("@hedgerow:", "@hedgerow:elsewhere.example"),
        (".*hedgerow:hs\\.test", "@xhedgerow:hs.test"),
    ],
)
def test_a79_a_users_namespace_that_takes_others_is_refused(registration, settings, regex, taken):
    namespaces = registration["namespaces"] | {"users": [{"exclusive": True, "regex": regex}]}
    (problem,) = compare(registration | {"namespaces": namespaces}, settings)
    assert problem.key == "namespaces.users"
    assert taken in problem.what


@pytest.mark.parametrize("regex", [".*", "#.*:hs\\.test", "#hedge_.*"])
def test_a79_an_aliases_namespace_that_takes_others_is_refused(registration, settings, regex):
    namespaces = registration["namespaces"] | {"aliases": [{"exclusive": True, "regex": regex}]}
    (problem,) = compare(registration | {"namespaces": namespaces}, settings)
    assert problem.key == "namespaces.aliases"


@pytest.mark.parametrize("regex", ["(?i)@hedgerow:hs\\.test", "(", None])
def test_an_expression_that_keeps_synapse_from_starting_is_refused(registration, settings, regex):
    namespaces = registration["namespaces"] | {"users": [{"exclusive": True, "regex": regex}]}
    assert "would not start" in compare(registration | {"namespaces": namespaces}, settings)[0].what


def test_a_namespace_that_is_not_exclusive_is_refused(registration, settings):
    namespaces = registration["namespaces"] | {
        "users": [{"exclusive": False, "regex": "(?i:@hedgerow:hs\\.test)"}]
    }
    (problem,) = compare(registration | {"namespaces": namespaces}, settings)
    assert "alone" in problem.what


def test_a_rooms_namespace_is_refused(registration, settings):
    namespaces = registration["namespaces"] | {"rooms": [{"exclusive": False, "regex": ".*"}]}
    (problem,) = compare(registration | {"namespaces": namespaces}, settings)
    assert problem.key == "namespaces.rooms"


def test_what_only_makes_it_worse_is_a_warning(registration, settings):
    change = {"rate_limited": True, "protocols": [], "url": "http://bots.example.org:29330"}
    found = compare(registration | change, settings)
    assert [problem.severity for problem in found] == [Severity.WARNING] * 3


@pytest.mark.parametrize(
    ("mode", "severity"), [(0o600, None), (0o640, None), (0o644, Severity.WARNING), (0o666, Severity.ERROR)]
)
def test_a79_the_mode_of_the_file_is_looked_at(registration, settings, tmp_path, mode, severity):
    path = tmp_path / "registration.yaml"
    path.write_text(registration_text(registration))
    path.chmod(mode)
    found = problems_of_registration(path, settings)
    assert [problem.severity for problem in found] == ([severity] if severity else [])


def test_a_registration_that_is_no_yaml_is_one_problem_with_its_line(settings, tmp_path):
    path = tmp_path / "registration.yaml"
    path.write_text("id: [\n")
    (problem,) = problems_of_registration(path, settings)
    assert problem.line == 2


def test_keys_by_transaction_need_two_flags(settings, registration):
    encryption = settings.encryption.model_copy(update={"transport": "transactions"})
    by_transaction = settings.model_copy(update={"encryption": encryption})
    assert compare(registration, by_transaction) == []
    for key in ("receive_ephemeral", "org.matrix.msc3202"):
        without = {name: value for name, value in registration.items() if name != key}
        (problem,) = compare(without, by_transaction)
        assert (problem.key, problem.is_error) == (key, True)
        assert compare(without, settings) == []
