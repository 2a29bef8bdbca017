"""State, messages, and what one reads of them."""

from __future__ import annotations

from tests.synapse.probe import DEVICE, Probe, q


async def equal_state_is_the_same_event(p: Probe) -> None:
    room = await p.room()
    path = f"/rooms/{q(room)}/state/org.hedgerow.test/{q('a/b c')}"
    first = await p.bot("PUT", path, {"one": 1, "two": [2]})
    again = await p.bot("PUT", path, {"two": [2], "one": 1})
    other = await p.bot("PUT", path, {"one": 2})
    p.note([first == again, first == other])
    p.note(await p.bot("GET", path))
    p.note(sorted(await p.bot("GET", path + "?format=event")))
    await p.bot("GET", f"/rooms/{q(room)}/state/org.hedgerow.test/")


async def rooms_that_are_unknown_or_closed(p: Probe) -> None:
    closed = await p.room()
    for room in (closed, "!unknown:hs.test", "!" + "A" * 43):
        await p.person("ann", "GET", f"/rooms/{q(room)}/state")
        await p.person("ann", "GET", f"/rooms/{q(room)}/state/m.room.create/")
        await p.person("ann", "PUT", f"/rooms/{q(room)}/state/m.room.name/", {"name": "x"})
        await p.say(room, "Anyone?", "ann")
        await p.person("ann", "GET", f"/rooms/{q(room)}/messages?dir=b")
        await p.person("ann", "GET", f"/rooms/{q(room)}/members")
        await p.person("ann", "GET", f"/rooms/{q(room)}/joined_members")
        await p.person("ann", "POST", f"/rooms/{q(room)}/invite", {"user_id": p.bot_id})
        await p.person("ann", "POST", f"/rooms/{q(room)}/kick", {"user_id": p.bot_id})
        await p.person("ann", "GET", f"/rooms/{q(room)}/hierarchy")
        await p.person("ann", "POST", f"/join/{q(room)}", {})
        await p.person("ann", "POST", f"/rooms/{q(room)}/leave", {})
        await p.person("ann", "POST", f"/rooms/{q(room)}/ban", {"user_id": p.bot_id})
        await p.person("ann", "POST", f"/rooms/{q(room)}/forget", {})
    await p.bot("POST", f"/join/{q(p.full_alias('nothing'))}", {})


async def a_message_is_sent_once_per_transaction_id(p: Probe) -> None:
    room = await p.room()
    path = f"/rooms/{q(room)}/send/m.room.message/"
    body = {"msgtype": "m.text", "body": "Once"}
    ids = [(await p.bot("PUT", f"{path}{txn}", body))["event_id"] for txn in ("1", "1", "2")]
    ids += [(await p.bot("PUT", f"{path}{txn}", body, DEVICE))["event_id"] for txn in ("3", "3", "1")]
    p.note([ids.index(event_id) for event_id in ids])
    chunk = (await p.bot("GET", f"/rooms/{q(room)}/messages?dir=b&limit=50"))["chunk"]
    p.note(len([event for event in chunk if event["type"] == "m.room.message"]))


async def a_redacted_message_is_empty(p: Probe) -> None:
    for version in ("10", "12"):
        room = await p.room(room_version=version)
        await p.bring_in(room, "ann")
        said = (await p.say(room, "Hasty", "ann"))["event_id"]
        ours = (await p.say(room, "Ours"))["event_id"]
        await p.person("ann", "PUT", f"/rooms/{q(room)}/redact/{q(ours)}/t1", {})
        await p.bot("PUT", f"/rooms/{q(room)}/redact/{q(said)}/t2", {"reason": "asked"})
        await p.bot("PUT", f"/rooms/{q(room)}/redact/{q('$nothing')}/t3", {})
        event = await p.bot("GET", f"/rooms/{q(room)}/event/{q(said)}")
        p.note([event["content"], event["unsigned"]["redacted_because"]["sender"]])


async def pages_of_messages(p: Probe) -> None:
    room = await p.room()
    for number in range(7):
        await p.say(room, str(number))
    for direction in ("b", "f"):
        start = ""
        while True:
            path = f"/rooms/{q(room)}/messages?dir={direction}&limit=4{start}"
            page = await p.bot("GET", path)
            p.note([[e["content"].get("body", e["type"]) for e in page["chunk"]], "end" in page])
            if "end" not in page:
                break
            start = f"&from={page['end']}"
    await p.bot("GET", f"/rooms/{q(room)}/messages?dir=b&from=nonsense")


async def history_since_the_invitation(p: Probe) -> None:
    for visibility in ("shared", "invited", "joined"):
        content = {"history_visibility": visibility}
        room = await p.room(initial_state=[{"type": "m.room.history_visibility", "content": content}])
        await p.say(room, "before")
        await p.bot("POST", f"/rooms/{q(room)}/invite", {"user_id": await p.user_id("ann")})
        await p.say(room, "between")
        await p.person("ann", "POST", f"/join/{q(room)}", {})
        await p.say(room, "after")
        page = await p.person("ann", "GET", f"/rooms/{q(room)}/messages?dir=b&limit=50")
        p.note([e["content"]["body"] for e in page["chunk"] if e["type"] == "m.room.message"])


async def what_a_person_hears_by_sync(p: Probe) -> None:
    room = await p.room(name="Heard", topic="Of")
    await p.person("ann", "GET", "/joined_rooms")
    since = await p.note_sync("ann")
    await p.bot("POST", f"/rooms/{q(room)}/invite", {"user_id": await p.user_id("ann")})
    since = await p.note_sync("ann", since)
    await p.person("ann", "POST", f"/join/{q(room)}", {})
    since = await p.note_sync("ann", since)
    await p.say(room, "Good morning")
    since = await p.note_sync("ann", since)
    since = await p.note_sync("ann", since)
    await p.bot("POST", f"/rooms/{q(room)}/kick", {"user_id": await p.user_id("ann")})
    since = await p.note_sync("ann", since)
    await p.note_sync("ann", since)
    for number in range(12):
        await p.say(room, str(number))
    await p.bring_in(room, "ann")
    await p.note_sync("ann", since)
    await p.note_sync("ann")
    await p.raw("GET", "/sync", token=p.registration.as_token)
