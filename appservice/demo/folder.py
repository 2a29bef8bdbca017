"""The demonstration's folder: what must stay the same from one start to the next is kept in it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from appservice.demo.synapse import free_port
from config.documents import Key
from config.registration import make_registration, make_sender_localpart, make_token, registration_text
from config.writing import settings_text, write_together
from spaces.errors import Conflict, Unavailable
from spaces.identifiers import UserId

DOMAIN = "demo.example"
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Kept:
    """Two ports of 127.0.0.1, the secrets of the registration and of encryption, and everyone's password."""

    homeserver_port: int
    hedgerow_port: int
    as_token: str
    hs_token: str
    sender_localpart: str
    password: str
    encryption_key: str

    @property
    def homeserver_url(self) -> str:
        return f"http://127.0.0.1:{self.homeserver_port}"

    @property
    def hedgerow_url(self) -> str:
        return f"http://127.0.0.1:{self.hedgerow_port}"


class Folder:
    """One demonstration's folder, made where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.homeserver = self.path / "homeserver"
        self.config = self.path / "hedgerow.yaml"
        self.registration = self.path / "hedgerow-registration.yaml"
        self.database = self.path / "hedgerow.db"
        self.log = self.path / "hedgerow.log"
        self._kept = self.path / "kept.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """One demonstration at a time. Raises `Conflict` where another runs, `Unavailable` where none can."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise Unavailable(
                f"The folder {self.path} cannot be used: {reason}. Name another with --directory."
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Conflict(
                f"A demonstration is running in {self.path} already. "
                "End it, or name another folder with --directory."
            ) from None
        finally:
            os.close(descriptor)

    def settle(self) -> Kept:
        """Read what was kept or make it, with other ports for those taken, and write every file anew."""
        kept = self._read() if self._kept.exists() else _made()
        kept = _on_free_ports(kept)
        write_together(
            {
                self._kept: json.dumps(asdict(kept), indent=2) + "\n",
                self.config: self._settings(kept),
                self.registration: _registration(kept),
            },
            force=True,
        )
        return kept

    def _read(self) -> Kept:
        try:
            kept = json.loads(self._kept.read_text("utf-8"))
            return Kept(**{"encryption_key": make_token(), **kept})  # an older one has none
        except (OSError, ValueError, TypeError):
            raise Unavailable(
                f"{self._kept} cannot be read. Delete the folder {self.path} to begin anew."
            ) from None

    def _settings(self, kept: Kept) -> str:
        said: dict[Key, object] = {
            ("homeserver", "url"): kept.homeserver_url,
            ("homeserver", "domain"): DOMAIN,
            ("homeserver", "as_token"): kept.as_token,
            ("homeserver", "hs_token"): kept.hs_token,
            ("homeserver", "sender_localpart"): kept.sender_localpart,
            ("listen",): f"127.0.0.1:{kept.hedgerow_port}",
            ("database",): f"sqlite:///{self.database}",
            ("encryption", "key"): kept.encryption_key,
            ("admins",): [str(UserId.parse(f"@{ADMIN}:{DOMAIN}"))],
        }
        return settings_text(said)


def _made() -> Kept:
    return Kept(
        homeserver_port=0,
        hedgerow_port=0,
        as_token=make_token(),
        hs_token=make_token(),
        sender_localpart=make_sender_localpart(),
        password=f"hedge-{secrets.token_hex(4)}",
        encryption_key=make_token(),
    )


def _on_free_ports(kept: Kept) -> Kept:
    """The same, with a new port in place of each that is none or that somebody else listens on."""
    homeserver = _free(kept.homeserver_port)
    return replace(
        kept, homeserver_port=homeserver, hedgerow_port=_free(kept.hedgerow_port, other_than=homeserver)
    )


def _free(port: int, other_than: int = 0) -> int:
    while port in (0, other_than) or not _is_free(port):
        port = free_port()
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _registration(kept: Kept) -> str:
    registered = make_registration(
        domain=DOMAIN,
        url=kept.hedgerow_url,
        as_token=kept.as_token,
        hs_token=kept.hs_token,
        sender_localpart=kept.sender_localpart,
    )
    return registration_text(registered)
