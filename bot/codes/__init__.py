"""Codes: made and passed on by coordinators, redeemed by telling the bot."""

from bot.codes import replies
from bot.codes.commands import InviteCodes
from bot.command import Commands
from bot.networks import replies as network_replies


def code_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(InviteCodes(), replies=(replies, network_replies))
