"""What is shown before something is undone."""

from __future__ import annotations

from bot.audience import audience_of
from bot.audit.ports import Entry
from bot.audit.times import when
from bot.audit.words import Reader, what_was_done, who_did
from bot.command import Call
from bot.lifecycle.archiving import preview_of_archiving
from bot.networks import previews
from bot.networks.rules import named, ways_in
from bot.reply import Block, Document, Paragraph, paragraph
from spaces.identifiers import PlaceId
from spaces.landscape import Landscape
from spaces.network import Access, Group, Status
from spaces.undoing import archived_or_restored

_WIDTHS = {Access.INVITE: 0, Access.PRIVATE: 1, Access.PUBLIC: 2}


async def undoing(call: Call, entry: Entry, reader: Reader, undone: Landscape) -> Document:
    """What would be taken back; and who could come in then, where something would be opened by it."""
    said: Paragraph = paragraph(
        "I would undo entry {number}, of {when}: {who} {what}.",
        number=entry.number,
        when=when(entry.at),
        who=who_did(entry),
        what=what_was_done(entry, reader),
    )
    blocks: list[Block] = [said, paragraph("What has been changed since stays as it is.")]
    if any(archived_or_restored(one) is Status.ACTIVE for one in entry.changed):
        blocks += (await preview_of_archiving(call, PlaceId(entry.about))).blocks
    for place in _opened(call.landscape, undone):
        people = await previews.people_in(call, [place])
        ways = ways_in(undone, place, await audience_of(call))
        blocks += previews.opening(named(call.landscape, place), ways, 1, len(people)).blocks
    return Document(tuple(blocks))


def _opened(before: Landscape, after: Landscape) -> list[PlaceId]:
    """The places that more people could get into; not the kit, which goes with its network."""
    found: list[PlaceId] = []
    for place in sorted(after.changed_since(before)):
        now = after.place(place)
        if isinstance(now, Group) and now.is_kit:
            continue
        if _WIDTHS[now.access] > _WIDTHS[before.place(place).access]:
            found.append(place)
    return found
