"""A tree of networks of another server comes to this one: `hedgerow import`.

First what would come of it; then all of it in one commit, after which whoever acts makes rooms and invites
people. What came in before is known by where it came from, so that a second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from appservice.applying import OPERATOR
from appservice.exporting import people_in
from appservice.hsds.importing import network_named
from appservice.moved_in import Belongings, belongings, keep_belongings
from appservice.store import exports, invitations, outbox
from appservice.work import UnitOfWork
from appservice.works import Works
from bot.audit.ports import Source
from bot.networks.consulting import ask_coordinators
from spaces.bans import is_banned
from spaces.export_checks import ExportRefused
from spaces.exported import Export
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.imported import Imported, imported
from spaces.invitations import Outcome, Result, verdict
from spaces.landscape import Landscape
from spaces.network import Access
from spaces.reinviting import People
from spaces.reinviting import invitations as needed

UNDERTAKING = "import"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a tree is to come in.

    `under` names the network of this server below which it hangs; None: at the top. `by` is who imports it,
    a coordinator where a network would have none; None: the admins. `renamed` says who of the old server is
    who now, `accounts_stay` that all others of it can still be reached there. People are invited only if
    `invite`.
    """

    under: str | None = None
    by: UserId | None = None
    renamed: dict[UserId, UserId] = field(default_factory=dict)
    accounts_stay: bool = False
    invite: bool = False


@dataclass(frozen=True)
class Outlook:
    """What comes of an import. `outcomes` are of the members, as they would be or are invited.

    `named` are the coordinators who are new, each with the names of their networks.
    """

    before: Landscape
    came: Imported
    belongings: Belongings
    outcomes: tuple[Outcome, ...]
    named: dict[UserId, tuple[str, ...]]
    left_behind: tuple[UserId, ...]
    people: int

    @property
    def is_new(self) -> bool:
        is_invited = any(outcome.result is Result.WAITING for outcome in self.outcomes)
        return self.came.landscape is not self.before or self.belongings.is_new or is_invited

    @property
    def invited(self) -> int:
        """How many people get an invitation who coordinate nothing."""
        waiting = {o.user for o in self.outcomes if o.result is Result.WAITING}
        return len(waiting - self.named.keys())


@dataclass(frozen=True, slots=True)
class Begun:
    """What was committed: the undertaking to watch, None for nothing, and the list of the people invited."""

    outlook: Outlook
    undertaking: int | None
    batch: str


class Importing:
    """One export for this server."""

    def __init__(self, works: Works, export: Export, wishes: Wishes) -> None:
        self._works = works
        self._export = export
        self._wishes = wishes

    async def preview(self) -> Outlook:
        """What `run` would do. Raises `ExportRefused`, and what naming a network raises."""
        async with self._works.preview(OPERATOR) as work:
            return await self._look(work)

    async def run(self) -> Begun:
        """Write it in one commit, looked at again within it; where all is there, finish what was begun."""
        async with self._works.begin(OPERATOR, Source.COMMAND_LINE) as work:
            outlook, batch = await self._look(work), f"import {work.now:.0f} {work.ids.suffix()}"
            await self._carry_out(work, outlook, batch)
            if work.gathered:
                return Begun(outlook, await work.undertake(UNDERTAKING), batch)
            return Begun(outlook, await outbox.unfinished(work.connection, UNDERTAKING), batch)

    # -- looking ---------------------------------------------------------------------------------

    async def _look(self, work: UnitOfWork) -> Outlook:
        export, wishes = self._export, self._wishes
        known = await exports.from_server(work.connection, export.server)
        people = self._people(work)
        stand_ins = [wishes.by] if wishes.by else sorted(work.surroundings.admins)
        if work.surroundings.maker.bot in stand_ins:
            raise ExportRefused(["The bot looks after every room already. Name a person with --by."])
        if not stand_ins:
            raise ExportRefused(
                ["Nobody would look after it. Say --by @you:server, or name `admins` in the settings."]
            )
        came = imported(
            work.landscape,
            export.tree,
            work.ids,
            known={PlaceId(thing): _place(here) for thing, here in known.items() if " " not in thing},
            under=network_named(work.landscape, wishes.under) if wishes.under else None,
            by=wishes.by,
            stand_ins=stand_ins,
            resolve=people,
            invite=wishes.invite,
            spared={work.surroundings.maker.bot, *stand_ins, *work.surroundings.admins},
        )
        everybody = people_in(export)
        return Outlook(
            work.landscape,
            came,
            await belongings(work, export, came, known, people),
            tuple(await self._outcomes(work, came, people)) if wishes.invite else (),
            _newly_named(work.landscape, came.landscape) if wishes.invite else {},
            tuple(people.left_behind(everybody)),
            len({who for user in everybody if (who := people(user)) is not None}),
        )

    def _people(self, work: UnitOfWork) -> People:
        bot = work.surroundings.maker.bot
        stay = self._wishes.accounts_stay or self._export.server == bot.server
        return People(self._export.server, self._wishes.renamed, stay, frozenset({bot}))

    async def _outcomes(self, work: UnitOfWork, came: Imported, people: People) -> list[Outcome]:
        """What is to become of each member where they were."""
        outcomes: list[Outcome] = []
        asked: dict[PlaceId, list[UserId]] = {}
        for theirs, user in needed(self._export.tree, self._export.members):
            place, now = came.places.get(theirs), people(user)
            if place is not None and now is not None and not _invited_anyhow(came.landscape, place, now):
                asked.setdefault(place, []).append(now)
        for place, users in asked.items():
            members = await work.members_of(place)
            known = await invitations.known(work.connection, place, users)
            for user in dict.fromkeys(users):
                how = "ban" if is_banned(came.landscape, place, user) else members.get(user)
                outcomes.append(Outcome(place, user, user, verdict(known.get(user), how, work.now)))
        return outcomes

    # -- doing -----------------------------------------------------------------------------------

    async def _carry_out(self, work: UnitOfWork, outlook: Outlook, batch: str) -> None:
        came, before = outlook.came, work.landscape
        source = self._export.server
        if came.landscape is not before:
            about = next(iter(came.places.values()))
            await work.change(came.landscape, what=f"import from {source}", about=about)
        made: dict[str, str] = {
            theirs: ours for theirs, ours in came.places.items() if ours in set(came.made)
        }
        await exports.remember(work.connection, source, made, work.now)
        await keep_belongings(work, source, outlook.belongings)
        await work.settle(sorted(came.places.values()))
        await ask_coordinators(work, before)
        fresh = [outcome for outcome in outlook.outcomes if outcome.result is Result.WAITING]
        if fresh:
            by = self._wishes.by or next(iter(sorted(work.surroundings.admins)), work.surroundings.maker.bot)
            await work.invitations.keep(batch, by, fresh, reason="")


def _place(here: str) -> PlaceId:
    return NetworkId(here) if PlaceId(here).is_network else GroupId(here)


def _invited_anyhow(landscape: Landscape, place: PlaceId, user: UserId) -> bool:
    """Whether they coordinate it, and so are invited by the network itself."""
    group = landscape.groups.get(GroupId(place))
    home = NetworkId(place) if group is None else group.home
    is_theirs = group is None or group.access is Access.INVITE or group.is_kit
    return is_theirs and user in landscape.coordinators_of(home)


def _newly_named(before: Landscape, after: Landscape) -> dict[UserId, tuple[str, ...]]:
    named: dict[UserId, list[str]] = {}
    for network, user in after.coordinators.keys() - before.coordinators.keys():
        named.setdefault(user, []).append(after.networks[network].name)
    return {user: tuple(sorted(networks)) for user, networks in sorted(named.items())}


async def not_reached(works: Works, begun: Begun) -> Sequence[str]:
    """Whom the homeserver could not invite, each with the reason, in English."""
    async with works.database.reading() as connection:
        batch = await invitations.outcomes(connection, begun.batch)
    outcomes = batch.outcomes if batch else ()
    return [f"{o.user}: {o.reason}" for o in outcomes if o.result is Result.FAILED]
