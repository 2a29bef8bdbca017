"""What is answered about the audit log."""

from __future__ import annotations

from bot.audit.commands import Audit, Undone
from bot.audit.ports import Entry, Source
from bot.audit.times import when
from bot.audit.words import Reader, what_was_done, who_did
from bot.command import Call, reply_to
from bot.lifecycle.replies import restored
from bot.networks.asking import Waiting
from bot.networks.phrases import link, people
from bot.reply import Block, Bullet, Document, Paragraph, item, paragraph, say
from spaces.sentences import sentence


@reply_to(Audit)
def audit(result: Audit, call: Call) -> Document:
    if not result.entries:
        return say("There is nothing to show.")
    blocks: list[Block] = [_entry(entry, result.reader) for entry in result.entries]
    if result.older:
        last = result.entries[-1].number
        if result.slug is None:
            blocks.append(paragraph("Older ones: `audit --before {number}`", number=last))
        else:
            blocks.append(
                paragraph("Older ones: `audit {slug} --before {number}`", slug=result.slug, number=last)
            )
    return Document(tuple(blocks))


def _entry(entry: Entry, reader: Reader) -> Bullet:
    return item(
        "{number} · {when} · {who} {what} ({source})",
        number=entry.number,
        when=when(entry.at),
        who=who_did(entry),
        what=what_was_done(entry, reader),
        source=_SOURCES[entry.source],
    )


_SOURCES = {
    Source.CHAT: sentence("in chat"),
    Source.HAND: sentence("by hand, in a Matrix client"),
    Source.BLUEPRINT: sentence("by a blueprint"),
    Source.COMMAND_LINE: sentence("at the command line"),
    Source.HEDGEROW: sentence("by itself"),
}


@reply_to(Undone)
def undone(result: Undone, call: Call) -> Document:
    done = paragraph("Entry {number} is undone.", number=result.entry.number)
    back = restored(result.restored, call).blocks if result.restored else ()
    return Document((done, *back, *(_waits(waiting) for waiting in result.waiting)))


def _waits(waiting: Waiting) -> Paragraph:
    if waiting.side is None or not waiting.who:
        return paragraph("It waits for the yes of the other side.")
    return paragraph(
        "It waits for the yes of {network}. I have asked {people}.",
        network=link(waiting.side),
        people=people(waiting.who, "and"),
    )
