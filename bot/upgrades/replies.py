"""The words of the replies about upgrades."""

from __future__ import annotations

from bot.command import Call, reply_to
from bot.networks.phrases import in_a_row, link
from bot.reply import Document, Text, say
from bot.upgrades.commands import Upgraded
from bot.upgrades.words import invited_to_it
from spaces.sentences import sentence


@reply_to(Upgraded)
def upgraded(result: Upgraded, _call: Call) -> Document:
    if result.already:
        return say(
            "{place} is in room version {version} already.",
            place=link(result.place),
            version=Text(result.version),
        )
    return Document(
        (
            in_a_row(
                sentence(
                    "{place} has a new room, in room version {version}.",
                    place=link(result.place),
                    version=Text(result.version),
                ),
                invited_to_it(result.invited) if result.invited else None,
            ),
        )
    )
