"""Stories: messages chosen for digests, taken level by level, and taken back by their authors."""

from bot.command import Commands
from bot.stories import replies
from bot.stories.commands import AboutStories


def story_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(AboutStories(), replies=(replies,))
