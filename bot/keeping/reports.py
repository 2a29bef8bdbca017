"""What the coordinators are told of changes that the bot does not keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.networks.phrases import link, people
from bot.networks.rules import Named
from bot.reply import Block, Bullet, Document, Inline, Paragraph, Person, Text, paragraph, say
from spaces.by_hand import LevelDrift
from spaces.identifiers import UserId
from spaces.sentences import Sentence, counted, sentence

_MOST_ITEMS = 10


@dataclass(frozen=True, slots=True)
class PutBack:
    """One entry that was put back: of which event type, to which content, and who had changed it.

    `levels` are the single power levels, `people` those whose level was as high as the bot's. `child` is
    what was put into, or taken out of, a Space.
    """

    kind: str
    content: Mapping[str, object]
    who: UserId
    levels: tuple[LevelDrift, ...] = ()
    people: tuple[UserId, ...] = ()
    child: Named | None = None


def put_back(place: Named, things: Iterable[PutBack], *, fights: bool) -> Document:
    """What was put back in the room of `place`; with `fights` it was too often, and is the last."""
    told = list(things)
    who = dict.fromkeys(thing.who for thing in told)
    items = [Bullet((said,)) for thing in told for said in _said(thing)]
    blocks: list[Block] = [
        paragraph(
            "{people} changed {place} in a way that I do not keep, and I have put it back:",
            people=people(who, "and"),
            place=link(place),
        ),
        *items[:_MOST_ITEMS],
    ]
    if (more := len(items) - _MOST_ITEMS) > 0:
        blocks.append(Bullet((counted("… and {count} more", "… and {count} more", more),)))
    return Document((*blocks, _what_next(place, fights=fights)))


def _what_next(place: Named, *, fights: bool) -> Paragraph:
    if fights:
        return paragraph(
            "That was the fifth time within ten minutes. From now on I put back only what keeps strangers "
            "out, and that not at once. Find out what changes it; then `resume {slug}` lets me look after "
            "all of it again.",
            slug=place.slug,
        )
    return paragraph("To have it left as it is for a while: `pause {slug}`.", slug=place.slug)


def _said(thing: PutBack) -> Iterable[Sentence]:
    if thing.kind == "m.room.power_levels":
        yield from (_level(drift) for drift in thing.levels)
        yield from (_high_level(person) for person in thing.people)
        if not thing.levels and not thing.people:
            yield sentence("The power levels")
    elif thing.kind == "m.space.child":
        yield _listing(thing)
    else:
        yield _entry(thing)


def _high_level(person: UserId) -> Sentence:
    return sentence("The level of {person}, which only I may have", person=Person(person))


def _listing(thing: PutBack) -> Sentence:
    child: Inline = link(thing.child) if thing.child else sentence("a room")
    if thing.content:
        return sentence("{child} is listed again", child=child)
    return sentence("{child} is not listed any more", child=child)


def _level(drift: LevelDrift) -> Sentence:
    if drift.key == "events":
        kind, level = Text(drift.kind), str(drift.back_to)
        return sentence("The level needed for {type}: {level}", type=kind, level=level)
    said = _LEVELS.get(drift.key, sentence("The levels"))
    return replace(said, parts={"level": str(drift.back_to)}) if drift.key in _LEVELS else said


_LEVELS: Mapping[str, Sentence] = {
    "users_default": sentence("The level that everyone has: {level}"),
    "events_default": sentence("The level needed to write: {level}"),
    "state_default": sentence("The level needed to change settings: {level}"),
    "invite": sentence("The level needed to invite: {level}"),
    "kick": sentence("The level needed to take people out: {level}"),
    "ban": sentence("The level needed to ban: {level}"),
    "redact": sentence("The level needed to take back what others said: {level}"),
}


def _entry(thing: PutBack) -> Sentence:
    part = _PARTS.get(thing.kind)
    value = thing.content.get(part) if part else None
    if thing.kind == "m.room.join_rules" and isinstance(value, str):
        return sentence("Who may join: {rule}", rule=_RULES.get(value, sentence("as it was")))
    if thing.kind == "m.room.name" and isinstance(value, str):
        return sentence("The name: {name}", name=Text(value))
    if thing.kind == "m.room.topic" and isinstance(value, str) and value:
        return sentence("The topic: {topic}", topic=Text(value))
    return _THINGS.get(thing.kind, sentence("A setting"))


_PARTS = {"m.room.join_rules": "join_rule", "m.room.name": "name", "m.room.topic": "topic"}
_RULES: Mapping[str, Sentence] = {
    "public": sentence("everyone"),
    "restricted": sentence("members of its networks"),
    "invite": sentence("people who are invited"),
}
_THINGS: Mapping[str, Sentence] = {
    "m.room.join_rules": sentence("Who may join"),
    "m.room.topic": sentence("The topic"),
    "m.room.avatar": sentence("The picture"),
    "m.room.history_visibility": sentence("Who can read what was said before"),
    "m.room.guest_access": sentence("Guests, who have no way in"),
    "m.room.canonical_alias": sentence("The address that is shown"),
    "m.room.encryption": sentence("The encryption"),
    "m.space.parent": sentence("The way up to its network"),
}


def was_lost(place: Named) -> Document:
    """To the coordinators: a room of theirs was not as it was made, and nobody had done it."""
    return say(
        "The homeserver had lost settings that keep {place} closed, though nobody had changed them. I have "
        "put them back. If somebody is there now who should not be, that is why; the admin of the server "
        "should know.",
        place=link(place),
    )


def is_left_open(place: Named, paused: Named, who: Iterable[UserId]) -> Document:
    """To the coordinators, who have the room paused, or all of `paused`: somebody has opened it."""
    return say(
        "{people} changed who gets into {place}, or who can read what was said there. It is paused, so I "
        "leave that as it is: `resume {slug}` has it put back.",
        people=people(who, "and"),
        place=link(place),
        slug=paused.slug,
    )


def cannot_look_after(place: Named, by: UserId, bot: UserId) -> Document:
    """To the coordinators: the bot was taken out of a room of theirs."""
    return Document(
        (
            paragraph(
                "{person} took me out of {place}, so I can look after nothing there. Invite {bot} again, and "
                "I go on.",
                person=Person(by),
                place=link(place),
                bot=Person(bot),
            ),
        )
    )
