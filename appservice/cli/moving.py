"""`hedgerow export` and `hedgerow import`: a tree of networks moves from one server to another."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from appservice.applying import Applied, watch
from appservice.cli.blueprint import shown
from appservice.cli.common import DEFAULT_CONFIG, ConfigOption, begin, refusals
from appservice.engine import Foundation
from appservice.exporting import Exported, Exporting, write
from appservice.importing import Importing, Outlook, Wishes, not_reached
from appservice.moved_in import Belongings
from appservice.people_moved import read_people
from appservice.works import Works
from config.export_file import read_export
from config.settings import Settings
from spaces.exported import Export, tops
from spaces.identifiers import UserId

_MOST_SHOWN = 20


def export(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    tree: Annotated[str | None, typer.Option("--tree", help="Of this network and all below it only.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write networks, roles, directory and stories into one file, for another server to import."""
    with refusals():
        settings = begin(config, quiet=True)
        exported = asyncio.run(_export(settings, tree))
        write(file, exported.export)
    for sentence in exported.left:
        typer.echo(f"stays here – {sentence}", err=True)
    typer.echo(f"{file} is written: {_counts(exported.export)}.")
    typer.echo("It names people and holds what is not public: keep it to yourself. Nothing here has changed.")


def import_(
    file: Annotated[Path, typer.Argument(help="The file that `hedgerow export` has written.")],
    config: ConfigOption = DEFAULT_CONFIG,
    under: Annotated[
        str | None, typer.Option("--under", help="The network of this server to hang the tree in.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who looks after what would have nobody; else the admins.")
    ] = None,
    people: Annotated[
        Path | None, typer.Option("--people", help="Who has moved: a table of old and new Matrix IDs (CSV).")
    ] = None,
    accounts_stay: Annotated[
        bool, typer.Option("--accounts-stay", help="Others keep their accounts on the old server.")
    ] = False,
    invite: Annotated[bool, typer.Option("--invite", help="Invite the people, coordinators first.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; invite nobody without --invite.")] = False,
) -> None:
    """Rebuild what another server has exported, and invite its people."""
    with refusals():
        settings, exported = begin(config, quiet=True), read_export(file)
        renamed = read_people(people) if people else {}
        wishes = Wishes(under, UserId.parse(by) if by else None, renamed, accounts_stay, invite)
        outlook = asyncio.run(_look(settings, exported, wishes))
        _tell(exported, outlook, wishes)
        if dry_run:
            return
        if not yes:
            wishes = _asked(wishes, outlook)
        done = asyncio.run(_import(settings, exported, wishes))
    _tell_end(*done)


def _asked(wishes: Wishes, outlook: Outlook) -> Wishes:
    """What is to be done, as whoever sits there says it."""
    if not sys.stdin.isatty():
        typer.echo("Nothing was done. Say --yes to import without being asked.", err=True)
        raise typer.Exit(1)
    if outlook.is_new and not typer.confirm("Do this?"):
        raise typer.Exit(1)
    if wishes.invite or not outlook.people:
        return wishes
    wanted = typer.confirm(f"Invite {_people(outlook.people)} now, coordinators first?")
    return Wishes(wishes.under, wishes.by, wishes.renamed, wishes.accounts_stay, wanted)


# -- what is told -----------------------------------------------------------------------------------


def _counts(exported: Export) -> str:
    tree = exported.tree
    return _counted(len(tree.networks), len(tree.groups), exported)


def _counted(networks: int, groups: int, things: Export | Belongings) -> str:
    counts = {
        "networks": networks,
        "groups": groups,
        "organisations and services": len(things.listings),
        "offers and wants": len(things.postings),
        "stories": len(things.stories),
        "events": len(things.occasions),
    }
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing"


def _tell(exported: Export, outlook: Outlook, wishes: Wishes) -> None:
    typer.echo(f"From {exported.server}: {_counts(exported)}.")
    for network in tops(exported.tree):
        typer.echo(f"  {network.name} ({network.slug})")
    for sentence in (*outlook.came.differs, *outlook.came.left_out, *outlook.belongings.left_out):
        typer.echo(f"note – {sentence}")
    if exported.codes_left:
        typer.echo(f"note – {exported.codes_left} codes of the old server let nobody in here: make new ones.")
    made = outlook.came.made
    networks = sum(place.is_network for place in made)
    typer.echo(f"New here: {_counted(networks, len(made) - networks, outlook.belongings)}.")
    _tell_people(outlook, wishes)


def _tell_people(outlook: Outlook, wishes: Wishes) -> None:
    if outlook.left_behind:
        some = _some(outlook.left_behind)
        typer.echo(f"Cannot be reached, {_people(len(outlook.left_behind))} of the old server: {some}.")
        typer.echo(
            "Name who has moved with --people, or say --accounts-stay if they can still be reached there."
        )
    if not wishes.invite:
        typer.echo(f"Nobody is invited without --invite: {_people(outlook.people)} could be.")
        return
    for user, networks in outlook.named.items():
        typer.echo(f"  {user} is to coordinate {_some(networks)}")
    typer.echo(f"Invited: {len(outlook.named)} as coordinators, {outlook.invited} as members.")


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MOST_SHOWN
    return ", ".join(listed[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"


def _tell_end(applied: Applied | None, away: list[str]) -> None:
    for reason in applied.failed if applied else ():
        typer.echo(f"not done: {reason}", err=True)
    for reason in away:
        typer.echo(f"not invited: {reason}", err=True)
    if applied is not None and applied.failed:
        typer.echo("Import it again when the reasons are mended: only what is missing is done.", err=True)
        raise typer.Exit(1)
    typer.echo("Nothing to do." if applied is None else "Done.")


# -- what is done -----------------------------------------------------------------------------------


async def _export(settings: Settings, tree: str | None) -> Exported:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        works = Works(foundation.database, foundation.surroundings(), lambda: None)
        return await Exporting(works, tree).export()
    finally:
        await foundation.database.close()


async def _look(settings: Settings, exported: Export, wishes: Wishes) -> Outlook:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        works = Works(foundation.database, foundation.surroundings(), lambda: None)
        return await Importing(works, exported, wishes).preview()
    finally:
        await foundation.database.close()


async def _import(settings: Settings, exported: Export, wishes: Wishes) -> tuple[Applied | None, list[str]]:
    foundation = Foundation(settings)
    try:
        await foundation.lay()
        works = Works(foundation.database, foundation.surroundings(), lambda: None)
        begun = await Importing(works, exported, wishes).run()
        if begun.undertaking is None:
            return None, []
        undertaking = begun.undertaking
        applied = await shown(lambda tell: watch(foundation, undertaking, tell), "Moving in")
        return applied, list(await not_reached(works, begun))
    finally:
        await foundation.database.close()
