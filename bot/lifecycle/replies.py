"""What is answered when something was shared, moved, archived, restored or released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.command import Call, reply_to
from bot.lifecycle.archiving import Archived, NotBack, Restored
from bot.lifecycle.moving import MoveAsked, Moved
from bot.lifecycle.releasing import Released
from bot.lifecycle.sharing import ShareAsked, Shared, Unshared
from bot.networks.phrases import in_a_row, link, people, who_gets_in
from bot.networks.replies import waits
from bot.reply import Bold, Bullet, Document, paragraph, say
from spaces.lifecycle import Why
from spaces.sentences import Sentence, counted, sentence


@reply_to(Shared)
def shared(result: Shared, call: Call) -> Document:
    group, network, ways = link(result.group), link(result.network), who_gets_in(result.ways)
    if result.was_there:
        return say("{group} is already in {network} too. {ways}", group=group, network=network, ways=ways)
    return say("{group} is now in {network} too. {ways}", group=group, network=network, ways=ways)


@reply_to(ShareAsked)
def share_asked(result: ShareAsked, call: Call) -> Document:
    group, network = link(result.group), link(result.network)
    if result.again:
        asked = paragraph("{group} is already asked to be in {network} too.", group=group, network=network)
    else:
        asked = paragraph("{group} is to be in {network} too.", group=group, network=network)
    then = paragraph("With that yes: {ways}", ways=who_gets_in(result.ways))
    return Document((asked, waits(result.waiting), then))


@reply_to(Unshared)
def unshared(result: Unshared, call: Call) -> Document:
    group, network = link(result.group), link(result.network)
    if result.was_asked:
        return say(
            "{group} does not come into {network}; the question is closed.", group=group, network=network
        )
    return say("{group} is no longer in {network}.", group=group, network=network)


@reply_to(Moved)
def moved(result: Moved, call: Call) -> Document:
    network, parent, ways = link(result.network), link(result.parent), who_gets_in(result.ways)
    if result.was_there:
        return say("{child} is already under {parent}. {ways}", child=network, parent=parent, ways=ways)
    return say("{child} is now under {parent}. {ways}", child=network, parent=parent, ways=ways)


@reply_to(MoveAsked)
def move_asked(result: MoveAsked, call: Call) -> Document:
    network, parent = link(result.network), link(result.parent)
    if result.again:
        asked = paragraph("{child} is already asked to be under {parent}.", child=network, parent=parent)
    else:
        asked = paragraph("{child} is to move under {parent}.", child=network, parent=parent)
    return Document((asked, waits(result.waiting), paragraph("Until then it stays where it is.")))


@reply_to(Archived)
def archived(result: Archived, call: Call) -> Document:
    place, slug = link(result.place), result.place.slug
    if result.already:
        return say("{place} is archived already.", place=place)
    if result.place.id.is_group:
        return say("{place} is archived. `group restore {slug}` brings it back.", place=place, slug=slug)
    return say("{place} is archived. `network restore {slug}` brings it back.", place=place, slug=slug)


@reply_to(Restored)
def restored(result: Restored, call: Call) -> Document:
    place, ways = link(result.place), who_gets_in(result.ways)
    if result.already:
        return say("{place} is not archived.", place=place)
    back = sentence("{place} is back. {ways}", place=place, ways=ways)
    lost = [Bullet((_not_back(lost),)) for lost in result.lost]
    if result.people:
        lost.append(Bullet((_no_longer(result),)))
    if not lost:
        return Document((in_a_row(back, sentence("All is as it was.")),))
    return Document((in_a_row(back), paragraph("Not all is as it was:"), *lost))


def _no_longer(result: Restored) -> Sentence:
    return counted(
        "{people} looked after it then, and no longer does.",
        "{people} looked after it then, and no longer do.",
        len(result.people),
        people=people(result.people, "and"),
    )


def _not_back(lost: NotBack) -> Sentence:
    other = link(lost.other) if lost.other else sentence("a network that you cannot see")
    said = _ASLEEP if lost.why is Why.ASLEEP else _GONE
    return replace(said[lost.above], parts={"network": other})


_ASLEEP: Mapping[bool | None, Sentence] = {
    True: sentence("It was under {network}, which is archived: it comes back there when that one does."),
    False: sentence("{network} was under it, and is archived: it comes back there when it is restored."),
    None: sentence("It shares a group with {network}, which is archived: that comes back with it."),
}
_GONE: Mapping[bool | None, Sentence] = {
    True: sentence("It was under {network}, and meanwhile was taken out of it."),
    False: sentence("{network} was under it, and meanwhile was taken out of it."),
    None: sentence("It shared a group with {network}, and meanwhile that was taken back."),
}


@reply_to(Released)
def released(result: Released, call: Call) -> Document:
    return say(
        "{place} belongs to {people} alone now. I have left it, and forgotten what I held on it.",
        place=Bold(result.place.name),
        people=people(result.people, "and"),
    )
