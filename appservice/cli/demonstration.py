"""`hedgerow demo`: a homeserver, Hedgerow and an example place, from nothing."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import re
import signal
from collections.abc import Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from appservice import logs
from appservice.cli.blueprint import apply_and_watch
from appservice.cli.common import refusals
from appservice.demo.folder import ADMIN, Folder
from appservice.demo.person import Refused
from appservice.demo.stage import COORDINATOR, EVERYONE, MEMBERS, Stage, coordinated
from config.blueprints import template
from spaces.blueprint import Blueprint
from spaces.errors import Unavailable

Do = Callable[[Coroutine[Any, Any, Any]], Any]
_LINK = re.compile(r" \(https://matrix\.to/[^)]*\)")
_LEAVING = ("quit", "exit")
_INTERRUPTED = 130


def demo(
    once: Annotated[bool, typer.Option("--once", help="End when the place has been shown.")] = False,
    directory: Annotated[
        Path, typer.Option(help="Where everything is kept; deleting it begins anew.")
    ] = Path(".demo"),
    template_name: Annotated[
        str, typer.Option("--template", help="The example place.")
    ] = "integrated-care-system",
) -> None:
    """Show an example place on a homeserver of its own."""
    with refusals():
        blueprint, folder = coordinated(template(template_name)), Folder(directory)
        with folder.held(), _endings_like_ctrl_c(), asyncio.Runner() as runner:
            _perform(Stage(folder, folder.settle()), blueprint, runner, once)


@contextlib.contextmanager
def _endings_like_ctrl_c() -> Iterator[None]:
    """SIGTERM does what Ctrl-C does, which asyncio and `input` both know; before the end, code 130."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    before = (
        signal.signal(signal.SIGTERM, interrupt),
        signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])


def _perform(stage: Stage, blueprint: Blueprint, runner: asyncio.Runner, once: bool) -> None:
    homeserver = stage.settings.homeserver
    logs.hide(homeserver.as_token.get_secret_value(), homeserver.hs_token.get_secret_value())
    logs.configure("ERROR")
    try:
        runner.run(_set_up(stage, blueprint))
        _show(runner.run(stage.ask(COORDINATOR, "tree")))
        typer.echo(f"\n{_how_to_sign_in(stage)}")
        if not once:
            _talk(stage, runner.run)
    except Refused as refused:
        raise Unavailable(f"The homeserver refused something that it should not: {refused}.") from None
    finally:
        typer.echo("Ending …")
        runner.run(stage.end())


async def _set_up(stage: Stage, blueprint: Blueprint) -> None:
    typer.echo("Starting the homeserver …")
    await stage.homeserver.start()
    typer.echo("Starting Hedgerow …")
    await stage.service.start()
    await stage.bring_in_people()
    await _plant(stage, blueprint)
    await stage.let_them_in(blueprint)


async def _plant(stage: Stage, blueprint: Blueprint) -> None:
    tops = ", ".join(top.name for top in blueprint.networks)
    typer.echo(f"Planting {tops} …")
    applied = await stage.service.while_running(apply_and_watch(stage.settings, blueprint))
    if applied is not None and applied.failed:
        raise Unavailable("\n".join(["Not everything could be planted:", *applied.failed]))
    went_on = await stage.service.while_running(stage.wait_until_all_is_delivered())
    if applied is None:
        typer.echo(
            "What was begun the last time is finished." if went_on else "It is there from the last time."
        )


def _show(answers: Iterable[str]) -> None:
    """What the bot says, without the links, which nobody can click on here."""
    for answer in answers:
        typer.echo("\n".join(f"  {line}" for line in _LINK.sub("", answer).splitlines()))


def _how_to_sign_in(stage: Stage) -> str:
    bot = stage.settings.homeserver.bot
    return "\n".join(
        [
            "To see it in Element, choose “Edit” beside the homeserver on its sign-in page, and type:",
            f"  homeserver  {stage.homeserver.base_url}",
            f"  name        {' or '.join(EVERYONE)}",
            f"  password    {stage.kept.password}",
            f"{COORDINATOR} coordinates all of it, {' and '.join(MEMBERS)} are members at the top, "
            f"and {ADMIN} runs the homeserver.",
            f"Each finds a chat with Hedgerow ({bot}) under People. What to say there: help",
        ]
    )


# -- the prompt -------------------------------------------------------------------------------------


def _talk(stage: Stage, do: Do) -> None:
    """Let someone speak with the bot as one of the people, until they have had enough."""
    with contextlib.suppress(ImportError):
        importlib.import_module("readline")  # arrow keys and a history for `input`
    typer.echo(
        f"\nHere you speak as {COORDINATOR}. “as {MEMBERS[0]}” makes you someone else, “quit” ends it all."
    )
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        who = COORDINATOR
        while (said := input(f"{who}> ").strip()) not in _LEAVING:
            who = _turn(stage, do, who, said)
    typer.echo()


def _turn(stage: Stage, do: Do, who: str, said: str) -> str:
    """Do one line; returns who speaks from then on."""
    first, _, name = said.partition(" ")
    if first == "as":
        if name.strip() not in EVERYONE:
            typer.echo(f"There is nobody called “{name.strip()}” here, only {', '.join(EVERYONE)}.")
            return who
        _show(do(stage.dialogues[name.strip()].news()))
        return name.strip()
    if said:
        _show(do(stage.ask(who, said)))
    return who
