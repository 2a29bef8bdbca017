"""Profiles: what people say about themselves, and who may find it."""

from bot.command import Commands
from bot.profiles import replies
from bot.profiles.commands import Profiles


def profile_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Profiles(), replies=(replies,))
