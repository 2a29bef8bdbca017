"""The registration: what the homeserver is told about Hedgerow (Application Service API, “Registration”)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from config import values
from config.documents import Unreadable, dotted, read_document
from config.problems import Problem, Severity, worst_first
from config.sections import HomeserverSettings, Settings
from spaces.identifiers import ALIAS_PREFIX

PROTOCOL = "hedgerow"
_AGAIN = "Run `hedgerow init --force` and restart the homeserver."
_HEAD = """\
# What the homeserver is told about Hedgerow. Made by `hedgerow init`; the tokens are secrets.
# Name this file under app_service_config_files in homeserver.yaml and restart the homeserver.
# rate_limited is false because one bot does the work of all coordinators; Hedgerow waits by itself
# where the homeserver asks it to. The last lines let encryption keys come with the events.
"""


def make_token() -> str:
    """64 hexadecimal digits, 256 random bits."""
    return secrets.token_hex(32)


def make_sender_localpart() -> str:
    """A name that nobody has: Synapse lets this user neither sync nor be the bot."""
    return f"hedgerow-{secrets.token_hex(8)}"


def make_registration(
    *,
    domain: str,
    url: str,
    as_token: str,
    hs_token: str,
    sender_localpart: str,
    bot_localpart: str = "hedgerow",
    appservice_id: str = "hedgerow",
) -> dict[str, Any]:
    """The registration as the homeserver reads it. `url` is where the homeserver reaches Hedgerow.

    The expressions take capitals too, and as `(?i:…)`: a bare `(?i)` keeps Synapse from starting.
    The encryption flags are those of MSC2409 and MSC3202; without transactions that carry keys
    they change nothing, and with them here the file never has to be made again.
    """
    server = re.escape(domain)
    return {
        "id": appservice_id,
        "url": url,
        "as_token": as_token,
        "hs_token": hs_token,
        "sender_localpart": sender_localpart,
        "rate_limited": False,
        "namespaces": {
            "users": [{"exclusive": True, "regex": f"(?i:@{re.escape(bot_localpart)}:{server})"}],
            "aliases": [{"exclusive": True, "regex": f"(?i:#{ALIAS_PREFIX}[^:]*:{server})"}],
            "rooms": [],
        },
        "protocols": [PROTOCOL],
        "receive_ephemeral": True,
        "de.sorunome.msc2409.push_ephemeral": True,
        "org.matrix.msc3202": True,
    }


def registration_text(registration: Mapping[str, Any]) -> str:
    """The registration as a commented YAML file, its expressions in single quotes."""
    return _HEAD + yaml.dump(_quoted(registration), Dumper=_Dumper, sort_keys=False, width=1000)


def problems_of_registration(path: Path, settings: Settings) -> list[Problem]:
    """Everything that is wrong with a registration file, or does not agree with the settings."""
    try:
        document = read_document(path)
    except Unreadable as error:
        return [Problem("", str(path), error.what, error.mend, line=error.line)]
    file = str(path)
    flaws = [Problem(dotted(f.key), file, f.what, f.mend, line=f.line) for f in document.flaws]
    data = document.data if isinstance(document.data, dict) else {}
    return worst_first([*flaws, *compare(data, settings, file), *_mode(path)])


def compare(registration: Mapping[str, Any], settings: Settings, file: str = "registration") -> list[Problem]:
    """Where the registration does not agree with the settings, or is unsafe. No token is ever shown."""
    found = _Comparison(registration, settings, file)
    about_itself = [*found.names(), *found.tokens(), *found.url(), *found.flags()]
    return worst_first([*about_itself, *found.users(), *found.aliases(), *found.rooms()])


class _Comparison:
    """One registration beside the settings."""

    def __init__(self, registration: Mapping[str, Any], settings: Settings, file: str) -> None:
        self.registration = registration
        self.settings = settings
        self.homeserver: HomeserverSettings = settings.homeserver
        self.file = file

    def names(self) -> Iterator[Problem]:
        wanted = {"id": "appservice_id", "sender_localpart": "sender_localpart"}
        for key, setting in wanted.items():
            if self.registration.get(key) != getattr(self.homeserver, setting):
                yield self._wrong(
                    key, f"It is not homeserver.{setting} of the settings.", "Make them the same."
                )
        if self.registration.get("sender_localpart") == self.homeserver.bot_localpart:
            what = "It is the bot's own name, and Synapse lets no such user read what it is sent."
            yield self._wrong("sender_localpart", what, _AGAIN)

    def tokens(self) -> Iterator[Problem]:
        for key in ("as_token", "hs_token"):
            secret = getattr(self.homeserver, key).get_secret_value()
            if self.registration.get(key) != secret:
                what = f"It is not homeserver.{key} of the settings, so each would refuse the other."
                yield self._wrong(key, what, "Make them the same, and restart the homeserver.")
        if self.registration.get("as_token") == self.registration.get("hs_token"):
            yield self._wrong("hs_token", "It is the same as as_token, or both are missing.", _AGAIN)

    def url(self) -> Iterator[Problem]:
        url = self.registration.get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            mend = f"Write where the homeserver reaches Hedgerow, such as http://{self.settings.listen}."
            yield self._wrong("url", "Without an http or https URL the homeserver sends nothing.", mend)
        elif values.goes_in_the_clear(url):
            what = "Hedgerow is on another machine and the URL is http, so messages travel in the clear."
            mend = "Use https, or make sure that nobody else is on the network between them."
            yield self._wrong("url", what, mend, Severity.WARNING)

    def users(self) -> Iterator[Problem]:
        bot, domain = self.homeserver.bot_localpart, self.homeserver.domain
        others = [f"@someone:{domain}", f"@x{bot}:{domain}", f"@{bot}x:{domain}", f"@{bot}:elsewhere.example"]
        yield from self._namespace("users", str(self.homeserver.bot), others)

    def aliases(self) -> Iterator[Problem]:
        domain = self.homeserver.domain
        others = [f"#someplace:{domain}", f"#{ALIAS_PREFIX}x:elsewhere.example"]
        yield from self._namespace("aliases", f"#{ALIAS_PREFIX}x:{domain}", others)

    def flags(self) -> Iterator[Problem]:
        if self.registration.get("rate_limited") is not False:
            what = "The homeserver slows the bot down, which works for everyone here."
            yield self._wrong("rate_limited", what, "Write rate_limited: false.", Severity.WARNING)
        if PROTOCOL not in _listed(self.registration.get("protocols")):
            what = "Networks will not show as an own directory under “Explore rooms”."
            yield self._wrong("protocols", what, f"Write protocols: [{PROTOCOL}].", Severity.WARNING)
        encryption = self.settings.encryption
        if encryption.enabled and encryption.transport == "transactions":
            for key in ("receive_ephemeral", "org.matrix.msc3202"):
                if self.registration.get(key) is not True:
                    what = "Without it no transaction brings keys, as encryption.transport wants."
                    yield self._wrong(key, what, f"Write {key}: true, and restart the homeserver.")

    def rooms(self) -> Iterator[Problem]:
        if self._entries("rooms"):
            what = "Rooms need no namespace, and one brings what is said in rooms that are not Hedgerow's."
            yield self._wrong("namespaces.rooms", what, "Write rooms: [].")

    def _entries(self, kind: str) -> list[dict[str, Any]]:
        namespaces = self.registration.get("namespaces")
        entries = _listed(namespaces.get(kind)) if isinstance(namespaces, dict) else []
        return [entry for entry in entries if isinstance(entry, dict)]

    def _namespace(self, kind: str, ours: str, others: list[str]) -> Iterator[Problem]:
        key, held = f"namespaces.{kind}", False
        for entry in self._entries(kind):
            pattern = _compiled(entry.get("regex"))
            if pattern is None:
                what = "The expression is none, or holds a bare (?i), and Synapse would not start."
                yield self._wrong(key, what, _AGAIN)
                continue
            held = held or bool(pattern.match(ours) and entry.get("exclusive") is True)
            strangers = [one for one in others if pattern.match(one)]
            if strangers:
                yield self._wrong(key, f"It also takes {strangers[0]}, which is not Hedgerow's.", _AGAIN)
        if not held:
            yield self._wrong(key, f"{ours} is not kept for Hedgerow alone.", _AGAIN)

    def _wrong(self, key: str, what: str, mend: str, severity: Severity = Severity.ERROR) -> Problem:
        return Problem(key, self.file, what, mend, severity)


def _compiled(expression: object) -> re.Pattern[str] | None:
    """The expression as Synapse uses it (from the start on, the end open), or None if it would not start."""
    if not isinstance(expression, str) or re.search(r"\(\?[a-zA-Z]+\)", expression):
        return None
    try:
        return re.compile(expression)
    except re.error:
        return None


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mode(path: Path) -> Iterator[Problem]:
    mode = path.stat().st_mode & 0o777
    if mode & 0o002:
        what = f"Everyone on this machine can change the file (mode {mode:04o})."
        yield Problem("", str(path), what, f"Run `chmod 640 {path}`.")
    elif mode & 0o004:
        what = f"Everyone on this machine can read the tokens in the file (mode {mode:04o})."
        mend = f"Run `chmod 640 {path}` and give it to the homeserver's group."
        yield Problem("", str(path), what, mend, Severity.WARNING)


class _Quoted(str):
    """Text that stands in single quotes, where a backslash is just that."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


def _represent(dumper: yaml.SafeDumper, text: _Quoted) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="'")


_Dumper.add_representer(_Quoted, _represent)


def _quoted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _quoted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_quoted(inner) for inner in value]
    return _Quoted(value) if isinstance(value, str) else value
