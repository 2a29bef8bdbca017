"""What it takes to put something into the directory: to look after the network that it is listed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.command import Call
from bot.listings.seeing import require_lister
from spaces.errors import Forbidden


@dataclass(frozen=True, slots=True)
class _Listing:
    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        if (network := arguments["in_"]) is not None:
            require_lister(call, network)
        elif not self.possible(call):
            raise Forbidden("Coordinators list services in their networks, and you look after no network.")

    def possible(self, call: Call) -> bool:
        return bool(call.landscape.coordinated_by(call.sender))


LISTING = _Listing()
"""Require a coordinator of the network given, or of any where none is."""
