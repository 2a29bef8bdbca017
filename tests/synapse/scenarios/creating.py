"""What a new room is made of, and what keeps it from being made twice."""

from __future__ import annotations

import asyncio

from tests.synapse.probe import Probe, q

LEVELS = "m.room.power_levels"


async def an_alias_is_taken_once(p: Probe) -> None:
    room = await p.room(room_alias_name=p.alias())
    await p.room(room_alias_name=p.alias())
    await p.bot("PUT", f"/directory/room/{q(p.full_alias())}", {"room_id": room})
    await p.bot("PUT", f"/directory/room/{q(p.full_alias('b'))}", {"room_id": room})
    await p.bot("PUT", f"/directory/room/{q(p.full_alias('b'))}", {"room_id": room})
    p.note(len((await p.bot("GET", f"/rooms/{q(room)}/aliases"))["aliases"]))
    await p.bot("PUT", f"/directory/room/{q(p.full_alias('c'))}", {"room_id": "!unknown:hs.test"})
    await p.raw("GET", f"/directory/room/{q(p.full_alias())}")
    await p.bot("GET", f"/directory/room/{q(p.full_alias('nothing'))}")
    await p.bot("DELETE", f"/directory/room/{q(p.full_alias('b'))}")
    await p.bot("DELETE", f"/directory/room/{q(p.full_alias('b'))}")
    await p.bot("GET", f"/directory/room/{q(p.full_alias('b'))}")


async def an_alias_of_ours_is_not_for_people(p: Probe) -> None:
    room = (await p.person("ann", "POST", "/createRoom", {}))["room_id"]
    await p.person("ann", "PUT", f"/directory/room/{q(p.full_alias())}", {"room_id": room})
    await p.person("ann", "POST", "/createRoom", {"room_alias_name": p.alias()})
    await p.person(
        "ann", "PUT", f"/directory/room/{q('#plain-' + p.scenario + ':hs.test')}", {"room_id": room}
    )
    ours = await p.room(room_alias_name=p.alias("ours"))
    await p.person("ann", "DELETE", f"/directory/room/{q(p.full_alias('ours'))}")
    await p.person(
        "ann", "PUT", f"/directory/room/{q('#other-' + p.scenario + ':hs.test')}", {"room_id": ours}
    )


async def one_of_many_at_once_gets_the_alias(p: Probe) -> None:
    before = len(p.seen)
    await asyncio.gather(*(p.room(room_alias_name=p.alias()) for _ in range(6)))
    answers = [line.partition(". ")[2] for line in p.seen[before:]]
    del p.seen[before:]
    p.note(answers.count("POST: 200"))
    p.note(
        {answer for answer in answers if answer != "POST: 200"}
        <= {"POST: 409 M_UNKNOWN", "POST: 400 M_ROOM_IN_USE"}
    )


async def a_canonical_alias_must_point_to_the_room(p: Probe) -> None:
    room = await p.room(room_alias_name=p.alias())
    path = f"/rooms/{q(room)}/state/m.room.canonical_alias/"
    await p.bot("PUT", path, {"alias": p.full_alias("nothing")})
    await p.bot("PUT", path, {"alias": p.full_alias(), "alt_aliases": [p.full_alias("nothing")]})
    await p.bot("PUT", path, {"alias": p.full_alias()})
    await p.bot("PUT", path, {})


async def levels_of_version_12_do_not_name_the_creator(p: Probe) -> None:
    await p.room(room_version="12", power_level_content_override={"users": {p.bot_id: 100}})
    named = {"type": LEVELS, "content": {"users": {p.bot_id: 100}}}
    await p.room(room_version="12", initial_state=[named])
    room = await p.room(room_version="12")
    levels = (await p.contents(room))[f"{LEVELS}|"]
    await p.bot("PUT", f"/rooms/{q(room)}/state/{LEVELS}/", {**levels, "users": {p.bot_id: 100}})
    p.note(room.count(":"))


async def levels_before_version_12_name_the_creator(p: Probe) -> None:
    for version in ("10", "11"):
        await p.room(room_version=version, power_level_content_override={"users": {}})
        room = await p.room(room_version=version, power_level_content_override={"users": {p.bot_id: 100}})
        p.note(await p.contents(room))
        p.note(room.count(":"))


async def versions_that_do_not_exist_are_refused(p: Probe) -> None:
    await p.room(room_version="99")
    await p.room(room_version="hedge")


async def what_a_room_is_made_of(p: Probe) -> None:
    for version in ("9", "10", "11", "12"):
        p.note(await p.contents(await p.room(room_version=version)))
    for preset in ("private_chat", "public_chat", "trusted_private_chat"):
        p.note(await p.contents(await p.room(preset=preset)))
    p.note(await p.contents(await p.room(visibility="public")))
    p.note(await p.contents(await p.room(room_alias_name=p.alias("a"), name="Town", topic="Of it")))
    bare = {"type": "m.room.canonical_alias", "state_key": "", "content": {}}
    p.note(await p.contents(await p.room(room_alias_name=p.alias("b"), initial_state=[bare])))


async def what_is_given_replaces_what_is_usual(p: Probe) -> None:
    given = {
        "m.room.join_rules": {"join_rule": "public"},
        "m.room.guest_access": {"guest_access": "forbidden"},
    }
    room = await p.room(
        preset="private_chat",
        creation_content={"type": "m.space", "org.hedgerow.place": "n.aaaa", "room_version": "1"},
        initial_state=[
            {"type": kind, "state_key": "", "content": content} for kind, content in given.items()
        ],
        power_level_content_override={"events": {"m.room.name": 7}, "invite": 50, "events_default": 50},
    )
    p.note(await p.contents(room))


async def a_direct_message_as_element_makes_it(p: Probe) -> None:
    for version in ("10", "12"):
        wanted = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [p.bot_id],
            "room_version": version,
        }
        room = (await p.person("ann", "POST", "/createRoom", wanted))["room_id"]
        await p.say(room, "Before you came", "ann")
        await p.say(room, "Not in yet")
        await p.bot("POST", f"/join/{q(room)}", {})
        p.note(await p.contents(room))
        p.note((await p.membership(room, p.bot_id))["membership"])
        await p.bot("POST", f"/rooms/{q(room)}/leave", {})


async def things_too_large(p: Probe) -> None:
    room = await p.room()
    await p.say(room, "x" * 70_000)
    await p.bot("PUT", f"/rooms/{q(room)}/state/m.room.topic/", {"topic": "x" * 70_000})
    large = {"type": "m.room.topic", "state_key": "", "content": {"topic": "x" * 70_000}}
    await p.room(room_alias_name=p.alias(), initial_state=[large])
    half = (await p.bot("GET", f"/directory/room/{q(p.full_alias())}"))["room_id"]
    p.note(sorted(await p.contents(half)))
    levels = {"invite": 50, "events": {"m.room.name": 50}}
    await p.bot("PUT", f"/rooms/{q(half)}/state/{LEVELS}/", levels)
    await p.bot("PUT", f"/rooms/{q(half)}/state/m.room.join_rules/", {"join_rule": "invite"})
    await p.say(room, "")
    await p.bot(
        "PUT", f"/rooms/{q(room)}/send/m.room.message/f1", {"msgtype": "m.text", "body": "a", "n": 1.5}
    )
