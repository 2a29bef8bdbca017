"""Who comes in, who goes out, and who may do what."""

from __future__ import annotations

from tests.synapse.probe import Probe, q

LEVELS = "m.room.power_levels"


async def an_invitation_counts_once(p: Probe) -> None:
    room = await p.room()
    ann, path = await p.user_id("ann"), f"/rooms/{q(room)}/invite"
    await p.bot("POST", path, {"user_id": ann})
    await p.bot("POST", path, {"user_id": ann})
    await p.person("ben", "POST", f"/join/{q(room)}", {})
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    await p.bot("POST", path, {"user_id": ann})
    await p.bot("POST", path, {})
    await p.person("ann", "POST", path, {"user_id": await p.user_id("ben")})
    await p.bot("POST", f"/rooms/{q(room)}/ban", {"user_id": await p.user_id("cat")})
    await p.bot("POST", path, {"user_id": await p.user_id("cat")})
    await p.bot("POST", path, {"user_id": p.bot_id})


async def without_the_power_to_invite(p: Probe) -> None:
    room = await p.room(power_level_content_override={"invite": 50})
    await p.bring_in(room, "ann")
    await p.person("ann", "POST", f"/rooms/{q(room)}/invite", {"user_id": await p.user_id("ben")})
    await p.person("cat", "POST", f"/rooms/{q(room)}/invite", {"user_id": await p.user_id("ben")})


async def someone_kicked_is_out(p: Probe) -> None:
    room = await p.room()
    await p.bring_in(room, "ann")
    await p.say(room, "Hello", "ann")
    ann, kick = await p.user_id("ann"), f"/rooms/{q(room)}/kick"
    await p.person("ann", "POST", kick, {"user_id": p.bot_id})
    await p.bot("POST", kick, {"user_id": ann, "reason": "lost every path"})
    await p.say(room, "After", None)
    await p.bot("POST", kick, {"user_id": ann})
    await p.bot("POST", kick, {"user_id": await p.user_id("ben")})
    await p.say(room, "Still here?", "ann")
    await p.person("ann", "GET", f"/rooms/{q(room)}/members")
    await p.person("ann", "PUT", f"/rooms/{q(room)}/state/m.room.name/", {"name": "x"})
    seen = await p.person("ann", "GET", f"/rooms/{q(room)}/messages?dir=b&limit=50")
    p.note([e["content"].get("body") for e in seen["chunk"] if e["type"] == "m.room.message"])
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    await p.person("ann", "POST", f"/rooms/{q(room)}/leave", {})
    await p.person("ben", "POST", f"/rooms/{q(room)}/leave", {})
    p.note((await p.membership(room, ann)).get("reason"))


async def who_left_sees_the_state_of_then(p: Probe) -> None:
    room = await p.room(name="Then")
    await p.bring_in(room, "ann")
    await p.person("ann", "POST", f"/rooms/{q(room)}/leave", {})
    await p.bot("PUT", f"/rooms/{q(room)}/state/m.room.name/", {"name": "Now"})
    state = await p.person("ann", "GET", f"/rooms/{q(room)}/state")
    p.note([e["content"]["name"] for e in state if e["type"] == "m.room.name"])
    p.note(await p.person("ann", "GET", f"/rooms/{q(room)}/state/m.room.name/"))


async def bans_and_their_end(p: Probe) -> None:
    room = await p.room()
    await p.bring_in(room, "ann")
    who = {"user_id": await p.user_id("ann")}
    await p.bot("POST", f"/rooms/{q(room)}/unban", who)
    await p.bot("POST", f"/rooms/{q(room)}/ban", who)
    await p.bot("POST", f"/rooms/{q(room)}/ban", who)
    await p.bot("POST", f"/rooms/{q(room)}/kick", who)
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    await p.bot("POST", f"/rooms/{q(room)}/unban", who)
    p.note((await p.membership(room, who["user_id"]))["membership"])


async def an_invitation_taken_back(p: Probe) -> None:
    room = await p.room()
    who = {"user_id": await p.user_id("ann")}
    await p.bot("POST", f"/rooms/{q(room)}/invite", who)
    await p.bot("POST", f"/rooms/{q(room)}/kick", who)
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    await p.bot("POST", f"/rooms/{q(room)}/invite", who)
    await p.person("ann", "POST", f"/rooms/{q(room)}/leave", {})
    await p.person("ann", "POST", f"/join/{q(room)}", {})


async def rooms_are_forgotten_after_leaving(p: Probe) -> None:
    room = await p.room()
    await p.bring_in(room, "ann")
    await p.person("ann", "POST", f"/rooms/{q(room)}/forget", {})
    await p.person("ann", "POST", f"/rooms/{q(room)}/leave", {})
    await p.person("ann", "POST", f"/rooms/{q(room)}/leave", {})
    await p.person("ann", "POST", f"/rooms/{q(room)}/forget", {})
    await p.person("ann", "GET", f"/rooms/{q(room)}/messages?dir=b")


async def a_restricted_room_opens_to_members_of_the_space(p: Probe) -> None:
    space = await p.room(creation_content={"type": "m.space"})
    rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
    room = await p.room(initial_state=[{"type": "m.room.join_rules", "state_key": "", "content": rule}])
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    await p.bring_in(space, "ann")
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    membership = await p.membership(room, await p.user_id("ann"))
    p.note(membership.get("join_authorised_via_users_server"))
    await p.person("ann", "POST", f"/rooms/{q(space)}/leave", {})
    await p.say(room, "Still in", "ann")
    await p.person("ann", "POST", f"/rooms/{q(room)}/leave", {})
    await p.person("ann", "POST", f"/join/{q(room)}", {})


async def knocking_needs_its_rule(p: Probe) -> None:
    shut = await p.room()
    rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    room = await p.room(initial_state=[rule])
    await p.person("ann", "POST", f"/knock/{q(shut)}", {})
    await p.person("ann", "POST", f"/knock/{q(room)}", {})
    p.note((await p.membership(room, await p.user_id("ann")))["membership"])
    await p.bring_in(room, "ann")


async def what_a_member_may_do(p: Probe) -> None:
    room = await p.room(power_level_content_override={"events_default": 50, "events": {"m.reaction": 0}})
    await p.bring_in(room, "ann")
    await p.say(room, "May I?", "ann")
    said = (await p.say(room, "News"))["event_id"]
    relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": said, "key": "+"}}
    await p.person("ann", "PUT", f"/rooms/{q(room)}/send/m.reaction/r1", relation)
    for kind in ("m.room.name/", f"m.space.child/{q(room)}", f"{LEVELS}/"):
        await p.person("ann", "PUT", f"/rooms/{q(room)}/state/{kind}", {"via": ["hs.test"], "name": "x"})
    member = {"membership": "leave"}
    await p.person("ann", "PUT", f"/rooms/{q(room)}/state/m.room.member/{q(p.bot_id)}", member)
    await p.person("ann", "PUT", f"/rooms/{q(room)}/redact/{q(said)}/x1", {})


async def what_a_coordinator_may_do(p: Probe) -> None:
    ann, ben = await p.user_id("ann"), await p.user_id("ben")
    for version in ("11", "12"):
        above = {p.bot_id: 100} if version == "11" else {}
        room = await p.room(
            room_version=version,
            power_level_content_override={"users": {**above, ann: 50}, "events": {LEVELS: 50}},
        )
        await p.bring_in(room, "ann")
        levels = (await p.contents(room))[f"{LEVELS}|"]
        path = f"/rooms/{q(room)}/state/{LEVELS}/"
        for change in (
            {"users": {**above, ann: 100}},
            {"users": {**above, ann: 50, ben: 50}},
            {"users": {**above, ann: 50, ben: 51}},
            {"users": {**above, ann: 50}},
            {"users": {ann: 50}} if above else {"users": {}},
            {"users": {**above, ann: 50}, "invite": 100},
            {"users": {**above, ann: 50}, "invite": 0},
            {"users": {**above, ann: 50}, "state_default": 60},
        ):
            await p.person("ann", "PUT", path, {**levels, **change})
        await p.person("ann", "PUT", f"/rooms/{q(room)}/state/m.room.name/", {"name": "Ann's"})
        await p.person("ann", "PUT", f"/rooms/{q(room)}/state/m.room.server_acl/", {"allow": ["*"]})


async def levels_that_are_none(p: Probe) -> None:
    room = await p.room(room_version="12")
    levels = (await p.contents(room))[f"{LEVELS}|"]
    path = f"/rooms/{q(room)}/state/{LEVELS}/"
    for users in ({"@a:hs.test": "100"}, {"@a:hs.test": None}, "nobody", {"@a:hs.test": 1.5}):
        await p.bot("PUT", path, {**levels, "users": users})
    for rule in ({"join_rule": 5}, {"join_rule": "custom"}, {"join_rule": "restricted", "allow": "x"}):
        await p.bot("PUT", f"/rooms/{q(room)}/state/m.room.join_rules/", rule)
