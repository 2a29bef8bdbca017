"""What is said of rooms and Spaces that are brought in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.adopting.ports import Asked
from bot.networks.phrases import LISTED_AT_MOST, link, links, people, who_gets_in
from bot.networks.rules import Named, WaysIn, named
from bot.reply import Block, Bold, Bullet, Document, Paragraph, Person, Text, item, joined, paragraph, say
from spaces.adopting import DEEPEST, MOST_ROOMS, Outside, Planned, Why, level_needed, power_of, with_power
from spaces.identifiers import NetworkId, PlaceId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Group
from spaces.sentences import Listed, Sentence, counted, listed

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Lack:
    """What the bot lacks in a room: it has `level`, and `granted_by` can give it more.

    `made_by` are those who stand above everybody there, in a room of version 12.
    """

    level: int
    granted_by: tuple[UserId, ...]
    made_by: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one room: the place that it is now and what is lacking there, or why it is none."""

    place: Named | None = None
    is_network: bool = False
    why: Why | None = None
    lack: Lack | None = None


def is_looking(network: Named) -> Document:
    """In the place of an answer that comes once all is done."""
    return say("I am looking at that room for {network}.", network=link(network))


# -- what is not done -------------------------------------------------------------------------------


def is_shut(asked: Asked, network: Named, bot: UserId) -> Document:
    """One answer for a room that the bot cannot get into, for one that is not there, and for one that the
    speaker is not in: it tells nothing of the room."""
    return Document(
        (
            paragraph(
                "I cannot bring in {room}: I am not let in, or you are not in it.",
                room=Text(printable(asked.target)),
            ),
            item("Be in that room yourself, with the power to change its settings."),
            item("Invite me to it: `/invite {bot}` there does it.", bot=str(bot)),
            item("If I was banned from it, that has to end first."),
            paragraph("Once I am invited I go on by myself, and tell you."),
        )
    )


def is_where_we_talk() -> Document:
    return say("In that room we two talk alone, and nobody else is to read it. Name another room.")


def is_given_up(room: Outside, network: Named) -> Document:
    return say(
        "{room} was given up for another room. To bring that one in: `adopt {other} --into {slug}`.",
        room=Bold(room.called),
        other=printable(room.replaced_by),
        slug=network.slug,
    )


def lacks_level(room: Outside, by: UserId, bot: UserId) -> Document:
    needed = level_needed(room)
    others = with_power(room, needed, but=(bot,))[:_MOST_NAMED]
    return Document(
        (
            paragraph(
                "To bring in {room} you need level {needed} in it, and you have {level}.",
                room=Bold(room.called),
                needed=needed,
                level=power_of(room, by),
            ),
            paragraph("{people} can give it to you, or ask me.", people=people(others))
            if others
            else paragraph("Nobody who is in it has that level."),
        )
    )


def is_ours(landscape: Landscape, place: PlaceId, network: NetworkId) -> Document:
    """What is a place already, and where it is; nothing is done."""
    called, into, found = named(landscape, place), named(landscape, network), landscape.place(place)
    if place == network:
        return say("That is {network} itself.", network=link(into))
    if isinstance(found, Group) and found.home == network:
        return say("{group} is a group of {network} already.", group=link(called), network=link(into))
    if isinstance(found, Group):
        return say(
            "{group} is a group of {home} already. To have {network} list it too: `group share {slug} --with "
            "{other}`.",
            group=link(called),
            home=link(named(landscape, found.home)),
            network=link(into),
            slug=called.slug,
            other=into.slug,
        )
    if network in landscape.all_parents(NetworkId(place)):
        return say("{child} is under {network} already.", child=link(called), network=link(into))
    return say(
        "{child} is with me already. To have it under {network}: `network link {slug} --under {other}`.",
        child=link(called),
        network=link(into),
        slug=called.slug,
        other=into.slug,
    )


def is_too_much(room: Outside, plan: Planned) -> Document:
    if plan.why_not is Why.DEEP:
        return say(
            "{space} has Spaces in Spaces deeper than {most} levels, which is more than I bring in at once. "
            "Bring in one of its inner Spaces first, with `adopt`; then this one.",
            space=Bold(room.called),
            most=DEEPEST,
        )
    return say(
        "{space} has {count} rooms that I do not have yet, and I bring in at most {most} at once. Bring in "
        "some of them first, or one of its inner Spaces, with `adopt`; then this one.",
        space=Bold(room.called),
        count=len(plan.groups) + len(plan.networks),
        most=MOST_ROOMS,
    )


def would_close_a_loop(space: Outside, inside: Named, network: Named) -> Document:
    return say(
        "{space} holds {inside}, so it cannot be under {network}: that would be a circle. Take {inside} out "
        "of that Space first.",
        space=Bold(space.called),
        inside=link(inside),
        network=link(network),
    )


# -- what would be done -----------------------------------------------------------------------------


def preview(
    room: Outside, plan: Planned, network: Named, ways: WaysIn, coordinators: Sequence[UserId]
) -> Document:
    """What a Space would become."""
    blocks: list[Block] = [
        paragraph(
            "{space} becomes a network under {network}:", space=Bold(room.called), network=link(network)
        )
    ]
    if plan.groups:
        groups, names = len(plan.groups), _names(plan.groups)
        became = counted("{names} becomes a group of it", "{names} become groups of it", groups, names=names)
        blocks.append(Bullet((became,)))
    if plan.networks:
        networks, names = len(plan.networks), _names(plan.networks)
        became = counted(
            "{names} becomes a network below it", "{names} become networks below it", networks, names=names
        )
        blocks.append(Bullet((became,)))
    if plan.shut:
        unseen = counted(
            "One room that I cannot look into yet comes in if I am let in and you have the power there",
            "{count} rooms that I cannot look into yet come in if I am let in and you have the power there",
            plan.shut,
        )
        blocks.append(Bullet((unseen,)))
    blocks += [Bullet((said,)) for said in _left(0, plan.ours)]
    blocks += [
        item("Rooms whose settings you may not change stay as they are"),
        item("Everyone stays in the rooms that they are in"),
        item("Looked after by: {people}", people=people(coordinators, "and")),
        Bullet((who_gets_in(ways),)),
    ]
    return Document(tuple(blocks))


def _names(names: Sequence[str]) -> Listed:
    shown: list[Bold | Sentence] = [Bold(name) for name in names[:LISTED_AT_MOST]]
    return listed(shown, "and")


def _left(shut: int, ours: int) -> Iterable[Sentence]:
    if shut:
        yield counted(
            "One room that I cannot get into, or that you are not in, stays as it is",
            "{count} rooms that I cannot get into, or that you are not in, stay as they are",
            shut,
        )
    if ours:
        yield counted(
            "One room that is with me already stays as it is",
            "{count} rooms that are with me already stay as they are",
            ours,
        )


def go_on_with_space(room: Outside, network: Named) -> Document:
    """The bot was let into a Space that somebody asked for before: they have yet to see what comes of it."""
    return say(
        "I am in {space} now. Say `adopt {room} --into {slug}` once more, and I show you what becomes of it.",
        space=Bold(room.called),
        room=str(room.room),
        slug=network.slug,
    )


# -- what was done ----------------------------------------------------------------------------------


def became_a_group(
    taken: Taken, network: Named, ways: WaysIn, members: int, coordinators: Sequence[UserId], bot: UserId
) -> Document:
    """The room is a group now; who looks after it, what the bot lacks there, and who can give it."""
    assert taken.place is not None
    became = counted(
        "{group} is a group of {network} now, with the one who is in it: `{slug}` for short.",
        "{group} is a group of {network} now, with the {count} people who are in it: `{slug}` for short.",
        members,
        group=link(taken.place),
        network=link(network),
        slug=taken.place.slug,
    )
    looked_after = item("Looked after by: {people}", people=people(coordinators, "and"))
    said = Document((Paragraph((became,)), Bullet((who_gets_in(ways),)), looked_after))
    return said if taken.lack is None else joined((said, asks_for_power([taken], bot)))


def asks_for_power(taken: Sequence[Taken], bot: UserId) -> Document:
    """Which right the bot lacks where, who can grant it, and what will not work without."""
    alike: dict[Lack, list[Named]] = {}
    for one in taken:
        if one.place is not None and one.lack is not None:
            alike.setdefault(one.lack, []).append(one.place)
    blocks: list[Block] = [block for lack, places in alike.items() for block in _lacking(places, lack, bot)]
    blocks += [
        paragraph("Without it"),
        item("I cannot see to it that only those get in who should"),
        item("its coordinators have no power in it unless you give them some"),
        item("renaming, describing, sharing and archiving it with me do not reach the room"),
        item("I can take nobody out of it, and keep nobody out"),
        paragraph("As soon as I have it I go on by myself, and say so."),
    ]
    return Document(tuple(blocks))


def _lacking(places: Sequence[Named], lack: Lack, bot: UserId) -> Iterable[Block]:
    yield paragraph(
        "In {places} I have level {level} and need 100, which stands in the settings of the room, under "
        "roles and permissions.",
        places=links(places),
        level=lack.level,
    )
    if lack.granted_by:
        others = people(lack.granted_by[:_MOST_NAMED])
        yield paragraph("{people} can give it to {bot}.", people=others, bot=Person(bot))
    else:
        yield paragraph("Nobody who is in it can give it to {bot}.", bot=Person(bot))
    if lack.made_by:
        yield paragraph(
            "Who has made a room of version 12 stands above all others in it: I cannot stand above {people} "
            "there, whatever level I have.",
            people=people(lack.made_by[:_MOST_NAMED]),
        )


def became_a_network(
    space: Taken, below: Sequence[Taken], above: Named, coordinators: Sequence[UserId], bot: UserId
) -> Document:
    """What came of a Space and its rooms."""
    assert space.place is not None
    blocks: list[Block] = [
        paragraph(
            "{network} is a network under {above} now: `{slug}` for short.",
            network=link(space.place),
            above=link(above),
            slug=space.place.slug,
        )
    ]
    groups = [one.place for one in below if one.place and not one.is_network]
    networks = [one.place for one in below if one.place and one.is_network]
    if groups:
        blocks.append(item("Groups: {groups}", groups=links(groups)))
    if networks:
        blocks.append(item("Networks below it: {networks}", networks=links(networks)))
    blocks += [Bullet((said,)) for said in _left_out(below)]
    blocks.append(item("Looked after by: {people}", people=people(coordinators, "and")))
    lacking = [one for one in (space, *below) if one.lack is not None]
    said = Document(tuple(blocks))
    return joined((said, asks_for_power(lacking, bot))) if lacking else said


def _left_out(below: Sequence[Taken]) -> Iterable[Sentence]:
    found = [one.why for one in below if one.why is not None]
    yield from _left(found.count(Why.SHUT), found.count(Why.OURS))
    if count := found.count(Why.POWERLESS):
        yield counted(
            "One room stays as it is, because you have not the power there",
            "{count} rooms stay as they are, because you have not the power there",
            count,
        )
    if count := found.count(Why.GONE) + found.count(Why.TALK):
        yield counted(
            "One room that is given up, or not for others, stays as it is",
            "{count} rooms that are given up, or not for others, stay as they are",
            count,
        )
    if count := found.count(Why.MANY):
        yield counted(
            "One room more than I bring in at once stays as it is",
            "{count} rooms more than I bring in at once stay as they are",
            count,
        )


def has_power_now(place: Named) -> Document:
    return say(
        "I have the power that I need in {place} now, and look after it from here on.", place=link(place)
    )
