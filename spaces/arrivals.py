"""When a network or a group came, and who brought it: what is active for the first time has arrived.

What is restored, upgraded, or may be found by more people than before, was there already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spaces.identifiers import GroupId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Status


@dataclass(frozen=True, slots=True)
class Arrival:
    """`at` in seconds since 1970; `by` is None where no one person made it, or they are forgotten."""

    place: PlaceId
    at: float
    by: UserId | None = None


def arrived(before: Landscape, after: Landscape, among: Iterable[PlaceId]) -> list[PlaceId]:
    """Those of these that the change has brought: a bridge once its parents have agreed, and no kit."""
    return [place for place in among if _is_there(after, place) and not _was_there(before, place)]


def _is_there(landscape: Landscape, place: PlaceId) -> bool:
    group = landscape.groups.get(GroupId(place))
    is_told = group is not None and not group.is_kit
    return (place in landscape.networks or is_told) and landscape.status_of(place) is Status.ACTIVE


def _was_there(landscape: Landscape, place: PlaceId) -> bool:
    is_known = place in landscape.networks or place in landscape.groups
    return is_known and landscape.status_of(place) is not Status.PROPOSED
