"""Announcements in tables: what they say, where they are posted, and who declines them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, or_, select, update

from appservice.store import tables
from appservice.store.database import Connection, upsert
from spaces.announcements import Announcement, Post
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId

a = tables.announcements.c
p = tables.announcement_posts.c
t = tables.announcement_texts.c
d = tables.announcement_declines.c
_CHUNK = 500


async def keep(connection: Connection, one: Announcement) -> None:
    """Keep it as it is now."""
    await upsert(connection, tables.announcements, [asdict(one)])


async def keep_posts(connection: Connection, posts: Sequence[Post]) -> None:
    await upsert(connection, tables.announcement_posts, [asdict(post) for post in posts])


async def numbered(connection: Connection, number: int) -> Announcement | None:
    query = select(tables.announcements).where(a.number == number)
    return next(iter(await _announcements(connection, query)), None)


async def made_since(connection: Connection, network: NetworkId, since: float) -> int:
    """How many of `network` were made by command after that time."""
    query = select(func.count()).select_from(tables.announcements)
    query = query.where(a.network == network, a.made_at > since, a.by_hand.is_(False))
    return int((await connection.execute(query)).scalar_one())


async def latest(connection: Connection, networks: Collection[NetworkId], most: int) -> list[Announcement]:
    """What stands and was posted in one of `networks`, or is of one of them; the newest first."""
    found: dict[int, Announcement] = {}
    for chunk in _chunks(sorted(networks)):
        posted = select(p.number).where(p.network.in_(chunk), p.gone_at.is_(None))
        query = select(tables.announcements).where(
            or_(a.network.in_(chunk), a.number.in_(posted)), a.withdrawn_at.is_(None)
        )
        query = query.order_by(a.made_at.desc(), a.number).limit(most)
        found |= {one.number: one for one in await _announcements(connection, query)}
    return sorted(found.values(), key=lambda one: (-one.made_at, one.number))[:most]


async def standing_between(
    connection: Connection, start: float, end: float, network: NetworkId | None = None
) -> list[Announcement]:
    """What was made at `start` or later and before `end` and stands, of all or of one network."""
    query = select(tables.announcements).where(a.made_at >= start, a.made_at < end, a.withdrawn_at.is_(None))
    if network is not None:
        query = query.where(a.network == network)
    return await _announcements(connection, query.order_by(a.made_at, a.number))


async def _announcements(connection: Connection, query: Any) -> list[Announcement]:
    return [_announcement(row) for row in await connection.execute(query)]


def _announcement(row: Any) -> Announcement:
    values = dict(row._mapping)
    values["network"], values["author"] = NetworkId(values["network"]), UserId(values["author"])
    return Announcement(**values)


# -- where they are posted ----------------------------------------------------------------------------


async def posts_of(connection: Connection, numbers: Collection[int]) -> list[Post]:
    found: list[Post] = []
    for chunk in _chunks(sorted(numbers)):
        found += await _posts(connection, select(tables.announcement_posts).where(p.number.in_(chunk)))
    return found


async def post_in(connection: Connection, number: int, network: NetworkId) -> Post | None:
    query = select(tables.announcement_posts).where(p.number == number, p.network == network)
    return next(iter(await _posts(connection, query)), None)


async def post_with(connection: Connection, event: EventId, room: RoomId) -> Post | None:
    """The post that is this event of this room."""
    query = select(tables.announcement_posts).where(p.event == event, p.room == room)
    return next(iter(await _posts(connection, query)), None)


async def announcers_in(connection: Connection, networks: Collection[NetworkId]) -> frozenset[NetworkId]:
    found: set[str] = set()
    for chunk in _chunks(sorted(networks)):
        query = select(a.network).join(tables.announcement_posts, p.number == a.number)
        query = query.where(p.network.in_(chunk), p.event.is_not(None))
        found.update((await connection.execute(query.distinct())).scalars())
    return frozenset(NetworkId(network) for network in found)


async def _posts(connection: Connection, query: Any) -> list[Post]:
    return [_post(row) for row in await connection.execute(query.order_by(p.number, p.network))]


def _post(row: Any) -> Post:
    values = dict(row._mapping)
    values["network"], values["place"] = NetworkId(values["network"]), GroupId(values["place"])
    values["room"] = RoomId(values["room"]) if values["room"] else None
    values["event"] = EventId(values["event"]) if values["event"] else None
    return Post(**values)


# -- what is written by hand ------------------------------------------------------------------------------


async def keep_text(connection: Connection, event: EventId, one: Announcement, text: str) -> None:
    """Keep what `event` makes of the text; an event that was kept before changes nothing."""
    later = select(func.coalesce(func.max(t.position), 0) + 1).where(t.number == one.number)
    position = (await connection.execute(later)).scalar_one()
    row = {"event": event, "number": one.number, "network": one.network, "position": position, "text": text}
    await upsert(connection, tables.announcement_texts, [row], replace=False)
    await _show_last(connection, one.number)


async def number_of_text(connection: Connection, event: EventId) -> int | None:
    """The announcement that `event` has changed."""
    found: int | None = (await connection.execute(select(t.number).where(t.event == event))).scalar()
    return found


async def drop_text(connection: Connection, event: EventId, number: int) -> None:
    """A change is taken back: the text is again as it was before."""
    await connection.execute(delete(tables.announcement_texts).where(t.event == event))
    await _show_last(connection, number)


async def _show_last(connection: Connection, number: int) -> None:
    last = select(t.text).where(t.number == number).order_by(t.position.desc()).limit(1)
    text = (await connection.execute(last)).scalar() or ""
    await connection.execute(update(tables.announcements).where(a.number == number).values(text=text))


async def withdraw(connection: Connection, number: int, now: float) -> None:
    """It stands no longer, and its text is forgotten."""
    of_it = update(tables.announcements).where(a.number == number)
    await connection.execute(of_it.values(text="", withdrawn_at=now))
    await connection.execute(delete(tables.announcement_texts).where(t.number == number))


# -- who declines them -------------------------------------------------------------------------------------


async def declines(connection: Connection) -> frozenset[tuple[NetworkId, NetworkId]]:
    """Who declines whose announcements."""
    rows = await connection.execute(select(d.network, d.source))
    return frozenset((NetworkId(row.network), NetworkId(row.source)) for row in rows)


async def decline(connection: Connection, network: NetworkId, source: NetworkId) -> None:
    await upsert(connection, tables.announcement_declines, [{"network": network, "source": source}])


async def accept(connection: Connection, network: NetworkId, source: NetworkId) -> None:
    both = (d.network == network, d.source == source)
    await connection.execute(delete(tables.announcement_declines).where(*both))


# -- people ---------------------------------------------------------------------------------------------


async def people_in(connection: Connection, places: Collection[PlaceId]) -> set[UserId]:
    """Who has joined a room of one of `places`."""
    m, r = tables.memberships.c, tables.rooms.c
    found: set[UserId] = set()
    for chunk in _chunks(sorted(places)):
        query = select(m.user).join(tables.rooms, r.room_id == m.room_id)
        query = query.where(r.place.in_(chunk), m.membership == "join").distinct()
        found.update(UserId(user) for user in (await connection.execute(query)).scalars())
    return found


async def forget_person(connection: Connection, user: UserId) -> None:
    """Forget what they wrote by hand; what they announced by command is the network's and stays, unsigned."""
    theirs = select(a.number).where(a.author == user, a.by_hand.is_(True))
    await connection.execute(delete(tables.announcement_texts).where(t.number.in_(theirs)))
    await connection.execute(delete(tables.announcement_posts).where(p.number.in_(theirs)))
    await connection.execute(delete(tables.announcements).where(a.author == user, a.by_hand.is_(True)))
    await connection.execute(update(tables.announcements).where(a.author == user).values(author=""))


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
