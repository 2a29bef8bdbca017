"""Numbers by which people call what is in the directory: one range for all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import select

from appservice.store import tables
from appservice.store.database import Connection

_NUMBERED = (
    tables.listings.c.number,
    tables.postings.c.number,
    tables.posting_asks.c.number,
    tables.announcements.c.number,
    tables.announcement_posts.c.number,
    tables.occasions.c.number,
    tables.stories.c.number,
)
_FEWEST_DIGITS, _DRAWS = 5, 20
_PORTION = 2000


async def free_numbers(connection: Connection, draw: Callable[[int], int], how_many: int = 1) -> list[int]:
    """Numbers that nothing has yet, each other than the others. `draw` gives one of so many digits.

    Where nearly all of these are taken they get a digit more.
    """
    found: dict[int, None] = {}
    digits, in_vain = _FEWEST_DIGITS, 0
    while len(found) < how_many:
        drawn = {draw(digits) for _ in range(min(how_many - len(found), _PORTION))} - found.keys()
        fresh = drawn - await _taken(connection, drawn)
        found |= dict.fromkeys(sorted(fresh))
        in_vain = 0 if fresh else in_vain + 1
        if in_vain == _DRAWS:
            digits, in_vain = digits + 1, 0
    return list(found)


async def _taken(connection: Connection, numbers: Collection[int]) -> set[int]:
    taken: set[int] = set()
    for number in _NUMBERED:
        some = await connection.execute(select(number).where(number.in_(sorted(numbers))))
        taken.update(some.scalars())
    return taken
