"""What is shown before a code is made that cannot be taken back from who has used it."""

from __future__ import annotations

from bot.networks.phrases import link
from bot.networks.rules import Named
from bot.reply import Document, Paragraph, paragraph
from spaces.codes import time_left
from spaces.sentences import counted


def giving_the_role(network: Named, uses: int, seconds: float) -> Document:
    """`uses` is how often it could be used."""
    first = paragraph(
        "There would be a code that makes whoever tells it to me a coordinator of {network}: they could "
        "invite and remove people, change what it is called and who gets in, and name other coordinators.",
        network=link(network),
    )
    often = counted(
        "It could be used once, and would last {time}.",
        "It could be used {count} times, and would last {time}.",
        uses,
        time=time_left(seconds),
    )
    return Document((first, Paragraph((often,))))
