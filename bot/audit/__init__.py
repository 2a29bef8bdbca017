"""The audit log: who did what when, and taking it back."""

from bot.audit import replies
from bot.audit.commands import Auditing
from bot.command import Commands


def audit_commands() -> Commands:
    """All commands of this package, with the replies to what they return."""
    return Commands(Auditing(), replies=(replies,))
