"""What is shown before somebody is banned or taken out."""

from __future__ import annotations

from collections.abc import Collection

from bot.bans.reach import Reach
from bot.networks.phrases import link
from bot.reply import Block, Document, Paragraph, paragraph
from spaces.bans import is_rule
from spaces.identifiers import PlaceId, UserId
from spaces.sentences import counted


def banning(who: UserId, reach: Reach, met: Collection[PlaceId], reason: str) -> Document:
    """`met` are the rooms in which they are now."""
    if reach.place is None:
        blocks: list[Block] = [
            paragraph(
                "I would ban {who} from all networks of this server, those made later as well.", who=who
            )
        ]
    elif reach.place.id.is_group:
        blocks = [paragraph("I would ban {who} from {place}.", who=who, place=link(reach.place))]
    else:
        blocks = [
            paragraph(
                "I would ban {who} from {place} and all its groups, those made later as well.",
                who=who,
                place=link(reach.place),
            )
        ]
    blocks += _below(reach)
    if met:
        rooms = counted("one room", "{count} rooms", len(met))
        blocks.append(paragraph("That takes them out of {rooms} at once.", rooms=rooms))
    elif is_rule(who):
        blocks.append(paragraph("Nobody of that kind is there now."))
    else:
        blocks.append(paragraph("They are not there now; it keeps them from coming."))
    return Document((*blocks, *_reason(reason), paragraph("`undo` would end it again.")))


def kicking(person: UserId, reach: Reach, rooms: int, reason: str) -> Document:
    assert reach.place is not None
    said = paragraph(
        "I would take {person} out of {rooms} of {place}. They could come back as others can.",
        person=person,
        rooms=counted("one room", "{count} rooms", rooms),
        place=link(reach.place),
    )
    return Document((said, *_below(reach), *_reason(reason)))


def _below(reach: Reach) -> list[Block]:
    blocks: list[Block] = []
    if reach.below:
        networks = counted("one network", "{count} networks", reach.below)
        blocks.append(paragraph("Likewise {networks} below it that you look after.", networks=networks))
    if reach.left_out:
        left_out = counted(
            "One network below it is left out, because you do not look after it.",
            "{count} networks below it are left out, because you do not look after them.",
            reach.left_out,
        )
        blocks.append(Paragraph((left_out,)))
    return blocks


def _reason(reason: str) -> list[Block]:
    return [paragraph("They would read: “{reason}”", reason=reason)] if reason else []
