"""What is answered about bans."""

from __future__ import annotations

from bot.audit.times import when
from bot.bans.commands import Bans, Kept, LetIn, TakenOut
from bot.bans.reach import Reach
from bot.command import Call, reply_to
from bot.networks.phrases import in_a_row, link
from bot.networks.rules import Named
from bot.reply import Bold, Bullet, Document, item, say
from spaces.network import Banned
from spaces.sentences import Sentence, counted, sentence


@reply_to(Kept)
def kept(result: Kept, call: Call) -> Document:
    who, place = result.who, result.reach.place
    if place is None:
        if result.was_there:
            return say("{who} is banned from all networks already.", who=who)
        return say("{who} is banned from all networks. `undo` ends it again.", who=who)
    if result.was_there:
        return say("{who} is banned from {place} already.", who=who, place=link(place))
    said = sentence("{who} is banned from {place}.", who=who, place=link(place))
    return Document((in_a_row(said, _below(result.reach), sentence("`undo` ends it again.")),))


@reply_to(LetIn)
def let_in(result: LetIn, call: Call) -> Document:
    if result.reach.place is None:
        return say("{who} is banned from all networks no longer.", who=result.who)
    said = sentence(
        "{who} is banned from {place} no longer, and can come in again as others can.",
        who=result.who,
        place=link(result.reach.place),
    )
    return Document((in_a_row(said, _below(result.reach)),))


@reply_to(TakenOut)
def taken_out(result: TakenOut, call: Call) -> Document:
    assert result.reach.place is not None
    return say(
        "{person} is taken out of {place}: {rooms}. `undo` invites them again.",
        person=result.person,
        place=link(result.reach.place),
        rooms=counted("one room", "{count} rooms", result.rooms),
    )


@reply_to(Bans)
def bans(result: Bans, call: Call) -> Document:
    if not result.bans:
        return say("Nobody is banned there.")
    return Document(tuple(_ban(one, place) for one, place in result.bans))


def _ban(one: Banned, place: Named | None) -> Bullet:
    parts = {"who": one.who, "by": one.by, "when": when(one.at)}
    if place is None:
        said = sentence("{who} from all networks, by {by}, {when}", **parts)
    else:
        said = sentence("{who} from {place}, by {by}, {when}", **parts, place=Bold(place.name))
    if one.reason:
        return item("{ban}: {reason}", ban=said, reason=one.reason)
    return Bullet((said,))


def _below(reach: Reach) -> Sentence | None:
    if not reach.below:
        return None
    return counted("Likewise one network below it.", "Likewise {count} networks below it.", reach.below)
