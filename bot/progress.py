"""How work that takes time is told: one message, edited when it is done."""

from __future__ import annotations

from collections.abc import Sequence

from bot.reply import Block, Bullet, Document, Line, Text, paragraph
from spaces.sentences import Sentence, counted

_MOST_SHOWN = 5


def under_way(meanwhile: Document, done: int, total: int) -> Document:
    """What is being done, and how far it is. Ends in `…`: it only tells progress."""
    *before, last = meanwhile.blocks
    doing = _unfinished(last.line)
    return Document((*before, paragraph("{doing} {done} of {total} …", doing=doing, done=done, total=total)))


def _unfinished(words: Line) -> Line:
    """`words` without the `…` at their end, which comes behind the numbers."""
    *first, last = words
    return (*first, Text(last.text.rstrip(" …"))) if isinstance(last, Text) else words


def finished(reply: Document, reasons: Sequence[Sentence]) -> Document:
    """The answer; where something could not be done, which and why."""
    if not reasons:
        return reply
    blocks: list[Block] = [paragraph("Not everything could be done:")]
    blocks += [Bullet((reason,)) for reason in reasons[:_MOST_SHOWN]]
    if len(reasons) > _MOST_SHOWN:
        more = counted(
            "and {count} more; an admin sees it in `status`",
            "and {count} more; an admin sees them in `status`",
            len(reasons) - _MOST_SHOWN,
        )
        blocks.append(Bullet((more,)))
    return Document((*blocks, *reply.blocks))
