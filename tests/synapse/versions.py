"""A village in which somebody has made a room by hand, and what people's own clients see there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.second_client import Json, SecondClient
from tests.synapse.home import BOT, SERVER
from tests.synapse.talking import Talk, Village, soon

LEVELS, RULES, CHILD = "m.room.power_levels", "m.room.join_rules", "m.space.child"
VIA: Json = {"via": [SERVER]}
_SEEN_WITHIN_SECONDS = 10.0


@dataclass
class Place:
    """A village, the rooms in it by their names, and the group that is of the version in question."""

    village: Village
    rooms: dict[str, str]
    group: str = "Looms"

    @property
    def room(self) -> str:
        return self.rooms[self.group]

    @property
    def slug(self) -> str:
        return f"weavers/{self.group.casefold()}"

    @property
    def weavers(self) -> list[str]:
        """All rooms of Weavers."""
        return [room for name, room in self.rooms.items() if "Spinners" not in name]


async def settled(village: Village, version: str) -> Place:
    """Wyn, who coordinates both networks, is in all rooms, and adds one to Weavers by hand."""
    rooms = {name: room.id for name, room in (await village.home.landscape()).items()}
    async with village.talking("wyn") as (wyn,):
        for name in sorted(rooms, key=lambda name: name not in ("Weavers", "Spinners")):
            await wyn.person.join(rooms[name], via=[SERVER])
        await wyn.ask("network describe weavers --grace 0d")
        made = await made_by_hand(wyn.person, rooms["Weavers"], "9" if version == "10" else version)
        await soon(lambda: wyn.has_heard("Carding is a group of Weavers now, but I have no power in it."))
        await until_told(wyn, "made Carding (by hand, in a Matrix client)")
        await lift(wyn.person, made, {BOT: 100})
        await soon(lambda: needs(wyn.person, made, "invite", 50))
    return Place(village, {**rooms, "Carding": made})


async def made_by_hand(person: SecondClient, space: str, version: str) -> str:
    """As Element makes one in a Space, "visible to space members"."""
    rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
    initial = [
        {"type": RULES, "state_key": "", "content": rule},
        {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
        {"type": "m.space.parent", "state_key": space, "content": {**VIA, "canonical": True}},
    ]
    made = await person.create_room(
        name="Carding", room_version=version, preset="private_chat", initial_state=initial
    )
    await person.set_state(space, CHILD, VIA, made)
    return made


# -- what is seen through people's own clients ------------------------------------------------------


async def lift(person: SecondClient, room: str, levels: dict[str, int]) -> None:
    content = await person.content(room, LEVELS)
    await person.set_state(room, LEVELS, {**content, "users": {**content["users"], **levels}})


async def needs(person: SecondClient, room: str, key: str, level: int) -> bool:
    return bool((await person.content(room, LEVELS)).get(key) == level)


async def level_of(who: str, room: str, seen_by: SecondClient) -> int:
    return int((await seen_by.content(room, LEVELS))["users"].get(who, 0))


async def levels_of(who: str, rooms: list[str], seen_by: SecondClient) -> set[int]:
    return {await level_of(who, room, seen_by) for room in rooms}


async def until_told(talk: Talk, *said: str, within: float = _SEEN_WITHIN_SECONDS) -> None:
    """Until their audit log says all of that. The bot does not answer without end, so not too often."""
    told = ""
    try:
        async with asyncio.timeout(within):
            while not all(words in told for words in said):
                await asyncio.sleep(0.5)
                told = await talk.ask("audit weavers")
    except TimeoutError as late:
        raise AssertionError([words for words in said if words not in told]) from late


async def is_there(seen_by: SecondClient, room: str, who: SecondClient, membership: str) -> bool:
    return (await seen_by.members(room)).get(who.user_id) == membership


async def enter(person: SecondClient, *rooms: str) -> None:
    for room in rooms:
        await person.join(room, via=[SERVER])
