"""Which network whoever runs the server means by a name. They see all of them, and have no bot to ask."""

from __future__ import annotations

from bot.nearby import closest
from bot.suggestions import did_you_mean
from spaces.access import Standing
from spaces.errors import Unknown
from spaces.finding import find_place
from spaces.identifiers import NetworkId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Network

_OPERATOR = Standing(UserId("@operator"), is_admin=True)
_SHOWN_AT_MOST = 80


def network_meant(landscape: Landscape, typed: str) -> Network:
    """By name, short name or alias. Raises `Unknown` with those that come near, or `Ambiguous`."""
    try:
        place = find_place(landscape, _OPERATOR, typed, kind="network")
    except Unknown:
        guess = did_you_mean(closest(landscape, _OPERATOR, typed, "network"))
        shown = " ".join(printable(typed.replace("\n", " ")).split())[:_SHOWN_AT_MOST]
        raise Unknown("I know no network called “{name}”.{guess}", name=shown, guess=guess) from None
    return landscape.networks[NetworkId(place)]
