"""What the doctor finds of the homeserver: time, registration, the way back, limits, the directory."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from appservice.demo.synapse import free_port
from appservice.doctor import Repairing
from appservice.repairs import Begin, SetMode
from config.sections import MetricsSettings
from config.settings import ListenAddress
from tests.appservice.doctor.answering import answering
from tests.appservice.doctor.examined import MakeSettings, about, findings
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import running


def loaded(fake: FakeHomeserver, **changed: Any) -> None:
    """The homeserver has loaded another registration than the one of the settings."""
    for name, value in changed.items():
        setattr(fake.registration, name, value)


async def test_a_clock_that_goes_wrong_is_a_failure(settings: MakeSettings) -> None:
    found = await findings(settings(), now=lambda: time.time() - 3600)
    [line] = [str(one) for one in found if one.about == "clock"]
    assert line.startswith("failed  clock: this machine's clock is 60 minutes behind that of the homeserver.")


async def test_a_bot_that_is_in_no_namespace_is_told_apart_from_one_that_is_not_made_yet(
    settings: MakeSettings,
) -> None:
    assert await about(settings(bot_localpart="somebody"), "registration") == [
        "failed  registration: the homeserver knows the as_token, and does not let it act as "
        "@somebody:hs.test: no namespace of the registration has it. To mend it: put the bot into "
        "`namespaces.users` of the registration, as `hedgerow init` writes it, or correct "
        "`homeserver.bot_localpart`; and restart the homeserver."
    ]
    [line] = await about(settings(), "as_token")
    assert line.startswith(
        "ok      as_token: the homeserver knows it; the bot's account comes with the first"
    )


async def test_what_the_loaded_registration_keeps_and_is_called_is_told_by_the_homeserver(
    fake: FakeHomeserver, settings: MakeSettings
) -> None:
    made = settings(sender_localpart="hedgerow-0123456789abcdef")
    loaded(fake, alias_prefix="elsewhere_", appservice_id="other")
    found = await about(made, "registration")
    assert [line.split(". To mend it: ")[0] for line in found] == [
        "look    registration: the one that the homeserver has loaded has another sender_localpart than the "
        "configuration",
        "failed  registration: the one that the homeserver has loaded does not keep #hedge_… for Hedgerow",
        "failed  registration: the one that the homeserver has loaded has another id than “hedgerow”",
    ]
    assert "`homeserver.appservice_id` in /etc/hedge row.yaml the same, and restart" in found[2]


async def test_a79_the_file_of_the_registration_is_compared_and_its_mode_mended(
    fake: FakeHomeserver, settings: MakeSettings, tmp_path: Path
) -> None:
    path = fake.registration.write(tmp_path / "registration.yaml")
    path.chmod(0o640)
    found = [one for one in await findings(settings(), path) if one.about == "registration"]
    assert str(found[0]) == f"ok      registration: {path} says what the configuration says."
    path.chmod(0o646)
    other = settings(appservice_id="another")
    id_, mode = [one for one in await findings(other, path) if str(path) in one.found]
    assert id_.verdict == mode.verdict == "failed"
    assert str(id_).endswith("It is not homeserver.appservice_id of the settings. Make them the same.")
    assert (mode.mend, mode.repair) == (f"Run `chmod 640 {path}`.", SetMode(path, 0o640))
    gone = [
        str(one) for one in await findings(settings(), tmp_path / "none.yaml") if "none.yaml" in one.found
    ]
    assert gone[0].startswith(f"failed  registration: {tmp_path / 'none.yaml'}: The file cannot be read")


# -- the way back -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("laid_out")
async def test_an_hs_token_that_differs_is_told_with_the_places_where_it_stands(
    fake: FakeHomeserver, settings: MakeSettings
) -> None:
    other = "quite-another-token-012345"
    async with running(settings()):
        [line] = await about(settings(hs_token=SecretStr(other)), "service")
        [agreed] = await about(settings(hs_token=SecretStr(other)), "hs_token")
        loaded(fake, hs_token=other)
        assert await about(settings(), "hs_token") == [
            "failed  hs_token: the homeserver reaches Hedgerow, and shows another one, so nothing that it "
            "sends is taken. To mend it: make `hs_token` in the registration file that the homeserver has "
            "loaded and `homeserver.hs_token` in /etc/hedge row.yaml the same, and restart the homeserver, "
            "which reads the registration only then."
        ]
    assert line.startswith("failed  service: what runs on ")
    assert "takes another hs_token than the one of this configuration. To mend it: where the regis" in line
    assert agreed.startswith("failed  hs_token: the homeserver and what runs agree on one, and this config")
    assert "write the `hs_token` of the registration into `homeserver.hs_token` in /etc/hedge row.y" in agreed


@pytest.mark.usefixtures("laid_out")
async def test_hedgerows_own_address_is_not_the_homeservers(settings: MakeSettings) -> None:
    made = settings()
    async with running(made):
        [line] = await about(settings(url=f"http://{made.listen}"), "homeserver")
    assert line.startswith(f"failed  homeserver: http://{made.listen} does not answer as one")


@pytest.mark.usefixtures("laid_out")
async def test_a_way_back_that_leads_elsewhere_is_told(fake: FakeHomeserver, settings: MakeSettings) -> None:
    made = settings()
    apart = made.model_copy(update={"listen": ListenAddress("127.0.0.1", free_port())})
    async with running(made), answering(404) as other:
        [line] = await about(apart, "hs_token")
        assert line.startswith(
            "look    hs_token: the homeserver reaches a Hedgerow that takes it, and not at"
        )
        loaded(fake, url=f"http://127.0.0.1:{free_port()}")
        [line] = await about(made, "hs_token")
        assert line.startswith("failed  hs_token: Hedgerow runs, and the homeserver does not reach it")
        assert f"To mend it: let `url` in the registration lead to {made.listen}, where Hedge" in line
        loaded(fake, url=f"http://{other}")
        [line] = await about(made, "hs_token")
        assert "reaches at `url` of the registration is not Hedgerow (it says 404)" in line
        loaded(fake, url=None)
        assert f"write `url: http://{made.listen}` into it" in (await about(made, "registration"))[-1]


async def test_a_homeserver_that_cannot_be_asked_to_call_is_no_failure(
    fake: FakeHomeserver, settings: MakeSettings
) -> None:
    fake.script("POST /appservice/{appservice_id}/ping", Fault.error(404, "M_UNRECOGNIZED"))
    assert (await about(settings(), "hs_token"))[0].startswith("look    hs_token: this homeserver cannot be")


async def test_another_program_in_the_place_of_the_service_is_told(settings: MakeSettings) -> None:
    async with answering(404) as other:
        made = settings().model_copy(update={"listen": ListenAddress("127.0.0.1", int(other.split(":")[1]))})
        assert (await about(made, "service"))[0].startswith(
            f"failed  service: another program answers on {other}. To mend it: end that program, or write"
        )


@pytest.mark.usefixtures("laid_out")
async def test_a_service_that_stands_by_is_well_unless_it_has_lost_the_database(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"database": True, "acting": False, "standing_by": True, "migrated": False}

    async def standing_by() -> dict[str, bool]:
        return told

    async with running(settings()) as service:
        monkeypatch.setattr(service, "ready", standing_by)
        [line] = await about(settings(), "service")
        assert line.startswith("ok      service: it runs on ")
        assert line.endswith("and stands by: another process acts.")
        told["database"] = False
        [line] = await about(settings(), "service")
        assert line.startswith("look    service: it runs on ")
        assert "is not ready: it waits for its database." in line
        del told["standing_by"]
        [line] = await about(settings(), "service")
        assert "its database and its turn to act and its database to be brought to" in line


@pytest.mark.usefixtures("laid_out")
async def test_a_service_that_waits_or_does_not_tell_is_told_apart(
    fake: FakeHomeserver, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def waiting() -> dict[str, bool]:
        return {"database": True, "homeserver": False, "ping": True}

    async with running(settings()) as service:
        monkeypatch.setattr(service, "ready", waiting)
        [line] = await about(settings(), "service")
        assert line.startswith("look    service: it runs on ")
        assert "and is not ready: it waits for the homeserver." in line
        apart = MetricsSettings.model_validate({"listen": f"127.0.0.1:{free_port()}"})
        [line] = await about(settings().model_copy(update={"metrics": apart}), "service")
        assert line.endswith("start it again: it reads `metrics.listen` only then.")
        loaded(fake, more={"protocols": []})
        [line] = await about(settings(), "registration")
        assert line.startswith(
            "look    registration: the one that the homeserver has loaded lacks `protocols"
        )


# -- what the bot may do ----------------------------------------------------------------------------


async def test_a_homeserver_that_slows_the_bot_down_is_looked_at(
    fake: FakeHomeserver, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appservice.doctor.limits._AT_ONCE", 24)
    fake.add_bot()
    limit = fake.limit("GET /rooms/{room_id}/hierarchy", 10, 0.2)
    [line] = await about(settings(), "rate limits")
    assert line.startswith(
        f"look    rate limits: of 24 questions at once the homeserver held {limit.refused} back"
    )
    assert limit.refused > 10
    assert "To mend it: write `rate_limited: false` into the registration file and restart" in line


@pytest.mark.parametrize(
    ("subject", "call", "words"),
    [
        (
            "rate limits",
            "GET /rooms/{room_id}/hierarchy",
            "failed  rate limits: the homeserver did not answer",
        ),
        ("publishing", "PUT /directory/list/appservice/{network}/{room_id}", "failed  publishing: the home"),
        ("room version", "GET /capabilities", "failed  room version: the homeserver did not answer this"),
        (
            "registration",
            "DELETE /directory/room/{alias}",
            "failed  registration: the homeserver did not answ",
        ),
        (
            "hs_token",
            "POST /appservice/{appservice_id}/ping",
            "failed  hs_token: the homeserver did not answ",
        ),
    ],
)
async def test_a_homeserver_that_breaks_off_in_the_midst_hides_nothing_else(
    fake: FakeHomeserver, settings: MakeSettings, subject: str, call: str, words: str
) -> None:
    fake.add_bot()
    fake.script(call, Fault.error(500), None)
    assert (await about(settings(), subject))[0].startswith(words)
    assert (await about(settings(), "encryption"))[0].startswith("ok")


async def test_a_room_version_that_is_not_offered_is_told_with_those_that_are(
    fake: FakeHomeserver, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add_bot()
    made = settings().model_copy(update={"rooms": settings().rooms.model_copy(update={"version": "12"})})
    assert await about(made, "room version") == ["ok      room version: new rooms are of version 12."]
    monkeypatch.setattr("tests.fake.account_routes.VERSIONS", ("1", "9", "10", "11"))
    assert await about(made, "room version") == [
        "failed  room version: the homeserver offers none that fits `rooms.version: 12`. To mend it: write "
        "one of these into `rooms.version`: 11, 10."
    ]
    monkeypatch.setattr("tests.fake.account_routes.VERSIONS", ("1", "9"))
    assert (await about(made, "room version"))[0].endswith("update it: it has none from 10 on.")


@pytest.mark.usefixtures("laid_out")
async def test_a_name_that_is_another_than_the_configured_one_is_mended_by_a_start_of_its_own(
    fake: FakeHomeserver, settings: MakeSettings
) -> None:
    fake.add_bot()
    found = next(one for one in await findings(settings()) if one.about == "bot")
    assert str(found).startswith(
        "look    bot: people see it as “hedgerow”, and `bot.display_name` is “Hedgerow”."
    )
    assert found.repair == Begin()
    assert (await Repairing(settings()).do(Begin())).why_not == ""
    after = await findings(settings())
    assert [one.about for one in after if not one.is_well or one.repair] == []
    assert "is cross-signed" in after[-1].found


@pytest.mark.usefixtures("laid_out")
async def test_a_start_of_its_own_is_left_to_the_service_that_runs(
    fake: FakeHomeserver, settings: MakeSettings
) -> None:
    async with running(settings()):
        before = len(fake.calls)
        repaired = await Repairing(settings()).do(Begin())
        assert str(repaired).endswith(
            "Hedgerow runs, and does that when it starts: stop it and start it again."
        )
        assert "displayname" not in "".join(call.path for call in fake.calls[before:])
