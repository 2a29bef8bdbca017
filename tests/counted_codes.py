"""Codes in an order that can be written down beforehand: 22222-22222-22222, 33333-33333-33333 …"""

from __future__ import annotations

from spaces import codes

FIRST_NUMBER = 101
FIRST_LISTING = 48_213
"""Listings, offers and wants count on from here."""


def code_of(nth: int) -> str:
    """The code that is made as the `nth`, from 0 on."""
    return codes.written(codes.ALPHABET[nth % len(codes.ALPHABET)] * codes.LENGTH)
