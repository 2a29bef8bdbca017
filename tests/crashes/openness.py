"""How open each room has been, from its first moment to the last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from tests.crashes.lifetimes import called_at_first, without_ids
from tests.fake import FakeHomeserver, Room

_GOVERNING = (
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.power_levels",
)
Told = dict[str, dict[str, list[Any]]]


class Openness:
    """What has decided who got into which room, who could read, write or find it, after each call.

    `step` is what is going on: two runs in which each room was as open in the same steps are equal.
    """

    def __init__(self, fake: FakeHomeserver) -> None:
        self.step = ""
        self.listed_and_closed = set[str]()
        self._fake = fake
        self._seen: dict[str, dict[str, list[Any]]] = {}

    async def look(self, _: int, when: Literal["before", "after"]) -> None:
        if when == "before":
            return
        for room_id in (one for ids in self._fake.rooms_by_marker().values() for one in ids):
            parts = self._parts(self._fake.room(room_id))
            for part, now in parts.items():
                been = self._seen.setdefault(room_id, {}).setdefault(part, [])
                if not been or been[-1][1] != now:
                    been.append((self.step, now))
            if parts["listed"] and parts["m.room.join_rules"]["join_rule"] != "public":
                self.listed_and_closed.add(called_at_first(self._fake, room_id))

    def _parts(self, room: Room) -> dict[str, Any]:
        world = self._fake.world
        return {
            **{kind: room.content(kind) for kind in _GOVERNING},
            "listed": sorted(network for network, rooms in world.listed.items() if room.room_id in rooms),
            "aliases": len(world.aliases_of(room.room_id)),
            "named": bool(room.content("m.room.canonical_alias").get("alias")),
            "people": sorted(key for kind, key in room.state if kind == "m.room.member"),
        }

    def told(self) -> Told:
        """Of each room how each part has been, one after the other, with names instead of ids."""
        return {
            called_at_first(self._fake, room_id): without_ids(self._fake, seen)
            for room_id, seen in self._seen.items()
        }


@contextmanager
def watched(fake: FakeHomeserver) -> Iterator[Openness]:
    openness = Openness(fake)
    fake.on_call = openness.look
    yield openness
    fake.on_call = None
