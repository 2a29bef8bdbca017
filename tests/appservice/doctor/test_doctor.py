"""What `hedgerow doctor` finds, and that it changes nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from appservice.demo.synapse import free_port
from appservice.store import tables
from appservice.store.database import Database
from config.sections import PublicSettings
from config.settings import Settings
from tests.appservice.doctor.answering import answering
from tests.appservice.doctor.examined import about, lines, verdicts
from tests.fake import FakeHomeserver, Fault
from tests.hedgerow import running

SUBJECTS = (
    "database",
    "disk",
    "service",
    "homeserver",
    "clock",
    "as_token",
    "registration",
    "hs_token",
    "rate limits",
    "room version",
    "publishing",
    "rooms",
    "encryption",
)
FILES = ("h.db", "h.db-wal", "h.db-shm", "h.db.lock")


async def everything(settings: Settings) -> list[Any]:
    """All rows of its database."""
    database = Database(settings.database_url)
    async with database.reading() as connection:
        found = [(await connection.execute(select(table))).all() for table in tables.metadata.sorted_tables]
    await database.close()
    return found


@pytest.mark.of_sqlite
async def test_before_the_first_start_it_says_what_that_will_make_and_makes_nothing(
    fake: FakeHomeserver, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    before = fake.end_state()
    found = await lines(settings())
    assert [line for line in found if not line.startswith("ok ")] == [
        f"look    service: nothing answers on {settings().listen}, as Hedgerow does not run, so the "
        "homeserver cannot call it. To mend it: start `hedgerow run`, and then `hedgerow doctor` again: it "
        "has to run only for that."
    ]
    assert "h.db is not there yet" in found[0]
    assert "account comes with the first start" in "".join(found)
    assert os.listdir(tmp_path) == []
    assert fake.end_state() == before


@pytest.mark.usefixtures("laid_out")
async def test_beside_a_service_and_after_it_all_is_well(settings: Callable[..., Settings]) -> None:
    async with running(settings()) as service:
        beside = await lines(settings())
        device = service.engine.homeserver.device_id
    after = await lines(settings())
    for found in (beside, after):
        assert f"{device} is cross-signed" in found[-1]
    there = [subject for subject in SUBJECTS if subject != "disk"]
    assert verdicts(beside, "disk") == [["ok", subject] for subject in there]
    on_disk = settings().database_url.startswith("sqlite")  # PostgreSQL's may be another machine's
    assert verdicts(beside)[1:2] == [["ok", "disk" if on_disk else "service"]]
    rest = [subject for subject in there if subject not in ("service", "hs_token")]
    assert verdicts(after, "disk", "service") == [["ok", subject] for subject in rest]


@pytest.mark.usefixtures("laid_out")
async def test_a_device_that_is_not_cross_signed_is_told_with_the_mend(
    fake: FakeHomeserver, settings: Callable[..., Settings]
) -> None:
    async with running(settings()):
        pass
    fake.world.accounts["@hedgerow:hs.test"].signing_keys.clear()
    last = (await lines(settings()))[-1]
    assert last.startswith("failed  encryption:")
    assert "is not cross-signed. To mend it: start `hedgerow run`" in last


async def test_a_homeserver_that_is_away_and_a_token_that_it_does_not_know_are_told_apart(
    settings: Callable[..., Settings],
) -> None:
    away = await lines(settings(f"http://127.0.0.1:{free_port()}"))
    assert verdicts(away, "disk", "service") == [["ok", "database"], ["failed", "homeserver"]]
    assert "does not answer as one (nothing there takes a connection). To mend it: start" in away[-1]
    unknown = await lines(settings(as_token=SecretStr("some-other-token-012345")))
    assert verdicts(unknown, "disk", "service", "clock") == [
        ["ok", "database"],
        ["ok", "homeserver"],
        ["failed", "as_token"],
    ]
    assert "the registration is not loaded, or another as_token stands in it" in unknown[-1]
    assert "app_service_config_files" in unknown[-1]
    assert "`hedgerow config check --config '/etc/hedge row.yaml' --registration FILE`" in unknown[-1]
    assert "some-other-token" not in "".join(unknown)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.bad_gateway(), "(it says 502)"),
        (Fault(200, text="<html>"), "(an answer that is not JSON)"),
        (Fault.reset(), "(the connection ended before an answer came)"),
    ],
)
async def test_how_a_homeserver_does_not_answer_is_said_in_words(
    fake: FakeHomeserver, settings: Callable[..., Settings], fault: Fault, words: str
) -> None:
    fake.script(lambda call: True, fault, None)
    assert words in (await about(settings(), "homeserver"))[0]


async def test_a_name_that_is_not_known_and_a_server_without_tls_are_told_apart(
    fake: FakeHomeserver, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    secure = fake.base_url.replace("http:", "https:")
    assert "(no encrypted connection comes about)" in (await lines(settings(secure)))[-1]
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", refused)
    assert "(its name is not known)" in (await lines(settings("http://homeserver.invalid")))[-1]


@pytest.mark.of_sqlite
async def test_a_database_that_cannot_be_read_does_not_hide_the_rest(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "h.db").write_bytes(b"no database" * 500)
    found = await lines(settings())
    assert found[0].startswith("failed  database: it cannot be read (the file is not SQLite's)")
    assert ["ok", "homeserver"] in verdicts(found)
    assert ["ok", "as_token"] in verdicts(found)
    assert verdicts(found)[-1] == ["look", "encryption"]


@pytest.mark.usefixtures("laid_out")
async def test_a_key_that_opens_nothing_is_told_without_a_homeserver_and_changes_nothing(
    settings: Callable[..., Settings],
) -> None:
    async with running(settings()):
        pass
    before = await everything(settings())
    made = settings(f"http://127.0.0.1:{free_port()}")
    other = made.encryption.model_copy(update={"key": SecretStr("quite-another-key-0123")})
    found = await lines(made.model_copy(update={"encryption": other}))
    assert verdicts(found, "disk", "service") == [
        ["ok", "database"],
        ["failed", "encryption"],
        ["failed", "homeserver"],
    ]
    [key] = [line for line in found if line.startswith("failed  encryption")]
    assert "`encryption.key` does not open the bot's cross-signing keys" in key
    assert key.endswith("`encryption.enabled: false` starts without encryption.")
    assert await everything(settings()) == before
    off = other.model_copy(update={"enabled": False})
    assert "`encryption.key`" not in "".join(await lines(made.model_copy(update={"encryption": off})))


# -- the public pages -------------------------------------------------------------------------------


def with_pages(settings: Settings, listen: str, base_url: str) -> Settings:
    public = PublicSettings.model_validate({"listen": listen, "base_url": base_url})
    return settings.model_copy(update={"public": public})


async def pages_line(settings: Settings) -> str:
    [found] = await about(settings, "public pages")
    return found


@pytest.mark.usefixtures("laid_out")
async def test_pages_that_answer_where_they_should_are_well(settings: Callable[..., Settings]) -> None:
    at = f"127.0.0.1:{free_port()}"
    made = with_pages(settings(), at.replace("127.0.0.1", "0.0.0.0"), f"http://{at}")
    assert (await pages_line(made)).startswith("look    public pages: nothing answers on 0.0.0.0")
    async with running(made):
        assert await pages_line(made) == (
            f"ok      public pages: http://{at} leads to {made.public.listen}, and it answers."
        )


@pytest.mark.usefixtures("laid_out")
async def test_pages_whose_address_leads_elsewhere_are_told_with_the_mend(
    settings: Callable[..., Settings],
) -> None:
    at, nobody = f"127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    async with running(with_pages(settings(), at, f"http://{at}")), answering(404, "hedgerow") as elsewhere:
        found = await pages_line(with_pages(settings(), at, f"http://{elsewhere}"))
        assert found.startswith(
            f"failed  public pages: http://{elsewhere} leads to something else (it says 404). To mend it: let"
        )
        assert f"below http://{elsewhere}/join/ on to http://{at}/join/" in found
        found = await pages_line(with_pages(settings(), at, nobody))
        assert f"{nobody} does not answer this machine (nothing there takes a connection)" in found
        assert "`public.base_url`" in found


@pytest.mark.usefixtures("laid_out")
async def test_a_service_without_its_pages_and_another_program_in_their_place_are_told_apart(
    settings: Callable[..., Settings],
) -> None:
    at = f"127.0.0.1:{free_port()}"
    async with running(settings()):
        found = await pages_line(with_pages(settings(), at, f"http://{at}"))
        assert found.startswith(f"failed  public pages: Hedgerow runs, and {at} does not answer (nothing")
        assert "To mend it: stop `hedgerow run` and start it again" in found
    async with answering(200) as other:
        found = await pages_line(with_pages(settings(), other, f"http://{other}"))
        assert found == (
            f"failed  public pages: another program answers on {other}. "
            "To mend it: end that program, or write another port into `public.listen`."
        )


# -- whether the database can be written to ---------------------------------------------------------


@pytest.mark.parametrize("shut", ["", *FILES])
@pytest.mark.of_sqlite
async def test_a_file_or_folder_that_cannot_be_written_to_is_told_and_left_as_it_is(
    settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shut: str
) -> None:
    for name in FILES:
        (tmp_path / name).touch()
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / shut and allowed(path, mode))
    first = (await lines(settings()))[0]
    assert first.startswith(f"failed  database: this user may not write to {tmp_path / shut}. To mend it:")
    assert "`chown`" in first
    assert sorted(os.listdir(tmp_path)) == sorted(FILES)
    assert [entry.stat().st_size for entry in os.scandir(tmp_path)] == [0] * len(FILES)


@pytest.mark.parametrize("name", ["h.db", "h.db.lock"])
@pytest.mark.of_sqlite
async def test_a_folder_where_a_file_should_be_is_told(
    settings: Callable[..., Settings], tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    first = (await lines(settings()))[0]
    assert first.startswith(f"failed  database: {tmp_path / name} is a folder, where a file should be.")


@pytest.mark.of_sqlite
async def test_a_folder_that_is_missing_is_a_failure_and_is_not_made(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    folder = tmp_path / "not made" / "yet"
    made = settings().model_copy(update={"database": SecretStr(f"sqlite:///{folder / 'h.db'}")})
    first = (await lines(made))[0]
    assert first.startswith(f"failed  database: the folder {folder} is not there. ")
    assert f"`mkdir -p '{folder}'`" in first
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("inside", ["h.db", "deeper/h.db"])
@pytest.mark.of_sqlite
async def test_a_file_where_the_folder_should_be_is_told(
    settings: Callable[..., Settings], tmp_path: Path, inside: str
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / inside
    made = settings().model_copy(update={"database": SecretStr(f"sqlite:///{path}")})
    assert (await lines(made))[0].startswith(f"failed  database: {path.parent} is no folder. ")


@pytest.mark.of_sqlite
async def test_a_folder_that_may_not_be_looked_into_is_told(
    settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Path.stat

    def refused(path: Path, **more: Any) -> os.stat_result:
        if path == tmp_path:
            raise PermissionError(13, "Permission denied")
        return seen(path, **more)

    monkeypatch.setattr(Path, "stat", refused)
    first = (await lines(settings()))[0]
    assert first.startswith(f"failed  database: this user may not write to {tmp_path}. ")


# -- the folder of keys -----------------------------------------------------------------------------


async def test_a_folder_of_keys_that_is_shut_or_open_to_others_is_told_with_the_mend(
    settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "hedgerow-crypto"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr("appservice.doctor.files.stat.S_IXOTH", 0o400)  # as if pytest's folder were open
    [line] = [line for line in await about(settings(), "encryption") if str(folder) in line]
    assert line.startswith(f"look    encryption: everyone on this machine can read {folder} (mode 0755).")
    assert line.endswith(f"To mend it: `chmod 700 {folder}`.")
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != folder and allowed(path, mode))
    [line] = [line for line in await about(settings(), "encryption") if str(folder) in line]
    assert line.startswith(f"failed  encryption: this user may not write to {folder}. To mend it: give it to")
