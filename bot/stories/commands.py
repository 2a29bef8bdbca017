"""Look at what is proposed, take or decline it; and what its author can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

from bot.command import Call, Name, command
from bot.market.commands import require_direct
from bot.networks.rules import Named, named
from bot.reply import Document, say
from bot.stories import taking
from spaces.access import coordinates
from spaces.errors import Ambiguous, Conflict, Forbidden, Malformed, Unknown
from spaces.identifiers import NetworkId
from spaces.network import Access
from spaces.stories import (
    Ending,
    Level,
    Levels,
    Step,
    Story,
    check_byline,
    check_headline,
    is_open_to,
    stands,
    waits_for,
)


class Answer(StrEnum):
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A story that waits for a network's coordinators. `is_shown`: they may read it."""

    story: Story
    levels: Levels
    level: Level
    network: Named
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Own:
    """A story of one's own, and the networks in which it stands, as far as one may see them."""

    story: Story
    networks: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """`coordinates`: the speaker looks after something."""

    waiting: tuple[Waiting, ...]
    own: tuple[Own, ...]
    coordinates: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """`offered` are the networks above to whom it is offered now, as far as the speaker may see them."""

    story: Story
    level: Level
    network: Named
    taken: bool
    offered: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """What its author has said about it; what is None was not said."""

    story: Story
    byline: bool = False
    prints: bool | None = None
    travels: bool | None = None
    withdrawn: bool = False


class Coordinating:
    """Shown to those who look after a network; who may do what is checked with the story."""

    def check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        """Nothing: it depends on the story."""

    def possible(self, call: Call) -> bool:
        return bool(call.landscape.coordinated_by(call.sender))


class AboutStories:
    """Messages that are worth a line in digests."""

    @command("stories", topic="stories", examples=["stories", "stories arts-uk"])
    async def stories(
        self, call: Call, network: Annotated[NetworkId | None, "only what waits for this one"] = None
    ) -> Shown:
        """Show your stories, and those that wait for you to take or decline them.

        `story take N` and `story decline N` are for coordinators; `story withdraw N`, `story byline N`,
        `story print N` and `story share N` are for who wrote it.
        """
        require_direct(call)
        if network is not None and not coordinates(call.landscape, call.standing, network):
            raise Forbidden(
                "Only a coordinator of “{network}” sees what is proposed there.",
                network=call.landscape.networks[network].name,
            )
        theirs = call.landscape.coordinated_by(call.sender)
        waiting = await _waiting(call, theirs if network is None else {network})
        own = () if network is not None else await _own(call)
        return Shown(waiting, own, bool(theirs))

    @command("story", topic="stories", examples=["story"])
    async def story(self, call: Call) -> Document:
        """Propose a message as a story for digests.

        Reply `story` to it in its group, or react to it with ⭐.
        """
        return say(
            "In a group, reply `story` to a message, or react to it with ⭐: that proposes it to the "
            "coordinators of its network, for digests. I tell who wrote it, and they can always say no.\n"
            "`stories` shows yours, and what waits for you."
        )

    @command(
        "story take",
        topic="stories",
        requires=Coordinating(),
        examples=["story take 48213", "story take 48213 --headline Singing helps"],
    )
    async def take(
        self,
        call: Call,
        number: Annotated[int, "its number in `stories`"],
        *,
        headline: Annotated[Name | None, "a headline; its first words if not said"] = None,
        in_: Annotated[NetworkId | None, "which of your networks takes it"] = None,
    ) -> Judged:
        """Take a story: it then stands in digests, and is offered to the networks above."""
        found = await _to_judge(call, number, in_)
        if not found.is_shown:
            raise Conflict("You have to be in its group to read it first, or its author says `story share`.")
        headed = "" if headline is None else check_headline(headline)
        now = call.now.timestamp()
        await taking.take(call.work, found.story, found.level, call.sender, now, headed)
        levels = (await call.work.stories.levels_of([number]))[number]
        offered = [
            named(call.landscape, level.network)
            for level in levels.values()
            if level.source == found.level.network
            and level.step is Step.OFFERED
            and _sees(call, level.network)
        ]
        level = levels[found.level.network]
        return Judged(found.story, level, found.network, taken=True, offered=tuple(offered))

    @command("story decline", topic="stories", requires=Coordinating(), examples=["story decline 48213"])
    async def decline(
        self,
        call: Call,
        number: Annotated[int, "its number in `stories`"],
        *,
        in_: Annotated[NetworkId | None, "which of your networks declines it"] = None,
    ) -> Judged:
        """Decline a story; it does not come again."""
        found = await _to_judge(call, number, in_)
        await taking.decline(call.work, found.story, found.level, call.sender, call.now.timestamp())
        return Judged(found.story, found.level, found.network, taken=False)

    # -- its author ------------------------------------------------------------------------------

    @command("story withdraw", topic="stories", examples=["story withdraw 48213"])
    async def withdraw(self, call: Call, number: Annotated[int, "the number of a story of yours"]) -> Settled:
        """Take back what you wrote: it is no story any more, anywhere."""
        story = await _of_speaker(call, number)
        await taking.end(call.work, story, Ending.WITHDRAWN, call.now.timestamp())
        return Settled(story, withdrawn=True)

    @command("story byline", topic="stories", examples=["story byline 48213 Mia of Wells"])
    async def byline(
        self,
        call: Call,
        number: Annotated[int, "the number of a story of yours"],
        name: Annotated[Name | None, "the name to stand below it"] = None,
        *,
        anonymous: Annotated[bool, "you are not named"] = False,
    ) -> Settled:
        """Say how you are named with a story of yours."""
        story = await _of_speaker(call, number)
        if (name is None) != anonymous:
            raise Malformed("Say either a name or `--anonymous`.")
        named_so = replace(story, byline=None if name is None else check_byline(name))
        await call.work.stories.keep(named_so)
        return Settled(named_so, byline=True)

    @command("story print", topic="stories", examples=["story print 48213 yes"])
    async def print_(
        self,
        call: Call,
        number: Annotated[int, "the number of a story of yours"],
        answer: Annotated[Answer, "whether it may be published"],
    ) -> Settled:
        """Say whether a story of yours may stand on public pages and in a printed newspaper."""
        story = replace(await _of_speaker(call, number), may_print=answer is Answer.YES)
        await call.work.stories.keep(story)
        return Settled(story, prints=story.may_print)

    @command("story share", topic="stories", examples=["story share 48213"])
    async def share(
        self,
        call: Call,
        number: Annotated[int, "the number of a story of yours"],
        answer: Annotated[Answer, "whether it may"] = Answer.YES,
    ) -> Settled:
        """Say whether a story from a group for invited people may go to the networks above."""
        story = replace(await _of_speaker(call, number), may_travel=answer is Answer.YES)
        await call.work.stories.keep(story)
        await taking.offer(call.work, story, call.now.timestamp())
        return Settled(story, travels=story.may_travel)


# -- which --------------------------------------------------------------------------------------------


async def _waiting(call: Call, networks: Any) -> tuple[Waiting, ...]:
    """What waits for the coordinators of these networks, the oldest first."""
    levels = await call.work.stories.waiting_for(networks)
    numbers = {level.story for level in levels}
    there = {story.number: story for story in await call.work.stories.numbered(numbers)}
    all_levels = await call.work.stories.levels_of(numbers)
    return tuple(
        _as_waiting(call, there[level.story], all_levels[level.story], level)
        for level in levels
        if level.story in there
        and waits_for(call.landscape, there[level.story], all_levels[level.story], level.network)
    )


def _as_waiting(call: Call, story: Story, levels: Levels, level: Level) -> Waiting:
    network = named(call.landscape, level.network)
    return Waiting(story, levels, level, network, _may_read(call, story, level))


def _may_read(call: Call, story: Story, level: Level) -> bool:
    """What is said among invited people is read by who is there, unless its author lets it go further."""
    if level.source is not None or story.may_travel or story.group in call.standing.joined:
        return True
    is_open = call.landscape.groups[story.group].access is not Access.INVITE
    return is_open or story.author == call.sender


async def _to_judge(call: Call, number: int, network: NetworkId | None) -> Waiting:
    """What waits for the speaker under that number."""
    require_direct(call)
    theirs = call.landscape.coordinated_by(call.sender)
    found = [one for one in await _waiting(call, theirs) if one.story.number == number]
    if network is not None:
        found = [one for one in found if one.level.network == network]
    if not found:
        raise Unknown("No story {number} waits for you. `stories` shows those that do.", number=number)
    if len(found) > 1:
        raise Ambiguous(
            "Several of your networks can take it: {networks}. Say which with `--in NETWORK`.",
            networks=", ".join(one.network.slug for one in found),
        )
    return found[0]


async def _of_speaker(call: Call, number: int) -> Story:
    require_direct(call)
    found = next(iter(await call.work.stories.numbered([number])), None)
    if found is None or found.author != call.sender or not found.is_there:
        raise Unknown("I know no story {number} of yours. `stories` shows them.", number=number)
    return found


async def _own(call: Call) -> tuple[Own, ...]:
    stories = [one for one in await call.work.stories.of_author(call.sender) if one.is_there]
    levels = await call.work.stories.levels_of([one.number for one in stories])
    return tuple(
        Own(
            one,
            tuple(
                named(call.landscape, network)
                for network in levels[one.number]
                if stands(call.landscape, one, levels[one.number], network) and _sees(call, network)
            ),
        )
        for one in stories
        if _is_anywhere(call, one, levels[one.number])
    )


def _is_anywhere(call: Call, story: Story, levels: Levels) -> bool:
    """Whether some network has it or may still take it."""
    return any(
        level.step is not Step.DECLINED and is_open_to(call.landscape, story, levels, network)
        for network, level in levels.items()
    )


def _sees(call: Call, network: NetworkId) -> bool:
    return network in call.work.directory.sight_of(call.standing).finds
