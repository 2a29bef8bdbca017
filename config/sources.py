"""Where settings come from: the file, the variables, the files that variables name. All problems at once."""

from __future__ import annotations

import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config import values
from config.documents import Document, Key, Unreadable, dotted, read_document
from config.problems import Problem, Severity, closest, did_you_mean, shown, worst_first
from config.sections import SECRETS, Settings, setting_names
from spaces.identifiers import printable

PREFIX = "HEDGEROW_"
_FILE = "_FILE"
_LONGEST_SECRET = 64 * 1024


@dataclass
class _Gathered:
    """What was said, where each setting was said, and what is wrong with it."""

    file: str
    document: Document
    data: dict[str, Any] = field(default_factory=dict)
    variables: dict[Key, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, key: Key, what: str, mend: str, severity: Severity = Severity.ERROR) -> None:
        variable = self.variables.get(key)
        file = variable or self.file
        line = 0 if variable else self.document.line_of(key)
        self.problems.append(Problem(dotted(key), file, what, mend, severity, line))

    def put(self, key: Key, value: str, variable: str) -> None:
        """Let a variable say `key`. A section that is not one stays as it is, to be refused."""
        *sections, name = key
        inner: Any = self.data
        for section in sections:
            inner = inner.setdefault(section, {}) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner[name] = value
            self.variables[key] = variable

    def said(self, *key: str) -> str:
        """What was said for `key` if it is text, else nothing."""
        inner: Any = self.data
        for part in key:
            inner = inner.get(part) if isinstance(inner, dict) else None
        return inner if isinstance(inner, str) else ""


def read_settings(path: Path, environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """The settings, if they can be read, and every problem with them, errors first."""
    try:
        document = read_document(path)
    except Unreadable as error:
        return None, [Problem("", str(path), error.what, error.mend, line=error.line)]
    gathered = _Gathered(str(path), document)
    _take_file(gathered, path)
    _take_variables(gathered, environ)
    settings = _validate(gathered)
    _weigh(gathered)
    return settings, worst_first(gathered.problems)


# -- the file ---------------------------------------------------------------------------------------


def _take_file(gathered: _Gathered, path: Path) -> None:
    data = gathered.document.data
    if isinstance(data, dict):
        gathered.data = _without_nothing(data)
    elif data is not None:
        mend = "Write keys such as homeserver:, or make a file with `hedgerow init`."
        gathered.problem((), "The file holds no settings.", mend)
    for flaw in gathered.document.flaws:
        name = dotted(flaw.key)
        gathered.problems.append(Problem(name, gathered.file, flaw.what, flaw.mend, line=flaw.line))
    _check_mode(gathered, path)


def _without_nothing(data: dict[str, Any]) -> dict[str, Any]:
    """A key with nothing behind it says nothing."""
    kept = {key: value for key, value in data.items() if value is not None}
    return {key: _without_nothing(value) if isinstance(value, dict) else value for key, value in kept.items()}


def _check_mode(gathered: _Gathered, path: Path) -> None:
    mode = path.stat().st_mode
    if mode & stat.S_IWOTH:
        what = f"Everyone on this machine can change the file (mode {stat.S_IMODE(mode):04o})."
        gathered.problem((), what, f"Run `chmod 600 {path}`.")
    elif mode & stat.S_IROTH and _holds_a_secret(gathered):
        what = f"Everyone on this machine can read the secrets in the file (mode {stat.S_IMODE(mode):04o})."
        gathered.problem((), what, f"Run `chmod 600 {path}`.", Severity.WARNING)


def _holds_a_secret(gathered: _Gathered) -> bool:
    sections = [key for key in SECRETS if key != ("database",)]
    return any(gathered.said(*key) for key in sections) or "@" in gathered.said("database")


# -- the variables ----------------------------------------------------------------------------------


def _take_variables(gathered: _Gathered, environ: Mapping[str, str]) -> None:
    """Plain ones first, then the files that `…_FILE` ones name. An empty one says nothing."""
    known = {_variable(key): key for key in _leaves(setting_names())}
    files = {_variable(key) + _FILE: key for key in SECRETS}
    ours = {name: text for name, text in sorted(environ.items()) if name.startswith(PREFIX) and text}
    for name, text in ours.items():
        if name in known:
            gathered.put(known[name], text, name)
        elif name not in files:
            _refuse_variable(gathered, name, known.keys() | files.keys())
    for name in ours.keys() & files.keys():
        _take_secret(gathered, files[name], name, Path(ours[name]))


def secret_files(environ: Mapping[str, str]) -> list[Path]:
    """The files that `…_FILE` variables name."""
    names = sorted(_variable(key) + _FILE for key in SECRETS)
    return [Path(path) for name in names if (path := environ.get(name))]


def _refuse_variable(gathered: _Gathered, name: str, known: Collection[str]) -> None:
    """One with `__` is surely meant for us; others may be made by what starts containers."""
    near = closest(name.removeprefix(PREFIX), (one.removeprefix(PREFIX) for one in known))
    mend = f"Did you mean “{PREFIX}{near}”?" if near else "Take it out if it is not meant for something else."
    severity = Severity.ERROR if "__" in name else Severity.WARNING
    problem = Problem("", printable(name)[:100], "There is no such setting.", mend, severity)
    gathered.problems.append(problem)


def _take_secret(gathered: _Gathered, key: Key, name: str, path: Path) -> None:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "it is not UTF-8 text").lower()
        what = f"The file {shown(path)} cannot be read: {reason}."
        mend = "Check the path, and that this user may read it."
        gathered.problems.append(Problem(dotted(key), name, what, mend))
        return
    gathered.put(key, text, name)


def _variable(key: Key) -> str:
    return PREFIX + "__".join(str(part).upper() for part in key)


def _leaves(names: Mapping[str, Any], at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    leaves: list[tuple[str, ...]] = []
    for name, inner in names.items():
        leaves += _leaves(inner, (*at, name)) if inner else [(*at, name)]
    return leaves


# -- the values -------------------------------------------------------------------------------------


def _validate(gathered: _Gathered) -> Settings | None:
    gathered.data.setdefault("homeserver", {})
    faults: list[ErrorDetails] = []
    try:
        return Settings.model_validate(gathered.data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
    for fault in faults:
        gathered.problem(fault["loc"], *_sentences(fault))
    return None


def _sentences(fault: ErrorDetails) -> tuple[str, str]:
    """What is wrong and what to do about it, in our words."""
    key = fault["loc"]
    match fault["type"]:
        case "said":
            return fault["ctx"]["what"], fault["ctx"]["mend"]
        case "missing":
            also = f" (or {_variable(key)}{_FILE})" if key in SECRETS else ""
            return "It is missing.", f"Write it into the file or set {_variable(key)}{also}."
        case "extra_forbidden":
            return "There is no such setting.", did_you_mean(str(key[-1]), _beside(key))
        case _:
            return "It must be a section.", f"Write below it, indented: {', '.join(_within(key))}."


def _beside(key: Key) -> list[str]:
    return _within(key[:-1])


def _within(key: Key) -> list[str]:
    names = setting_names()
    for part in key:
        names = names.get(str(part)) or {}
    return list(names)


# -- what only shows when several are seen together, or what is risky -----------------------------


def _weigh(gathered: _Gathered) -> None:
    as_token, hs_token = gathered.said("homeserver", "as_token"), gathered.said("homeserver", "hs_token")
    if as_token and as_token == hs_token:
        what = "It is the same as as_token, so who has one can play the other side."
        gathered.problem(("homeserver", "hs_token"), what, "Make a second one with `openssl rand -hex 32`.")
    if (previous := gathered.said("homeserver", "previous_hs_token")) and previous in (as_token, hs_token):
        what = "It is the same as one of the tokens that stand beside it."
        mend = "Write the hs_token of before there, or take the line out."
        gathered.problem(("homeserver", "previous_hs_token"), what, mend)
    bot = gathered.said("homeserver", "bot_localpart") or "hedgerow"
    if bot == gathered.said("homeserver", "sender_localpart"):
        what = "It is the bot's own, and Synapse lets no such user read what it is sent."
        mend = "Take a random one; `hedgerow init` makes it."
        gathered.problem(("homeserver", "sender_localpart"), what, mend)
    if values.goes_in_the_clear(gathered.said("homeserver", "url")):
        what = "The homeserver is on another machine and the URL is http, so the tokens travel in the clear."
        mend = "Use https, or make sure that nobody else is on the network between them."
        gathered.problem(("homeserver", "url"), what, mend, Severity.WARNING)
    _weigh_public(gathered)
    _weigh_encryption(gathered)
    _weigh_admins(gathered)


def _weigh_public(gathered: _Gathered) -> None:
    """Both or neither, and a port of its own."""
    listen, base_url = gathered.said("public", "listen"), gathered.said("public", "base_url")
    if listen and not base_url:
        what = "It is missing, so nobody could be told where the pages are."
        mend = "Write what stands before /join/… for others, such as https://hedgerow.example.org."
        gathered.problem(("public", "base_url"), what, mend)
    if base_url and not listen:
        what = "It is missing, so nothing would answer at base_url."
        mend = "Write an address and a port of its own, such as 127.0.0.1:29331, or take base_url out."
        gathered.problem(("public", "listen"), what, mend)
    taken = {gathered.said("listen") or "127.0.0.1:29330", gathered.said("metrics", "listen")} - {""}
    if listen.strip() in {address.strip() for address in taken}:
        what = "It is the address of another listener of Hedgerow's."
        gathered.problem(
            ("public", "listen"), what, "Take another port: on this one stand public pages alone."
        )
    if values.goes_in_the_clear(base_url):
        what = "The URL is http, so the codes travel in the clear."
        mend = "Use https: a proxy such as nginx or Caddy stands before `public.listen`."
        gathered.problem(("public", "base_url"), what, mend, Severity.WARNING)


def _weigh_encryption(gathered: _Gathered) -> None:
    section = gathered.data.get("encryption", {})
    if not isinstance(section, dict) or section.get("key"):
        return
    if str(section.get("enabled", True)).strip().lower() in {"true", "yes", "on", "1"}:
        what = "It is missing, and the bot's keys in encrypted rooms are kept sealed with it."
        variable = _variable(("encryption", "key"))
        mend = (
            "Make one with `openssl rand -hex 32`, keep it with the tokens, and write it into the file "
            f"or set {variable} (or {variable}{_FILE}); or write `enabled: false` below `encryption:`."
        )
        gathered.problem(("encryption", "key"), what, mend)


def _weigh_admins(gathered: _Gathered) -> None:
    admins, domain = gathered.data.get("admins", []), gathered.said("homeserver", "domain")
    ids = admins.replace(",", " ").split() if isinstance(admins, str) else admins
    if not isinstance(ids, list):
        return
    strange = [one for one in ids if isinstance(one, str) and ":" in one and not one.endswith(f":{domain}")]
    if not ids:
        what, mend = "Nobody is an admin.", 'Write for example admins: ["@alice:example.org"].'
        gathered.problem(("admins",), what, mend, Severity.WARNING)
    elif domain and strange:
        what = f"{shown(strange[0])} is on another homeserver than {shown(domain)}."
        mend = "Leave it if that is meant: whoever runs that homeserver can then act as an admin here."
        gathered.problem(("admins",), what, mend, Severity.WARNING)
