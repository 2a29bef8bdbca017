"""What the first start of docker/compose.yaml writes, as the programs that read it see it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import yaml

from config.registration import problems_of_registration
from config.settings import Settings, read_settings
from spaces.errors import Refusal

DOCKER = Path(__file__).parent.parent / "docker"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("first_start", DOCKER / "first_start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Volumes:
    """The four volumes in a folder, and to whom each path was given."""

    def __init__(self, script: ModuleType, folder: Path) -> None:
        self._script = script
        self.folder = folder
        self.given: dict[str, tuple[int, int]] = {}
        for name in ("secrets", "synapse", "hedgerow", "element"):
            (folder / name).mkdir()

    def start(self, **environ: str) -> None:
        self.given = {}
        self._script.first_start(self.folder, environ, self._give)

    def _give(self, path: Path, user: int, group: int) -> None:
        self.given[path.relative_to(self.folder).as_posix()] = (user, group)

    def files(self) -> dict[str, str]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_text() for path in found}

    def yaml(self, name: str) -> dict[str, Any]:
        return dict(yaml.safe_load((self.folder / name).read_text()))

    def settings(self) -> Settings:
        settings, problems = read_settings(self.folder / "hedgerow/hedgerow.yaml", {})
        assert settings is not None
        assert [problem for problem in problems if problem.is_error] == []
        return settings

    def at_odds(self) -> list[str]:
        """Where the registration does not agree with the settings, but for http between two containers."""
        problems = problems_of_registration(self.folder / "synapse/hedgerow.yaml", self.settings())
        return [str(problem) for problem in problems if problem.is_error or problem.key != "url"]


@pytest.fixture
def volumes(script: ModuleType, tmp_path: Path) -> Volumes:
    return Volumes(script, tmp_path)


def test_hedgerow_and_the_homeserver_are_told_the_same(volumes: Volumes) -> None:
    volumes.start(DOMAIN="example.org")
    settings = volumes.settings()
    assert volumes.at_odds() == []
    assert (
        volumes.yaml("synapse/homeserver.yaml")["server_name"] == settings.homeserver.domain == "example.org"
    )
    assert urlsplit(volumes.yaml("synapse/hedgerow.yaml")["url"]).port == settings.listen.port


def test_a79_each_file_is_secret_and_belongs_to_who_reads_it(volumes: Volumes) -> None:
    volumes.start()
    modes = {name: (volumes.folder / name).stat().st_mode & 0o777 for name in volumes.files()}
    assert set(modes.values()) == {0o600}
    of = {"secrets": (999, 999), "synapse": (991, 991), "hedgerow": (10001, 0), "element": (101, 101)}
    assert volumes.given == {name: of[name.split("/")[0]] for name in [*of, *modes]}


def test_a79_no_secret_stands_in_two_places_that_do_not_share_it(volumes: Volumes) -> None:
    volumes.start()
    files = volumes.files()
    database = {files[f"secrets/{name}"] for name in ("postgres", "synapse", "hedgerow")}
    synapse = volumes.yaml("synapse/homeserver.yaml")
    own = {synapse[name] for name in ("registration_shared_secret", "macaroon_secret_key", "form_secret")}
    registration = volumes.yaml("synapse/hedgerow.yaml")
    tokens = {registration["as_token"], registration["hs_token"]}
    key = volumes.settings().encryption.key
    assert key is not None
    assert len(database | own | tokens | {key.get_secret_value()}) == 9
    assert files["secrets/postgres"] not in files["synapse/homeserver.yaml"] + files["hedgerow/hedgerow.yaml"]
    assert files["secrets/hedgerow"] not in files["synapse/homeserver.yaml"]
    assert files["element/config.json"].isascii()
    assert not any(secret in files["element/config.json"] for secret in database | own | tokens)


def test_a_second_start_changes_nothing(volumes: Volumes) -> None:
    volumes.start()
    first = volumes.files()
    volumes.start()
    assert volumes.files() == first


@pytest.mark.parametrize(
    "lost", ["synapse/hedgerow.yaml", "synapse/log.yaml", "synapse/homeserver.yaml", "element/config.json"]
)
def test_what_is_lost_is_written_again_and_agrees_with_what_is_there(volumes: Volumes, lost: str) -> None:
    volumes.start()
    (volumes.folder / lost).unlink()
    before = volumes.files()
    volumes.start()
    assert lost in volumes.files()
    assert volumes.files().items() >= before.items()
    assert volumes.at_odds() == []
    assert (
        volumes.yaml("synapse/homeserver.yaml")["database"]["args"]["password"] == before["secrets/synapse"]
    )


def test_another_domain_than_that_of_the_volumes_is_refused_and_nothing_is_written(volumes: Volumes) -> None:
    volumes.start(DOMAIN="example.org")
    (volumes.folder / "synapse/log.yaml").unlink()
    before = volumes.files()
    with pytest.raises(Refusal, match=r"those of example\.org, and DOMAIN is hs\.test"):
        volumes.start(DOMAIN="hs.test")
    assert volumes.files() == before


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({}, "http://localhost:8008"),
        ({"SYNAPSE_PORT": "18008", "DOMAIN": "", "HOMESERVER_URL": ""}, "http://localhost:18008"),
        ({"DOMAIN": "example.org"}, "https://matrix.example.org"),
        ({"DOMAIN": "example.org", "HOMESERVER_URL": "https://hs.example.org/"}, "https://hs.example.org"),
    ],
)
def test_clients_are_told_where_the_homeserver_is(volumes: Volumes, said: dict[str, str], url: str) -> None:
    volumes.start(**said)
    told = json.loads(volumes.files()["element/config.json"])["default_server_config"]["m.homeserver"]
    assert told == {"base_url": url, "server_name": said.get("DOMAIN") or "localhost"}
    assert volumes.yaml("synapse/homeserver.yaml")["public_baseurl"] == f"{url}/"


def test_synapse_reads_its_configuration(volumes: Volumes) -> None:
    volumes.start(DOMAIN="example.org")
    folder = volumes.folder / "synapse"
    for name in ("homeserver.yaml", "log.yaml"):
        (folder / name).write_text((folder / name).read_text().replace("/data/", f"{folder}/"))
    reading = [sys.executable, "-m", "synapse.config", "-c", str(folder / "homeserver.yaml")]
    told = subprocess.run(reading, capture_output=True, text=True, check=False, timeout=60)
    assert (told.stdout, told.stderr) == ("Config parses OK!\n", "")


async def test_each_gets_a_database_of_its_own_and_no_way_into_the_others(
    volumes: Volumes, postgres_url: str
) -> None:
    volumes.start()
    address = urlsplit(postgres_url)
    (volumes.folder / "secrets/tester").write_text("is trusted")
    where = {"PGHOST": address.hostname or "", "PGPORT": str(address.port), "PGUSER": "tester"}
    making = ["bash", str(DOCKER / "databases.sh"), str(volumes.folder / "secrets")]
    try:
        for _ in range(2):
            made = await asyncio.create_subprocess_exec(*making, env=os.environ | where)
            assert await made.wait() == 0
        for name in ("synapse", "hedgerow"):
            at = f"{address.hostname}:{address.port}/{name}"
            mine = await asyncpg.connect(f"postgresql://{name}@{at}")
            assert await mine.fetchval("SELECT datcollate FROM pg_database WHERE datname = $1", name) == "C"
            await mine.execute("CREATE TABLE held (n int)")
            await mine.close()
            other = {"synapse": "hedgerow", "hedgerow": "synapse"}[name]
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await asyncpg.connect(f"postgresql://{other}@{at}")
    finally:
        server = await asyncpg.connect(f"{postgres_url}/postgres")
        for name in ("synapse", "hedgerow"):
            await server.execute(f"DROP DATABASE IF EXISTS {name}")
            await server.execute(f"DROP ROLE IF EXISTS {name}")
        await server.close()
