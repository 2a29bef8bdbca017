"""Whether a listing still holds (PRODUCT D5): after half a year somebody is asked; silence marks it stale."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from spaces.identifiers import UserId
from spaces.listings import Listing

_DAY_SECONDS = 86_400.0
UNCONFIRMED_SECONDS = 180 * _DAY_SECONDS
"""After that long without a word somebody is asked whether it still holds."""
TOGETHER_SECONDS = 14 * _DAY_SECONDS
"""What would be asked so much later is asked with it, where the same person is asked."""
SILENT_SECONDS = 14 * _DAY_SECONDS
"""Who has not answered after that long has not answered."""
ANSWERED_WITHIN_SECONDS = 30 * _DAY_SECONDS
"""So long a bare yes is the answer to the question."""


def is_due(listing: Listing, now: float) -> bool:
    return listing.confirmed_at <= now - UNCONFIRMED_SECONDS


def nearly_due_before(now: float) -> float:
    """What was last confirmed before that is due, or may be asked about together with what is."""
    return now - UNCONFIRMED_SECONDS + TOGETHER_SECONDS


def silent_before(now: float) -> float:
    """Of what was asked before that, and not answered, nobody knows whether it holds."""
    return now - SILENT_SECONDS


def confirmed(listing: Listing, now: float) -> Listing:
    """Somebody has said that it holds."""
    return replace(listing, confirmed_at=now, asked_at=None, stale=False)


def unanswered(listing: Listing) -> Listing:
    return replace(listing, stale=True)


def asked_now(
    nearly_due: Mapping[int, Listing], whom: Mapping[int, Collection[UserId]], now: float
) -> tuple[Listing, ...]:
    """What is asked about: all that is due, and what soon is, where the same people are asked.

    `whom` tells who is asked about each number: nobody, where nobody can be reached.
    """
    due = {number for number, listing in nearly_due.items() if is_due(listing, now)}
    people = {user for number in due for user in whom[number]}
    return tuple(nearly_due[n] for n in sorted(nearly_due) if n in due or not people.isdisjoint(whom[n]))
