"""Rooms and Spaces that others have made are brought in: `adopt`."""

from bot.adopting import words
from bot.adopting.commands import Adopting
from bot.command import Commands


def adopting_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Adopting(), replies=(words,))
