"""The audit log in the store: what each way of changing something writes, and who reads it; and undoing."""

from __future__ import annotations

import pytest

from appservice.store import audit
from bot.audit.ports import Entry, Source
from spaces import changes
from spaces.differences import Changed, Presence
from spaces.identifiers import GroupId, NetworkId, Slug, UserId
from spaces.network import EVERYWHERE, Access, Banned, Coordinator, Group, Link, Network, Share
from tests.appservice.scene import NAME, Scene
from tests.appservice.stage import ALICE, BEN, DIRECT, FAR, SHARED, Stage, message, says, text_of

pytestmark = pytest.mark.both_databases


async def page(stage: Stage, *networks: NetworkId, unbound: bool = False, most: int = 100) -> list[Entry]:
    async with stage.database.reading() as connection:
        return await audit.page(connection, networks, before=None, most=most, unbound=unbound)


async def answers(stage: Stage, text: str, n: int, sender: UserId = ALICE) -> str:
    """What is answered in the direct room."""
    known = {said.said for said in says(await stage.waiting())}
    await stage.hears(message(n, text, sender=sender))
    new = [said for said in says(await stage.waiting()) if said.said not in known]
    return "\n".join(text_of(said) for said in new)


async def test_o2_a_command_writes_who_when_what_before_and_after(scene: Scene) -> None:
    stage = scene.stage
    await stage.hears(message(1, "network rename arts --to Arts United"))
    [entry, founded] = await page(stage, scene.arts)
    assert (entry.who, entry.source, entry.at) == (ALICE, Source.CHAT, stage.clock.seconds)
    [renamed] = [one for one in entry.changed if isinstance(one.after, Network)]
    assert isinstance(renamed.before, Network)
    assert isinstance(renamed.after, Network)
    assert (renamed.before.name, renamed.after.name) == ("Arts", "Arts United")
    assert founded.number < entry.number


async def test_o2_a_change_by_hand_bears_the_name_of_who_made_it(scene: Scene) -> None:
    scene.set(NAME, {"name": "Arts by hand"}, by=ALICE)
    await scene.read()
    [entry, _] = await page(scene.stage, scene.arts)
    assert (entry.who, entry.source) == (ALICE, Source.HAND)


async def test_o2_what_hedgerow_does_by_itself_says_so(scene: Scene) -> None:
    async with scene.stage.works.begin("hedgerow") as work:
        await work.note("gave up: make the room", scene.arts)
    [entry, _] = await page(scene.stage, scene.arts)
    assert (entry.who, entry.source) == ("hedgerow", Source.HEDGEROW)


async def test_o2_a_blueprint_writes_one_entry_for_each_network_that_it_touches(stage: Stage) -> None:
    async with stage.works.begin("operator", Source.BLUEPRINT) as work:
        landscape, one = changes.create_network(work.landscape, work.ids, name="One")
        landscape, two = changes.create_network(landscape, work.ids, name="Two", under=[one], agreed=[one])
        await work.change(landscape, what="a blueprint was applied", about=one)
    [of_two] = await page(stage, two)
    assert of_two.source is Source.BLUEPRINT
    values = [change.value for change in of_two.changed]
    assert {v.name for v in values if isinstance(v, Network)} == {"Two"}
    assert [entry.number for entry in await page(stage, one)] == [of_two.number, of_two.number - 1]
    async with stage.works.begin("operator") as work:
        await work.note("something else", one)
    assert (await page(stage, one))[0].source is Source.COMMAND_LINE


async def test_an_entry_is_read_by_both_ends_of_a_link_and_by_no_third(stage: Stage) -> None:
    parent, child, third = [await stage.found(name) for name in ("Parent", "Child", "Third")]
    async with stage.works.begin(ALICE) as work:
        linked = changes.link(work.landscape, parent, child, parent_agrees=True, child_agrees=True)
        await work.change(linked, what="network link", about=child)
    [newest, *_] = await page(stage, parent)
    assert newest.what == "network link"
    assert (await page(stage, child))[0] == newest
    assert [entry.what for entry in await page(stage, third)] == ["founded"]
    both = await page(stage, parent, child)
    assert [entry.number for entry in both] == [newest.number, newest.number - 2, newest.number - 3]
    assert await page(stage, parent, child, most=1) == [newest]


async def test_what_concerns_the_whole_server_is_of_no_network(stage: Stage) -> None:
    arts = await stage.found("Arts")
    async with stage.works.begin(ALICE) as work:
        rule = Banned(EVERYWHERE, "@*:bad.example")
        await work.change(work.landscape.having(rule), what="ban", about=EVERYWHERE)
    assert [entry.what for entry in await page(stage, arts)] == ["founded"]
    assert [entry.what for entry in await page(stage, unbound=True)] == ["ban"]


def test_every_kind_of_value_comes_back_from_json_as_it_was() -> None:
    network, group = NetworkId("n.aaaaaaaaaaaaaaaa"), GroupId("g.bbbbbbbbbbbbbbbb")
    made = Network(network, "Árts ✓", Slug("arts"), access=Access.PRIVATE, topic="a\nb")
    talk = Group(group, network, "Talk", Slug("talk"), encrypted=True)
    values = (
        made,
        talk,
        Link(network, network, asked_by=ALICE),
        Share(group, network, asked_by=None),
        Coordinator(network, BEN, former=True),
        Banned(group, FAR, by=ALICE, reason="“selling”", at=1.5),
        Presence(group, BEN),
    )
    changed = (*(Changed(value, None) for value in values), Changed(None, made))
    assert audit.from_json(audit.to_json(changed)) == changed
    for one, other in zip(audit.from_json(audit.to_json(changed)), changed, strict=True):
        assert type(one.value) is type(other.value)


@pytest.mark.parametrize("broken", ["", "{", "[[1]]", '[["Network", {}, {}]]', '[["Nobody", null, {}]]'])
def test_a72_a_difference_that_cannot_be_read_is_none(broken: str) -> None:
    assert audit.from_json(broken) == ()


async def test_undo_is_an_entry_of_its_own_and_is_not_undone_by_the_next_one(scene: Scene) -> None:
    stage = scene.stage
    await answers(stage, "network rename arts --to Arts United", 1)
    await answers(stage, "undo", 3)
    await answers(stage, "yes", 4)
    [undone, renamed, _] = await page(stage, scene.arts)
    assert undone.undoes == renamed.number
    landscape = await stage.works.landscape()
    assert landscape.networks[scene.arts].name == "Arts"
    said = await answers(stage, "undo", 5)
    assert "You have changed nothing that I could undo." in said
    await answers(stage, f"undo {undone.number}", 6)
    await answers(stage, "yes", 7)
    landscape = await stage.works.landscape()
    assert landscape.networks[scene.arts].name == "Arts United", "what undid it is undone itself"
    assert "I would undo entry" in await answers(stage, "undo", 8)


async def test_two_who_undo_the_same_at_once_do_it_once(stage: Stage) -> None:
    arts = await stage.found("Arts", by=(ALICE, BEN))
    await stage.knows(DIRECT, ALICE)
    await stage.hears(message(1, "network rename arts --to Arts United"))
    [entry, _] = await page(stage, arts)
    await stage.knows(SHARED, BEN)
    ben = {"sender": BEN, "room_id": SHARED}
    await stage.hears(message(2, f"undo {entry.number}"), message(3, f"undo {entry.number}", **ben))
    await stage.hears(message(4, "yes"), message(5, "yes", **ben))
    undoing = [one for one in await page(stage, arts) if one.undoes is not None]
    assert [one.who for one in undoing] == [ALICE]
    assert any("was changed again since" in text_of(said) for said in says(await stage.waiting()))
