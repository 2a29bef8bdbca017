"""What the commands about codes require: to look after something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.command import Call
from spaces.errors import Forbidden


@dataclass(frozen=True, slots=True)
class _Coordinating:
    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        if not self.possible(call):
            raise Forbidden("Codes are made by coordinators, and you look after no network.")

    def possible(self, call: Call) -> bool:
        return bool(call.landscape.coordinated_by(call.sender))


COORDINATING = _Coordinating()
"""Require a coordinator of any network."""
