"""What is longer than a phone's screen is shown page by page."""

from __future__ import annotations

from collections.abc import Iterator

from bot.help import MOST_LINES, WIDTH
from bot.reply import Block, Bullet, Document, PageEnd, plain_text

_SPARE = 3  # so that no page is worth less than the line that announces it


def paged(document: Document) -> tuple[Document, Document | None]:
    """The first page, and what is left. A single block is never cut; where a page is to end, it ends."""
    for number, block in enumerate(document.blocks):
        if isinstance(block, PageEnd):
            rest = document.blocks[number + 1 :]
            return Document(document.blocks[:number]), Document(rest) if rest else None
    lines, cut, blocks = 0, 0, document.blocks
    for number, height in enumerate(_heights(blocks)):
        lines += height
        if number and lines > MOST_LINES:
            cut = cut or number
            if lines > MOST_LINES + _SPARE:
                return Document(blocks[:cut]), Document((*_above(blocks, cut), *blocks[cut:]))
    return document, None


def _above(blocks: tuple[Block, ...], number: int) -> Iterator[Block]:
    """The items that the one at `number` belongs to, with which the next page begins."""
    above: list[Block] = []
    first = blocks[number]
    depth = first.depth if isinstance(first, Bullet) else 0
    for block in reversed(blocks[:number]):
        if not depth or not isinstance(block, Bullet):
            break
        if block.depth < depth:
            above.append(block)
            depth = block.depth
    return reversed(above)


def _heights(blocks: tuple[Block, ...]) -> Iterator[int]:
    """How many lines of a screen each block takes."""
    for block in blocks:
        indented = 2 * (block.depth + 1) if isinstance(block, Bullet) else 0
        yield max(-(-(len(plain_text(block.line)) + indented) // WIDTH), 1)
