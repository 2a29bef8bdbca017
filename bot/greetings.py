"""What the bot says about itself when it comes into a room, or does not."""

from __future__ import annotations

from bot.reply import Document, say
from spaces.sentences import counted, sentence


def not_a_place_for_me() -> Document:
    """To someone who invited the bot into a room of several, and looks after no network."""
    return say(
        "I come into a room with several people only when a coordinator or an admin invites me. "
        "Write to me in a direct message instead, and I will answer there: `help` shows what you can say."
    )


def not_a_space_for_me() -> Document:
    """To someone who invited the bot into a Space that it has not made."""
    return say(
        "I do not come into Spaces that others have made: the Space of each of my networks I make myself. "
        "In a direct message, `network create` makes one."
    )


def too_many_invitations() -> Document:
    """To someone who, or whose server, has invited the bot very often within an hour."""
    return say("There were too many invitations within an hour. Invite me again in an hour, please.")


def enough_for_now(times: int) -> Document:
    """To someone who has had that many answers within a minute: it may be a bot that answers the bot."""
    return say(
        counted(
            "I have answered you here {count} time within a minute. What you say in the next minute I do "
            "not hear; then I go on.",
            "I have answered you here {count} times within a minute. What you say in the next minute I do "
            "not hear; then I go on.",
            times,
        )
    )


STRANGER = sentence(
    "I talk with people of this homeserver, and with members of its networks on other servers. "
    "Join one of its public networks first; then write to me again."
)


def cannot_decipher(prefix: str) -> Document:
    """To someone whose encrypted message came without its key. A phone offers both ways out at once."""
    return say(
        "I could not read your message: its key has not reached me. Send it again, please. "
        "If that does not help, type `{prefix} help` in a room of one of your networks.",
        prefix=prefix,
    )


def cannot_read_encrypted() -> Document:
    """To someone who writes in an encrypted room."""
    return say(
        "I cannot read encrypted messages. Start a direct message with me that is not encrypted, or type "
        "`!hedge help` in one of the rooms of your networks."
    )
