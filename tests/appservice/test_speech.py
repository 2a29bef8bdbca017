"""What the bot says, as it goes into the event."""

from __future__ import annotations

from appservice.speech import event_content, notice
from bot.reply import say
from spaces.identifiers import EventId, UserId

ALICE = UserId("@alice:hs.test")


def content(carried: dict[str, object], edited: EventId | None = None) -> dict[str, object]:
    return event_content(carried, "said", lambda _: None, edited)


def test_an_answer_is_a_notice_that_mentions_nobody() -> None:
    said = content(notice(say("Hello.")))
    assert said["msgtype"] == "m.notice"
    assert said["m.mentions"] == {}


def test_a_reminder_is_a_text_that_mentions_the_one_person() -> None:
    said = content(notice(say("Hello."), reminds=ALICE))
    assert said["msgtype"] == "m.text"
    assert said["m.mentions"] == {"user_ids": [ALICE]}
    assert ALICE not in str(said["body"])


def test_an_edit_mentions_nobody_anew() -> None:
    said = content(notice(say("Done."), edits="before"), EventId("$before"))
    assert said["m.mentions"] == {}
    assert said["body"] == "* Done."
    assert said["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$before"}


def test_what_was_kept_before_there_were_reminders_is_still_said() -> None:
    kept = notice(say("Hello."))
    del kept["reminds"]
    assert content(kept)["msgtype"] == "m.notice"
