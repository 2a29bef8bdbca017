"""Actions, found rooms and sentences as JSON, for the store. A place stays a place: `{"$place": "n.…"}`.

What others wrote into a room's state can look like that too: an object with a `$` before any key is
kept as `{"$map": [[key, value], …]}`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from spaces import actions
from spaces.actions import Action, StateEvent
from spaces.identifiers import DirectId, EventId, GroupId, NetworkId, PlaceId, RoomId, UserId, printable
from spaces.reconcile import FoundRoom
from spaces.sentences import Listed, Sentence

_ACTIONS: dict[str, type[Action]] = {
    kind.__name__: kind
    for kind in (
        actions.CreateRoom,
        actions.ReadBack,
        actions.SetState,
        actions.AddAlias,
        actions.RemoveAlias,
        actions.Publish,
        actions.Withdraw,
        actions.Invite,
        actions.Remove,
        actions.Ban,
        actions.Unban,
        actions.Say,
        actions.SendFile,
        actions.EndDirect,
        actions.Redact,
        actions.Join,
        actions.Leave,
        actions.LetGo,
        actions.MarkDirect,
        actions.LookUp,
        actions.ReadFile,
        actions.ReadMessage,
        actions.TakeIn,
        actions.Adopt,
        actions.Renew,
        actions.Follow,
        actions.MoveAlias,
    )
}
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "user": UserId,
    "sender": UserId,
    "inviter": UserId,
    "event": EventId,
    "state": tuple,
    "behind": tuple,
    "coordinators": lambda users: tuple(map(UserId, users)),
    "via": tuple,
    "old": RoomId,
}


def place_id(text: str) -> PlaceId:
    """The id of a network, a group or a direct room, by its prefix."""
    kinds: tuple[type[PlaceId], ...] = (NetworkId, GroupId, DirectId)
    return next((kind(text) for kind in kinds if text.startswith(kind.prefix)), PlaceId(text))


def action_to_json(action: Action) -> str:
    fields = {f.name: _plain(getattr(action, f.name)) for f in dataclasses.fields(action)}
    return json.dumps({"kind": type(action).__name__, **fields})


def action_from_json(text: str) -> Action:
    """The action of what `action_to_json` made. Raises `ValueError` for anything else."""
    data = json.loads(text)
    try:
        cls = _ACTIONS[data.pop("kind")]
        values = {name: _FIELDS.get(name, _same)(_rich(value)) for name, value in data.items()}
        if cls in (actions.SetState,):
            values["event"] = _rich(data["event"])
        room = values["room"]
        values["room"] = room if isinstance(room, PlaceId) else RoomId(room)
        return cls(**values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an action: {error}") from error


def found_to_json(room: FoundRoom) -> str:
    return json.dumps(
        {
            "version": room.version,
            "state": [[kind, _plain(key), _plain(content)] for (kind, key), content in room.state.items()],
            "by_hand": [[kind, _plain(key)] for kind, key in sorted(room.by_hand)],
            "aliases": sorted(room.aliases),
            "published": sorted(room.published),
            "members": dict(room.members),
            "overrides": dict(room.overrides),
            "creator": room.creator,
        }
    )


def found_from_json(text: str, members: Mapping[UserId, str]) -> FoundRoom:
    data = json.loads(text)
    return FoundRoom(
        version=data["version"],
        state={(kind, _rich(key)): _rich(content) for kind, key, content in data["state"]},
        by_hand=frozenset((kind, _rich(key)) for kind, key in data["by_hand"]),
        aliases=frozenset(data["aliases"]),
        published=frozenset(NetworkId(n) for n in data["published"]),
        members={**{UserId(user): m for user, m in data["members"].items()}, **members},
        overrides={UserId(user): level for user, level in data.get("overrides", {}).items()},
        creator=UserId(data["creator"]) if data.get("creator") else None,
    )


def sentence_to_json(said: Sentence) -> str:
    """A sentence with all that is in its gaps. Data there loses what cannot be shown."""
    return json.dumps(_plain_gap(said))


def sentence_from_json(text: str) -> Sentence:
    """The sentence of what `sentence_to_json` made. Any other text is one as it stands, in no language."""
    try:
        said = _rich_gap(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        said = None
    return said if isinstance(said, Sentence) else Sentence("{text}", {"text": text})


def _plain_gap(value: Any) -> Any:
    match value:
        case Sentence():
            parts = {name: _plain_gap(part) for name, part in value.parts.items()}
            return {"$sentence": [value.text, parts, value.plural, value.count]}
        case Listed():
            return {"$listed": [[_plain_gap(item) for item in value.items], value.last]}
        case int():
            return value
        case _:
            return printable(str(value))


def _rich_gap(value: Any) -> Any:
    match value:
        case {"$sentence": [str(text), dict(parts), str(plural), count]}:
            return Sentence(text, {name: _rich_gap(part) for name, part in parts.items()}, plural, count)
        case {"$listed": [list(items), str(last)]}:
            return Listed(tuple(map(_rich_gap, items)), last)
        case _:
            return value


def _same(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    match value:
        case PlaceId():
            return {"$place": str(value)}
        case StateEvent():
            return {"$event": [value.type, _plain(value.content), _plain(value.state_key)]}
        case Mapping():
            plain = {key: _plain(part) for key, part in value.items()}
            is_marked = any(key.startswith("$") for key in plain)
            return {"$map": [[key, part] for key, part in plain.items()]} if is_marked else plain
        case tuple() | list():
            return [_plain(part) for part in value]
        case _:
            return value


def _rich(value: Any) -> Any:
    match value:
        case {"$place": str(text)}:
            return place_id(text)
        case {"$event": [str(kind), content, key]}:
            return StateEvent(kind, _rich(content), _rich(key))
        case {"$map": list(pairs)}:
            return {key: _rich(part) for key, part in pairs}
        case dict():
            return {key: _rich(part) for key, part in value.items()}
        case list():
            return [_rich(part) for part in value]
        case _:
            return value
