"""Announcements: a network tells its members something, and those below it; who would rather not hear it."""

from bot.announcements import replies
from bot.announcements.commands import Announcing
from bot.announcements.declining import Declining
from bot.command import Commands


def announcement_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Announcing(), Declining(), replies=(replies,))
