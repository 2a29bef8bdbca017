"""`hedgerow forget @user:server`: for who cannot say `forget me` any more."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.engine import Foundation
from appservice.forgetting import fresh_stub
from appservice.store import erasing
from appservice.store.erasing import Erasure
from appservice.works import Works
from bot.privacy.ports import Outlook
from bot.privacy.topics import TOPICS
from config.settings import Settings
from spaces.identifiers import UserId


def forget(
    user: Annotated[str, typer.Argument(help="Their Matrix ID.")],
    config: ConfigOption = DEFAULT_CONFIG,
    stay: Annotated[bool, typer.Option("--stay", help="Leave them in the rooms that they are in.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget everything that is kept about somebody, as `forget me` does. The service does it."""
    with refusals():
        who = UserId.parse(user)
        settings = begin(config, quiet=True)
        outlook = asyncio.run(_look(settings, who))
    if not outlook.held:
        typer.echo(f"Nothing is kept about {who}.")
        return
    _tell(who, outlook, settings.backups.kept_days, stays=stay)
    if not (yes or _agreed()):
        raise typer.Exit(0)
    with refusals():
        asyncio.run(_ask(settings, who, stays=stay))
    typer.echo("It is noted: the running service does it within a day, most of it within a minute.")


def _tell(who: UserId, outlook: Outlook, kept_days: int, *, stays: bool) -> None:
    typer.echo(f"This is kept about {who}:")
    for topic, count in outlook.held.items():
        typer.echo(f"  {TOPICS[topic]}: {count}")
    if outlook.orphaned:
        typer.echo(
            f"Nobody else looks after {len(outlook.orphaned)} of their networks: the members are asked."
        )
    if outlook.rooms and not stays:
        typer.echo(f"They are taken out of {outlook.rooms} rooms; --stay leaves them there.")
    typer.echo(f"Backups of before hold it for {kept_days} days (`backups.kept_days`). Nobody can undo that.")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        typer.echo("Nothing was done. Say --yes to do it without being asked.", err=True)
        raise typer.Exit(1)
    return typer.confirm("Do this?")


async def _look(settings: Settings, who: UserId) -> Outlook:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        works = Works(foundation.database, foundation.surroundings(), lambda: None)
        async with works.preview(who) as work:
            return await work.privacy.outlook(who)
    finally:
        await foundation.database.close()


async def _ask(settings: Settings, who: UserId, *, stays: bool) -> None:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        now = foundation.surroundings().now()
        async with foundation.database.writing() as connection:
            await erasing.keep(connection, Erasure(who, fresh_stub(), now, begun=False, stays=stays))
    finally:
        await foundation.database.close()
