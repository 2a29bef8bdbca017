"""Invitations: people are brought in by list or group by group, and answer what waits for them."""

from bot.command import Commands
from bot.invitations import replies
from bot.invitations.answering import Answers
from bot.invitations.inviting import Inviting


def invitation_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Inviting(), Answers(), replies=(replies,))
