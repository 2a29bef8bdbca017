"""Ticks: nobody waits unseen. Reminders, those further up, what expires and what is closed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from bot.applications import words
from bot.ports import Work
from bot.reply import Document
from spaces.access import may_see
from spaces.applications import Application, Due, State, Way, due
from spaces.identifiers import UserId
from spaces.landscape import Landscape

Telling = Callable[[Landscape, Sequence[Application]], Document]


async def look_after(work: Work, now: float, admins: Collection[UserId]) -> None:
    """Do all that is due, each thing once."""
    todo = due(work.landscape, await work.applications.live(), now)
    for application in todo.expired:
        await _end(work, application, State.WITHDRAWN, now)
    for application in todo.closed:
        await _close(work, application, now)
    await _tell_admins(work, todo, admins)
    await _remind(work, todo)
    await _escalate(work, todo, admins)


async def _end(work: Work, application: Application, state: State, now: float) -> bool:
    return await work.applications.change(application, replace(application, state=state, decided_at=now))


async def _close(work: Work, application: Application, now: float) -> None:
    if await _end(work, application, State.CLOSED, now) and application.way is Way.JOIN:
        said = f"application {application.number} closed"
        await work.tell(application.person, words.closed(application), said=said)


async def _tell_admins(work: Work, todo: Due, admins: Collection[UserId]) -> None:
    await _tell(work, [(admin, todo.orphaned) for admin in sorted(admins)], words.orphaned, "orphaned")
    for application in todo.orphaned:
        await work.note("requests: the admins are told", application.place)
        await _mark(work, application.number, lambda a: replace(a, orphaned=True))


async def _remind(work: Work, todo: Due) -> None:
    """Each coordinator hears of all that waits for them in one message."""
    pairs = ((user, a) for a in todo.to_remind for user in work.landscape.looking_after(a.place))
    await _tell(work, _by_person(pairs), words.reminder, "reminder")
    for application in todo.to_remind:
        await _mark(work, application.number, lambda a: replace(a, reminded=True))


async def _escalate(work: Work, todo: Due, admins: Collection[UserId]) -> None:
    """The coordinators of the parents, as far as they may know of the place; where none is, the admins."""
    pairs: list[tuple[UserId, Application]] = []
    for application in todo.to_escalate:
        above = await _above(work, application)
        already = application.orphaned or application in todo.orphaned
        pairs += [(user, application) for user in above or (() if already else sorted(admins))]
        told = "those of the networks above" if above else "the admins"
        await work.note(f"requests: {told} are told", application.place)
        await _mark(work, application.number, lambda a: replace(a, escalated=True))
    await _tell(work, _by_person(pairs), words.overdue, "overdue")


async def _above(work: Work, application: Application) -> list[UserId]:
    landscape, place = work.landscape, application.place
    parents = landscape.parents(landscape.network_of(place))
    people = dict.fromkeys(user for parent in parents for user in landscape.coordinators_of(parent))
    others = [user for user in people if user not in landscape.looking_after(place)]
    return [user for user in others if may_see(landscape, await work.standing_of(user), place)]


async def _mark(work: Work, number: int, mark: Callable[[Application], Application]) -> None:
    now = await work.applications.of_number(number)
    if now is not None:
        await work.applications.change(now, mark(now))


def _by_person(
    pairs: Iterable[tuple[UserId, Application]],
) -> list[tuple[UserId, Sequence[Application]]]:
    grouped: dict[UserId, list[Application]] = {}
    for user, application in pairs:
        grouped.setdefault(user, []).append(application)
    return list(grouped.items())


async def _tell(
    work: Work, told: Iterable[tuple[UserId, Sequence[Application]]], telling: Telling, kind: str
) -> None:
    """One message for each person. The newest number names it: no application is told so twice."""
    for user, applications in told:
        if applications:
            said = f"applications {kind} {max(a.number for a in applications)}"
            await work.tell(user, telling(work.landscape, applications), said=said, reminding=True)
