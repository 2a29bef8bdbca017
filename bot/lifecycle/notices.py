"""What is said in the rooms themselves."""

from __future__ import annotations

from bot.networks.rules import Named
from bot.reply import Document, say


def last_notice(archived: Named) -> Document:
    """In each room of what is archived, where everybody can read it who is there."""
    if archived.id.is_group:
        return say(
            "This group is archived: it can be read, and nobody can write here any more. "
            "A coordinator can bring it back: `group restore {slug}`",
            slug=archived.slug,
        )
    return say(
        "This network is archived: its groups can be read, and nobody can write here any more. "
        "A coordinator can bring it back: `network restore {slug}`",
        slug=archived.slug,
    )
