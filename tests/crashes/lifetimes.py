"""What places go through, in commands: made, with a bridge, changed, put to sleep and woken up again."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appservice.store.database import Database
from tests.databases import driven
from tests.fake import Event, FakeHomeserver, FakeUser
from tests.hedgerow import ADMIN
from tests.waiting import nothing_waits_in

BEN = "@ben:hs.test"
Life = dict[str, tuple[str, ...]]
FIRST = "whoami"
LIFE: Life = {
    "start": (FIRST,),
    "create": (
        "ecosystem create Somerset",
        "network create Arts --under Somerset --access public",
        "network create Health --under Somerset --access private",
        'bridge create "Arts for Health" --between Arts and Health',
        "group create Painting --in Arts",
        "network create Bristol --under Arts --access private",
    ),
    "update": (
        "network rename Arts --to Crafts",
        "group rename Painting --to Drawing",
        "network describe Crafts --access private",
        "network describe Crafts --access public",
        "group describe Drawing --access public",
        "group describe Drawing --access private",
        "group share Drawing --with Health",
        "network move Bristol --under Health",
        f"coordinator add {BEN} --in Crafts",
    ),
    "archive": ("group archive Drawing", "network archive Crafts", 'network archive "Arts for Health"'),
    "restore": ('network restore "Arts for Health"', "network restore Crafts", "group restore Drawing"),
}
"""By kinds of steps. Each is said when all that followed from the one before is done."""
SHORT_LIFE: Life = {
    "start": (FIRST,),
    "create": ("network create Arts --access public", "group create Painting --in Arts"),
    "update": ("network describe Arts --access private",),
    "archive": ("network archive Arts",),
    "restore": ("network restore Arts",),
}

_LOOKS = 3
_LOOK_SECONDS = 0.01
_SUFFIX = re.compile(r"(?<=[a-z]-)[a-km-np-z2-9]{4}\b")  # behind the short name of what not everyone may see


@dataclass
class Living:
    """An admin, who coordinates all of it, speaks with the service that uses `database`."""

    fake: FakeHomeserver
    database: Database
    admin: FakeUser
    direct: str = ""

    @classmethod
    async def begin(cls, fake: FakeHomeserver, url: str) -> Living:
        admin = fake.add_user(ADMIN)
        fake.add_user(BEN)
        living = cls(fake, Database(driven(url)), admin)
        living.direct = await admin.create_dm(fake.bot)
        return living

    async def say(self, sentence: str) -> str:
        """The answer once all is done; what is asked back is answered with yes."""
        answer = await self._asked(sentence)
        return await self._asked("yes") if "Shall I?" in answer else answer

    async def _asked(self, text: str) -> str:
        said = self.admin.send(self.direct, text).event_id
        return await answered(self.fake, self.database, self.direct, said)


async def answered(fake: FakeHomeserver, database: Database, room: str, said: str) -> str:
    """What answers that event, once nothing waits any more, neither in `database` nor at the homeserver.

    Raises `AssertionError` where it is answered more than once.
    """
    looks = 0
    while looks < _LOOKS:
        await asyncio.sleep(_LOOK_SECONDS)
        is_idle = _answers_to(fake, room, said) and fake.world.handed_over.is_set()
        looks = looks + 1 if is_idle and await nothing_waits_in(database) else 0
    answers = _answers_to(fake, room, said)
    assert len(answers) == 1, f"answered {len(answers)} times: {answers[0]}"
    return answers[0]


def _answers_to(fake: FakeHomeserver, room: str, said: str) -> list[str]:
    """Whoever has waited for long was told so, and that is edited."""
    messages = [event for event in fake.world.rooms[room].timeline if event.type == "m.room.message"]
    replies = [event for event in messages if _relation(event).get("m.in_reply_to") == {"event_id": said}]
    told = {event.event_id for event in replies if _is_progress(event.content["body"])}
    edits = [event.content["m.new_content"] for event in messages if _relation(event).get("event_id") in told]
    answers = [event.content for event in replies if event.event_id not in told] + edits
    return [content["body"] for content in answers if not _is_progress(content["body"])]


def _relation(event: Event) -> Mapping[str, Any]:
    found: Mapping[str, Any] = event.content.get("m.relates_to", {})
    return found


def _is_progress(body: str) -> bool:
    return body.endswith("…")


def end_state(fake: FakeHomeserver) -> Any:
    """`FakeHomeserver.end_state()` with the names of places instead of their ids, and without progress."""
    found: dict[str, Any] = without_ids(fake, fake.end_state())
    for room in found["rooms"].values():
        room["aliases"].sort()
        room["published"].sort()
        room["messages"] = [
            (who, body.removeprefix("* ")) for who, body in room["messages"] if not _is_progress(body)
        ]
    return found


def without_ids(fake: FakeHomeserver, value: Any) -> Any:
    """`value` with the first names of places instead of what two runs have not in common."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for marker, [room_id, *_] in fake.rooms_by_marker().items():
        name = called_at_first(fake, room_id)
        text = text.replace(marker, name).replace(marker.partition(".")[2], name).replace(room_id, name)
    return _in_order(json.loads(_SUFFIX.sub("xxxx", text)))


def called_at_first(fake: FakeHomeserver, room_id: str) -> str:
    timeline = fake.room(room_id).timeline
    return next((str(e.content["name"]) for e in timeline if e.type == "m.room.name"), "unnamed")


def _in_order(value: Any) -> Any:
    """Whom a room lets in is written in the order of ids, which are random."""
    if isinstance(value, dict):
        return {
            key: sorted(map(_in_order, one), key=str) if key == "allow" else _in_order(one)
            for key, one in value.items()
        }
    return [_in_order(one) for one in value] if isinstance(value, list) else value
