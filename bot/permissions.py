"""What a command requires, declared beside it and checked in one place before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.command import Call
from spaces import access
from spaces.access import Deed
from spaces.errors import Forbidden
from spaces.identifiers import PlaceId


@dataclass(frozen=True, slots=True)
class _May:
    deed: Deed
    parameter: str | None
    otherwise: Deed | None

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        for deed, place in self._asked(arguments):
            access.require(call.landscape, call.standing, deed, place, open_creation=call.open_creation)

    def possible(self, call: Call) -> bool:
        if self.parameter is None:
            return self._may(call, self.deed, None)
        if self.otherwise is not None and self._may(call, self.otherwise, None):
            return True
        return any(self._may(call, self.deed, place) for place in _likely(call))

    def _may(self, call: Call, deed: Deed, place: PlaceId | None) -> bool:
        return access.may(call.landscape, call.standing, deed, place, open_creation=call.open_creation)

    def _asked(self, arguments: Mapping[str, Any]) -> Iterator[tuple[Deed, PlaceId | None]]:
        value = None if self.parameter is None else arguments[self.parameter]
        if self.parameter is None:
            yield self.deed, None
        elif value is None:
            yield self.otherwise or self.deed, None
        else:
            for place in value if isinstance(value, list) else [value]:
                yield self.deed, place


@dataclass(frozen=True, slots=True)
class _Admin:
    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        if not call.standing.is_admin:
            raise Forbidden("Only an admin of this homeserver can do that.")

    def possible(self, call: Call) -> bool:
        return call.standing.is_admin


def _likely(call: Call) -> Iterator[PlaceId]:
    """Where this person may do something, if anywhere: what they coordinate; for an admin, what nobody does,
    and any place, one of each.
    """
    yield from call.landscape.coordinated_by(call.sender)
    if call.standing.is_admin:
        yield from call.landscape.orphaned()[:1]
        yield from islice(access.visible(call.landscape, call.standing), 1)


def may(deed: Deed, parameter: str | None = None, *, otherwise: Deed | None = None) -> _May:
    """Require `deed` in the place (or each of the places) given for `parameter`.

    Without a parameter the deed needs no place. Where an optional one was left out, `otherwise` is
    required instead; for `CREATE_UNDER` that is `CREATE_TOP`.
    """
    if deed is Deed.CREATE_UNDER and otherwise is None:
        otherwise = Deed.CREATE_TOP
    return _May(deed, parameter, otherwise)


ADMIN = _Admin()
"""Require an admin of the homeserver."""
