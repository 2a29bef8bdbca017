"""Stories (PRODUCT N4): what is kept of them, and how they go up from a group, level by level.

    proposed ──take──▶ taken ──▶ offered to each parent ──take──▶ taken ──▶ …
        └──decline──▶ declined        └──decline──▶ declined

What its author, or who redacts the message, has taken back stands nowhere any more. All else is worked out
from how things are at the moment: whether the group is awake, the author not banned, and each network on the
way still below the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from spaces.bans import is_banned
from spaces.errors import Malformed
from spaces.identifiers import EventId, GroupId, NetworkId, PlaceId, RoomId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import Access, Digest, Group, Status

MOST_A_DAY = 20
"""How many messages one person may propose within a day."""
DAY_SECONDS = 86_400.0
KEPT_SECONDS = 90 * DAY_SECONDS
"""How long the text of what no network has taken is kept."""
LONGEST_TEXT, LONGEST_HEADLINE, LONGEST_BYLINE = 4_000, 120, 60
_SHORTEST_HEADLINE = 3
_TITLE_AT_MOST = 100


class Step(StrEnum):
    """How far a story is in one network."""

    PROPOSED = "proposed"  # in the network of its group
    OFFERED = "offered"  # by a network below, which has taken it
    TAKEN = "taken"
    DECLINED = "declined"


class Ending(StrEnum):
    NONE = ""
    WITHDRAWN = "withdrawn"  # by its author
    REDACTED = "redacted"


@dataclass(frozen=True, slots=True)
class Story:
    """A message of `author` in `room`, that of `group`, as it reads now. Times are seconds since 1970.

    Without an author it has not been read yet. `byline` is how they are named, None: not at all. It is
    printed only if it `may_print`, and leaves the network of an invite-only group only if it `may_travel`.
    `sealed`: the room was encrypted. `edit` is the event that its text is from, if it was changed.
    """

    number: int
    group: GroupId
    room: RoomId
    event: EventId
    proposer: UserId
    proposed_at: float
    author: UserId = UserId("")
    text: str = ""
    byline: str | None = None
    may_print: bool = False
    may_travel: bool = False
    sealed: bool = False
    edit: EventId = EventId("")
    ending: Ending = Ending.NONE
    ended_at: float | None = None

    @property
    def is_there(self) -> bool:
        """Whether it has been read, and not been taken back."""
        return self.author != "" and self.ending is Ending.NONE


@dataclass(frozen=True, slots=True)
class Level:
    """How far the story of that number is in `network`, since when, and from which network it came there.

    `source` is None where it came from the group itself. `decided_by` has taken or declined it.
    """

    story: int
    network: NetworkId
    step: Step
    since: float
    source: NetworkId | None = None
    headline: str = ""
    decided_by: UserId | None = None

    @property
    def waits(self) -> bool:
        return self.step in (Step.PROPOSED, Step.OFFERED)


Levels = Mapping[NetworkId, Level]
"""The levels of one story."""


# -- what is said in it -----------------------------------------------------------------------------


def cleaned(text: str) -> str:
    """The text of a message as it is kept: without what cannot be seen, its lines as they are, cut."""
    lines = (" ".join(printable(line.replace("\t", " ")).split()) for line in text.splitlines())
    return "\n".join(lines).strip()[:LONGEST_TEXT].strip()


def on_one_line(text: str, most: int) -> str:
    """The beginning of a text, cut between words."""
    words = " ".join(printable(text.replace("\n", " ")).split())
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    return f"{cut.rpartition(' ')[0] or cut} …"


def title(story: Story, level: Level | None = None) -> str:
    """Its headline, or its first words."""
    return (level.headline if level else "") or on_one_line(story.text, _TITLE_AT_MOST)


def check_headline(typed: str) -> str:
    """Raises `Malformed` where it is too short or too long."""
    text = on_one_line(typed, len(typed) + 2)
    if not _SHORTEST_HEADLINE <= len(text) <= LONGEST_HEADLINE:
        raise Malformed(
            "That has {length} characters; a headline has from {least} to {most}.",
            length=len(text),
            least=_SHORTEST_HEADLINE,
            most=LONGEST_HEADLINE,
        )
    return text


def check_byline(typed: str) -> str:
    """Raises `Malformed` where it is empty or too long."""
    text = on_one_line(typed, len(typed) + 2)
    if not 1 <= len(text) <= LONGEST_BYLINE:
        raise Malformed(
            "That has {length} characters; the name below a story has from 1 to {most}.",
            length=len(text),
            most=LONGEST_BYLINE,
        )
    return text


# -- the way up -------------------------------------------------------------------------------------


def is_closed(landscape: Landscape, group: Group) -> bool:
    """Whether it is for invited people only: what comes from it goes no further than its network."""
    home = landscape.networks[group.home]
    return home.access is Access.INVITE or (group.access is Access.INVITE and not group.is_kit)


def goes_further(landscape: Landscape, story: Story) -> bool:
    """Whether it may be offered above the network of its group."""
    return story.may_travel or not is_closed(landscape, landscape.groups[story.group])


def is_open_to(landscape: Landscape, story: Story, levels: Levels, network: NetworkId) -> bool:
    """Whether it comes as far as `network` as things are now, whatever has become of it there."""
    group = landscape.groups.get(story.group)
    if group is None or not story.is_there or landscape.status_of(group.id) is not Status.ACTIVE:
        return False
    if is_banned(landscape, group.id, story.author) or (story.sealed and group.digest is not Digest.STORIES):
        return False
    way = list(_down(levels, network))
    if not way or way[-1].source is not None or way[-1].network != group.home:
        return False
    if any(is_banned(landscape, level.network, story.author) for level in way):
        return False
    below = all(level.step is Step.TAKEN for level in way[1:])
    linked = all(level.source is None or level.network in landscape.parents(level.source) for level in way)
    return below and linked and (len(way) == 1 or goes_further(landscape, story))


def stands(landscape: Landscape, story: Story, levels: Levels, network: NetworkId) -> bool:
    """Whether it is a story of that network now."""
    level = levels.get(network)
    return level is not None and level.step is Step.TAKEN and is_open_to(landscape, story, levels, network)


def waits_for(landscape: Landscape, story: Story, levels: Levels, network: NetworkId) -> bool:
    """Whether the coordinators of that network have yet to take or decline it."""
    level = levels.get(network)
    return level is not None and level.waits and is_open_to(landscape, story, levels, network)


def offers_above(landscape: Landscape, story: Story, levels: Levels, now: float) -> Iterator[Level]:
    """The levels of the parents, to which the networks that it stands in offer it and have not yet."""
    seen = set(levels)
    for network in levels:
        if not goes_further(landscape, story) or not stands(landscape, story, levels, network):
            continue
        for parent in landscape.parents(network):
            if parent not in seen:
                seen.add(parent)
                yield Level(story.number, parent, Step.OFFERED, now, network, levels[network].headline)


def way_of(story: Story, levels: Levels, network: NetworkId) -> tuple[PlaceId, ...]:
    """The places by which it came, from its group to `network`."""
    return (story.group, *(level.network for level in reversed(list(_down(levels, network)))))


def _down(levels: Levels, network: NetworkId) -> Iterator[Level]:
    """The levels from `network` down to the network of the group; it ends at one that is not there."""
    seen: set[NetworkId] = set()
    at: NetworkId | None = network
    while at is not None and at in levels and at not in seen:
        seen.add(at)
        yield levels[at]
        at = levels[at].source


# -- its end ----------------------------------------------------------------------------------------


def ended(story: Story, ending: Ending, now: float) -> Story:
    """Without its text and its names; that it was proposed once is all that stays."""
    return replace(story, text="", byline=None, edit=EventId(""), ending=ending, ended_at=now)
