"""A Synapse of one's own on loopback: one process, SQLite, nothing leaves the machine."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import importlib.util
import json
import os
import secrets
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from appservice.demo.process import ChildProcess, tail
from spaces.errors import Unavailable

_START_SECONDS = 90.0
_PAUSE_SECONDS = 0.05
_PORTS = range(20_000, 32_000)
_ANY_RATE = {"per_second": 10_000, "burst_count": 10_000}
_RELAXED_LIMITS: dict[str, Any] = {
    **dict.fromkeys(
        ("rc_message", "rc_registration", "rc_admin_redaction", "rc_joins_per_room", "rc_room_creation"),
        _ANY_RATE,
    ),
    "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _ANY_RATE),
    "rc_joins": dict.fromkeys(("local", "remote"), _ANY_RATE),
    "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _ANY_RATE),
}


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account on the local Synapse, logged in."""

    user_id: str
    access_token: str
    device_id: str


@dataclass
class LocalSynapse:
    """A Synapse on 127.0.0.1 with its data in `directory`; starting again goes on with the same data.

    `registrations` are files of application services. `room_version` None is Synapse's default.
    `relaxed_limits` lifts the rate limits that come with Synapse. `extra` is merged into its
    configuration, last. `server_name` must not change between starts.
    """

    directory: Path
    port: int
    server_name: str
    registrations: tuple[Path, ...] = ()
    room_version: str | None = None
    relaxed_limits: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    _child: ChildProcess = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words = ("synapse.app.homeserver", "-c", str(self._config.resolve()))
        self._child = ChildProcess(words, self.directory, self._output)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._child.running

    @property
    def pid(self) -> int | None:
        """The process's id while there is one."""
        return self._child.pid

    async def start(self) -> None:
        """Start and wait until it answers. Raises `Unavailable` with the end of its log if it does not."""
        if importlib.util.find_spec("synapse") is None:
            raise Unavailable(
                "Synapse is not installed here, so no homeserver can be started. "
                "Install it with: pip install 'hedgerow[demo]'"
            )
        if self.running:
            return
        self._write_files()
        self._child.start()
        await self._wait_until_it_answers()

    async def stop(self) -> None:
        """Ask it to end, and make it end after ten seconds."""
        await self._child.stop()

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        await self._child.kill()

    async def register(
        self, localpart: str, password: str, admin: bool = False, device: str | None = None
    ) -> Account:
        """Make an account by the shared secret and log in; an account that is there is logged in.

        `device` is the device's id; None makes a new device every time.
        """
        return await asyncio.to_thread(self._register, localpart, password, admin, device)

    async def _wait_until_it_answers(self) -> None:
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if not self.running:
                self._child.let_go()
                raise Unavailable(f"Synapse ended while starting. The end of its log:\n{self._tail()}")
            if await asyncio.to_thread(self._is_healthy):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        await self.kill()
        raise Unavailable(f"Synapse did not answer in {_START_SECONDS:.0f} s. Its log:\n{self._tail()}")

    def _tail(self) -> str:
        return tail(self._log, self._output)

    # -- its files ----------------------------------------------------------------------------------

    @property
    def _config(self) -> Path:
        return self.directory / "homeserver.yaml"

    @property
    def _log(self) -> Path:
        return self.directory / "homeserver.log"

    @property
    def _output(self) -> Path:
        return self.directory / "output.log"

    def _write_files(self) -> None:
        (self.directory / "media").mkdir(parents=True, exist_ok=True)
        key = self.directory / "signing.key"
        if not key.exists():
            seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            _write_private(key, f"ed25519 a_{secrets.token_hex(2)} {seed}\n")
        if not self._secrets_file.exists():
            names = ("registration_shared_secret", "macaroon_secret_key", "form_secret")
            made = {name: secrets.token_urlsafe(24) for name in names}
            _write_private(self._secrets_file, yaml.safe_dump(made))
        _write_private(self._config, yaml.safe_dump(self._configuration(), sort_keys=False))
        _write_private(self.directory / "log.yaml", yaml.safe_dump(self._logging()))

    @property
    def _secrets_file(self) -> Path:
        return self.directory / "secrets.yaml"

    def _secrets(self) -> dict[str, str]:
        return dict(yaml.safe_load(self._secrets_file.read_text("utf-8")))

    def _configuration(self) -> dict[str, Any]:
        directory = self.directory.resolve()
        return {
            "server_name": self.server_name,
            "public_baseurl": f"{self.base_url}/",
            "listeners": [
                {
                    "port": self.port,
                    "bind_addresses": ["127.0.0.1"],
                    "type": "http",
                    "tls": False,
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(directory / "homeserver.db")}},
            "log_config": str(directory / "log.yaml"),
            "media_store_path": str(directory / "media"),
            "signing_key_path": str(directory / "signing.key"),
            "pid_file": str(directory / "homeserver.pid"),
            "app_service_config_files": [str(path.resolve()) for path in self.registrations],
            **self._secrets(),
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "report_stats": False,
            "url_preview_enabled": False,
            "presence": {"enabled": False},
            "caches": {"global_factor": 0.25, "sync_response_cache_duration": "0s"},
            **({"default_room_version": self.room_version} if self.room_version else {}),
            **(_RELAXED_LIMITS if self.relaxed_limits else {}),
            **self.extra,
        }

    def _logging(self) -> dict[str, Any]:
        handler = {
            "class": "logging.FileHandler",
            "filename": str(self._log.resolve()),
            "encoding": "utf-8",
            "formatter": "plain",
        }
        return {
            "version": 1,
            "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"file": handler},
            "root": {"level": "WARNING", "handlers": ["file"]},
            "disable_existing_loggers": False,
        }

    # -- its people ---------------------------------------------------------------------------------

    def _is_healthy(self) -> bool:
        try:
            with _open(f"{self.base_url}/health", timeout=2) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def _register(self, localpart: str, password: str, admin: bool, device: str | None) -> Account:
        path = "/_synapse/admin/v1/register"
        nonce = self._call(path)["nonce"]
        words = (nonce, localpart, password, "admin" if admin else "notadmin")
        secret = self._secrets()["registration_shared_secret"].encode()
        mac = hmac.new(secret, "\0".join(words).encode(), hashlib.sha1).hexdigest()
        on = {"device_id": device} if device else {}
        wanted = {"nonce": nonce, "username": localpart, "password": password, "admin": admin, "mac": mac}
        answer = self._call(path, wanted | on)
        if answer.get("errcode") == "M_USER_IN_USE":
            answer = self._log_in(localpart, password, on)
        if "access_token" not in answer:
            raise Unavailable(f"The account {localpart} could not be had: {answer.get('error', answer)}")
        return Account(answer["user_id"], answer["access_token"], answer["device_id"])

    def _log_in(self, localpart: str, password: str, on: Mapping[str, str]) -> dict[str, Any]:
        who = {"type": "m.id.user", "user": localpart}
        wanted = {"type": "m.login.password", "identifier": who, "password": password, **on}
        return self._call("/_matrix/client/v3/login", wanted)

    def _call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """GET, or POST where there is a body. An error response is returned like any other."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with _open(self.base_url + path, data) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            with error:
                return dict(json.load(error))
        except OSError as error:
            raise Unavailable(f"The Synapse at {self.base_url} does not answer: {error}.") from error


def free_port() -> int:
    """A port of 127.0.0.1 that nothing uses at present. Raises `Unavailable`.

    It is below those that systems give to connections going out, so that none of these takes it meanwhile.
    """
    for port in secrets.SystemRandom().sample(_PORTS, k=100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise Unavailable(
        "No port of this machine is free between 20000 and 32000. End something that listens there."
    )


def _open(url: str, data: bytes | None = None, timeout: float = 30) -> Any:
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=timeout)


def _write_private(path: Path, text: str) -> None:
    """Write `text` where only we can read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
