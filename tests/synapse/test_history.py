"""Who may read what was said: the rules as we and our naive model have them, and as Synapse answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import quote

from spaces.history import Visibility, may_read
from tests.readable import Past
from tests.second_client import Refused, SecondClient
from tests.synapse.home import Home

_PEOPLE = ("hilda", "bryn", "clem", "dilys", "emrys")
_THEN = {"shared": "invited", "invited": "shared", "joined": "world_readable", "world_readable": "joined"}


@dataclass
class Hall:
    """A room of Hilda's, and its past as it was made. Everybody else is somebody to it by now."""

    people: dict[str, SecondClient]
    room: str
    past: Past
    said: dict[int, str] = field(default_factory=dict)

    async def moves(self, who: str, how: str) -> None:
        hilda, one = self.people["hilda"], self.people[who]
        steps = {
            "invite": lambda: hilda.invite(self.room, one.user_id),
            "join": lambda: one.join(self.room),
            "leave": lambda: one.leave(self.room),
            "ban": lambda: hilda.call("POST", f"{_path(self.room)}/ban", {"user_id": one.user_id}),
        }
        await steps[how]()
        self.past.add("member", who, how)

    async def sets(self, visibility: str) -> None:
        content = {"history_visibility": visibility}
        await self.people["hilda"].set_state(self.room, "m.room.history_visibility", content)
        self.past.add("visibility", "hilda", visibility)

    async def says(self) -> None:
        event = await self.people["hilda"].say(self.room, "Hello")
        self.said[self.past.add("said", "hilda", event)] = event

    async def comes_to_be(self) -> None:
        """Bryn comes twice, Clem is invited and stays out, Dilys is banned, Emrys comes at the end."""
        story = [
            *("says", "bryn invite", "says", "bryn join", "dilys invite", "dilys join", "says"),
            *("bryn leave", "clem invite", "says", "sets", "says", "dilys ban", "says"),
            *("bryn invite", "says", "bryn join", "says", "emrys invite", "emrys join", "says"),
        ]
        for step in story:
            who, _, how = step.partition(" ")
            if how:
                await self.moves(who, how)
            else:
                await (self.says() if step == "says" else self.sets(_THEN[self.past.first]))

    async def lets_read(self, who: str, n: int) -> bool:
        try:
            await self.people[who].call("GET", f"{_path(self.room)}/event/{quote(self.said[n], safe='')}")
        except Refused as refused:
            if refused.status not in (403, 404):
                raise
            return False
        return True

    def we_let_read(self, who: str, n: int) -> bool:
        is_in, since = self.past.membership(who) == "join", self.past.joined_since(who)
        return may_read(self.past.visibility_at(n), float(n), is_in=is_in, since=since)


def _path(room: str) -> str:
    return f"/_matrix/client/v3/rooms/{quote(room, safe='')}"


async def _hall(people: dict[str, SecondClient], first: str) -> Hall:
    state = {"type": "m.room.history_visibility", "content": {"history_visibility": first}}
    room = await people["hilda"].create_room(preset="private_chat", initial_state=[state])
    hall = Hall(people, room, Past(first))
    hall.past.add("member", "hilda", "join")
    await hall.comes_to_be()
    return hall


async def test_n2_synapse_lets_read_what_the_model_does_and_all_that_we_do(home: Home) -> None:
    """To who is not there now Synapse shows less than the rules have it: nothing of before they came."""
    async with home.people(*_PEOPLE) as clients:
        people = dict(zip(_PEOPLE, clients, strict=True))
        halls = await asyncio.gather(*(_hall(people, first) for first in Visibility))
        for hall in halls:
            for who in _PEOPLE:
                lets = {n for n in hall.said if await hall.lets_read(who, n)}
                model = {n for n in hall.said if hall.past.may_read(who, n)}
                ours = {n for n in hall.said if hall.we_let_read(who, n)}
                assert ours <= lets <= model, (hall.past, who)
                assert lets == model or hall.past.membership(who) != "join", (hall.past, who)
