"""What every unit of work is given, besides the database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from appservice.accounts import Accounts
from appservice.allowance import Limits
from appservice.envelope import Envelope
from appservice.tallies import Tallies
from bot.languages import ENGLISH
from spaces import codes, zones
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.lost import LostRooms
from spaces.reconcile import Maker

_SUFFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


class RandomIds:
    """New ids from the system's randomness, but for places whose rooms are `lost`."""

    def __init__(self) -> None:
        self.lost = LostRooms()

    def network(
        self, name: str = "", under: Sequence[NetworkId] = (), people: Collection[UserId] = ()
    ) -> NetworkId:
        return self.lost.network(name, under, people) or NetworkId.of_bytes(secrets.token_bytes(10))

    def group(self, name: str = "", home: NetworkId | None = None) -> GroupId:
        return (home and self.lost.group(name, home)) or GroupId.of_bytes(secrets.token_bytes(10))

    def suffix(self) -> str:
        return "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(4))

    def code(self) -> str:
        return codes.written("".join(secrets.choice(codes.ALPHABET) for _ in range(codes.LENGTH)))

    def code_number(self) -> int:
        """At random, so that it does not tell how many codes there are."""
        return 10_000 + secrets.randbelow(90_000)

    def listing_number(self, digits: int = 5) -> int:
        """Of a listing, an offer or a want: at random, so that it does not tell how many there are."""
        least: int = 10 ** (digits - 1)
        return least + secrets.randbelow(9 * least)


@dataclass(slots=True)
class Health:
    """What was last seen of the homeserver. `read` is when each place's room was last read, and found closed
    as it should be; `reading` when that was last asked for because of somebody's path; `waiting_since`
    when the oldest came in of what came in and is not handled yet, if anything is."""

    homeserver_answers: bool = False
    pinged: bool = False
    cross_signed: bool | None = None  # None: without encryption
    read: dict[PlaceId, float] = field(default_factory=dict)
    reading: dict[PlaceId, float] = field(default_factory=dict)
    waiting_since: float | None = None

    def forget_rooms(self) -> None:
        """What was read of rooms may not hold any more."""
        self.read.clear()
        self.reading.clear()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every unit of work is given: who the bot is, what it is called, the admins, the time, …"""

    maker: Maker
    admins: frozenset[UserId]
    now: Callable[[], float]
    health: Health
    version: str
    secret: str
    ids: RandomIds
    called: str = "Hedgerow"
    language: str = ENGLISH
    timezone: str = zones.DEFAULT
    envelope: Envelope = field(default_factory=Envelope)
    public_url: str = ""
    limits: Limits = field(default_factory=Limits)
    backups_kept_days: int = 30
    tallies: Tallies = field(default_factory=Tallies)
    accounts: Accounts = field(default_factory=Accounts)

    @property
    def server(self) -> str:
        return self.maker.bot.server

    @property
    def bot_names(self) -> tuple[str, str]:
        """What nobody else is to be taken for."""
        return self.called, self.maker.bot.localpart
