"""The commands of applications."""

from bot.applications import replies
from bot.applications.applying import Applying
from bot.applications.deciding import Deciding
from bot.command import Commands


def with_applications(commands: Commands) -> Commands:
    """`commands` and those of this package, with the replies to what they return."""
    return commands.including(Applying(), Deciding(), replies=(replies,))
