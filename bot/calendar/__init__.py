"""What takes place and when: noted, told in the news, changed, cancelled, and who comes."""

from bot.calendar import replies
from bot.calendar.answering import Coming
from bot.calendar.commands import Occasions
from bot.calendar.looking import Calendars
from bot.command import Commands


def calendar_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Occasions(), Coming(), Calendars(), replies=(replies,))
