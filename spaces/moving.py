"""In which order a room goes from one parent to another, so that it is missing nowhere meanwhile.

    the new link, up and down → who gets in → which parent is canonical → the old link goes

Rooms are worked on side by side: so each step names those that come before it (`Action.behind`), and waits
for them though another room be slow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile
from typing import TYPE_CHECKING, TypeGuard

from spaces.actions import Action, ReadBack, SetState
from spaces.identifiers import PlaceId

if TYPE_CHECKING:
    from spaces.reconcile import FoundRoom

_UP, _DOWN, _RULES = "m.space.parent", "m.space.child", "m.room.join_rules"


def in_turn(actions: Sequence[Action], found: Mapping[PlaceId, FoundRoom]) -> list[Action]:
    """`actions` with what moves a room in its order, behind all else. If none moves they stay so."""
    ordered = list(actions)
    given = {a.room for a in actions if _is_of(a, _UP) and a.event.content and not _had(a, found)}
    taken = {a.room for a in actions if _is_of(a, _UP) and not a.event.content}
    for child in sorted(PlaceId(room) for room in given & taken):
        ordered = _moved(ordered, child, found)
    return ordered


def _moved(actions: Sequence[Action], child: PlaceId, found: Mapping[PlaceId, FoundRoom]) -> list[Action]:
    up = [a for a in actions if _is_of(a, _UP) and a.room == child]
    down = [a for a in actions if _is_of(a, _DOWN) and a.event.state_key == child]
    shown = [a for a in up if a.event.content]
    new = [a for a in shown if not _had(a, found)]
    canonical = [a for a in shown if a.event.content.get("canonical")]
    allowed = [a for a in actions if _is_of(a, _RULES) and a.room == child and _stays_restricted(a, found)]
    turns = [
        [*(_early(a) for a in new if a in canonical), *(a for a in new if a not in canonical)]
        + [a for a in down if a.event.content],
        allowed,
        [a for a in shown if a in canonical or a not in new],
        [a for a in (*up, *down) if not a.event.content],
    ]
    moving = {id(a) for a in (*up, *down, *allowed)}
    gates = [a for a in actions if isinstance(a, ReadBack) and a.room == child] if allowed else []
    gated = list(dropwhile(lambda a: a is not gates[0], actions))[1:] if gates else []
    late = [a for a in gated if a.room == child and id(a) not in moving]
    apart = moving | {id(a) for a in (*gates, *late)}
    others = [a for a in actions if id(a) not in apart]
    keys = tuple(action.key for action in allowed)
    return [*others, *_one_after_the_other(turns), *(replace(gate, behind=keys) for gate in gates), *late]


def _one_after_the_other(turns: Iterable[Sequence[SetState]]) -> list[Action]:
    ordered: list[Action] = []
    for turn in turns:
        before = tuple(action.key for action in ordered)
        ordered += [replace(action, behind=before) for action in turn]
    return ordered


def _early(link: SetState) -> SetState:
    """The link upwards, while another parent is still the canonical one."""
    content = {**link.event.content, "canonical": False}
    return replace(link, event=replace(link.event, content=content), early=True)


def _had(link: SetState, found: Mapping[PlaceId, FoundRoom]) -> bool:
    """Whether the room has a link to that parent already, or is only now being made."""
    room = found.get(PlaceId(link.room))
    return room is None or bool(room.state.get((_UP, link.event.state_key)))


def _stays_restricted(rules: SetState, found: Mapping[PlaceId, FoundRoom]) -> bool:
    """Whether it only changes whose members get in: anything else does not wait for a link."""
    was = found[PlaceId(rules.room)].state.get((_RULES, ""), {})
    return {was.get("join_rule"), rules.event.content["join_rule"]} == {"restricted"}


def _is_of(action: Action, kind: str) -> TypeGuard[SetState]:
    return isinstance(action, SetState) and action.event.type == kind
