"""Writes what a start of compose.yaml needs and is not there yet: `first_start.py FOLDER`.

FOLDER holds the volumes: secrets, synapse, hedgerow, element. DOMAIN, HOMESERVER_URL and SYNAPSE_PORT say
what the operator decides. What was written once stays as it is, and may be edited; only Element's
config.json, which is made of the domain and the URL alone, is written each time. Each file is its user's,
and secret.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from config.registration import make_registration, make_sender_localpart, make_token, registration_text
from config.settings import Settings, SettingsRefused, read_settings
from config.values import read_domain, read_url
from config.writing import settings_text, write_together
from spaces.errors import Refusal, Unavailable

# Users and groups as the images have them.
POSTGRES, SYNAPSE, HEDGEROW, ELEMENT = (999, 999), (991, 991), (10001, 0), (101, 101)
OWNERS = {"secrets": POSTGRES, "synapse": SYNAPSE, "hedgerow": HEDGEROW, "element": ELEMENT}
_TRIAL = "localhost"


def first_start(made: Path, environ: Mapping[str, str], give: Callable[[Path, int, int], None]) -> None:
    """Write what is missing below `made`; `give` hands a path to a user and a group.

    Raises a `Refusal` where the domain is no name of a server, or not the one of the volumes.
    """
    domain = read_domain(environ.get("DOMAIN") or _TRIAL)
    url = _homeserver_url(domain, environ)
    for name in ("postgres", "synapse", "hedgerow"):
        _write_missing(made / "secrets" / name, make_token)
    settings = _settings(made, domain)
    _write_missing(made / "synapse/hedgerow.yaml", lambda: _registration(settings))
    _write_missing(made / "synapse/signing.key", _signing_key)
    _write_missing(made / "synapse/log.yaml", lambda: yaml.safe_dump(_LOGGING, sort_keys=False))
    password = (made / "secrets/synapse").read_text("utf-8")
    _write_missing(made / "synapse/homeserver.yaml", lambda: _synapse(settings, url, password))
    write_together({made / "element/config.json": _element(domain, url)}, force=True)
    _hand_over(made, give)


def _write_missing(path: Path, text: Callable[[], str]) -> None:
    if not path.exists():
        write_together({path: text()})


def _hand_over(made: Path, give: Callable[[Path, int, int], None]) -> None:
    """Each folder, and each file in it, to its user; what a service has made below is its own already."""
    for name, (user, group) in OWNERS.items():
        for path in (made / name, *(made / name).iterdir()):
            give(path, user, group)


def _homeserver_url(domain: str, environ: Mapping[str, str]) -> str:
    """Where clients reach the homeserver, without a slash at the end."""
    if said := environ.get("HOMESERVER_URL"):
        return read_url(said)
    if domain == _TRIAL:
        return f"http://localhost:{environ.get('SYNAPSE_PORT') or 8008}"
    return f"https://matrix.{domain}"


# -- Hedgerow ---------------------------------------------------------------------------------------


def _settings(made: Path, domain: str) -> Settings:
    """The settings of Hedgerow, written if there are none. Raises `Unavailable` on another domain's."""
    path = made / "hedgerow/hedgerow.yaml"
    password = (made / "secrets/hedgerow").read_text("utf-8")
    _write_missing(path, lambda: _new_settings(domain, password))
    settings, problems = read_settings(path, {})
    if settings is None:
        raise SettingsRefused(problems)
    if settings.homeserver.domain != domain:
        raise Unavailable(
            f"These volumes are those of {settings.homeserver.domain}, and DOMAIN is {domain}. A server "
            f"keeps its name for good: set DOMAIN={settings.homeserver.domain}, or begin anew with "
            "`docker compose down --volumes`, which deletes everything that was written and said."
        )
    return settings


def _new_settings(domain: str, password: str) -> str:
    return settings_text(
        {
            ("homeserver", "url"): "http://synapse:8008",
            ("homeserver", "domain"): domain,
            ("homeserver", "as_token"): make_token(),
            ("homeserver", "hs_token"): make_token(),
            ("homeserver", "sender_localpart"): make_sender_localpart(),
            ("listen",): "0.0.0.0:29330",
            ("database",): f"postgresql://hedgerow:{password}@postgres:5432/hedgerow",
            ("encryption", "key"): make_token(),
            ("encryption", "store"): "/data/hedgerow-crypto",
        }
    )


def _registration(settings: Settings) -> str:
    homeserver = settings.homeserver
    registration = make_registration(
        domain=homeserver.domain,
        url="http://hedgerow:29330",
        as_token=homeserver.as_token.get_secret_value(),
        hs_token=homeserver.hs_token.get_secret_value(),
        sender_localpart=homeserver.sender_localpart,
        bot_localpart=homeserver.bot_localpart,
        appservice_id=homeserver.appservice_id,
    )
    return registration_text(registration)


# -- Synapse ----------------------------------------------------------------------------------------

_LOGGING: dict[str, Any] = {
    "version": 1,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "disable_existing_loggers": False,
}


def _signing_key() -> str:
    """A key as Synapse keeps it: algorithm, version, seed (unpadded base64)."""
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"ed25519 a_{secrets.token_hex(3)} {seed}\n"


def _synapse(settings: Settings, url: str, password: str) -> str:
    domain = settings.homeserver.domain
    configuration = {
        "server_name": domain,
        "public_baseurl": f"{url}/",
        "serve_server_wellknown": True,
        "listeners": [_LISTENER],
        "database": {"name": "psycopg2", "args": {**_DATABASE, "password": password}},
        "app_service_config_files": ["/data/hedgerow.yaml"],
        "log_config": "/data/log.yaml",
        "media_store_path": "/data/media",
        "signing_key_path": "/data/signing.key",
        **{
            name: make_token()
            for name in ("registration_shared_secret", "macaroon_secret_key", "form_secret")
        },
        # Without this Synapse lets nobody put rooms into its directory.
        "room_list_publication_rules": [{"user_id": str(settings.homeserver.bot), "action": "allow"}],
        "report_stats": False,
        "suppress_key_server_warning": True,
        **(_ALONE if domain == _TRIAL else _AMONG_OTHERS),
    }
    head = "# Written by the first start, and yours from then on: https://element-hq.github.io/synapse\n"
    return head + yaml.safe_dump(configuration, sort_keys=False)


_SECRETS = ("registration_shared_secret", "macaroon_secret_key", "form_secret")
_LISTENER = {
    "port": 8008,
    "bind_addresses": ["0.0.0.0"],
    "type": "http",
    "tls": False,
    "x_forwarded": True,
    "resources": [{"names": ["client", "federation"], "compress": False}],
}
_DATABASE = {"user": "synapse", "dbname": "synapse", "host": "postgres", "cp_min": 2, "cp_max": 10}
_AMONG_OTHERS = {"trusted_key_servers": [{"server_name": "matrix.org"}]}  # Synapse's default, said aloud
# For trying out: no other server knows this one, and it asks none.
_ALONE: dict[str, Any] = {"trusted_key_servers": [], "federation_domain_whitelist": []}


# -- Element ----------------------------------------------------------------------------------------


def _element(domain: str, url: str) -> str:
    server = {"base_url": url, "server_name": domain}
    configuration = {
        "default_server_config": {"m.homeserver": server},
        "disable_custom_urls": True,
        "disable_guests": True,
        "room_directory": {"servers": [domain]},
    }
    return json.dumps(configuration, indent=2) + "\n"


def main() -> int:
    try:
        first_start(Path(sys.argv[1]), os.environ, os.chown)
    except Refusal as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1
    print("What a start needs is there.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
