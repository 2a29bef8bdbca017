"""All that can be said to the bot: the one place where the commands of its features come together."""

from __future__ import annotations

from bot.adopting import adopting_commands
from bot.announcements import announcement_commands
from bot.applications.applying import Applying
from bot.applications.commands import with_applications
from bot.audit import audit_commands
from bot.bans import ban_commands
from bot.calendar import calendar_commands
from bot.codes import code_commands
from bot.command import Commands
from bot.digests import digest_commands
from bot.directory import directory_commands
from bot.invitations import invitation_commands
from bot.keeping.commands import Keeping
from bot.lifecycle import lifecycle_commands
from bot.listings import listing_commands
from bot.market import market_commands
from bot.networks import network_commands
from bot.networks.founding import Templates
from bot.paths.joining import Joining
from bot.privacy import privacy_commands
from bot.profiles import profile_commands
from bot.speaking import Speaking
from bot.stories import story_commands
from bot.succession.commands import Succeeding
from bot.upgrades import upgrade_commands


def all_commands(templates: Templates) -> Commands:
    """The commands of all features, with their replies; help comes with the conversation."""
    features = (
        Joining(),
        code_commands(),
        invitation_commands(),
        lifecycle_commands(),
        audit_commands(),
        ban_commands(),
        Keeping(),
        Succeeding(),
        adopting_commands(),
        Speaking(),
        upgrade_commands(),
        directory_commands(),
        profile_commands(),
        privacy_commands(),
        listing_commands(),
        market_commands(),
        digest_commands(),
        announcement_commands(),
        calendar_commands(),
        story_commands(),
    )
    return with_applications(network_commands(templates, Applying()).including(*features))
