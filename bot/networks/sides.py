"""Requirements of commands that have two sides or more: who speaks for one of them may begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.command import Call
from spaces import access
from spaces.access import Deed
from spaces.errors import Forbidden
from spaces.sentences import listed


@dataclass(frozen=True, slots=True)
class EitherSide:
    """Require `deed` in one of two networks: that of the parameter `child` or that of `parent`."""

    deed: Deed
    child: str
    parent: str

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        if not access.may(call.landscape, call.standing, self.deed, arguments[self.parent]):
            access.require(call.landscape, call.standing, self.deed, arguments[self.child])

    def possible(self, call: Call) -> bool:
        return coordinates_any(call)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Require that the person speaks for one of the networks of the parameter `networks`."""

    networks: str

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        networks = arguments[self.networks]
        if any(access.may(call.landscape, call.standing, Deed.ACCEPT, network) for network in networks):
            return
        who = dict.fromkeys(user for network in networks for user in call.landscape.coordinators_of(network))
        if who:
            raise Forbidden(
                "Only a coordinator of one of these networks can propose a bridge. Ask {people}.",
                people=listed(list(who)[:3], "or"),
            )
        raise Forbidden(
            "Only a coordinator of one of these networks can propose a bridge. "
            "None of these has one at present."
        )

    def possible(self, call: Call) -> bool:
        return coordinates_any(call)


@dataclass(frozen=True, slots=True)
class Coordinating:
    """Shown to those who coordinate a network; what exactly they may answer, the command finds out."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        """Nothing: the command refuses with the names of those who are asked."""

    def possible(self, call: Call) -> bool:
        return coordinates_any(call)


def coordinates_any(call: Call) -> bool:
    return bool(call.landscape.coordinated_by(call.sender))
