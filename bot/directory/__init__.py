"""The directory: who and what there is, found by those who may see it."""

from bot.command import Commands
from bot.directory import replies
from bot.directory.commands import Finding


def directory_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Finding(), replies=(replies,))
