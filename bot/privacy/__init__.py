"""What is held on a person: given to them, and forgotten."""

from bot.command import Commands
from bot.privacy import replies
from bot.privacy.commands import OnesOwn


def privacy_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(OnesOwn(), replies=(replies,))
