"""What an entry tells, and what it does not tell to who may not see it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.audit.ports import Entry, Source
from bot.audit.times import when
from bot.audit.words import Reader, what_was_done
from bot.languages import words_in
from bot.reply import plain_text
from spaces import changes
from spaces.access import Standing
from spaces.bans import ban
from spaces.differences import Changed, Presence, difference
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Access, Banned, Pause, Status
from tests.bot.dialogue import Stage
from tests.spaces.worlds import CountedIds, network

CORA = UserId("@cora:hs.test")
EVE = UserId("@eve:hs.test")


class World:
    """Arts, and above it the hidden Quiet; Cora looks after Arts."""

    def __init__(self) -> None:
        self.ids = CountedIds()
        landscape, self.quiet = network(Landscape(), self.ids, "Quiet", access=Access.INVITE)
        landscape, self.arts = network(landscape, self.ids, "Arts", by=[CORA])
        self.landscape, self.oils = changes.create_group(landscape, self.ids, name="Oils", home=self.arts)

    def told(
        self,
        after: Landscape,
        *,
        before: Landscape | None = None,
        reader: Standing | None = None,
        undoes: int | None = None,
    ) -> str:
        done = difference(before or self.landscape, after)
        return self.of(
            Entry(1, 0.0, CORA, Source.CHAT, "", self.arts, done, undoes), after, reader or Standing(CORA)
        )

    def of(self, entry: Entry, landscape: Landscape, reader: Standing) -> str:
        networks = landscape.coordinated_by(reader.user)
        return plain_text(what_was_done(entry, Reader(landscape, reader, networks)))


def test_each_change_is_told_with_before_and_after() -> None:
    w = World()
    one = w.landscape
    assert w.told(changes.rename(one, w.ids, w.arts, "Crafts")) == "renamed Arts to Crafts"
    described = changes.describe(one, w.ids, w.arts, topic="All of it")
    assert w.told(described) == "gave Arts the topic “All of it”"
    other = changes.describe(described, w.ids, w.arts, topic="Less")
    assert w.told(other, before=described) == "changed the topic of Arts from “All of it” to “Less”"
    assert w.told(one, before=described) == "took the topic “All of it” from Arts"
    private = changes.describe(one, w.ids, w.arts, access=Access.PRIVATE)
    assert w.told(private) == "changed who gets into Arts from public to private"
    asking = changes.describe(private, w.ids, w.arts, ask=True)
    assert w.told(asking, before=private) == "let others ask to come into Arts"
    assert w.told(private, before=asking) == "let others no longer ask to come into Arts"
    assert w.told(changes.describe(one, w.ids, w.arts, language="cy")) == (
        "chose Cymraeg as the language of Arts"
    )
    invite = changes.describe(one, w.ids, w.oils, access=Access.INVITE)
    listed = changes.describe(invite, w.ids, w.oils, listed=True)
    assert w.told(listed, before=invite) == "listed Oils for members of the network above"
    assert w.told(invite, before=listed) == "listed Oils no longer for members of the network above"
    for pause, told in ((Pause.ALL, "paused Arts"), (Pause.FIGHT, "gave up a fight over Arts")):
        paused = one.having(replace(one.networks[w.arts], paused=pause))
        assert w.told(paused) == told
        assert w.told(one, before=paused) == "resumed Arts"
    assert w.told(changes.archive(one, w.arts)) == "archived Arts (archived)"
    assert w.told(one, before=changes.archive(one, w.arts)) == "restored Arts"
    released = one.having(replace(one.networks[w.arts], status=Status.RELEASED))
    assert w.told(released) == "released Arts"
    assert w.told(changes.add_coordinator(one, w.arts, EVE)) == "made @eve:hs.test a coordinator of Arts"
    assert w.told(ban(one, [Banned(w.oils, EVE, reason="no")])) == "banned @eve:hs.test from Oils (“no”)"
    assert w.told(changes.rename(one, w.ids, w.arts, "Crafts"), undoes=7) == (
        "undid entry 7: renamed Arts to Crafts"
    )


def test_what_is_set_for_applicants_and_newcomers_is_told_with_before_and_after() -> None:
    w = World()
    one = w.landscape
    asked = changes.describe(one, w.ids, w.arts, questions="Why us?\nWhat else?")
    assert w.told(asked) == "asked who applies to Arts: “Why us? What else?”"
    other = changes.describe(asked, w.ids, w.arts, questions="Why?")
    assert w.told(other, before=asked) == (
        "changed what who applies to Arts is asked from “Why us? What else?” to “Why?”"
    )
    assert w.told(one, before=other) == "asked who applies to Arts no longer: “Why?”"
    assert w.told(changes.describe(one, w.ids, w.arts, grace_days=14)) == (
        "changed how many days people stay in Arts without a path from 7 to 14"
    )
    offered = changes.describe(one, w.ids, w.arts, offers_groups=True)
    assert w.told(offered) == "had everyone who joins Arts told of its groups"
    assert w.told(one, before=offered) == "no longer had everyone who joins Arts told of its groups"


def test_several_changes_are_told_one_after_the_other_and_of_many_how_many_more() -> None:
    w = World()
    both = changes.describe(changes.rename(w.landscape, w.ids, w.arts, "Crafts"), w.ids, w.arts, topic="x")
    assert w.told(both) == "renamed Arts to Crafts and gave Crafts the topic “x”"
    many = w.landscape
    for n in range(7):
        many, _ = changes.create_group(many, w.ids, name=f"Group {n}", home=w.arts)
    assert w.told(many).endswith("made Group 5 and one thing more")
    many, _ = changes.create_group(many, w.ids, name="Group 7", home=w.arts)
    assert w.told(many).endswith("made Group 5 and 2 things more")


def test_a_parent_that_the_reader_may_not_see_is_not_named() -> None:
    w = World()
    linked = changes.link(w.landscape, w.quiet, w.arts, parent_agrees=True, child_agrees=True)
    assert w.told(linked) == "put Arts under a network that you cannot see"
    asked = changes.link(w.landscape, w.quiet, w.arts, parent_agrees=False, child_agrees=True)
    told = w.told(asked)
    assert told == "asked for Arts to be under Quiet", "whoever is to agree, or has asked, knows it"
    assert w.told(w.landscape, before=linked) == "took Arts out from under a network that you cannot see"


def test_a_link_is_told_to_an_admin_as_to_anybody_else() -> None:
    """Their look at what is hidden is noted where they make it, and not here."""
    w = World()
    linked = changes.link(w.landscape, w.quiet, w.arts, parent_agrees=True, child_agrees=True)
    assert "Quiet" not in w.told(linked, reader=Standing(CORA, is_admin=True))


def test_what_is_in_another_network_is_left_out() -> None:
    w = World()
    rule = Banned(EVERYWHERE, "@e*:hs.test")
    there = [Banned(w.arts, EVE, rule=rule.who), Banned(w.quiet, EVE, rule=rule.who), rule]
    assert w.told(w.landscape.having(*there)) == "banned @eve:hs.test from Arts"
    renamed = changes.rename(w.landscape, w.ids, w.quiet, "Silent")
    assert w.told(renamed) == "changed Arts"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("audit: looked at by @admin:hs.test, as an admin", "looked at Arts with audit, as an admin"),
        ("by hand: invite @eve:hs.test", "invited @eve:hs.test to Arts"),
        ("by hand: kick @eve:hs.test", "took @eve:hs.test out of Arts"),
        ("by hand: picture", "changed the picture of Arts"),
        ("by hand: room !abc:hs.test added", "put the room !abc:hs.test into Arts"),
        ("by hand: room !abc:hs.test taken out", "took the room !abc:hs.test out of Arts"),
        ("by hand: listed again", "listed Arts again"),
        ("by hand: the bot was taken out", "took Hedgerow out of Arts"),
        ("by hand: upgrade", "gave Arts a new room: 50 in place of 0"),
        ("upgrade", "gave Arts a new room: 50 in place of 0"),
        ("by hand: upgrade not followed", "marked Arts as replaced by a room that does not replace it"),
        (
            "put back what the homeserver had lost: m.room.name",
            "put back what the homeserver had lost of Arts",
        ),
        ("took out @eve:hs.test: no path left", "took @eve:hs.test, who had no way left, out of Arts"),
        ("gave up: create the Space “Quiet”", "could not do something that Arts needs"),
        ("network link under quiet-7f3a", "changed Arts"),
        ("whatever an older version kept", "changed Arts"),
        ("invite 1 people", "invited one person to Arts"),
        ("invite 12 people", "invited 12 people to Arts"),
        ("code create 7", "made code 7, which lets people into Arts"),
        ("code create 7 --role coordinator", "made code 7, which makes people coordinators of Arts"),
        ("code revoke 7", "ended code 7 of Arts"),
        ("directory import: new 12, changed 3", "imported listings into Arts: 12 new, 3 changed"),
        ("redeem code 7", "used code 7 of Arts"),
        ("accept @eve:hs.test", "said yes to an invitation to Arts"),
        ("join @eve:hs.test: asks to be let in", "asked to be let into Arts"),
        ("approve @eve:hs.test", "let @eve:hs.test into Arts"),
        ("denied @eve:hs.test, in a Matrix client", "did not let @eve:hs.test into Arts"),
        ("by hand: power of @eve:hs.test", "changed the power of @eve:hs.test in Arts from 0 to 50"),
        ("by hand: taken off the list of quiet-7f3a", "took Arts off the list of a network"),
        (
            "put back what @eve:hs.test changed by hand: m.room.join_rules",
            "put back what @eve:hs.test had changed in Arts",
        ),
        (
            "no path left for @eve:hs.test: stays for 7 days",
            "found no way left for @eve:hs.test into Arts, where they can stay for 7 days more",
        ),
    ],
)
def test_an_entry_without_a_difference_is_told_without_its_machine_words(what: str, told: str) -> None:
    w = World()
    entry = Entry(1, 0.0, CORA, Source.CHAT, what, w.arts, before="0", after="50")
    assert w.of(entry, w.landscape, Standing(CORA)) == told


def test_who_was_taken_out_and_invited_again() -> None:
    w = World()
    gone = Presence(w.oils, EVE)
    entry = Entry(1, 0.0, CORA, Source.CHAT, "kick", w.arts, (Changed(gone, None), Changed(None, gone)))
    told = w.of(entry, w.landscape, Standing(CORA))
    assert told == "took @eve:hs.test out of Oils and invited @eve:hs.test to Oils again"


def test_the_time_is_told_with_its_date() -> None:
    assert str(when(0.0)) == "1 January 1970, 00:00 UTC"
    assert str(when(1_903_867_259.0)) == "1 May 2030, 12:00 UTC"
    assert plain_text(when(1_903_867_259.0), words_in("cy"))


async def test_a_long_log_is_shown_page_by_page_and_then_by_number() -> None:
    stage = Stage(admins=["ada"])
    await stage.say("ada", "network create Arts")
    for n in range(70):
        await stage.say("ada", f"network describe arts --topic number {n}")
    said = await stage.say("ada", "audit arts")
    numbers = _numbers(said)
    assert numbers[0] == 71
    assert "There is more: more shows it." in said
    while "There is more" in said:
        said = await stage.say("ada", "more")
        numbers += _numbers(said)
    assert numbers == list(range(71, 11, -1))
    assert "Older ones: audit arts --before 12" in said
    assert _numbers(await stage.say("ada", "audit arts --before 3")) == [2, 1]
    assert await stage.say("ada", "audit arts --before 1") == "There is nothing to show."


def _numbers(said: str) -> list[int]:
    return [int(n) for n in re.findall(r"^- (\d+) · ", said, re.MULTILINE)]


async def test_a_confirmed_undo_does_what_was_shown_and_no_other() -> None:
    """Something was changed between the preview and the yes: what it shows now is another entry."""
    stage = Stage(admins=["ada"])
    await stage.say("ada", "network create Arts")
    await stage.say("ada", "network describe arts --topic one")
    assert "gave Arts the topic “one”" in await stage.say("ada", "undo")
    landscape = stage.work.landscape
    arts = NetworkId(stage.place("arts"))
    changed = changes.describe(landscape, stage.work.ids, arts, topic="two")
    await stage.work.change(changed, what="describe", about=arts)
    said = await stage.say("ada", "yes")
    assert "Meanwhile something has changed." in said
    assert stage.work.landscape.networks[arts].topic == "two"
