"""Values that an operator writes, each read by one function that raises `Misfit` with its sentence."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from config.problems import Misfit, shown
from spaces.identifiers import printable
from spaces.zones import zone_called

SHORTEST_TOKEN = 16
_DOMAIN = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:(?P<port>[0-9]+))?", re.IGNORECASE)
_LOCALPART = re.compile(r"[a-z0-9._=/+-]+")
_APPSERVICE_ID = re.compile(r"[A-Za-z0-9._~-]+")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_DEFAULT_TOKEN = re.compile(
    r"change[-_ ]?(me|this)|password|placeholder|replace[-_ ]?(me|this)|your[-_ ]?(as|hs)?[-_ ]?token"
    r"|insert[-_ ]|example[-_ ]?token|default[-_ ]?token",
    re.IGNORECASE,
)
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where a server of ours listens. `host` is without brackets, also for IPv6."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_listen(text: str) -> ListenAddress:
    """`127.0.0.1:29330`, `[::1]:29330`, `0.0.0.0:29330`."""
    host, colon, port = text.strip().rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or (":" in bare and bare == host) or not _is_port(port):
        mend = "Write an address, a colon and a port from 1 to 65535, such as 127.0.0.1:29330 or [::1]:29330."
        raise Misfit(f"{shown(text)} is not an address to listen on.", mend)
    return ListenAddress(bare, int(port))


def read_zone(text: str) -> str:
    """A time zone by its name (IANA)."""
    name = zone_called(text)
    if name is None:
        raise Misfit(f"{shown(text)} is not a time zone.", "Write a name such as Europe/London.")
    return name


def read_domain(text: str) -> str:
    """A server name: what stands behind the colon of its Matrix IDs (appendix “Server name”)."""
    domain = text.strip()
    name, _, port = (
        domain.rpartition(":") if not domain.endswith("]") and ":" in domain else (domain, "", "1")
    )
    if not _DOMAIN.fullmatch(domain) or ".." in name or len(domain) > 230 or not _is_port(port):
        mend = (
            "Write what stands behind the colon in Matrix IDs there, such as example.org, without https://."
        )
        raise Misfit(f"{shown(text)} is not the name of a homeserver.", mend)
    return domain


def read_url(text: str) -> str:
    """An http or https URL without a query; a slash at its end is taken off."""
    url = _split(text.strip())
    if url is None or url.scheme not in {"http", "https"} or not url.hostname or printable(text) != text:
        mend = "Write one such as https://matrix.example.org or http://127.0.0.1:8008."
        raise Misfit(f"{shown(_without_password(text))} is not an http or https URL.", mend)
    if url.username or url.password or url.query or url.fragment or " " in text.strip():
        mend = "Write only the scheme, the host and, where needed, the port and a path."
        raise Misfit("The URL holds a user, a query, a fragment or a space.", mend)
    return text.strip().rstrip("/")


def read_localpart(text: str) -> str:
    """What stands between @ and : in a Matrix ID."""
    if not _LOCALPART.fullmatch(text) or len(text) > 200:
        mend = "Take small letters from a to z, digits and . _ = - / + only, such as hedgerow."
        raise Misfit(f"{shown(text)} cannot be the first part of a Matrix ID.", mend)
    return text


def read_appservice_id(text: str) -> str:
    if not _APPSERVICE_ID.fullmatch(text) or len(text) > 200:
        mend = "Take letters, digits and . _ ~ - only, such as hedgerow."
        raise Misfit(f"{shown(text)} cannot be the id of an application service.", mend)
    return text


def read_token(text: str) -> str:
    """A token of the application service. The sentence of a refusal never holds it."""
    mend = "`hedgerow init` makes good ones; so does `openssl rand -hex 32`."
    if _DEFAULT_TOKEN.search(text):
        raise Misfit("The token is a stand-in that others know too.", mend)
    if len(text) < SHORTEST_TOKEN or len(set(text)) < 4:
        raise Misfit(f"The token can be guessed: it needs {SHORTEST_TOKEN} characters, mixed.", mend)
    if not _TOKEN.fullmatch(text):
        raise Misfit("The token holds spaces or characters that a header cannot carry.", mend)
    return text


def read_database(text: str) -> str:
    """The URL of a SQLite file or a PostgreSQL database. The sentence of a refusal never holds it."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme not in _DRIVERS:
        mend = "Write sqlite:///hedgerow.db or postgresql://user:password@host/database."
        raise Misfit("The database is neither SQLite nor PostgreSQL.", mend)
    if scheme.startswith("sqlite"):
        _check_sqlite(rest)
    else:
        _check_postgresql(text.strip())
    return text.strip()


def async_driver_url(database: str) -> str:
    """The same database with the driver that SQLAlchemy is to use (aiosqlite, asyncpg)."""
    scheme, _, rest = database.partition("://")
    base, question, query = rest.partition("?")
    if scheme.startswith("postgres") and question:
        pairs = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(query)]
        query = urlencode(pairs)
    return f"{_DRIVERS[scheme]}://{base}{question}{query}"


def is_loopback(url: str) -> bool:
    """Whether `url` stays on this machine."""
    parts = _split(url)
    host = (parts.hostname or "") if parts else ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def goes_in_the_clear(url: str) -> bool:
    """Whether tokens would travel to another machine unencrypted."""
    return url.lower().startswith("http://") and not is_loopback(url)


def _check_sqlite(rest: str) -> None:
    path = rest.partition("?")[0]
    mend = "Write sqlite:///hedgerow.db for a file here, or sqlite:////var/lib/hedgerow.db (four slashes)."
    if not path.startswith("/") or len(path) == 1:
        raise Misfit("The SQLite URL needs three slashes and then a path.", mend)
    if path == "/:memory:":
        raise Misfit("A database in memory is forgotten at each restart.", mend)
    if path.endswith("/") or PurePosixPath(path[1:]).name in {"", ".", ".."}:
        raise Misfit("The SQLite URL names a folder, not a file.", mend)


def _check_postgresql(text: str) -> None:
    url = _split(text)
    mend = (
        "Write postgresql://user:password@host:5432/database; in a password %40 for @, %2F for /, %23 for #."
    )
    if url is None or len(url.path) < 2 or "/" in url.path[1:] or url.fragment:
        raise Misfit("The PostgreSQL URL has no database name, or parts that do not fit.", mend)


def _split(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        return url if url.port != 0 else None
    except ValueError:
        return None


def _without_password(text: str) -> str:
    return re.sub(r"//.*@", "//", text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535
