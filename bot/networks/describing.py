"""Change what a network or group is called, what it is about, and who gets in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated

from bot.audience import audience_of
from bot.command import Call, Name, command
from bot.languages import Language
from bot.networks import previews
from bot.networks.rules import Named, WaysIn, check_no_lookalike, check_words, named, ways_in
from bot.networks.settling_in import Switch, days_in
from bot.permissions import may
from bot.zones import known_zone
from spaces import changes
from spaces.access import Deed
from spaces.applications import read_questions
from spaces.errors import Conflict, Malformed
from spaces.identifiers import GroupId, NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.network import Access


@dataclass(frozen=True, slots=True)
class Renamed:
    """`before` is the place as it was; the same as `place` if that was its name already."""

    place: Named
    before: Named


@dataclass(frozen=True, slots=True)
class Described:
    """`before` is the place as it was; `changed` is False if nothing is.

    What else is not None is new: the topic, the language, what applicants are asked (where it may be
    told), for how many days people stay without a path, whether all who join are offered its groups, and the
    time zone.
    """

    place: Named
    before: Named
    ways: WaysIn
    topic: str | None
    language: str | None
    changed: bool
    questions: tuple[str, ...] | None = None
    grace_days: int | None = None
    offer: bool | None = None
    timezone: str | None = None


class Describing:
    """Change what a network or group is called, what it is about, and who gets in."""

    @command(
        "network rename",
        topic="networks",
        requires=may(Deed.RENAME, "network"),
        examples=["network rename arts-uk --to Arts United"],
        meanwhile="Renaming …",
    )
    async def rename_network(
        self,
        call: Call,
        network: Annotated[NetworkId, "the network"],
        *,
        to: Annotated[Name, "its new name"],
    ) -> Renamed:
        """Give a network another name.

        The old short name still leads to it.
        """
        return await _rename(call, network, to)

    @command(
        "group rename",
        topic="groups",
        requires=may(Deed.RENAME, "group"),
        examples=["group rename arts-uk/painting --to Painting and drawing"],
        meanwhile="Renaming …",
    )
    async def rename_group(
        self, call: Call, group: Annotated[GroupId, "the group"], *, to: Annotated[Name, "its new name"]
    ) -> Renamed:
        """Give a group another name.

        The old short name still leads to it.
        """
        return await _rename(call, group, to)

    @command(
        "network describe",
        topic="networks",
        requires=may(Deed.DESCRIBE, "network"),
        examples=[
            "network describe arts-uk --topic Everything about the arts",
            "network describe arts-uk --access private",
            "network describe arts-uk --language cy",
            'network describe arts-uk --questions "Why us? What do you make?"',
            "network describe arts-uk --grace 14d",
            "network describe arts-uk --timezone Europe/London",
        ],
        meanwhile="Changing …",
    )
    async def describe_network(
        self,
        call: Call,
        network: Annotated[NetworkId, "the network"],
        *,
        topic: Annotated[Name | None, "what it is about"] = None,
        access: Annotated[Access | None, "who gets in"] = None,
        ask: Annotated[bool, "others may ask a coordinator to let them in"] = False,
        no_ask: Annotated[bool, "they may not"] = False,
        listed: Annotated[bool, "an invite network shows its name to members of the one above"] = False,
        no_listed: Annotated[bool, "it does not"] = False,
        language: Annotated[Language | None, "the language that I speak there"] = None,
        questions: Annotated[str | None, "what I ask of who applies to join"] = None,
        grace: Annotated[str | None, "how long people stay who have lost their way in, such as 7d"] = None,
        offer: Annotated[Switch | None, "whether I name its groups to everyone who joins"] = None,
        timezone: Annotated[str | None, "whose clock holds there, such as Europe/London"] = None,
    ) -> Described:
        """Change its topic or who gets in.

        Or the language that I speak there with everyone who has not chosen one.
        """
        asks, shows = _either(ask, no_ask), _either(listed, no_listed)
        asked = None if questions is None else "\n".join(read_questions(questions))
        words = _Words(topic, access, asks, shows, language and language.value, asked)
        words = replace(
            words, grace_days=days_in(grace), offers_groups=None if offer is None else offer is Switch.ON
        )
        words = replace(words, timezone=None if timezone is None else known_zone(timezone))
        if words == _Words():
            raise Malformed(
                "Say what to change: `--topic TEXT`, `--access public|private|invite`, `--ask`, `--listed`, "
                "`--language`, `--questions TEXT`, `--grace 7d`, `--offer on|off` or `--timezone`."
            )
        return await _describe(call, network, words)

    @command(
        "group describe",
        topic="groups",
        requires=may(Deed.DESCRIBE, "group"),
        examples=["group describe arts-uk/painting --topic Oil and water"],
        meanwhile="Changing …",
    )
    async def describe_group(
        self,
        call: Call,
        group: Annotated[GroupId, "the group"],
        *,
        topic: Annotated[Name | None, "what it is about"] = None,
        access: Annotated[Access | None, "who gets in"] = None,
        ask: Annotated[bool, "others may ask a coordinator to let them in"] = False,
        no_ask: Annotated[bool, "they may not"] = False,
        listed: Annotated[bool, "an invite group shows its name to members of the network"] = False,
        no_listed: Annotated[bool, "it does not"] = False,
    ) -> Described:
        """Change its topic or who gets in."""
        words = _Words(topic, access, _either(ask, no_ask), _either(listed, no_listed))
        if words == _Words():
            raise Malformed(
                "Say what to change: `--topic TEXT`, `--access public|private|invite`, `--ask` or `--listed`."
            )
        return await _describe(call, group, words)


@dataclass(frozen=True, slots=True)
class _Words:
    """What is to be changed; None stays as it is."""

    topic: str | None = None
    access: Access | None = None
    ask: bool | None = None
    listed: bool | None = None
    language: str | None = None
    questions: str | None = None
    grace_days: int | None = None
    offers_groups: bool | None = None
    timezone: str | None = None


async def _rename(call: Call, place: PlaceId, name: str) -> Renamed:
    before = named(call.landscape, place)
    if changes.check_name(name) == call.landscape.place(place).name:
        return Renamed(before, before)
    if place.is_network:
        check_no_lookalike(call.landscape, call.standing, name, await audience_of(call))
    landscape = changes.rename(call.landscape, call.work.ids, place, name)
    await call.work.change(landscape, what=f"rename {before.name} to {name}", about=place)
    return Renamed(named(landscape, place), before)


async def _describe(call: Call, place: PlaceId, words: _Words) -> Described:
    before, called = call.landscape.place(place), named(call.landscape, place)
    check_words(words.access or before.access, bool(words.ask), bool(words.listed))
    landscape = changes.describe(call.landscape, call.work.ids, place, **asdict(words))
    after = landscape.place(place)
    if _WIDTHS[after.access] > _WIDTHS[before.access]:
        await _confirm_opening(call, landscape, place)
    if after != before:
        await call.work.change(landscape, what="describe", about=place)
    new_topic = after.topic if after.topic != before.topic else None
    changed = after != before
    ways = ways_in(landscape, place, await audience_of(call))
    if not changed:
        return Described(called, called, ways, None, None, changed)
    asked = None if words.questions is None or not call.heard.is_direct else words.questions.splitlines()
    return Described(
        named(landscape, place),
        called,
        ways,
        new_topic,
        words.language,
        changed,
        None if asked is None else tuple(asked),
        words.grace_days,
        words.offers_groups,
        words.timezone,
    )


_WIDTHS = {Access.INVITE: 0, Access.PRIVATE: 1, Access.PUBLIC: 2}


async def _confirm_opening(call: Call, opened: Landscape, place: PlaceId) -> None:
    """What was said among few is going to be read by more."""
    before, touched = call.landscape, opened.changed_since(call.landscape)
    rooms = [one for one in touched if _is_opened(before, opened, one)]
    people = await previews.people_in(call, rooms)
    ways = ways_in(opened, place, await audience_of(call))
    call.confirm(previews.opening(named(before, place), ways, len(rooms), len(people)))


def _is_opened(before: Landscape, after: Landscape, place: PlaceId) -> bool:
    return _WIDTHS[after.place(place).access] > _WIDTHS[before.place(place).access]


def _either(on: bool, off: bool) -> bool | None:
    """What a pair of flags says: yes, no, or nothing. Refuses both at once."""
    if on and off:
        raise Conflict("An option and its opposite cannot both hold. Leave one of them out.")
    return True if on else False if off else None
