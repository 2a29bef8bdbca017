"""What is told from outside a room, and the accounts that ask."""

from __future__ import annotations

from tests.synapse.probe import Probe, q


async def what_the_space_shows(p: Probe) -> None:
    space = await p.room(preset="public_chat", creation_content={"type": "m.space"}, name="Town")
    shut = await p.room(name="Shut")
    rule = {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}
    private = await p.room(
        name="Private", initial_state=[{"type": "m.room.join_rules", "state_key": "", "content": rule}]
    )
    public = await p.room(preset="public_chat", name="Open", topic="Come in")
    for n, room in enumerate((shut, private, public)):
        content = {"via": ["hs.test"], "suggested": room == public, "order": f"!{9 - n}"}
        await p.bot("PUT", f"/rooms/{q(space)}/state/m.space.child/{q(room)}", content)
    await p.note_hierarchy(space, "ann")
    await p.person("ann", "POST", f"/join/{q(space)}", {})
    await p.note_hierarchy(space, "ann")
    await p.note_hierarchy(space, "ann", "?suggested_only=true")
    await p.note_hierarchy(space, "ann", "?max_depth=0")
    await p.note_hierarchy(shut, "ann")
    await p.note_hierarchy(public, "ann")
    await p.bot("PUT", f"/rooms/{q(space)}/state/m.space.child/{q(public)}", {})
    await p.note_hierarchy(space, "ann")


async def listing_is_for_application_services(p: Probe) -> None:
    room = await p.room(preset="public_chat", name="Listed", visibility="public")
    p.note(await p.bot("GET", f"/directory/list/room/{q(room)}"))
    await p.bot("PUT", f"/directory/list/room/{q(room)}", {"visibility": "public"})
    await p.bot("PUT", f"/directory/list/room/{q(room)}", {"visibility": "private"})
    await p.person("ann", "PUT", f"/directory/list/room/{q(room)}", {"visibility": "public"})
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    await p.person("ann", "PUT", f"/directory/list/room/{q(room)}", {"visibility": "public"})
    path = f"/directory/list/appservice/net-{p.scenario}/{q(room)}"
    await p.person("ann", "PUT", path, {"visibility": "public"})
    await p.bot("PUT", path, {"visibility": "sideways"})
    await p.bot("PUT", path, {"visibility": "public"})
    await p.bot("PUT", path, {"visibility": "public"})
    instance = f"{p.registration.appservice_id}|net-{p.scenario}"
    for body in ({"third_party_instance_id": instance}, {"third_party_instance_id": f"{instance}x"}):
        found = await p.person("ann", "POST", "/publicRooms", body)
        p.note([(room["name"], room["num_joined_members"]) for room in found["chunk"]])
    await p.bot("PUT", path, {"visibility": "private"})
    found = await p.person("ann", "POST", "/publicRooms", {"third_party_instance_id": instance})
    p.note(found["chunk"])


async def devices_come_before_their_use(p: Probe) -> None:
    await p.bot("GET", "/account/whoami", device="NEVER")
    await p.bot("PUT", "/devices/FRESH", {"display_name": "Fresh"})
    await p.bot("PUT", "/devices/FRESH", {"display_name": "Fresh"})
    p.note(await p.bot("GET", "/account/whoami", device="FRESH"))
    await p.bot("GET", "/devices/FRESH")
    await p.bot("DELETE", "/devices/FRESH", {})
    await p.bot("GET", "/devices/FRESH")
    await p.bot("GET", "/account/whoami", device="FRESH")
    await p.person("ann", "PUT", "/devices/FRESH", {})


async def who_may_act_as_whom(p: Probe) -> None:
    token = p.registration.as_token
    for user in ("@ann:hs.test", "@bystander:evil.example", "@bystanderx:hs.test"):
        await p.raw("GET", f"/account/whoami?user_id={q(user)}", token=token)
    p.note(await p.raw("GET", "/account/whoami", token=token))
    await p.raw("GET", "/account/whoami")
    await p.raw("GET", "/account/whoami", token="wrong")
    wanted = {"type": "m.login.application_service", "inhibit_login": True}
    await p.raw("POST", "/register", {**wanted, "username": p.registration.bot_localpart}, token)
    await p.raw("POST", "/register", {**wanted, "username": f"stranger-{p.scenario}"}, token)
    await p.raw("POST", "/register", {**wanted, "username": p.registration.bot_localpart})
    await p.raw("GET", "/no/such/path", token=token)


async def profiles_and_account_data(p: Probe) -> None:
    room = await p.room()
    await p.bot("PUT", f"/profile/{q(p.bot_id)}/displayname", {"displayname": "Bystander"})
    p.note(await p.named_in(room, "Bystander"))
    p.note(await p.bot("GET", f"/profile/{q(p.bot_id)}/displayname"))
    await p.bot("GET", f"/profile/{q('@nobody:hs.test')}")
    await p.bot("GET", f"/profile/{q('@nobody:hs.test')}/displayname")
    await p.bot("PUT", f"/profile/{q(p.bot_id)}/displayname", {"displayname": ""})
    await p.bot("GET", f"/profile/{q(p.bot_id)}")
    await p.bot("GET", f"/profile/{q(p.bot_id)}/displayname")
    await p.bot("PUT", f"/profile/{q(p.bot_id)}/displayname", {"displayname": "Bystander"})
    p.note(await p.named_in(room, "Bystander"))
    p.note(await p.bot("GET", "/register/available?username=nobody"))
    await p.bot("PUT", f"/profile/{q(await p.user_id('ann'))}/displayname", {"displayname": "x"})
    path = f"/user/{q(p.bot_id)}/account_data/org.hedgerow.{p.scenario}"
    await p.bot("GET", path)
    await p.bot("PUT", path, {"a": 1})
    p.note(await p.bot("GET", path))
    await p.person("ann", "GET", path)
    p.note(await p.bot("GET", f"/rooms/{q(room)}/joined_members"))
