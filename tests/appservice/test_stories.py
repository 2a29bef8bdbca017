"""Stories with the store: proposed in a room, read, told in digests, and gone when they are taken back."""

from __future__ import annotations

import pytest

from appservice.digests import Press
from appservice.retracting import note_printed
from appservice.speech import notice
from appservice.store import stories
from appservice.stories import end_all_of
from appservice.story_news import published
from bot.reply import Document, EventLink, in_language, item, plain_text
from bot.stories.ports import Message
from spaces.actions import Say, SetState
from spaces.identifiers import EventId
from spaces.network import Access, Digest
from spaces.stories import Ending, Story
from tests.appservice.choir import MOD, UNA, Hall
from tests.appservice.stage import (
    ALICE,
    BEN,
    Stage,
    message,
    says,
    text_of,
)
from tests.appservice.yard import ROOMS, RUTH, SAM, told

on_both = pytest.mark.both_databases


@pytest.fixture
async def hall(stage: Stage) -> Hall:
    return await Hall(stage).begin()


# -- proposing ------------------------------------------------------------------------------------------


@on_both
async def test_a_star_proposes_a_message_and_its_author_is_told_once(hall: Hall) -> None:
    event = await hall.writes(BEN, "We sang for two hours")
    done = await hall.stars(SAM, event)
    [line] = told(done, BEN)
    assert "proposed as a story to the coordinators of Arts: “We sang for two hours”" in line
    assert [said.room for said in says(done)] == [ROOMS[BEN]]
    assert not says(await hall.stars(ALICE, event))
    assert says(await hall.replies(BEN, event))[0].room == hall.room
    story = await hall.story()
    assert (story.author, story.text, story.byline) == (BEN, "We sang for two hours", "Ben")


async def test_other_reactions_and_other_words_propose_nothing(hall: Hall) -> None:
    event = await hall.writes(BEN, "We sang for two hours")
    await hall.stars(SAM, event, "👍")
    await hall.replies(SAM, event, "what a story")
    assert await hall.all() == []


async def test_who_proposes_their_own_is_not_told(hall: Hall) -> None:
    event = await hall.writes(BEN, "We sang for two hours")
    done = await hall.replies(BEN, event)
    assert [text_of(said) for said in says(done)] == [
        "It is proposed to the coordinators of Arts. Who wrote it can take it away."
    ]


async def test_what_a_coordinator_proposes_is_taken_at_once_and_offered_above(hall: Hall) -> None:
    await hall.joins(ALICE)
    done = await hall.stars(ALICE, await hall.writes(BEN, "We sang for two hours"))
    assert "is a story of Arts now" in told(done, BEN)[0]
    assert "We sang" in (await hall.lines(SAM))[0]
    assert "for Somerset: “We sang for two hours”" in (await hall.say(RUTH, "stories"))[0]


async def test_who_is_not_in_the_room_proposes_nothing(hall: Hall) -> None:
    event = await hall.writes(BEN, "We sang for two hours")
    await hall.joins(SAM, how="leave")
    await hall.stars(SAM, event)
    assert await hall.all() == []


async def test_a41_an_event_of_another_room_is_nothing(hall: Hall) -> None:
    hall.messages[ROOMS[ALICE], EventId("$secret")] = Message(ALICE, "Between Alice and the bot")
    done = await hall.replies(SAM, "$secret")
    assert [text_of(said) for said in says(done)] == [
        "Only what somebody has written in this room can become a story."
    ]
    await hall.stars(SAM, "$secret")
    assert await hall.all() == []


async def test_a42_who_came_after_a_message_cannot_make_it_a_story_where_they_may_not_read_it(
    stage: Stage,
) -> None:
    hall = await Hall(stage).begin(Access.INVITE)
    event = await hall.writes(BEN, "Before Ruth came")
    stage.clock.seconds += 60
    await hall.joins(RUTH)
    [refused] = says(await hall.replies(RUTH, event))
    assert text_of(refused) == "Only what somebody has written in this room can become a story."
    assert await hall.all() == []
    await hall.stars(SAM, event)
    assert (await hall.story()).proposer == SAM


async def test_what_the_homeserver_does_not_tell_is_proposed_anew(hall: Hall) -> None:
    event = await hall.writes(BEN, "We sang for two hours")
    kept = hall.messages.pop((hall.room, event))
    await hall.stars(SAM, event)
    hall.messages[hall.room, event] = kept
    await hall.stars(SAM, event)
    assert (await hall.story()).text == "We sang for two hours"


async def test_nothing_leaves_an_encrypted_room_unless_its_coordinators_let_it(stage: Stage) -> None:
    hall = await Hall(stage).begin(encrypted=True)
    event = await hall.writes(BEN, "Between us")
    await hall.stars(SAM, event)
    assert await hall.all() == []
    done = await hall.hears(message("d1", "group describe arts/singing --digest stories"))
    [topic] = [a for a in done if isinstance(a, SetState) and a.event.type == "m.room.topic"]
    assert topic.event.content == {"topic": "Stories from here may stand in digests."}
    await hall.stars(SAM, event)
    assert (await hall.story()).sealed
    await hall.say(ALICE, f"story take {(await hall.story()).number}")
    assert len(await hall.items(SAM)) == 1
    await hall.say(ALICE, "group describe arts/singing --digest counts")
    assert await hall.items(SAM) == []


async def test_a_topic_changed_by_hand_keeps_what_it_says_of_stories_apart(hall: Hall) -> None:
    await hall.say(ALICE, "group describe arts/singing --digest stories")
    topic = {"topic": "Songs of the sea Stories from here may stand in digests."}
    levels = hall.rooms.content(hall.room, "m.room.power_levels")
    assert levels["users"][ALICE] == 50
    await hall.joins(ALICE)
    hall.rooms.set(hall.room, "m.room.topic", topic, by=ALICE)
    event = {"event_id": "$t", "type": "m.room.topic", "room_id": hall.room, "sender": ALICE}
    await hall.hears({**event, "state_key": "", "content": topic})
    group = (await hall.stage.works.landscape()).groups[hall.singing]
    assert (group.topic, group.digest) == ("Songs of the sea", Digest.STORIES)
    assert hall.rooms.content(hall.room, "m.room.topic") == topic


# -- in digests -----------------------------------------------------------------------------------------


@on_both
async def test_each_reader_gets_a_story_once_with_as_much_of_its_way_as_they_may_see(hall: Hall) -> None:
    await hall.taken()
    await hall.joins(UNA, hall.somerset)
    [told_una] = await hall.lines(UNA)
    [sam] = await hall.items(SAM)
    assert told_una == "“Singing helps”, by Ben (a group of Arts → Somerset)"
    assert plain_text(sam.line) == "“Singing helps”, by Ben (Singing → Arts)"
    assert EventLink in {
        type(part) for part in in_language(Document((item("{a}", a=sam.line),))).blocks[0].line
    }
    await hall.joins(SAM, hall.somerset)
    assert [one.key for one in await hall.items(SAM)] == [sam.key]
    assert await hall.items(BEN) == []


async def test_a_story_that_somebody_had_by_one_network_does_not_come_again_by_another(hall: Hall) -> None:
    await hall.stars(SAM, await hall.writes(BEN, "We sang for two hours"))
    number = (await hall.story()).number
    await hall.say(ALICE, f"story take {number}")
    await hall.joins(SAM, hall.somerset)
    hall.stage.clock.seconds += 10_000
    await hall.say(RUTH, f"story take {number}")
    await hall.joins(UNA, hall.somerset)
    assert await hall.items(SAM) == []
    assert len(await hall.items(UNA)) == 1


async def test_a47_who_has_left_or_is_banned_is_not_told_from_then_on(hall: Hall) -> None:
    await hall.taken()
    await hall.joins(UNA, hall.somerset)
    assert len(await hall.items(UNA)) == 1
    await hall.joins(UNA, hall.somerset, "leave")
    assert await hall.items(UNA) == []
    await hall.say(ALICE, "ban @sam:hs.test --in arts")
    await hall.say(ALICE, "yes")
    assert await hall.items(SAM) == []


async def test_for_everyone_it_names_only_what_a_stranger_sees(hall: Hall) -> None:
    number = await hall.taken("We sang for two hours\nand nobody coughed")
    await hall.say(BEN, f"story byline {number} --anonymous")
    await hall.say(BEN, f"story print {number} yes")
    async with hall.stage.work() as work:
        [found] = await published(work, hall.somerset, hall.period())
    assert (found.headline, found.text) == ("Singing helps", "We sang for two hours\nand nobody coughed")
    assert (found.byline, found.may_print) == (None, True)
    assert plain_text(found.way) == "Somerset"


# -- as it stands now -----------------------------------------------------------------------------------


async def test_an_edit_of_the_authors_changes_the_story_and_nobody_elses_does(hall: Hall) -> None:
    event = await hall.writes(BEN, "We sang for two hours")
    await hall.stars(SAM, event)
    await hall.edits(SAM, event, "We shouted")
    assert (await hall.story()).text == "We sang for two hours"
    await hall.edits(BEN, event, "We sang for three hours")
    story = await hall.story()
    assert story.text == "We sang for three hours"
    hall.messages[hall.room, event] = Message(BEN, "We sang for two hours")
    await hall.redacts(BEN, story.edit)
    assert (await hall.story()).text == "We sang for two hours"


async def withdraws(hall: Hall, story: Story) -> None:
    await hall.say(BEN, f"story withdraw {story.number}")


async def replies_so(hall: Hall, story: Story) -> None:
    on = {"m.relates_to": {"m.in_reply_to": {"event_id": f"$said-tell:{BEN}:story {story.number}"}}}
    assert "taken away" in (await hall.say(BEN, "Withdraw", content=on))[0]


async def names_it(hall: Hall, story: Story) -> None:
    assert "taken away" in (await hall.say(BEN, f"withdraw {story.number}"))[0]


async def redacts_it(hall: Hall, story: Story) -> None:
    await hall.redacts(BEN, story.event)


async def is_redacted_by_another(hall: Hall, story: Story) -> None:
    del hall.messages[hall.room, story.event]
    await hall.redacts(MOD, story.event)


async def is_forgotten(hall: Hall, story: Story) -> None:
    async with hall.stage.work() as work:
        await end_all_of(work, BEN)
        await stories.forget_person(work.connection, BEN)


@on_both
async def test_what_is_taken_back_in_whichever_way_is_gone_at_all_levels(hall: Hall) -> None:
    await hall.joins(UNA, hall.somerset)
    ways = (withdraws, replies_so, names_it, redacts_it, is_redacted_by_another, is_forgotten)
    for take_back in ways:
        number = await hall.taken(take_back.__name__)
        [story] = [one for one in await hall.all() if one.number == number]
        assert [one.key for one in await hall.items(UNA)] == [f"story:{number}"]
        await take_back(hall, story)
        assert await hall.items(UNA) == await hall.items(SAM) == []
        assert all(one.text == "" and one.byline is None for one in await hall.all())
        if take_back is not is_forgotten:
            await hall.stars(SAM, story.event)
            assert not any(one.is_there for one in await hall.all())


async def test_a_redaction_elsewhere_or_one_that_does_not_hold_changes_nothing(hall: Hall) -> None:
    await hall.taken()
    story = await hall.story()
    await hall.redacts(BEN, story.event, room=ROOMS[BEN])
    await hall.redacts(MOD, story.event)
    assert (await hall.story()).ending is Ending.NONE


async def test_it_is_gone_above_once_the_network_leaves_and_everywhere_in_an_archive(hall: Hall) -> None:
    await hall.taken()
    await hall.joins(UNA, hall.somerset)
    await hall.say(ALICE, "network unlink arts --from somerset")
    await hall.say(ALICE, "yes")
    assert (len(await hall.items(UNA)), len(await hall.items(SAM))) == (0, 1)
    await hall.say(ALICE, "group archive arts/singing")
    await hall.say(ALICE, "yes")
    assert await hall.items(SAM) == []


async def test_a_story_taken_back_goes_from_what_was_posted(hall: Hall) -> None:
    number = await hall.taken()
    other = await hall.taken("Another evening")
    news = next(
        g.id for g in (await hall.stage.works.landscape()).groups_of(hall.arts) if g.purpose == "news"
    )
    items = await hall.items(SAM)
    edition = Document((item("This week"), *(item("{one}", one=one.line) for one in items), item("Come!")))
    async with hall.stage.work() as work:
        work.put(Say(news, "edition 1", notice(edition)))
        await note_printed(work, [one.key for one in items], "edition 1")
    await hall.rooms.settle_all()
    async with hall.stage.work() as work:
        story = await work.stories.numbered([number])
        await work.stories.take_out(story[0])
    [edit] = says(await hall.rooms.settle_all())
    assert (edit.room, edit.content["edits"]) == (news, "edition 1")
    assert text_of(edit).splitlines().count("(withdrawn)") == 1
    assert {"This week", "Come!"} <= set(text_of(edit).splitlines())
    done = await hall.hears(message("w", f"story withdraw {other}", sender=BEN, room_id=ROOMS[BEN]))
    [edit] = [said for said in says(done) if said.room == news]
    assert text_of(edit) == "This week\n(withdrawn)\n(withdrawn)\nCome!"


async def test_a_story_taken_back_goes_from_the_digest_that_its_network_had(hall: Hall) -> None:
    await hall.hears(message("d", "digest schedule Arts daily 08:00", sender=ALICE, room_id=ROOMS[ALICE]))
    number = await hall.taken()
    hall.stage.clock.seconds += 2 * 86_400
    await Press(hall.stage.works, hall.stage.clock).look()
    [posted] = [said for said in says(await hall.rooms.settle_all()) if said.said.startswith("digest:")]
    assert "Singing helps" in text_of(posted)
    done = await hall.hears(message("w", f"story withdraw {number}", sender=BEN, room_id=ROOMS[BEN]))
    [edit] = [said for said in says(done) if said.room == posted.room]
    assert edit.content["edits"] == posted.said
    assert "(withdrawn)" in text_of(edit)
    assert "Singing helps" not in text_of(edit)
