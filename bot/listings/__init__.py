"""Organisations and services in the directory: listed by coordinators, seen to by their stewards."""

from bot.command import Commands
from bot.listings import replies
from bot.listings.asking import StillRight
from bot.listings.commands import InDirectory
from bot.listings.looking import LookingAtListings
from bot.listings.stewards import Stewards


def listing_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(InDirectory(), LookingAtListings(), Stewards(), StillRight(), replies=(replies,))
