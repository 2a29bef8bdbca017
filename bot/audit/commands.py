"""Read who did what, and take it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from bot.audience import audience_of
from bot.audit import previews
from bot.audit.ports import Entry
from bot.audit.words import Reader
from bot.command import Call, command
from bot.letting_in import lets_in
from bot.lifecycle.archiving import Restored, put_to_sleep, wake
from bot.lifecycle.sharing import check_is_open
from bot.networks.asking import Waiting, ask, has_yes_of, waiting_side
from bot.networks.rules import (
    Question,
    check_no_lookalike,
    question,
    question_of_share,
    share_waits_for,
    waits_for,
)
from bot.networks.sides import coordinates_any
from spaces import access
from spaces.bans import is_banned
from spaces.deeds import Deed
from spaces.differences import Changed, Presence
from spaces.errors import Conflict, Forbidden, Unknown
from spaces.identifiers import NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Network, Share, Status
from spaces.sentences import sentence
from spaces.undoing import Undoing, archived_or_restored, needed_for, undo, why_not

AT_ONCE = 60
"""How many entries one answer holds, page by page."""

_LOOKED_THROUGH = 20


@dataclass(frozen=True, slots=True)
class Audit:
    """A part of the log, newest first; there are `older` ones. `slug` is of the one network it is of."""

    entries: tuple[Entry, ...]
    reader: Reader
    older: bool
    slug: str | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What was done by `entry` is taken back; where it needs the yes of another side, that is asked.

    `restored` is what came back by it.
    """

    entry: Entry
    reader: Reader
    waiting: tuple[Waiting, ...]
    restored: Restored | None = None


@dataclass(frozen=True, slots=True)
class Answerable:
    """Shown to who looks after a network, and to admins; the command itself finds out what they may."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        """Nothing: it depends on what is asked for."""

    def possible(self, call: Call) -> bool:
        return call.standing.is_admin or coordinates_any(call)


class Auditing:
    """Read who did what, and take it back."""

    @command(
        "audit",
        topic="safety",
        requires=Answerable(),
        examples=["audit", "audit arts-uk", "audit arts-uk --before 40"],
    )
    async def audit(
        self,
        call: Call,
        network: Annotated[NetworkId | None, "only what concerns this one"] = None,
        *,
        before: Annotated[int | None, "only what is older than the entry of this number"] = None,
    ) -> Audit:
        """Show who changed what, and when.

        The newest first, of all networks that you look after or of one.
        """
        require_alone(call)
        networks = await _to_read(call, network)
        unbound = call.standing.is_admin and network is None
        found = await call.work.audit.page(networks, before=before, most=AT_ONCE + 1, unbound=unbound)
        slug = None if network is None else call.landscape.slug_of(network)
        reader = Reader(call.landscape, call.standing, networks)
        return Audit(tuple(found[:AT_ONCE]), reader, len(found) > AT_ONCE, slug)

    @command(
        "undo", topic="safety", requires=Answerable(), examples=["undo", "undo 12"], meanwhile="Undoing …"
    )
    async def undo(
        self,
        call: Call,
        number: Annotated[int | None, "the entry's number in `audit`; without one, your last change"] = None,
    ) -> Undone:
        """Take a change back.

        I show first what that would do.
        """
        require_alone(call)
        entry = await _entry_meant(call, number)
        if (reason := why_not(entry.changed)) is not None:
            raise Conflict(replace(reason, parts={"number": entry.number}))
        _require_rights(call, entry)
        landscape = _undone(call, entry)
        reader = Reader(call.landscape, call.standing, _all_read(call, entry))
        call.confirm(await previews.undoing(call, entry, reader, landscape))
        before = call.landscape
        restored = await _take_on(call, landscape, entry) if landscape is not before else None
        await _bring_back(call, entry)
        waiting = await _ask_again(call, before)
        return Undone(entry, replace(reader, landscape=landscape), waiting, restored)


def require_alone(call: Call) -> None:
    """Raise `Conflict` in a room: what is answered is not for everyone there."""
    if not call.heard.is_direct:
        raise Conflict("That is for you alone to read. Ask me in a direct message.")


async def _to_read(call: Call, network: NetworkId | None) -> frozenset[NetworkId]:
    if network is None:
        mine = call.landscape.coordinated_by(call.sender)
        if not mine and not call.standing.is_admin:
            raise Forbidden("You look after no network, and only its coordinators read what was done in one.")
        return mine
    access.require(call.landscape, call.standing, Deed.AUDIT, network)
    await note_admins_look(call, "audit", network)
    return frozenset({network})


async def note_admins_look(call: Call, how: str, network: NetworkId) -> None:
    """Who reads it only as an admin is noted there."""
    if not access.coordinates(call.landscape, call.standing, network):
        await call.work.note(f"{how}: looked at by {call.sender}, as an admin", network)


# -- undoing ----------------------------------------------------------------------------------------


async def _entry_meant(call: Call, number: int | None) -> Entry:
    mine = None if call.standing.is_admin else call.landscape.coordinated_by(call.sender)
    if number is not None:
        found = await call.work.audit.entry(number, mine)
        if found is None:
            raise Unknown(
                "There is no entry {number} that you may read. `audit` shows those that you may.",
                number=number,
            )
        return found
    for entry in await call.work.audit.changes_of(call.sender, most=_LOOKED_THROUGH):
        if why_not(entry.changed) is None:
            return entry
    raise Conflict("You have changed nothing that I could undo. `audit` shows what others did.")


def _require_rights(call: Call, entry: Entry) -> None:
    """Whoever undoes must be allowed to do what it takes, be it their own deed or not."""
    for needed in needed_for(entry.changed):
        if EVERYWHERE in needed.places:
            if not call.standing.is_admin:
                raise Forbidden("Only an admin of this homeserver can do that.")
        elif not any(access.may(call.landscape, call.standing, needed.deed, one) for one in needed.places):
            access.require(call.landscape, call.standing, needed.deed, needed.places[0])


def _undone(call: Call, entry: Entry) -> Landscape:
    undoing = Undoing(
        by=call.sender,
        agrees=lambda network: has_yes_of(call, network),
        may_name=lambda network: access.may_see(call.landscape, call.standing, network),
        protected=call.work.bans.protected,
    )
    landscape = undo(call.landscape, call.work.ids, entry.changed, undoing)
    for one in entry.changed:
        if isinstance(one.before, Share) and one.after is None:
            check_is_open(call, one.before.group)
        renamed = isinstance(one.before, Network) and isinstance(one.after, Network)
        if (
            renamed
            and isinstance(one.before, Network)
            and one.before.name != call.landscape.place(one.before.id).name
        ):
            check_no_lookalike(call.landscape, call.standing, one.before.name)
    return landscape


async def _take_on(call: Call, landscape: Landscape, entry: Entry) -> Restored | None:
    """What is archived or restored by it is so as by the command."""
    about, what = PlaceId(entry.about), f"undo {entry.number}"
    for one in entry.changed:
        if (status := archived_or_restored(one)) is Status.ARCHIVED:
            return await wake(call, about, landscape, what=what, undoes=entry.number)
        if status is Status.ACTIVE:
            await put_to_sleep(call, about, landscape, what=what, undoes=entry.number)
            return None
    await call.work.change(landscape, what=what, about=about, undoes=entry.number)
    return None


def _all_read(call: Call, entry: Entry) -> frozenset[NetworkId]:
    about = PlaceId(entry.about)
    mine = call.landscape.coordinated_by(call.sender)
    return mine | {NetworkId(about)} if about in call.landscape.networks else mine


async def _bring_back(call: Call, entry: Entry) -> None:
    """Whoever was taken out is invited again, unless they have come back or are banned since."""
    back: list[Changed] = []
    for one in entry.changed:
        if not isinstance(one.before, Presence) or one.after is not None:
            continue
        place, user = one.before.place, one.before.user
        there = (await call.work.members_of(place)).get(user) in ("join", "invite", "ban")
        is_kept_out = there or is_banned(call.landscape, place, user)
        if not is_kept_out and await lets_in(call.work, place):
            await call.work.invite(place, user, reason=str(sentence("You may come in again.")))
            back.append(Changed(None, one.before))
    if back:
        await call.work.note(f"undo {entry.number}", PlaceId(entry.about), tuple(back), entry.number)


async def _ask_again(call: Call, before: Landscape) -> tuple[Waiting, ...]:
    """Put links and shares that wait now, and did not before, to the side that has not spoken."""
    audience = await audience_of(call)
    waiting: list[Waiting] = []
    for asked, side in _asked(call.landscape, before):
        await ask(call, asked, side)
        waiting.append(waiting_side(call, side, audience))
    return tuple(waiting)


def _asked(now: Landscape, before: Landscape) -> Iterator[tuple[Question, NetworkId]]:
    for key, link in now.links.items():
        if not link.holds and key not in before.links:
            yield question(now, link), waits_for(link)
    for shared, share in now.shares.items():
        if not share.holds and shared not in before.shares:
            yield question_of_share(now, share), share_waits_for(now, share)
