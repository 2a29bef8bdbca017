"""`hedgerow init`: makes the settings and the registration, and says what to do next."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from config import values
from config.documents import Key
from config.registration import make_registration, make_sender_localpart, make_token, registration_text
from config.writing import settings_text, write_together
from spaces.errors import Refusal
from spaces.identifiers import UserId

_DEFAULT_LISTEN = "127.0.0.1:29330"
_ANYWHERE = re.compile(r"^(0\.0\.0\.0|\[::\])(?=:)")  # listens everywhere, is reached nowhere
_DEFAULT_DATABASE = "sqlite:///hedgerow.db"


@dataclass
class _Answers:
    """What the flags, and the person at the terminal, have said; None is not said."""

    domain: str | None
    homeserver: str | None
    listen: str | None
    url: str | None
    database: str | None
    admins: list[str]
    as_token: str | None
    hs_token: str | None

    def ask_for_the_rest(self) -> None:
        """Ask the person at the terminal for what no flag has said."""
        self.domain = self.domain or _asked("Domain of the homeserver (after the colon in Matrix IDs)")
        self.homeserver = self.homeserver or _asked("URL of the homeserver", "http://127.0.0.1:8008")
        self.listen = self.listen or _asked("Where Hedgerow listens", _DEFAULT_LISTEN)
        self.database = self.database or _asked("Database", _DEFAULT_DATABASE)
        if not self.admins:
            text = _asked("Matrix IDs of the admins, with commas between (may be empty)", "")
            self.admins = text.replace(",", " ").split()

    def missing_flags(self) -> list[str]:
        needed = {"--domain": self.domain, "--homeserver": self.homeserver}
        return [flag for flag, said in needed.items() if not said]

    def complete(self) -> None:
        """Put in what can be made up: addresses that most people have, and tokens."""
        self.listen = self.listen or _DEFAULT_LISTEN
        self.database = self.database or _DEFAULT_DATABASE
        self.url = self.url or f"http://{_ANYWHERE.sub('127.0.0.1', self.listen)}"
        self.as_token = self.as_token or make_token()
        self.hs_token = self.hs_token or make_token()

    def problems(self) -> list[str]:
        """One sentence for each flag whose value cannot be."""
        checks: list[tuple[str, str | None, Callable[[str], object]]] = [
            ("--domain", self.domain, values.read_domain),
            ("--homeserver", self.homeserver, values.read_url),
            ("--listen", self.listen, values.read_listen),
            ("--url", self.url, values.read_url),
            ("--database", self.database, values.read_database),
            ("--as-token", self.as_token, values.read_token),
            ("--hs-token", self.hs_token, values.read_token),
            *(("--admin", admin, UserId.parse) for admin in self.admins),
        ]
        found = [sentence for flag, said, read in checks if said and (sentence := _refusal(flag, said, read))]
        if self.as_token and self.as_token == self.hs_token:
            found.append("--hs-token: It is the same as --as-token. Give two, or leave both out.")
        return found

    def texts(self, config: Path, registration: Path) -> dict[Path, str]:
        """The two files, of checked answers."""
        domain, url = values.read_domain(self.domain or ""), values.read_url(self.url or "")
        as_token, hs_token, sender = self.as_token or "", self.hs_token or "", make_sender_localpart()
        said: dict[Key, object] = {
            ("homeserver", "url"): values.read_url(self.homeserver or ""),
            ("homeserver", "domain"): domain,
            ("homeserver", "as_token"): as_token,
            ("homeserver", "hs_token"): hs_token,
            ("homeserver", "sender_localpart"): sender,
            ("listen",): self.listen,
            ("database",): self.database,
            ("encryption", "key"): make_token(),
            ("admins",): list(dict.fromkeys(self.admins)),
        }
        registered = make_registration(
            domain=domain, url=url, as_token=as_token, hs_token=hs_token, sender_localpart=sender
        )
        return {config: settings_text(said), registration: registration_text(registered)}


def init(
    domain: Annotated[str | None, typer.Option(help="What stands behind the colon in Matrix IDs.")] = None,
    homeserver: Annotated[str | None, typer.Option(help="URL where Hedgerow reaches the homeserver.")] = None,
    listen: Annotated[str | None, typer.Option(help="HOST:PORT where Hedgerow listens.")] = None,
    url: Annotated[str | None, typer.Option(help="URL where the homeserver reaches Hedgerow.")] = None,
    database: Annotated[str | None, typer.Option(help="sqlite:///file or postgresql://…")] = None,
    admin: Annotated[list[str] | None, typer.Option(help="Matrix ID of an admin; may be repeated.")] = None,
    config: Annotated[Path, typer.Option(help="The settings file to write.")] = Path("hedgerow.yaml"),
    registration: Annotated[Path, typer.Option(help="The registration file to write.")] = Path(
        "hedgerow-registration.yaml"
    ),
    as_token: Annotated[str | None, typer.Option(help="A token to use instead of a random one.")] = None,
    hs_token: Annotated[str | None, typer.Option(help="A token to use instead of a random one.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Make the settings and the registration for a homeserver."""
    _refuse_names(config, registration, force)
    answers = _Answers(domain, homeserver, listen, url, database, admin or [], as_token, hs_token)
    _settle(answers)
    try:
        write_together(answers.texts(config, registration), force=force)
    except Refusal as refusal:
        _give_up(refusal.sentence, 1)
    typer.echo(_next_steps(config, registration, answers))


def _refuse_names(config: Path, registration: Path, force: bool) -> None:
    if config.absolute() == registration.absolute():
        _give_up("--config and --registration name the same file. Give each a name of its own.", 2)
    existing = [str(path) for path in (config, registration) if path.exists()]
    if existing and not force:
        there = " and ".join(existing) + (" are" if len(existing) > 1 else " is")
        _give_up(f"{there} already there, and nothing was written. Choose another name, or say --force.", 1)


def _settle(answers: _Answers) -> None:
    """Ask where someone can be asked, make up the rest, and give up on what cannot be."""
    if at_a_terminal():
        answers.ask_for_the_rest()
    if missing := answers.missing_flags():
        _give_up(f"This is not a terminal, so nobody can be asked. Give {' and '.join(missing)}.", 2)
    answers.complete()
    if problems := answers.problems():
        _give_up("\n".join([*problems, "Nothing was written."]), 2)


def at_a_terminal() -> bool:
    """Whether there is someone to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _asked(question: str, default: str | None = None) -> str:
    answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
    return answer.strip()


def _refusal(flag: str, said: str, read: Callable[[str], object]) -> str | None:
    try:
        read(said)
    except Refusal as refusal:
        return f"{flag}: {refusal.sentence}"
    return None


def _give_up(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def _next_steps(config: Path, registration: Path, answers: _Answers) -> str:
    steps = [
        f"Written: {config} and {registration}, both readable by you only.",
        "",
        "Next:",
        "1. Tell the homeserver. In Synapse's homeserver.yaml:",
        "     app_service_config_files:",
        f"       - {registration.absolute()}",
        "   The user that Synapse runs as must be able to read that file.",
        "2. Restart the homeserver.",
        f"3. hedgerow run --config {config}",
    ]
    if not answers.admins:
        steps += ["", f"Nobody is an admin yet: put yourself into `admins` in {config}."]
    for said in (answers.homeserver, answers.url):
        if said and values.goes_in_the_clear(said):
            steps += [
                "",
                f"Careful: {said} is http to another machine, so tokens travel in the clear. Use https.",
            ]
    return "\n".join(steps)
