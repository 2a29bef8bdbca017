"""What is said to people who put rooms into Spaces in their own clients."""

from __future__ import annotations

from bot.networks.phrases import link
from bot.networks.rules import Named
from bot.reply import Document, Person, item, paragraph, say
from spaces.identifiers import RoomId, UserId, printable
from spaces.sentences import Sentence


def asks_to_be_invited(network: Named, bot: UserId) -> Document:
    """To who has added a room that the bot cannot get into. It is not named: they know which."""
    return say(
        "You have added a room to {network} that I cannot get into. Invite {bot} to it, and it becomes a "
        "group of {network}. Until then it is shown there, but I look after nothing in it.",
        network=link(network),
        bot=Person(bot),
    )


def is_no_room_for_a_group(network: Named, room: RoomId) -> Document:
    """To who has added a Space that the bot has not made."""
    return say(
        "You have added a Space to {network} that others have made. I leave it there, but look after "
        "nothing in it. `adopt {room} --into {slug}` brings it in with its rooms, once I have shown you what "
        "becomes of them.",
        network=link(network),
        room=printable(room),
        slug=network.slug,
    )


def became_a_group(group: Named, network: Named) -> Document:
    return say(
        "The room that you have added to {network} is a group of it now: {group}, or `{slug}` for short.",
        network=link(network),
        group=link(group),
        slug=group.slug,
    )


def asks_for_power(group: Named, network: Named, bot: UserId) -> Document:
    """To who made a room that has become a group, and who alone can give the bot its power there."""
    return Document(
        (
            paragraph(
                "{group} is a group of {network} now, but I have no power in it. Give {bot} level 100: in "
                "the settings of the room, under roles and permissions. Without it",
                group=link(group),
                network=link(network),
                bot=Person(bot),
            ),
            item("I cannot see to it that only those get in who should"),
            item("its coordinators have no power in it unless you give them some"),
            item("renaming, describing, sharing and archiving it with me do not reach the room"),
        )
    )


def cannot_be(network: Named, reason: Sentence) -> Document:
    """To who has put something into a Space that cannot be there."""
    return say(
        "What you have added to {network} in your client cannot be there, so I have taken it out again. "
        "{reason}",
        network=link(network),
        reason=reason,
    )


def asks_for_share(group: Named, network: Named, by: UserId) -> Document:
    """To the coordinators of a group's home: another network lists it, and they have not spoken."""
    return Document(
        (
            paragraph(
                "{person} would like to list {group} in {network} too. Its members could then get in where "
                "members can.",
                person=Person(by),
                group=link(group),
                network=link(network),
            ),
            paragraph(
                "To agree: `group share {group} --with {network}`. Until then nothing changes.",
                group=group.slug,
                network=network.slug,
            ),
        )
    )
