"""Which kind of call a request is, for whoever counts them: a word of ours, whatever stands in its path."""

from __future__ import annotations

OTHER = "other"

# what stands behind /rooms/{id}/ and what stands first of all, with the word for it
_IN_A_ROOM = {
    **{word: word for word in ("state", "send", "redact", "invite", "kick", "ban", "unban", "leave")},
    **{word: word for word in ("event", "messages", "hierarchy", "members", "joined_members", "upgrade")},
}
_OUTSIDE = {
    **{word: word for word in ("join", "joined_rooms", "profile", "directory", "devices", "keys", "sync")},
    **{word: word for word in ("register", "capabilities", "account", "media", "appservice", "versions")},
    "createRoom": "create_room",
    "sendToDevice": "send_to_device",
    "user": "account_data",
}
CALLS = frozenset({*_IN_A_ROOM.values(), *_OUTSIDE.values(), OTHER})
_PREFIX = "/_matrix/client/"


def kind_of_call(path: str) -> str:
    """One of `CALLS` for a percent-encoded path such as `/_matrix/client/v3/rooms/!a%3Ab/send/…`."""
    if not path.startswith(_PREFIX):
        return OTHER
    _, *rest = path[len(_PREFIX) :].partition("?")[0].split("/", 4)
    if rest[:1] == ["rooms"]:
        return _IN_A_ROOM.get(rest[2], OTHER) if len(rest) > 2 else OTHER
    return _OUTSIDE.get(rest[0], OTHER) if rest else _OUTSIDE.get(path[len(_PREFIX) :], OTHER)
