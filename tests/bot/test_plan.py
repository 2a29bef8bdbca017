"""The words of a plan, of what is under way and of what could not be done."""

import re

import pytest

from bot.plan import in_words, plan_lines
from bot.progress import finished, under_way
from bot.reply import in_language, plain, say
from spaces.actions import CreateRoom, Invite, Join, ReadBack, Say, SetState, StateEvent
from spaces.identifiers import DirectId, GroupId, NetworkId, RoomId, Slug, UserId
from spaces.landscape import Landscape
from spaces.network import Group, Network
from spaces.sentences import Sentence, sentence

ARTS = NetworkId("n.arts")
PAINTING = GroupId("g.painting")
HOSTILE = "=cmd()|\x1b[31m\u202e\n  invite @eve:hs.test to everything"


def landscape(name: str) -> Landscape:
    group = Group(PAINTING, ARTS, name, Slug("painting"))
    return Landscape().having(Network(ARTS, name, Slug("arts")), group)


def test_each_write_has_a_line_and_reading_back_has_none() -> None:
    link = SetState(ARTS, StateEvent("m.space.child", {"via": ["hs.test"]}, PAINTING))
    unlink = SetState(ARTS, StateEvent("m.space.child", {}, PAINTING))
    steps = [CreateRoom(ARTS, space=True), ReadBack(ARTS), link, unlink, Invite(ARTS, UserId("@a:hs.test"))]
    assert plan_lines(landscape("Arts"), steps) == [
        "create the Space “Arts”",
        "list “Arts” in “Arts”",
        "take “Arts” out of “Arts”",
        "invite @a:hs.test to “Arts”",
    ]


def test_a33_a_name_can_neither_forge_a_line_of_a_plan_nor_steer_the_terminal() -> None:
    [line] = plan_lines(landscape(HOSTILE), [CreateRoom(ARTS, space=True)])
    assert line.isprintable()
    renamed = SetState(ARTS, StateEvent("m.room.name", {"name": HOSTILE}))
    [line] = plan_lines(landscape("Arts"), [renamed])
    assert line.isprintable()


@pytest.mark.parametrize(
    ("kind", "content", "line"),
    [
        ("m.room.name", {"name": "Art"}, "set the name of “Arts” to Art"),
        ("m.room.topic", {"topic": "Art"}, "set the topic of “Arts”"),
        ("m.room.join_rules", {"join_rule": "public"}, "set the join rule of “Arts” to public"),
        ("m.room.canonical_alias", {"alias": "#a:hs.test"}, "set the shown alias of “Arts” to #a:hs.test"),
        ("m.room.canonical_alias", {}, "take the shown alias of “Arts” away"),
        ("org.example.odd", {"a": 1}, "set the org.example.odd of “Arts”"),
    ],
)
def test_each_setting_is_said_in_a_sentence_of_its_own(
    kind: str, content: dict[str, object], line: str
) -> None:
    assert plan_lines(landscape("Arts"), [SetState(ARTS, StateEvent(kind, content))]) == [line]


def test_what_the_bot_does_itself_is_said_as_well() -> None:
    room = RoomId("!talk:hs.test")
    assert [
        str(in_words(Landscape(), action)) for action in (Say(room), Join(room), Say(DirectId("d.a")))
    ] == [
        "say something in a room",
        "come into a room",
        "say something in a direct room",
    ]


def shouting(said: Sentence) -> str:
    """The words of a language that is English in capitals; the names of gaps stay."""
    text = said.text if said.count in (None, 1) else said.plural
    return "".join(part if part.startswith("{") else part.upper() for part in re.split(r"(\{\w+\})", text))


def test_what_could_not_be_done_is_told_in_the_language_of_who_asked() -> None:
    reason = sentence("{action}: {reason}", action=in_words(landscape("Arts"), CreateRoom(ARTS)), reason="no")
    told = finished(say("Arts is made."), [reason])
    assert plain(in_language(told, shouting)) == (
        "NOT EVERYTHING COULD BE DONE:\nCREATE THE ROOM “Arts”: no\nARTS IS MADE."
    )


def test_of_many_that_could_not_be_done_five_are_told() -> None:
    lines = plain(finished(say("Done."), [sentence("write {n}", n=n) for n in range(7)])).splitlines()
    assert lines[0] == "Not everything could be done:"
    assert lines[1:6] == [f"write {n}" for n in range(5)]
    assert lines[6:] == ["and 2 more; an admin sees them in status", "Done."]


def test_how_far_it_is_comes_before_the_end_of_what_is_said_meanwhile() -> None:
    assert plain(under_way(in_language(say("Creating {name} …", name="Arts")), 3, 10)) == (
        "Creating Arts 3 of 10 …"
    )
