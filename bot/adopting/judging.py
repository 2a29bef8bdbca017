"""What comes of a room that was looked into: it may be brought in, it is to be shown first, or why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.adopting import words
from bot.adopting.ports import Asked
from bot.adopting.words import Lack
from bot.networks.rules import Named, WaysIn, check_no_lookalike, named
from bot.reply import Document, Paragraph
from spaces.access import Deed, Standing, may_see, require
from spaces.adopting import (
    Below,
    Outside,
    Planned,
    Why,
    coordinators_in,
    lacks_power,
    planned,
    who_can_grant,
    why_not,
    with_space,
)
from spaces.changes import Ids
from spaces.errors import Refusal
from spaces.hierarchy import ancestors
from spaces.identifiers import PlaceId, RoomId, UserId
from spaces.landscape import Landscape
from spaces.power_levels import users_in


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not brought in, and `answer` tells why."""

    why: Why
    answer: Document


@dataclass(frozen=True, slots=True)
class ToShow:
    """A Space: what would become of it is to be agreed to first."""

    preview: Document


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges for one person, on the landscape as it stands."""

    landscape: Landscape
    standing: Standing
    asked: Asked
    bot: UserId

    def refusal(self, room: Outside | None, place: PlaceId | None, *, talks: bool = False) -> Refused | None:
        """Why the room is not brought in; None if it may be. `place` is what it is already.

        `talks`: the bot and one person talk there alone.
        """
        network = named(self.landscape, self.asked.network)
        try:
            require(self.landscape, self.standing, Deed.ADOPT, self.asked.network)
        except Refusal as refusal:  # since they have asked
            return Refused(Why.POWERLESS, _said(refusal))
        if place is not None and may_see(self.landscape, self.standing, place):
            return Refused(Why.OURS, words.is_ours(self.landscape, place, self.asked.network))
        why = Why.SHUT if room is None or place is not None else why_not(room, self.asked.by)
        if room is None or why is Why.SHUT:
            return Refused(Why.SHUT, words.is_shut(self.asked, network, self.bot))
        if talks:
            return Refused(Why.TALK, words.is_where_we_talk())
        if why is Why.GONE:
            return Refused(Why.GONE, words.is_given_up(room, network))
        return Refused(why, words.lacks_level(room, self.asked.by, self.bot)) if why else None

    def show(
        self, space: Outside, rooms: Iterable[Below], ours: Mapping[RoomId, PlaceId], ids: Ids
    ) -> Refused | ToShow:
        """What would become of the Space, or why that cannot be. `ours` are rooms below that are places."""
        seen = {room: may_see(self.landscape, self.standing, place) for room, place in ours.items()}
        if (above := self._closes_a_loop(place for room, place in ours.items() if seen[room])) is not None:
            network = named(self.landscape, self.asked.network)
            return Refused(Why.OURS, words.would_close_a_loop(space, above, network))
        plan = planned(space.room, rooms, seen)
        if plan.why_not is not None:
            return Refused(plan.why_not, words.is_too_much(space, plan))
        try:
            return ToShow(self._preview(space, plan, ids))
        except Refusal as refusal:
            return Refused(Why.MANY, _said(refusal))

    def _closes_a_loop(self, inside: Iterable[PlaceId]) -> Named | None:
        """What is in the Space already, and is the network that it is to be under, or above that."""
        above = {self.asked.network, *ancestors(self.landscape, self.asked.network)}
        found = next((place for place in inside if place in above), None)
        return None if found is None else named(self.landscape, found)

    def _preview(self, space: Outside, plan: Planned, ids: Ids) -> Document:
        """Raises `Refusal` for a name that looks like another's, or a network that is not active."""
        check_no_lookalike(self.landscape, self.standing, space.called)
        people = coordinators_in(space, self.asked.by, self.bot)
        after, made = with_space(
            self.landscape, ids, space, under=self.asked.network, by=self.asked.by, coordinators=people
        )
        above = named(self.landscape, self.asked.network)
        ways = WaysIn(after.networks[made].access, members_of=(above,))
        return words.preview(space, plan, above, ways, people)


def lack_in(room: Outside, bot: UserId) -> Lack | None:
    """What the bot lacks in the room, so that it cannot look after it."""
    if not lacks_power(room, bot):
        return None
    return Lack(users_in(room.levels).get(bot, 0), who_can_grant(room, bot), tuple(sorted(room.creators)))


def _said(refusal: Refusal) -> Document:
    return Document((Paragraph((refusal.said,)),))
