"""The groups of a network, offered by number to who has joined it, and the answers to that."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.command import Call
from bot.networks.phrases import link
from bot.networks.rules import Named
from bot.reply import Bullet, Document, line, paragraph
from spaces.errors import Malformed

MOST_OFFERED = 20
LASTS_SECONDS = 30 * 86_400.0
ALL, STOP = "all", "stop"
_ANSWER = re.compile(r"all|stop|\d{1,3}(?:[\s,]+(?:and\s+)?\d{1,3}){0,30}", re.IGNORECASE)


def offering(network: Named, groups: Sequence[Named]) -> Document:
    """The one message that somebody gets who has joined."""
    shown = groups[:MOST_OFFERED]
    numbered = (Bullet(line(f"{n}: ", link(group))) for n, group in enumerate(shown, 1))
    how = paragraph(
        "The numbers of those that you would like, such as `1 2`, or `all`, bring you the invitations. "
        "`stop`: I offer you no groups any more, in any network."
    )
    head = paragraph("Welcome to {network}. It has these groups:", network=link(network))
    if len(groups) > len(shown):
        rest = paragraph("`show {slug}` tells of the others.", slug=network.slug)
        return Document((head, *numbered, rest, how))
    return Document((head, *numbered, how))


async def in_full(said: str, call: Call, *, is_asked: bool) -> str:
    """`said` as a command, where it answers an offer in a direct message; else as it stands.

    `is_asked`: the bot waits for an argument, whose answer it may be as well.
    """
    answer = said.strip(" .!")
    if is_asked or not call.heard.is_direct or not _ANSWER.fullmatch(answer):
        return said
    offer = await call.work.paths.offer_to(call.sender)
    if offer is None or call.now.timestamp() - offer.offered_at > LASTS_SECONDS:
        return said
    return f"choose {answer.lower()}"


def numbers_in(which: str, most: int) -> tuple[int, ...]:
    """The numbers said, each once, from 1 to `most`. Raises `Malformed`."""
    found = [int(number) for number in re.findall(r"\d{1,6}", which)]
    if not found or re.sub(r"\d|[\s,]|\band\b", "", which.lower()):
        raise Malformed("Say the numbers of the groups, such as `choose 1 2`, or `choose all`.")
    wrong = next((n for n in found if not 1 <= n <= most), None)
    if wrong is not None:
        raise Malformed("There is no number {number} among the groups that I have offered.", number=wrong)
    return tuple(dict.fromkeys(found))
