"""What people changed against the rules is put back, and the coordinators hear of it: once, and not for ever.

The same is not told again within the hour. What is put back five times within ten minutes is a fight
that nobody wins: until somebody says `resume` only what keeps strangers out is put back, at most once
in half a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import structlog

from appservice.by_hand import Hands
from appservice.store import by_hand, rooms
from appservice.telling import tell_coordinators, tell_where_they_talk
from appservice.work import UnitOfWork
from bot.adopting.words import has_power_now
from bot.keeping.added import asks_for_power
from bot.keeping.reports import PutBack, is_left_open, put_back, was_lost
from bot.networks.rules import Named, named
from spaces.actions import SetState
from spaces.by_hand import level_drifts
from spaces.differences import home_of
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.network import Group, Pause
from spaces.power_levels import BOT, users_in
from spaces.reconcile import POWER_LEVELS, StateKey

log = structlog.get_logger(__name__)

_FIGHT = "fight"
_DOORS = ("m.room.join_rules", "m.room.history_visibility", "m.room.guest_access")


async def report(work: UnitOfWork, place: PlaceId, steps: Iterable[SetState], hands: Hands) -> None:
    """Note what of `steps` puts back something that people have just changed, and tell the coordinators."""
    news: list[PutBack] = []
    fought: list[str] = []
    last = ""
    for step in steps:
        key: StateKey = (step.event.type, step.event.state_key)
        thing = _thing(work, step, key, hands)
        if thing is None:
            continue
        name = f"{key[0]} {key[1]}".strip()
        repairs = await by_hand.repairs(work.connection, place, name, now=work.now)
        is_fight = repairs.is_fight(work.now) and not work.landscape.is_paused(place)
        if is_fight or repairs.is_news(work.now):
            news.append(thing)
        fought += [name] if is_fight else []
        last = hands.event_of(key)
        told = is_fight or repairs.is_news(work.now)
        await by_hand.note_repair(work.connection, place, name, now=work.now, told=told)
        await work.note(f"put back what {thing.who} changed by hand: {name}", place)
    if news:
        said = put_back(named(work.landscape, place), news, fights=bool(fought))
        await tell_coordinators(work, place, said, said=f"put back:{last}")
    if fought:
        await _pause(work, place, fought)


async def report_loss(work: UnitOfWork, place: PlaceId, gap: Iterable[SetState], hands: Hands) -> None:
    """Tell the coordinators that a room of theirs was open, though nobody had opened it; hourly at most."""
    lost = [step for step in gap if hands.is_lost(step)]
    if not lost or not await rooms.is_ready(work.connection, place):
        return
    kinds = sorted({step.event.type for step in lost})
    log.error("room_state_lost", place=place, kinds=kinds)
    await work.note(f"put back what the homeserver had lost: {', '.join(kinds)}", place)
    repairs = await by_hand.repairs(work.connection, place, "lost", now=work.now)
    await by_hand.note_repair(work.connection, place, "lost", now=work.now, told=repairs.is_news(work.now))
    if repairs.is_news(work.now):
        said = was_lost(named(work.landscape, place))
        await tell_coordinators(work, place, said, said=f"lost:{place}:{work.now}")


async def report_open(work: UnitOfWork, place: PlaceId, gap: Iterable[SetState], hands: Hands) -> None:
    """Tell the coordinators, hourly at most, that somebody has opened a room which they have paused."""
    keys = [(step.event.type, step.event.state_key) for step in gap if step.event.type in _DOORS]
    who = {user for key in keys if (user := hands.who_changed(key)) is not None}
    repairs = await by_hand.repairs(work.connection, place, "left open", now=work.now)
    if who and repairs.is_news(work.now):
        await by_hand.note_repair(work.connection, place, "left open", now=work.now, told=True)
        landscape, whole = work.landscape, work.landscape.pause_of(place) is Pause.ALL
        paused = home_of(landscape, place) if whole else place
        said = is_left_open(named(landscape, place), named(landscape, paused), sorted(who))
        await tell_coordinators(work, place, said, said=f"left open:{place}:{work.now}")


async def report_power(work: UnitOfWork, group: PlaceId, maker_of_it: UserId) -> None:
    """Somebody took away the power that the bot had in a room of theirs: ask for it again."""
    landscape, bot = work.landscape, work.surroundings.maker.bot
    found = landscape.place(group)
    home = found.home if isinstance(found, Group) else found.id
    asked = asks_for_power(named(landscape, group), named(landscape, home), bot)
    people = {maker_of_it, *landscape.coordinators_of(home)}
    await tell_where_they_talk(work, sorted(people), asked, said=f"power:{group}:{work.now}")


async def report_new_power(work: UnitOfWork, place: PlaceId, maker_of_it: UserId) -> None:
    """Somebody gave the bot the power that it had asked for."""
    said = has_power_now(named(work.landscape, place))
    people = {maker_of_it, *work.landscape.looking_after(place)}
    await tell_where_they_talk(work, sorted(people), said, said=f"has power:{place}:{work.now}")


async def _pause(work: UnitOfWork, place: PlaceId, fought: Iterable[str]) -> None:
    """From now on it is no fight any more; what was told just now is no news again soon."""
    await by_hand.forget_repairs(work.connection, [place])
    for name in fought:
        await by_hand.note_repair(work.connection, place, name, now=work.now, told=True)
    await note_closing(work, place)
    paused = replace(work.landscape.place(place), paused=Pause.FIGHT)
    await work.change(work.landscape.having(paused), what="paused after a fight", about=place)


async def may_close(work: UnitOfWork, place: PlaceId) -> bool:
    """Whether what keeps strangers out of the room of `place` may be put back now."""
    pause = work.landscape.pause_of(place)
    if pause is not Pause.FIGHT:
        return pause is Pause.NONE
    return (await by_hand.repairs(work.connection, place, _FIGHT, now=work.now)).is_due(work.now)


async def note_closing(work: UnitOfWork, place: PlaceId) -> None:
    """A room that is fought over is closed now, and not again at once."""
    await by_hand.note_repair(work.connection, place, _FIGHT, now=work.now, told=False)


def _thing(work: UnitOfWork, step: SetState, key: StateKey, hands: Hands) -> PutBack | None:
    """What is put back by `step`, if somebody has just changed it; None for what only follows from us."""
    who = hands.who_changed(key)
    if who is None:
        return None
    if key == POWER_LEVELS:
        found = hands.content(key)
        levels = tuple(level_drifts(step.event.content, found))
        after = users_in(step.event.content)
        high = (u for u, n in users_in(found).items() if n >= BOT and after.get(u, 0) != n)
        people = tuple(UserId(user) for user in sorted(high) if user != work.surroundings.maker.bot)
        lowered = after.get(work.surroundings.maker.bot) != users_in(found).get(work.surroundings.maker.bot)
        if not (levels or people or lowered):
            return None
        return PutBack(key[0], step.event.content, who, levels, people)
    return PutBack(key[0], step.event.content, who, child=_child(work, PlaceId(step.room), key))


def _child(work: UnitOfWork, place: PlaceId, key: StateKey) -> Named | None:
    """What stands in the Space of `place`, by its name, if it is of those that its coordinators know of."""
    if key[0] != "m.space.child" or not isinstance(key[1], PlaceId):
        return None
    landscape, network = work.landscape, NetworkId(place)
    known: set[PlaceId] = {group.id for group in landscape.groups_of(network)}
    known.update(landscape.shared_with(network), landscape.all_children(network))
    return named(landscape, key[1]) if key[1] in known else None
