"""One room takes the place of another."""

from bot.command import Commands
from bot.upgrades import replies
from bot.upgrades.commands import Upgrading


def upgrade_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Upgrading(), replies=(replies,))
