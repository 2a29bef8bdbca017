"""Actions and found rooms survive the way into the store and back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appservice.codec import (
    action_from_json,
    action_to_json,
    found_from_json,
    found_to_json,
    place_id,
    sentence_from_json,
    sentence_to_json,
)
from spaces import actions
from spaces.actions import Action, StateEvent
from spaces.identifiers import DirectId, EventId, GroupId, NetworkId, PlaceId, RoomId, UserId
from spaces.reconcile import FoundRoom
from spaces.sentences import Sentence, counted, listed, sentence

ARTS = NetworkId("n.aaaaaaaaaaaaaaaa")
TALK = GroupId("g.bbbbbbbbbbbbbbbb")
OURS = DirectId("d.cccccccccccccccc")
ROOM = RoomId("!room:hs.test")
ALICE = UserId("@alice:hs.test")
LEVELS = {"users": {ALICE: 50}, "events": {"m.room.name": 50}}

EVERY_KIND: list[Action] = [
    actions.CreateRoom(ARTS),
    actions.CreateRoom(
        TALK,
        (
            StateEvent("m.space.parent", {"via": ["hs.test"], "canonical": True}, ARTS),
            StateEvent("m.room.join_rules", {"join_rule": "restricted", "allow": [{"room_id": ARTS}]}),
        ),
        LEVELS,
        space=True,
        version="12",
    ),
    actions.ReadBack(ARTS, 3),
    actions.ReadBack(ARTS, routine=True),
    actions.SetState(ARTS, StateEvent("m.space.child", {"via": ["hs.test"], "order": "!a"}, TALK)),
    actions.SetState(ROOM, StateEvent("m.room.topic", {"topic": "n.aaaaaaaaaaaaaaaa"}), closing=True),
    actions.AddAlias(ARTS, "hedge_arts"),
    actions.RemoveAlias(ARTS, "hedge_arts"),
    actions.Publish(ARTS, NetworkId("n.dddddddddddddddd")),
    actions.Withdraw(ARTS, NetworkId("n.dddddddddddddddd")),
    actions.Invite(ARTS, ALICE, "Willkommen, 你好"),
    actions.Invite(ARTS, ALICE, reported=True, look_first=True),
    actions.Remove(TALK, ALICE, "n.aaaaaaaaaaaaaaaa"),
    actions.Ban(TALK, ALICE, "Selling things"),
    actions.Unban(TALK, ALICE),
    actions.Say(OURS, "tell:1", {"document": [["Paragraph", 0, [["Text", "n.abc"]]]], "relates": None}),
    actions.Say(ROOM, "answer:$1", {"edits": "progress:$1"}),
    actions.Redact(ROOM, EventId("$event")),
    actions.Join(ROOM, ALICE),
    actions.Leave(ROOM, "not a place for me"),
    actions.SendFile(ROOM, "data:1", {"person": "@alice:hs.test"}, "txt"),
    actions.EndDirect(ROOM, ALICE),
    actions.LetGo(ARTS, (UserId("@ada:hs.test"), UserId("@ben:hs.test"))),
    actions.MarkDirect(OURS, ALICE),
    actions.ReadMessage(ROOM, EventId("$event")),
    actions.ReadFile(
        ROOM, EventId("$event"), ALICE, {"file": {"url": "mxc://hs.test/a"}}, "invite", "--to x"
    ),
    actions.LookUp(ROOM, EventId("$event"), ALICE, UserId("@ben:hs.test"), {"body": "n.aaaaaaaaaaaaaaaa"}),
    actions.TakeIn(ROOM, ARTS, ALICE, ("hs.test", "elsewhere.test")),
    actions.Adopt(ROOM, ARTS, ALICE, EventId("$asked"), ("hs.test",), "adopt it", True, True),
    actions.Renew(
        ARTS, ROOM, ALICE, (StateEvent("m.space.parent", {"via": ["hs.test"]}, ARTS),), {}, True, "12"
    ),
    actions.Follow(ROOM, ARTS, RoomId("!old:hs.test"), ALICE),
    actions.MoveAlias(ARTS, "hedge_arts", ROOM),
]


def kinds_of_action() -> set[str]:
    """All that is no mere shape of others; a file is said like anything else, which is no mere shape."""
    found: list[type[Action]] = [Action]
    for kind in found:
        found += kind.__subclasses__()
    shapes = {kind.__name__ for kind in found if kind.__subclasses__()}
    return {kind.__name__ for kind in found} - shapes | {"Say"}


def types_in(value: Any) -> Any:
    """The types of `value` and of all within, but for tuples and lists, which are one in JSON."""
    match value:
        case dict():
            return {key: types_in(part) for key, part in value.items()}
        case list() | tuple():
            return [types_in(part) for part in value]
        case StateEvent():
            return ["event", types_in(value.state_key), types_in(value.content)]
        case _:
            return type(value)


def test_every_kind_of_action_is_among_the_examples() -> None:
    assert {type(action).__name__ for action in EVERY_KIND} == kinds_of_action()


@pytest.mark.parametrize("action", EVERY_KIND, ids=lambda action: type(action).__name__)
def test_every_kind_of_action_comes_back_equal_with_its_places_as_places(action: Action) -> None:
    back = action_from_json(action_to_json(action))
    assert back == action
    assert (back.key, back.needs) == (action.key, action.needs)
    for name in (field.name for field in fields(action)):
        assert types_in(getattr(back, name)) == types_in(getattr(action, name)), name
    assert type(back.room) is type(action.room)


def test_text_that_looks_like_a_place_stays_text() -> None:
    said = actions.SetState(ARTS, StateEvent("m.room.topic", {"topic": TALK.replace("b", "b")}))
    back = action_from_json(action_to_json(said))
    assert isinstance(back, actions.SetState)
    assert type(back.event.content["topic"]) is str
    assert back.needs == (ARTS,)


@pytest.mark.parametrize("kind", [NetworkId, GroupId, DirectId])
def test_an_id_is_of_the_kind_that_its_prefix_says(kind: type[PlaceId]) -> None:
    assert type(place_id(f"{kind.prefix}abc")) is kind


BROKEN = ["", "{", "[]", "null", "5", '"x"', "{}", '{"kind":"Say"}', '{"kind":"Nothing","room":"!a"}',
          '{"kind":"Say","room":"!a","surplus":1}', '{"kind":["Say"],"room":"!a"}',
          '{"kind":"SetState","room":"!a"}x', '{"kind":"CreateRoom","room":"!a","state":5}']  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a25_what_is_no_action_is_refused_with_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an action|Expecting|Extra data"):
        action_from_json(text)


keys = st.sampled_from(["$place", "$said", "$event", "$map", "users", "topic", "n.x"]) | st.text(max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["n.x", "g.y"]) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
contents = st.dictionaries(keys, json_values, max_size=4)
state_keys = st.one_of(st.just(""), st.text(max_size=5), st.just(ARTS), st.just(TALK))


@given(st.dictionaries(st.tuples(st.text(max_size=8), state_keys), contents, max_size=4))
@settings(max_examples=300, deadline=None)
def test_a35_whatever_somebody_put_into_a_rooms_state_comes_back_as_it_was(state: dict[Any, Any]) -> None:
    found = FoundRoom(
        "12", state, frozenset(state), frozenset({"hedge_arts"}), frozenset({ARTS}), {ALICE: "join"}
    )
    back = found_from_json(found_to_json(found), {})
    assert back == found
    assert types_in(list(back.state.values())) == types_in(list(found.state.values()))
    assert {type(key) for _, key in back.state} == {type(key) for _, key in found.state}


def test_memberships_known_better_go_before_those_that_were_kept() -> None:
    found = FoundRoom("9", members={ALICE: "invite"}, overrides={ALICE: 0}, creator=ALICE)
    assert found_from_json(found_to_json(found), {}) == found
    assert found_from_json(found_to_json(found), {ALICE: "join"}).members == {ALICE: "join"}


@given(json_values)
@settings(max_examples=200, deadline=None)
def test_a_content_of_any_shape_travels_in_an_action(content: Any) -> None:
    action = actions.SetState(ROOM, StateEvent("x", {"content": content}))
    assert action_from_json(action_to_json(action)) == action
    assert action_to_json(action).isascii(), "lone surrogates and NUL are escaped: any database keeps it"


@pytest.mark.parametrize(
    "said",
    [
        sentence("All is well."),
        sentence("{action}: {reason}", action=sentence("invite {person}", person=ALICE), reason="no {way}"),
        counted(
            "one of {places}", "{count} of {places}", 3, places=listed(["a", sentence("“{b}”", b="b")], "or")
        ),
    ],
)
def test_a_sentence_comes_back_with_all_that_is_in_its_gaps(said: Sentence) -> None:
    assert sentence_from_json(sentence_to_json(said)) == said


def test_what_cannot_be_shown_is_not_kept_in_a_gap() -> None:
    kept = sentence_from_json(sentence_to_json(sentence("no: {answer}", answer="no \0 \ud800 way\u202e")))
    assert str(kept) == "no: no   way"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "create “Arts”: no",
        "{x}",
        "[1]",
        '{"$sentence": 1}',
        '{"$sentence": ["", {}, "", 1], "b": {',
        "[" * 9999,
    ],
)
def test_a_reason_kept_as_plain_text_is_said_as_it_stands(text: str) -> None:
    assert str(sentence_from_json(text)) == text
