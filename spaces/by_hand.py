"""What somebody changed in their own client: whether they had the right, and what it means (PRODUCT: H5).

The right is told by who they are in the room itself, never by what we would like them to be: their
level in its `users`, as it is now or was when last read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spaces.actions import Content
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Coordinator
from spaces.power_levels import BOT, COORDINATOR, users_in

FIGHT_TIMES = 5
FIGHT_SECONDS = 600.0
SILENCE_SECONDS = 3600.0
CLOSING_SECONDS = 30.0


def had_right(who: UserId, creator: UserId | None, *levels: Content | None) -> bool:
    """Whether `who` stands, or stood, at a coordinator's level in the room, or has made it."""
    return who == creator or any(users_in(each).get(who, 0) >= COORDINATOR for each in levels)


# -- roles ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """Who was lifted to a coordinator's level in a Space, and who was lowered beneath it."""

    promoted: tuple[UserId, ...] = ()
    demoted: tuple[UserId, ...] = ()


def roles_changed(
    landscape: Landscape,
    network: NetworkId,
    before: Mapping[str, int],
    now: Mapping[str, int],
    bot: UserId,
    *,
    but: Iterable[UserId] = (),
) -> RolesChanged:
    """What new levels in the Space of `network` mean for who coordinates it.

    Only a step over the coordinators' level counts, so that what was so before means nothing new. Of
    those in `but` a command is under way.
    """
    coordinators = landscape.coordinators_of(network)
    apart = {bot, *but}
    lifted = (
        UserId(user)
        for user, level in now.items()
        if level >= COORDINATOR > before.get(user, 0) and _is_user(user)
    )
    return RolesChanged(
        promoted=tuple(sorted(u for u in lifted if u not in coordinators and u not in apart)),
        demoted=tuple(
            user
            for user in coordinators
            if user not in apart and before.get(user, 0) >= COORDINATOR > now.get(user, 0)
        ),
    )


def with_roles(landscape: Landscape, network: NetworkId, roles: RolesChanged) -> Landscape:
    """With these coordinators, and without those: the last one, too, since it has happened."""
    named = [Coordinator(network, user) for user in roles.promoted]
    gone = [Coordinator(network, user, former=True) for user in roles.demoted]
    return landscape.having(*named, *gone) if named or gone else landscape


def overrides_after(
    overrides: Mapping[UserId, int],
    before: Mapping[str, int],
    now: Mapping[str, int],
    coordinators: Sequence[UserId],
    bot: UserId,
) -> dict[UserId, int]:
    """The levels given by hand for one group alone, once `now` has followed `before`.

    Who is brought back to what their role gives them has none any more. A level as high as the bot's
    is nobody's.
    """
    kept = dict(overrides)
    for user in before.keys() | now.keys():
        level = now.get(user, 0)
        if level == before.get(user, 0) or user == bot or level >= BOT or not _is_user(user):
            continue
        if level == (COORDINATOR if user in coordinators else 0):
            kept.pop(UserId(user), None)
        else:
            kept[UserId(user)] = level
    return kept


def _is_user(text: str) -> bool:
    localpart, colon, server = text[1:].partition(":")
    return text.startswith("@") and bool(localpart and colon and server)


# -- what is put back -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Repairs:
    """When the same thing of a room was put back before, and when the coordinators were last told of it."""

    at: tuple[float, ...] = ()
    told_at: float | None = None

    def is_fight(self, now: float) -> bool:
        """Whether, with a repair now, it is the fifth within ten minutes."""
        return sum(at > now - FIGHT_SECONDS for at in self.at) + 1 >= FIGHT_TIMES

    def is_due(self, now: float) -> bool:
        """Whether, after a fight, it is time to close the room again: often enough, and in no race."""
        return not any(at > now - CLOSING_SECONDS for at in self.at)

    def is_news(self, now: float) -> bool:
        """Whether the coordinators have not been told within the hour."""
        return self.told_at is None or self.told_at <= now - SILENCE_SECONDS


@dataclass(frozen=True, slots=True)
class LevelDrift:
    """One key of the power levels that is not as it should be; `kind` names an event, if it is of one."""

    key: str
    back_to: object
    kind: str = ""


def level_drifts(wanted: Content, found: Content | None) -> list[LevelDrift]:
    """What of the levels, but for people's own, is put back, in the order in which they are written."""
    there: Content = found or {}
    events = there.get("events")
    kinds: Mapping[str, object] = events if isinstance(events, Mapping) else {}
    drifts = [
        LevelDrift(key, level)
        for key, level in wanted.items()
        if key not in ("users", "events", "notifications") and there.get(key) != level
    ]
    drifts += [
        LevelDrift("events", level, kind)
        for kind, level in wanted.get("events", {}).items()
        if kinds.get(kind) != level
    ]
    return drifts


# -- what stands in a Space -----------------------------------------------------------------------


def is_listed(content: Content | None) -> bool:
    """Whether an `m.space.child` of this content lists anything: it names servers to go by."""
    via = content.get("via") if content else None
    return isinstance(via, Sequence) and not isinstance(via, str) and len(via) > 0


def via_of(content: Content) -> tuple[str, ...]:
    """The servers to go by that an `m.space.child` names."""
    via = content.get("via")
    return tuple(v for v in via if isinstance(v, str))[:5] if isinstance(via, (list, tuple)) else ()
