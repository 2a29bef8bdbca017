"""Stories in tables: each message once, how far it is in which network, and where the bot has posted it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.identifiers import EventId, GroupId, NetworkId, RoomId, UserId
from spaces.stories import KEPT_SECONDS, Ending, Level, Levels, Step, Story

s = tables.stories.c
v = tables.story_levels.c
p = tables.stories_printed.c
_CHUNK = 500


async def keep(connection: Connection, story: Story) -> None:
    await upsert(connection, tables.stories, [asdict(story)])


async def keep_level(connection: Connection, level: Level) -> None:
    await upsert(connection, tables.story_levels, [asdict(level)])


async def drop(connection: Connection, number: int) -> None:
    """As if it had never been proposed."""
    await connection.execute(delete(tables.stories).where(s.number == number))
    await connection.execute(delete(tables.story_levels).where(v.story == number))


async def numbered(connection: Connection, numbers: Collection[int]) -> list[Story]:
    found: list[Story] = []
    for chunk in _chunks(sorted(numbers)):
        found += await _stories(connection, s.number.in_(chunk))
    return found


async def of_message(connection: Connection, room: RoomId, event: EventId) -> Story | None:
    """The story that the message is: the event alone says nothing, for others may have one of that id."""
    return next(iter(await _stories(connection, s.room == room, s.event == event)), None)


async def of_edit(connection: Connection, room: RoomId, event: EventId) -> Story | None:
    """The story whose text is from that edit."""
    return next(iter(await _stories(connection, s.room == room, s.edit == event)), None)


async def of_author(connection: Connection, author: UserId) -> list[Story]:
    return await _stories(connection, s.author == author)


async def proposed_since(connection: Connection, proposer: UserId, since: float) -> int:
    query = select(func.count()).select_from(tables.stories)
    found = await connection.execute(query.where(s.proposer == proposer, s.proposed_at > since))
    return int(found.scalar_one())


async def _stories(connection: Connection, *which: ColumnElement[bool]) -> list[Story]:
    query = select(tables.stories).where(*which).order_by(s.proposed_at, s.number)
    return [_story(row) for row in await connection.execute(query)]


def _story(row: Any) -> Story:
    values = dict(row._mapping)
    types = {
        "group": GroupId,
        "room": RoomId,
        "event": EventId,
        "edit": EventId,
        "proposer": UserId,
        "author": UserId,
        "ending": Ending,
    }
    return Story(**{name: types.get(name, _same)(value) for name, value in values.items()})


def _same(value: Any) -> Any:
    return value


# -- levels -------------------------------------------------------------------------------------------


async def levels_of(connection: Connection, numbers: Collection[int]) -> dict[int, Levels]:
    """All levels of these stories."""
    found: dict[int, dict[NetworkId, Level]] = {number: {} for number in numbers}
    for chunk in _chunks(sorted(numbers)):
        for level in await _levels(connection, v.story.in_(chunk)):
            found[level.story][level.network] = level
    return dict(found)


async def waiting_for(connection: Connection, networks: Collection[NetworkId]) -> list[Level]:
    """What is proposed or offered to these networks, the oldest first."""
    waits = v.step.in_([Step.PROPOSED.value, Step.OFFERED.value])
    return await _levels(connection, waits, v.network.in_(sorted(networks)))


async def taken_between(
    connection: Connection, start: float, end: float, network: NetworkId | None = None
) -> list[Level]:
    """What was taken from `start` on and before `end`, by whom ever or by that network."""
    which = [v.step == Step.TAKEN.value, v.since >= start, v.since < end]
    return await _levels(connection, *which, *([v.network == network] if network else []))


async def _levels(connection: Connection, *which: ColumnElement[bool]) -> list[Level]:
    query = select(tables.story_levels).where(*which).order_by(v.since, v.story, v.network)
    return [_level(row) for row in await connection.execute(query)]


def _level(row: Any) -> Level:
    values = dict(row._mapping)
    values["network"], values["step"] = NetworkId(values["network"]), Step(values["step"])
    values["source"] = NetworkId(values["source"]) if values["source"] else None
    values["decided_by"] = UserId(values["decided_by"]) if values["decided_by"] else None
    return Level(**values)


# -- messages -----------------------------------------------------------------------------------------


async def received_at(connection: Connection, event: EventId) -> float | None:
    """When the message came in, by our clock; None where that is forgotten, or never came."""
    t = tables.events.c
    found: float | None = (
        await connection.execute(select(t.received_at).where(t.event_id == event))
    ).scalar()
    return found


async def joined_since(connection: Connection, room: RoomId, user: UserId) -> float | None:
    """Since when we have seen them there, in seconds; 0.0 for long ago, None for who is not there."""
    m = tables.memberships.c
    query = select(m.since).where(m.room_id == room, m.user == user, m.membership == "join")
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else float(row.since or 0.0)


async def name_in(connection: Connection, room: RoomId, user: UserId) -> str | None:
    """What they call themselves in that room."""
    m = tables.memberships.c
    query = select(m.display_name).where(m.room_id == room, m.user == user)
    found: str | None = (await connection.execute(query)).scalar()
    return found


# -- where they were posted ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Printed:
    """In which message of the bot's a story stands: block `block` of `document`. `gone`: its line is out."""

    said: str
    story: int
    room: str
    block: int
    document: list[Any]
    gone: bool
    said_at: float


async def keep_printed(connection: Connection, printed: Iterable[Printed]) -> None:
    rows = [{**asdict(one), "document": json.dumps(one.document)} for one in printed]
    await upsert(connection, tables.stories_printed, rows)


async def printed_with(connection: Connection, story: int) -> list[Printed]:
    """All that is known of the messages in which that story stands, of the other stories in them too."""
    theirs = select(p.said).where(p.story == story, p.gone.is_(False))
    query = select(tables.stories_printed).where(p.said.in_(theirs)).order_by(p.said, p.block)
    rows = await connection.execute(query)
    return [Printed(**{**row._mapping, "document": json.loads(row.document)}) for row in rows]


async def take_out(connection: Connection, story: int) -> None:
    gone = update(tables.stories_printed).where(p.story == story)
    await connection.execute(gone.values(gone=True))


async def printed_anew(
    connection: Connection, printed: Printed, said: str, document: list[Any], without: Collection[int]
) -> None:
    """What stood in the message of `printed` stands in the message `said` from now on, without some."""
    here = p.said == printed.said
    await connection.execute(delete(tables.stories_printed).where(here, p.story.in_(sorted(without))))
    moved = update(tables.stories_printed).where(here)
    await connection.execute(moved.values(said=said, document=json.dumps(document)))


# -- forgetting ---------------------------------------------------------------------------------------


async def forget(connection: Connection, *, now: float, printed_before: float) -> None:
    """Forget the text and the people of what no network has taken for long, and where things stood once.

    That the message was proposed stays, so that nobody is asked about it again.
    """
    taken = select(v.story).where(v.step == Step.TAKEN.value)
    old = and_(s.proposed_at < now - KEPT_SECONDS, s.number.not_in(taken), s.author != "")
    over = or_(old, and_(s.ended_at < now - KEPT_SECONDS, s.author != ""))
    blank = {"text": "", "byline": None, "author": "", "proposer": "", "edit": ""}
    await connection.execute(update(tables.stories).where(over).values(blank))
    await connection.execute(delete(tables.stories_printed).where(p.said_at < printed_before))


async def forget_person(connection: Connection, user: UserId) -> None:
    """What they wrote is no story any more; that they have proposed or judged those of others is forgotten.

    What the bot has posted is not changed by it: end their stories first (`appservice.stories.end_all_of`).
    """
    theirs = select(s.number).where(s.author == user)
    await connection.execute(delete(tables.story_levels).where(v.story.in_(theirs)))
    await connection.execute(delete(tables.stories_printed).where(p.story.in_(theirs)))
    await connection.execute(delete(tables.stories).where(s.author == user))
    await connection.execute(update(tables.stories).where(s.proposer == user).values(proposer=""))
    judged = update(tables.story_levels).where(v.decided_by == user)
    await connection.execute(judged.values(decided_by=None))


def _chunks(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK))
