"""What is answered about one's own data."""

from __future__ import annotations

from bot.command import Call, reply_to
from bot.privacy.commands import Forgotten, HandedOver
from bot.reply import Document, paragraph, say


@reply_to(HandedOver)
def handed_over(result: HandedOver, call: Call) -> Document:
    if result.elsewhere:
        return say("That is for you alone: I send it to you in a direct message.")
    return Document(
        (
            paragraph(
                "That is everything that I keep about you, as two files: one to read, one for programs."
            ),
            paragraph(
                "The homeserver keeps these files until its admins delete old ones; where we talk encrypted, "
                "it cannot read them. `forget me` has me forget all of it."
            ),
        )
    )


@reply_to(Forgotten)
def forgotten(result: Forgotten, call: Call) -> Document:
    last = paragraph(
        "Backups of before may hold you until {date}; other servers may keep copies of what is redacted. "
        "I leave this room now. Should you write to me again, we have never met.",
        date=result.until.isoformat(),
    )
    if result.stays and result.rooms:
        first = paragraph("I forget you, but for the rooms that you are in: the last of it within a day.")
    else:
        first = paragraph("I forget you: the last of it within a day.")
    return Document((first, last))
