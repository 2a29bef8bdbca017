"""Readers of digests in a made-up county."""

from __future__ import annotations

from collections.abc import Collection

from bot.digests.items import Item, Reader
from bot.reply import plain_text
from spaces.access import Sights, Standing
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.nearness import Nearness

MIA = UserId("@mia:example.org")
SAM = UserId("@sam:example.org")


def reader_of(
    landscape: Landscape,
    *joined: PlaceId,
    user: UserId | None = MIA,
    turned_off: Collection[NetworkId] = (),
) -> Reader:
    """Who is in these places, or without `user` all members of these."""
    standing = Standing(user or UserId("@member:example.org"), joined=frozenset(joined))
    sight = Sights(landscape).of(standing)
    networks = sight.member_of - frozenset(turned_off)
    return Reader(user, standing, sight, networks, Nearness(landscape, sight))


def lines_of(items: Collection[Item]) -> list[str]:
    return [plain_text(item.line) for item in items]
