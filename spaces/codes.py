"""Codes that let people into a network, or make somebody its coordinator: how they look, when they serve.

A code is 15 letters and digits in three groups, some 72 bits. None of them is a vowel, so that no code
spells a word, and none looks like another (0 and o, 1 and l). Case, dashes and spaces do not matter.
Only the digest of a code is kept: there are too many codes to try them all.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

from spaces.access import Standing, may_enter
from spaces.errors import Conflict, Malformed
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Status
from spaces.sentences import Sentence, counted

ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
LENGTH = 15
MOST_TRIES = 10
"""How many wrong codes one person may say within an hour."""

MOST_USES = 100_000
_GROUP = 5
_HOUR = 3600.0
_DAY = 24 * _HOUR
_LASTS = 7 * _DAY
_SHORTEST, _LONGEST = _HOUR, 366 * _DAY
_LIFETIME = re.compile(r"(\d{1,5})\s*(h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_UNITS = {"h": _HOUR, "d": _DAY, "w": 7 * _DAY}
_PERSON = b"hedgerow code"  # BLAKE2's personalisation: digests of codes are good for nothing else


class Role(StrEnum):
    """What a code makes of who redeems it, beside a member."""

    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was made, without the code itself. `number` is what it is called by.

    `uses_left` is None where there is no limit; times are in seconds since 1970.
    """

    number: int
    network: NetworkId
    maker: UserId
    expires_at: float
    groups: tuple[GroupId, ...] = ()
    role: Role | None = None
    uses_left: int | None = None
    used: int = 0
    revoked: bool = False


# -- the letters ------------------------------------------------------------------------------------


def written(letters: str) -> str:
    """The code as it is shown: `k7mpq-3wxqr-9rt4n`."""
    return "-".join(letters[n : n + _GROUP] for n in range(0, len(letters), _GROUP))


def bare(typed: str) -> str:
    """The letters and digits of a code as somebody typed it, or of a link to its page."""
    text = unicodedata.normalize("NFKC", typed.rpartition("/join/")[2]).casefold()
    return "".join(character for character in text if character.isalnum())


def is_code(typed: str) -> bool:
    """Whether this is a code and nothing else, be it a good one or not."""
    letters = bare(typed)
    return len(letters) == LENGTH and set(letters) <= set(ALPHABET)


def digest(typed: str) -> str:
    """What is kept of a code, as 64 hexadecimal digits."""
    letters = bare(typed).encode("utf-8", "replace")
    return hashlib.blake2b(letters, digest_size=32, person=_PERSON).hexdigest()


# -- how long and how often -------------------------------------------------------------------------


def lifetime(text: str) -> float:
    """The seconds that `7d`, `12h`, `2 weeks` mean; a week where nothing is said. Raises `Malformed`."""
    if not text:
        return _LASTS
    found = _LIFETIME.fullmatch(text.strip())
    seconds = int(found[1]) * _UNITS[found[2][0].lower()] if found else 0.0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise Malformed(
            "“{typed}” is not a time that a code can last. Say it in hours, days or weeks, from `1h` to "
            "`366d`: `--expires 7d`.",
            typed=printable(text)[:40],
        )
    return seconds


def uses_for(wished: int | None, role: Role | None) -> int | None:
    """How often a code may be used: without a wish, one for a role once and another one without limit."""
    if wished is None:
        return 1 if role else None
    if not 1 <= wished <= MOST_USES:
        raise Malformed(
            "A code can be used from 1 to {most} times. Leave `--uses` out for no limit.",
            most=f"{MOST_USES:,}",
        )
    return wished


def time_left(seconds: float) -> Sentence:
    """So much time in whole days, or in hours where it is less than two days; rounded up."""
    if seconds > 2 * _DAY:
        return counted("one day", "{count} days", ceil(seconds / _DAY))
    return counted("one hour", "{count} hours", max(ceil(seconds / _HOUR), 1))


# -- what a code does -------------------------------------------------------------------------------


def check_groups(landscape: Landscape, network: NetworkId, groups: Iterable[GroupId]) -> None:
    """Raise `Conflict` for a group that a code for `network` cannot let people into."""
    for group in groups:
        if not _is_within(landscape, network, group):
            raise Conflict(
                "“{group}” is not a group of “{network}”, so a code for that network cannot let anybody "
                "into it.",
                group=landscape.groups[group].name,
                network=landscape.networks[network].name,
            )


def serves(landscape: Landscape, code: Code, now: float) -> bool:
    """Whether it still lets people in. It goes with the role of who made it."""
    network = landscape.networks.get(code.network)
    if network is None or network.status is not Status.ACTIVE:
        return False
    if code.maker not in landscape.coordinators_of(code.network):
        return False
    return not code.revoked and now < code.expires_at and code.uses_left != 0


def places_of(landscape: Landscape, code: Code) -> tuple[PlaceId, ...]:
    """What it lets people into: its network, and those of its groups that still belong to it."""
    return (code.network, *(g for g in code.groups if _is_within(landscape, code.network, g)))


def invited_by(landscape: Landscape, standing: Standing, code: Code) -> tuple[PlaceId, ...]:
    """Where the person has to be invited to: the network, and what its members do not get into unasked."""
    network, *groups = places_of(landscape, code)
    inside = replace(standing, joined=standing.joined | {code.network})
    is_there = network in standing.joined or network in standing.invited
    shut = tuple(group for group in groups if not may_enter(landscape, inside, group))
    return shut if is_there else (network, *shut)


def _is_within(landscape: Landscape, network: NetworkId, group: GroupId) -> bool:
    found = landscape.groups.get(group)
    return found is not None and found.home == network and found.status is Status.ACTIVE


# -- wrong tries ------------------------------------------------------------------------------------


def shut_for(tries: Iterable[float], now: float) -> float:
    """For how many seconds a person may say no more codes, who said wrong ones at `tries`; 0: they may."""
    recent = sorted(at for at in tries if at > now - _HOUR)
    return recent[-MOST_TRIES] + _HOUR - now if len(recent) >= MOST_TRIES else 0.0


def forgotten_before(now: float) -> float:
    """Wrong tries of before that time no longer count."""
    return now - _HOUR
