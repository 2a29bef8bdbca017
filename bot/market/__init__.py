"""Offers and wants: made, found for each other, and the people brought together once both say yes."""

from bot.command import Commands
from bot.market import replies
from bot.market.asking import Asking
from bot.market.commands import OffersAndWants


def market_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(OffersAndWants(), Asking(), replies=(replies,))
