"""What is told when a room takes the place of another without a command."""

from __future__ import annotations

from collections.abc import Iterator

from bot.networks.phrases import in_a_row, link
from bot.networks.rules import Named
from bot.reply import Block, Document, Person, Text, item, paragraph, say
from spaces.identifiers import UserId
from spaces.sentences import Sentence, counted


def moved(
    place: Named,
    by: UserId,
    version: str,
    invited: int,
    *,
    above: UserId | None,
    powerless: UserId | None,
    lets_in: bool = False,
    for_good: bool = True,
) -> Document:
    """To the coordinators: somebody has upgraded a room of theirs, and the new one has taken its place.

    `above` has made the new room and stands above the bot in it; `for_good`: the bot cannot make it anew
    either. `powerless` is the bot, where it has no power in it yet; `lets_in`: it may at least invite.
    """
    blocks: list[Block] = [
        paragraph(
            "{person} has upgraded {place} to room version {version}. The new room is listed wherever the "
            "old one was, lets in the same people, and has its addresses.",
            person=Person(by),
            place=link(place),
            version=Text(version),
        )
    ]
    if invited:
        blocks.append(in_a_row(invited_to_it(invited)))
    if powerless is not None:
        blocks += _without_power(powerless, lets_in=lets_in)
    if above is not None:
        blocks += _beneath(above, for_good=for_good)
    return Document(tuple(blocks))


def invited_to_it(people: int) -> Sentence:
    return counted(
        "One member of the old room is invited.", "{count} members of the old room are invited.", people
    )


def _without_power(bot: UserId, *, lets_in: bool) -> Iterator[Block]:
    yield paragraph(
        "I have no power in the new room. Give {bot} level 100: in the settings of the room, under roles and "
        "permissions. Until then",
        bot=Person(bot),
    )
    yield item("I cannot see to it that only those get in who should")
    if not lets_in:
        yield item("I invite nobody to it, and its addresses stay with the old room")
    yield item("its coordinators have no power in it unless you give them some")


def _beneath(above: UserId, *, for_good: bool) -> Iterator[Block]:
    yield paragraph(
        "The new room belongs to {person}, who has made it: in room version 12 and later I cannot stand "
        "above a room's creator. What you ask me to do there works all the same. But",
        person=Person(above),
    )
    yield item("nobody can take {person} out of it, ban them or lower their power", person=Person(above))
    yield item("what they change there against the rules I put back, but cannot keep them from")
    if for_good:
        yield item("only they can upgrade it again")


def asks_to_come_along(place: Named, bot: UserId) -> Document:
    """To who has upgraded a room, and its coordinators: the bot cannot get into the new one."""
    return Document(
        (
            paragraph(
                "{place} was upgraded in a client, and I cannot get into the new room. Invite {bot} to it, "
                "and it takes the place of the old one. Until then everything leads to the old room.",
                place=link(place),
                bot=Person(bot),
            ),
        )
    )


def does_not_follow(place: Named, by: UserId) -> Document:
    """To the coordinators: somebody says that another room takes the place of theirs, and it does not."""
    return Document(
        (
            paragraph(
                "{person} has marked {place} as replaced by another room. I do not follow: the other room "
                "does not name this one as its predecessor, or was not made by somebody who may replace it. "
                "Nothing leads there.",
                person=Person(by),
                place=link(place),
            ),
        )
    )


def goes_on() -> Document:
    """In the old room, when the bot has made it anew."""
    return say("This room goes on in a new one.")
