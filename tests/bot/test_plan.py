"""The words of a plan."""

from bot.plan import plan_lines
from spaces.actions import CreateRoom, Invite, ReadBack, SetState, StateEvent
from spaces.identifiers import GroupId, NetworkId, Slug, UserId
from spaces.landscape import Landscape
from spaces.network import Group, Network

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
