"""Keeping people out, and taking them out."""

from bot.bans import replies
from bot.bans.commands import Banning
from bot.command import Commands


def ban_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Banning(), replies=(replies,))
