"""How work that takes time is told: one message, edited when it is done."""

from __future__ import annotations

from collections.abc import Sequence

from bot.reply import Block, Bullet, Document, Line, Paragraph, Text, line

_MOST_SHOWN = 5


def under_way(meanwhile: Document, done: int, total: int) -> Document:
    """What is being done, and how far it is. Ends in `…`: it only tells progress."""
    *before, last = meanwhile.blocks
    return Document((*before, Paragraph((*_unfinished(last.line), *line(f" {done} of {total} …")))))


def _unfinished(words: Line) -> Line:
    """`words` without the `…` at their end, which comes behind the numbers."""
    *first, last = words
    return (*first, Text(last.text.rstrip(" …"))) if isinstance(last, Text) else words


def finished(reply: Document, reasons: Sequence[str]) -> Document:
    """The answer; where something could not be done, which and why."""
    if not reasons:
        return reply
    blocks: list[Block] = [Paragraph(line("Not everything could be done:"))]
    blocks += [Bullet(line(reason)) for reason in reasons[:_MOST_SHOWN]]
    if len(reasons) > _MOST_SHOWN:
        blocks.append(Bullet(line(f"and {len(reasons) - _MOST_SHOWN} more; an admin sees them in `status`")))
    return Document((*blocks, *reply.blocks))
