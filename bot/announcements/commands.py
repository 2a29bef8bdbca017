"""Announce something, see what was announced, take it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from bot.announcements import words
from bot.audience import audience_of, require_fit
from bot.command import Call, Name, command
from bot.networks.rules import Named, named
from bot.permissions import may
from spaces.access import Deed, Standing, is_member
from spaces.announcements import (
    DAY_SECONDS,
    MOST_PER_DAY,
    Announcement,
    Post,
    check_text,
    counted_places,
    known_to,
    looks_after,
    news_of,
    posted_in,
    reads,
)
from spaces.errors import Conflict, Forbidden, Unknown
from spaces.identifiers import NetworkId
from spaces.network import Status

_SHOWN = 10
_LOOKED_AT = 200


class To(StrEnum):
    """Where else it goes."""

    DESCENDANTS = "descendants"


@dataclass(frozen=True, slots=True)
class Announced:
    """It is on its way to the news of so many networks, of which the speaker knows."""

    announcement: Announcement
    networks: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The last ones that all who listen may read, the newest first, each with whose it is."""

    announcements: tuple[tuple[Announcement, Named], ...]
    network: Named | None


@dataclass(frozen=True, slots=True)
class TakenBack:
    announcement: Announcement


class _WhoCoordinates:
    """Any coordinator: whose it is, is asked where it is known."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None: ...

    def possible(self, call: Call) -> bool:
        return bool(call.landscape.coordinated_by(call.sender))


class Announcing:
    """Announce something."""

    @command(
        "announce",
        topic="announcements",
        requires=may(Deed.ANNOUNCE, "network"),
        examples=[
            "announce arts-uk The hall is open again",
            "announce somerset The fair is on Saturday --to descendants",
        ],
    )
    async def announce(
        self,
        call: Call,
        network: Annotated[NetworkId, "the network in whose name"],
        text: Annotated[Name, "what you announce"],
        *,
        to: Annotated[To | None, "all networks below it, too"] = None,
    ) -> Announced:
        """Announce something to the members of a network.

        I post it in its news, and show it to you before. It also stands in their digests, once for each.
        """
        require_direct(call)
        said = check_text(text)
        await _require_few(call, network)
        posted, known = await _where(call, network, below=to is not None)
        people = await call.work.announcements.people_in(counted_places(call.landscape, call.standing, known))
        call.confirm(
            words.preview(call, network, said, networks=len(known), people=people, to_others=bool(to))
        )
        one = await _made(call, network, said, posted)
        return Announced(one, len(known))

    @command("announcements", topic="announcements", examples=["announcements", "announcements arts-uk"])
    async def announcements(
        self, call: Call, network: Annotated[NetworkId | None, "a network that you are in"] = None
    ) -> Shown:
        """Show what was announced lately, each with its number."""
        audience = await audience_of(call)
        if network is not None:
            require_fit(call.landscape, audience, network)
            _require_member(call, audience, network)
        found = await _readable(call, audience, network)
        shown = tuple((one, named(call.landscape, one.network)) for one in found)
        return Shown(shown, named(call.landscape, network) if network else None)

    @command(
        "announcement withdraw",
        topic="announcements",
        requires=_WhoCoordinates(),
        examples=["announcement withdraw 48213"],
        meanwhile="Taking it back …",
    )
    async def withdraw(
        self, call: Call, number: Annotated[int, "its number in `announcements`"]
    ) -> TakenBack:
        """Take back what a network of yours has announced.

        It goes from where it was posted, and stands in no digest any more.
        """
        require_direct(call)
        one = await call.work.announcements.numbered(number)
        if one is None or not one.stands or not looks_after(call.landscape, call.standing, one):
            raise Unknown(
                "I know no announcement {number} of a network of yours. `announcements` shows them.",
                number=number,
            )
        call.confirm(words.before_withdrawing(call, one))
        await call.work.announcements.withdraw(one)
        await call.work.note(f"withdraw announcement {number}", one.network)
        return TakenBack(one)


def require_direct(call: Call) -> None:
    """What is told of it is for a coordinator alone."""
    if not call.heard.is_direct:
        raise Conflict("Not everyone here may see that. Ask me in a direct message.")


async def _require_few(call: Call, network: NetworkId) -> None:
    since = call.now.timestamp() - DAY_SECONDS
    if await call.work.announcements.made_since(network, since) >= MOST_PER_DAY:
        raise Conflict(
            "“{network}” has announced {most} things within a day, and that is the most. Wait until "
            "tomorrow, or write in one of its groups.",
            network=call.landscape.networks[network].name,
            most=MOST_PER_DAY,
        )


async def _where(
    call: Call, network: NetworkId, *, below: bool
) -> tuple[tuple[NetworkId, ...], tuple[NetworkId, ...]]:
    """In whose news it is posted, and of which of these the speaker knows."""
    declines = await call.work.announcements.declines()
    posted = posted_in(call.landscape, network, below=below, declines=declines)
    known = known_to(call.landscape, call.standing, network, posted)
    if call.landscape.networks[network].status is not Status.ACTIVE:
        raise Conflict(
            "“{network}” is archived, so nothing can be announced in its name.",
            network=call.landscape.networks[network].name,
        )
    if not known:
        raise Conflict(
            "There is no room for news where I could post it: “{network}” has none.",
            network=call.landscape.networks[network].name,
        )
    return posted, known


async def _made(call: Call, network: NetworkId, text: str, posted: tuple[NetworkId, ...]) -> Announcement:
    kept, landscape = call.work.announcements, call.landscape
    number = await kept.free_number()
    one = Announcement(number, network, call.sender, text, call.now.timestamp())
    rooms = ((n, news_of(landscape, n)) for n in posted)
    posts = [Post(number, n, room) for n, room in rooms if room is not None]
    await kept.announce(one, posts, words.as_posted(landscape, one))
    await call.work.note(f"announce {number}", network)
    return one


def _require_member(call: Call, audience: Standing, network: NetworkId) -> None:
    if not is_member(call.landscape, audience, network):
        found = call.landscape.networks[network]
        raise Forbidden(
            "Only members of “{network}” read what is announced there. `join {slug}` brings you in.",
            network=found.name,
            slug=found.slug,
        )


async def _readable(call: Call, audience: Standing, network: NetworkId | None) -> list[Announcement]:
    """What all who listen may read, or look after."""
    landscape, kept = call.landscape, call.work.announcements
    theirs = [network] if network else [n for n in landscape.networks if is_member(landscape, audience, n)]
    found = await kept.latest(theirs, _LOOKED_AT)
    posts = [p for p in await kept.posts_of([one.number for one in found]) if p.network in theirs]
    declines = await kept.declines()

    def is_read(one: Announcement) -> bool:
        its = (post for post in posts if post.number == one.number)
        by_way = any(reads(landscape, audience, one, post, declines) for post in its)
        return by_way or (looks_after(landscape, audience, one) and one.network in theirs)

    return list(_first(one for one in found if one.text and is_read(one)))


def _first(found: Iterator[Announcement]) -> Iterator[Announcement]:
    yield from (one for one, _ in zip(found, range(_SHOWN), strict=False))
