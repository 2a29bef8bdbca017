"""What becomes of networks and groups: shared, moved, archived, restored, released."""

from bot.command import Commands
from bot.lifecycle import replies
from bot.lifecycle.archiving import Archiving
from bot.lifecycle.moving import Moving
from bot.lifecycle.releasing import Releasing
from bot.lifecycle.sharing import Sharing


def lifecycle_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Moving(), Sharing(), Archiving(), Releasing(), replies=(replies,))
