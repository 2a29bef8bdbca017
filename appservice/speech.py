"""What the bot says, as it waits in the outbox, and as it goes into the event.

It waits as a document, because the room it links to may have no id yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.languages import ENGLISH, words_in
from bot.ports import Heard
from bot.render import render
from bot.reply import Document, from_json, in_language, to_json
from spaces.actions import Action, CreateRoom, Invite, MarkDirect, ReadBack, StateEvent
from spaces.identifiers import DirectId, EventId, PlaceId, UserId
from spaces.power_levels import RoomKind, power_levels
from spaces.reconcile import Maker

SAID = "org.hedgerow.said"


def notice(
    document: Document,
    relates: Mapping[str, Any] | None = None,
    *,
    edits: str | None = None,
    person: UserId | None = None,
    language: str = ENGLISH,
    reminds: UserId | None = None,
    pings_room: bool = False,
) -> dict[str, Any]:
    """What a `Say` carries, its sentences in `language`.

    `edits` is the `said` of the message of ours that it replaces, or its event.

    What `reminds` somebody is no notice, which no client shows at once, but a text that mentions them
    alone; what `pings_room` is one that notifies everyone there. With `person` it is for that one only:
    it is said in a direct room of theirs, or not at all.
    """
    return {
        "document": to_json(in_language(document, words_in(language))),
        "relates": relates,
        "edits": edits,
        "person": person,
        "reminds": reminds,
        **({"pings_room": True} if pings_room else {}),
    }


def reply_to(event: EventId) -> dict[str, Any]:
    """`m.relates_to` of a reply."""
    return {"m.in_reply_to": {"event_id": event}}


def relation_of(heard: Heard) -> dict[str, Any]:
    """`m.relates_to` of an answer: a reply, in the thread where it was asked."""
    reply = reply_to(heard.reply_to or heard.event)
    if heard.thread is None:
        return reply
    return {"rel_type": "m.thread", "event_id": heard.thread, "is_falling_back": False, **reply}


def event_content(
    carried: Mapping[str, Any],
    said: str,
    link: Callable[[PlaceId], str | None],
    edited: EventId | None,
) -> dict[str, Any]:
    """The content of the m.room.message event. `edited` is the event that this one replaces."""
    content: dict[str, Any] = {**render(from_json(carried["document"]), link), SAID: said}
    if carried.get("reminds"):
        content |= {"msgtype": "m.text", "m.mentions": {"user_ids": [carried["reminds"]]}}
    if carried.get("pings_room"):
        content |= pinging(content)
    if edited is not None:
        relates = {"rel_type": "m.replace", "event_id": edited}
        fallback = {**content, "body": f"* {content['body']}"}
        return {**fallback, "m.new_content": content, "m.relates_to": relates}
    if carried["relates"]:
        content["m.relates_to"] = carried["relates"]
    return content


def pinging(content: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a message notify everyone in the room, with `@room` in it as it was typed."""
    texts = {key: content[key].replace("@\N{WORD JOINER}room", "@room") for key in ("body", "formatted_body")}
    return {"msgtype": "m.text", "m.mentions": {"room": True}, **texts}


def direct_room_actions(place: DirectId, user: UserId, maker: Maker) -> list[Action]:
    """Make the bot's direct room with `user`, and invite them."""
    state = (
        StateEvent("m.room.join_rules", {"join_rule": "invite"}),
        StateEvent("m.room.history_visibility", {"history_visibility": "invited"}),
        StateEvent("m.room.guest_access", {"guest_access": "forbidden"}),
        StateEvent("m.room.canonical_alias", {}),
    )
    levels = power_levels(RoomKind.DIRECT, maker.version, maker.bot, (user,))
    return [
        CreateRoom(place, state, levels, version=maker.version),
        ReadBack(place),
        Invite(place, user),
        MarkDirect(place, user),
    ]
