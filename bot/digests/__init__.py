"""Digests: what happened, once, for each person, at their hour."""

from bot.command import Commands
from bot.digests import replies
from bot.digests.clocks import Clocks
from bot.digests.commands import PersonalDigests
from bot.digests.networks import NetworkDigests


def digest_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(PersonalDigests(), NetworkDigests(), Clocks(), replies=(replies,))
