"""`hedgerow newspaper`: the news of a public network as a PDF, to be printed."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.engine import Foundation
from appservice.paper.printed import newspaper_of
from appservice.public_news import PublicNews
from appservice.works import Works
from config.settings import Settings
from spaces.news import News


def newspaper(
    network: Annotated[str, typer.Argument(help="The public network whose news it is.")],
    from_: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The day before which it ends.")],
    out: Annotated[Path, typer.Option(help="The file to write, a PDF.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make a newspaper of a public network, to be printed, of what everyone may read."""
    with refusals():
        settings = begin(config, quiet=True)
        news = asyncio.run(_news(settings, network, from_.date(), to.date()))
        made = newspaper_of(news)
    try:
        out.write_bytes(made)
    except OSError as error:
        typer.echo(f"{out} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{out} is written.")


async def _news(settings: Settings, network: str, first: date, end: date) -> News:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        works = Works(foundation.database, foundation.surroundings(), lambda: None)
        return await PublicNews(works).between(network, first, end)
    finally:
        await foundation.database.close()
