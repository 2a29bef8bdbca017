"""What the bot says about itself when it comes into a room, or does not."""

from __future__ import annotations

from bot.reply import Code, Document, say


def not_a_place_for_me() -> Document:
    """To someone who invited the bot into a room of several, and looks after no network."""
    return say(
        "I come into a room with several people only when a coordinator or an admin invites me. "
        "Write to me in a direct message instead, and I will answer there: ",
        Code("help"),
        " shows what you can say.",
    )


STRANGER = (
    "I talk with people of this homeserver, and with members of its networks on other servers. "
    "Join one of its public networks first; then write to me again."
)


def cannot_read_encrypted() -> Document:
    """To someone who writes in an encrypted room."""
    return say(
        "I cannot read encrypted messages. Start a direct message with me that is not encrypted, or type ",
        Code("!hedge help"),
        " in one of the rooms of your networks.",
    )
