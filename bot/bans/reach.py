"""How far a ban or a kick goes: the places that it is for, their rooms, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.audience import audience_of
from bot.command import Call
from bot.networks.rules import Named, named
from spaces.access import Deed, may, may_see
from spaces.bans import REASON_AT_MOST, can_be_banned_from, is_rule, networks_below, rooms_under
from spaces.errors import Conflict, Malformed
from spaces.identifiers import NetworkId, PlaceId, UserId, printable
from spaces.network import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Reach:
    """`place` was named, None for everywhere. Of the networks below it so many are `left_out`.

    Those that the speaker looks after are among `places`; `rooms` are of all of these.
    """

    place: Named | None
    places: tuple[PlaceId, ...]
    rooms: frozenset[PlaceId]
    left_out: int = 0

    @property
    def below(self) -> int:
        """How many networks below the place are meant too."""
        return len(self.places) - 1


def where_to(call: Call, who: UserId, place: PlaceId | None) -> PlaceId:
    """The place that was named or, of an admin who named none, EVERYWHERE.

    A rule holds everywhere: raises `Malformed` for one in a place, and for nobody's place at all.
    """
    if place is None and call.standing.is_admin:
        return EVERYWHERE
    if is_rule(who):
        raise Malformed(
            "`{who}` means many people, and only an admin of this server can ban so, from all networks: "
            "`ban {who}`. For one person: `ban @USER --in NETWORK`.",
            who=who,
        )
    if place is None:
        raise Malformed("Say from where: `ban @USER --in NETWORK`.")
    return place


async def reach_of(call: Call, place: PlaceId, *, tree: bool) -> Reach:
    """The place, and with `tree` the networks below it that the speaker looks after."""
    landscape = call.landscape
    if place == EVERYWHERE:
        return Reach(None, (EVERYWHERE,), frozenset())
    if tree and not place.is_network:
        raise Malformed("`--tree` is for networks: a group has nothing below it. Leave it out.")
    if not can_be_banned_from(landscape, place):
        raise Conflict(
            "“{place}” is not made yet: it waits for a yes. `show` tells whose.",
            place=landscape.place(place).name,
        )
    below = networks_below(landscape, NetworkId(place)) if tree else ()
    mine = [network for network in below if may(landscape, call.standing, Deed.BAN, network)]
    audience = await audience_of(call)
    left_out = [n for n in below if n not in mine and may_see(landscape, audience, n)]
    places = (place, *mine)
    rooms = frozenset(room for one in places for room in rooms_under(landscape, one))
    return Reach(named(landscape, place), places, rooms, len(left_out))


def checked_reason(reason: str | None) -> str:
    """The reason as it is kept: one line. Raises `Malformed` where it is too long."""
    kept = " ".join(printable((reason or "").replace("\n", " ")).split())
    if len(kept) > REASON_AT_MOST:
        raise Malformed(
            "A reason has at most {most} characters; that one has {length}. Shorten it.",
            most=REASON_AT_MOST,
            length=len(kept),
        )
    return kept


def check_can_be_taken_out(call: Call, person: UserId, reach: Reach) -> None:
    """Raise `Conflict` for the bot, an admin, and a coordinator of one of these places."""
    if person in call.work.bans.protected:
        raise Conflict("{person} is me or an admin of this server, and cannot be taken out.", person=person)
    for place in reach.places:
        if person in call.landscape.looking_after(place):
            found = named(call.landscape, place)
            raise Conflict(
                "{person} coordinates “{place}” and cannot be taken out of it. Take the role back first: "
                "`coordinator remove`.",
                person=person,
                place=found.name,
            )
