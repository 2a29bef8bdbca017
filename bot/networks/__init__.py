"""Networks and groups: the commands that make, join, show and describe them."""

from bot.command import Commands
from bot.networks import replies, replies_looking
from bot.networks.describing import Describing
from bot.networks.founding import Founding, Templates
from bot.networks.linking import Linking
from bot.networks.looking import Looking
from bot.networks.membership import Door, Membership
from bot.networks.roles import Roles


def network_commands(templates: Templates, door: Door | None = None) -> Commands:
    """All commands of this package, with the replies to what they return. Behind `door` people may ask."""
    return Commands(
        Founding(templates),
        Linking(),
        Describing(),
        Looking(),
        Membership(door),
        Roles(),
        replies=(replies, replies_looking),
    )
