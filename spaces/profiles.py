"""What people say about themselves for the directory, and who may find which part of it (behaviour D2).

Pure. Nobody finds anything of a person but what they have shown, to whom they have shown it, and the
members of a network only while the person is a member of it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from spaces.access import Standing, is_member
from spaces.bans import is_banned, rule_on
from spaces.directory import Entry, ListingKind, Seen
from spaces.errors import Malformed
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId, printable
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Access

LONGEST = 300
"""How many characters a field has at most."""


class Field(StrEnum):
    """What can be said about oneself, in the order in which it is shown."""

    SKILLS = "skills"
    INTERESTS = "interests"
    PLACE = "place"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may find a field: everyone, or the members of these networks, or with neither nobody."""

    everyone: bool = False
    networks: frozenset[NetworkId] = frozenset()


NOBODY, EVERYONE = Audience(), Audience(everyone=True)


@dataclass(frozen=True, slots=True)
class Profile:
    """The fields that somebody has written, and who may find those that are found by anybody."""

    user: UserId
    texts: Mapping[Field, str] = field(default_factory=dict)
    shown: Mapping[Field, Audience] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(one for one in Field if one in self.texts)

    @property
    def networks(self) -> frozenset[NetworkId]:
        """All networks to which something is shown."""
        return frozenset().union(*(self.audience(one).networks for one in self.fields))

    def audience(self, one: Field) -> Audience:
        return self.shown.get(one, NOBODY)


# -- changing it ------------------------------------------------------------------------------------


def kept_text(one: Field, typed: str) -> str:
    """What is kept of what was typed. Raises `Malformed` where it is too long."""
    text = " ".join(printable(" ".join(typed.split())).split())
    if len(text) > LONGEST:
        raise Malformed(
            "`{field}` has {length} characters, and {most} is the most. Nothing was changed: "
            "make it shorter.",
            field=one.value,
            length=len(text),
            most=LONGEST,
        )
    return text


def written(profile: Profile, said: Mapping[Field, str]) -> Profile:
    """With these fields; an empty one is taken out. Who finds a field stays, and what is new nobody finds."""
    texts = {**profile.texts, **{one: kept_text(one, typed) for one, typed in said.items()}}
    texts = {one: text for one, text in texts.items() if text}
    return Profile(profile.user, texts, {one: to for one, to in profile.shown.items() if one in texts})


def shown_to_everyone(profile: Profile, fields: Iterable[Field]) -> Profile:
    return _showing(profile, dict.fromkeys(fields, EVERYONE))


def shown_to_members(profile: Profile, fields: Iterable[Field], network: NetworkId) -> Profile:
    """Besides the networks to which they are shown already; what everyone could find only members do."""
    return _showing(
        profile, {one: Audience(networks=profile.audience(one).networks | {network}) for one in fields}
    )


def shown_to_nobody(profile: Profile, fields: Iterable[Field]) -> Profile:
    return _showing(profile, dict.fromkeys(fields, NOBODY))


def _showing(profile: Profile, changed: Mapping[Field, Audience]) -> Profile:
    both = {**profile.shown, **changed}
    shown = {one: to for one, to in both.items() if one in profile.texts and to != NOBODY}
    return replace(profile, shown=shown)


# -- what of it is found ----------------------------------------------------------------------------


def found_now(landscape: Landscape, standing: Standing, profile: Profile) -> Profile:
    """As it is shown at present: to the members of a network only while this person is a member too.

    Who has left it, or is kept out of it, is none. Whom an admin's rule keeps out everywhere nobody finds.
    """
    if rule_on(landscape, standing.user) is not None:
        return replace(profile, shown={})
    here = frozenset(n for n in profile.networks if _is_in(landscape, standing, n))
    shown = {one: replace(to, networks=to.networks & here) for one, to in profile.shown.items()}
    return replace(profile, shown={one: to for one, to in shown.items() if to != NOBODY})


def _is_in(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    return (
        network in landscape.networks
        and is_member(landscape, standing, network)
        and not is_banned(landscape, network, standing.user)
    )


@dataclass(frozen=True, slots=True)
class Names:
    """What somebody is called: by `everyone`, and in a network by its members; else by the localpart."""

    everyone: str = ""
    within: Mapping[NetworkId, str] = field(default_factory=dict)

    def seen_from(self, network: NetworkId | None) -> str:
        return (self.within.get(network, "") if network else "") or self.everyone


def names_among(landscape: Landscape, names: Iterable[tuple[PlaceId, str]]) -> Names:
    """`names` are those that somebody has in the rooms of places.

    Everyone gets to know one of a public room, of several that of the most rooms; members of a network the
    one of its Space. One that stands only in a closed group is told to nobody.
    """
    here = sorted((place, shown) for place, name in names if (shown := _on_one_line(name)))
    public = [name for place, name in here if _is_public(landscape, place)]
    within = {NetworkId(place): name for place, name in here if place in landscape.networks}
    return Names(max(sorted(set(public)), key=public.count, default=""), within)


def _on_one_line(name: str) -> str:
    return " ".join(printable(" ".join(name.split())).split())


def _is_public(landscape: Landscape, place: PlaceId) -> bool:
    if place in landscape.networks:
        return landscape.networks[NetworkId(place)].access is Access.PUBLIC
    group = landscape.groups.get(GroupId(place))
    if group is None:
        return False
    return (landscape.networks[group.home] if group.is_kit else group).access is Access.PUBLIC


def entries_of(profile: Profile, names: Names) -> list[Entry]:
    """The rows of the index for what is `found_now`: one for each field and audience.

    Where somebody is found is told with each field, to those alone to whom the place is shown.
    """
    return [
        _entry(profile, one, network, names) for one in profile.fields for network in _audiences(profile, one)
    ]


def _audiences(profile: Profile, one: Field) -> Iterator[NetworkId | None]:
    """Networks, and None for everyone. Members who see the place besides have a row that tells it."""
    seen, place = profile.audience(one), profile.audience(Field.PLACE)
    if seen.everyone:
        yield None
    yield from sorted(place.networks if seen.everyone else seen.networks)


def _entry(profile: Profile, one: Field, network: NetworkId | None, names: Names) -> Entry:
    localpart = profile.user.localpart
    place = profile.audience(Field.PLACE)
    is_located = place.everyone or network in place.networks
    return Entry(
        ListingKind.PERSON,
        profile.user,
        names.seen_from(network) or localpart,
        Seen.MEMBERS if network else Seen.EVERYONE,
        network,
        network,
        owner=profile.user,
        part=one.value,
        about=profile.texts[one],
        located=profile.texts.get(Field.PLACE, "") if is_located else "",
        more=localpart,
    )


# -- what changes it besides ------------------------------------------------------------------------


def with_other_members(
    before: Landscape, after: Landscape, networks: Iterable[NetworkId]
) -> frozenset[NetworkId]:
    """Those of `networks` where somebody is a member now, or none any more, without coming or going."""
    return frozenset(n for n in networks if _members_by(before, n) != _members_by(after, n))


def has_other_rules(before: Landscape, after: Landscape) -> bool:
    """Whether an admin keeps others out everywhere than before."""
    return before.bans_of(EVERYWHERE) != after.bans_of(EVERYWHERE)


def _members_by(landscape: Landscape, network: NetworkId) -> object:
    coordinators = frozenset(landscape.coordinators_of(network))
    return landscape.places_of(network), coordinators, frozenset(landscape.bans_of(network))
