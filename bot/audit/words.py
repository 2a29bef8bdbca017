"""What an entry of the audit log tells a reader, who may not see all of what differs, in sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from bot.audit.notes import what_was_noted
from bot.audit.ports import Entry
from bot.languages import LANGUAGES
from bot.networks.rules import named
from bot.reply import Bold, Inline, Person, Text
from spaces.access import Standing, may_see
from spaces.differences import Changed, Presence, home_of
from spaces.forgetting import is_stub
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import (
    ACCESSES,
    EVERYWHERE,
    Banned,
    Coordinator,
    Group,
    Link,
    Network,
    Pause,
    Share,
    Status,
)
from spaces.sentences import Listed, Sentence, counted, listed, sentence

_SAID_AT_MOST = 6
_TOPIC_AT_MOST = 120


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and the networks whose entries they read: these they know, and what is in them."""

    landscape: Landscape
    standing: Standing
    networks: Collection[NetworkId]

    def knows(self, place: PlaceId) -> bool:
        """Being an admin shows nothing here: a look at what is hidden is noted where it is made."""
        there = place in self.landscape.networks or place in self.landscape.groups
        if there and home_of(self.landscape, place) in self.networks:
            return True
        return there and may_see(self.landscape, replace(self.standing, is_admin=False), place)

    def name(self, place: PlaceId) -> Inline:
        if self.knows(place):
            return Bold(named(self.landscape, place).name)
        return sentence("a network that you cannot see")


def who_did(entry: Entry) -> Inline:
    if is_stub(entry.who):
        return sentence("someone who asked to be forgotten")
    if entry.who.startswith("@"):
        return Person(UserId(entry.who))
    if entry.who == "operator":
        return sentence("the operator")
    return Text("Hedgerow" if entry.who == "hedgerow" else entry.who)


def what_was_done(entry: Entry, reader: Reader) -> Sentence | Listed:
    """All of it that the reader may know, without its subject and full stop."""
    phrases = list(_phrases(entry, reader))
    more = len(phrases) - _SAID_AT_MOST
    if more > 0:
        phrases = [*phrases[:_SAID_AT_MOST], counted("one thing more", "{count} things more", more)]
    said = listed(phrases) if phrases else _unseen(entry, reader)
    if entry.undoes is not None:
        return sentence("undid entry {number}: {what}", number=entry.undoes, what=said)
    return said


def _unseen(entry: Entry, reader: Reader) -> Sentence:
    """An entry of which no difference is kept, or none that may be seen."""
    place = PlaceId(entry.about)
    if not reader.knows(place):
        return sentence("did something that you cannot see")
    if entry.changed:
        return sentence("changed {place}", place=reader.name(place))
    return what_was_noted(entry, reader.name(place))


def _phrases(entry: Entry, reader: Reader) -> Iterator[Sentence]:
    made = {one.value.id for one in entry.changed if one.before is None and isinstance(one.value, Network)}
    for one in entry.changed:
        match one.value:
            case Group(home=home, is_kit=True) if home in made or _is_kits_access(one):
                pass
            case Link(child=child) if child in made and one.after is not None and not one.value.canonical:
                yield from _of_link(one, reader)
            case Network(id=place) | Group(id=place):
                if reader.knows(place):
                    yield from _of_place(one, reader)
            case Link():
                yield from _of_link(one, reader)
            case Share():
                yield from _of_share(one, reader)
            case Coordinator():
                yield from _of_coordinator(one, reader)
            case Banned():
                yield from _of_ban(one, reader)
            case Presence(place=place, user=user):
                yield from _of_presence(one, reader, place, user)


def _is_kits_access(one: Changed) -> bool:
    before, after = one.before, one.after
    if not isinstance(before, Group) or not isinstance(after, Group):
        return False
    return replace(before, access=after.access) == after


# -- networks and groups --------------------------------------------------------------------------


def _of_place(one: Changed, reader: Reader) -> Iterator[Sentence]:
    before, after = one.before, one.after
    if not isinstance(after, (Network, Group)):
        return
    place = reader.name(after.id)
    if not isinstance(before, (Network, Group)):
        yield sentence("made {place}", place=place)
        return
    if before.name != after.name:
        yield sentence("renamed {before} to {after}", before=Bold(before.name), after=Bold(after.name))
    if before.status is not after.status:
        woken = before.status is Status.ARCHIVED and after.status is Status.ACTIVE
        yield replace(_RESTORED if woken else _STATUSES[after.status], parts={"place": place})
    if before.topic != after.topic:
        yield _topic(before.topic, after.topic, place)
    if before.access is not after.access:
        yield sentence(
            "changed who gets into {place} from {before} to {after}",
            place=place,
            before=ACCESSES[before.access],
            after=ACCESSES[after.access],
        )
    yield from _smaller(before, after, place)


def _smaller(before: Network | Group, after: Network | Group, place: Inline) -> Iterator[Sentence]:
    if before.ask != after.ask and before.access is after.access:
        if after.ask:
            yield sentence("let others ask to come into {place}", place=place)
        else:
            yield sentence("let others no longer ask to come into {place}", place=place)
    if before.listed != after.listed and before.access is after.access:
        if after.listed:
            yield sentence("listed {place} for members of the network above", place=place)
        else:
            yield sentence("listed {place} no longer for members of the network above", place=place)
    if isinstance(before, Network) and isinstance(after, Network) and before.language != after.language:
        language = LANGUAGES.get(after.language, after.language)
        yield sentence("chose {language} as the language of {place}", language=language, place=place)
    if isinstance(before, Network) and isinstance(after, Network) and before.timezone != after.timezone:
        if after.timezone:
            yield sentence("chose {zone} as the time zone of {place}", zone=after.timezone, place=place)
        else:
            yield sentence("chose no time zone for {place}", place=place)
    if before.paused != after.paused:
        yield replace(_PAUSES[after.paused], parts={"place": place})
    if isinstance(before, Network) and isinstance(after, Network):
        yield from _for_applicants_and_newcomers(before, after, place)


_PAUSES = {
    Pause.NONE: sentence("resumed {place}"),
    Pause.ROOM: sentence("paused {place}"),
    Pause.ALL: sentence("paused {place}"),
    Pause.FIGHT: sentence("gave up a fight over {place}"),
}


def _for_applicants_and_newcomers(before: Network, after: Network, place: Inline) -> Iterator[Sentence]:
    if before.questions != after.questions:
        yield _questions(before.questions, after.questions, place)
    if before.grace_days != after.grace_days:
        yield sentence(
            "changed how many days people stay in {place} without a path from {before} to {after}",
            place=place,
            before=before.grace_days,
            after=after.grace_days,
        )
    if before.offers_groups != after.offers_groups:
        if after.offers_groups:
            yield sentence("had everyone who joins {place} told of its groups", place=place)
        else:
            yield sentence("no longer had everyone who joins {place} told of its groups", place=place)


def _questions(before: str, after: str, place: Inline) -> Sentence:
    was, now = _short(" ".join(before.split())), _short(" ".join(after.split()))
    if not before:
        return sentence("asked who applies to {place}: “{questions}”", place=place, questions=now)
    if not after:
        return sentence("asked who applies to {place} no longer: “{questions}”", place=place, questions=was)
    return sentence(
        "changed what who applies to {place} is asked from “{before}” to “{after}”",
        place=place,
        before=was,
        after=now,
    )


_STATUSES = {
    Status.PROPOSED: sentence("proposed {place}"),
    Status.ACTIVE: sentence("brought {place} about"),
    Status.ARCHIVED: sentence("archived {place}"),
    Status.RELEASED: sentence("released {place}"),
}
_RESTORED = sentence("restored {place}")


def _topic(before: str, after: str, place: Inline) -> Sentence:
    was, now = _short(before), _short(after)
    if not before:
        return sentence("gave {place} the topic “{topic}”", place=place, topic=now)
    if not after:
        return sentence("took the topic “{topic}” from {place}", place=place, topic=was)
    return sentence(
        "changed the topic of {place} from “{before}” to “{after}”", place=place, before=was, after=now
    )


def _short(text: str) -> str:
    return text if len(text) <= _TOPIC_AT_MOST else f"{text[:_TOPIC_AT_MOST]}…"


# -- what lies between them -----------------------------------------------------------------------


def _of_link(one: Changed, reader: Reader) -> Iterator[Sentence]:
    before, after = one.before, one.after
    value = one.value
    if not isinstance(value, Link) or not (reader.knows(value.child) or reader.knows(value.parent)):
        return
    ends = {"child": reader.name(value.child), "parent": reader.name(value.parent)}
    if after is None:
        holds = isinstance(before, Link) and before.holds
        if holds:
            yield sentence("took {child} out from under {parent}", **ends)
        else:
            yield sentence("said no to {child} being under {parent}", **ends)
    elif before is None:
        if value.holds:
            yield sentence("put {child} under {parent}", **ends)
        else:
            yield sentence("asked for {child} to be under {parent}", **ends)
    elif isinstance(before, Link) and before.holds != value.holds:
        yield sentence("agreed that {child} is under {parent}", **ends)


def _of_share(one: Changed, reader: Reader) -> Iterator[Sentence]:
    value = one.value
    if not isinstance(value, Share) or not reader.knows(value.group):
        return
    ends = {"group": reader.name(value.group), "network": reader.name(value.network)}
    if one.after is None:
        yield sentence("shares {group} with {network} no longer", **ends)
    elif value.holds:
        yield sentence("shares {group} with {network}", **ends)
    else:
        yield sentence("asked to share {group} with {network}", **ends)


def _of_coordinator(one: Changed, reader: Reader) -> Iterator[Sentence]:
    value = one.value
    if not isinstance(value, Coordinator) or not reader.knows(value.network):
        return
    person, network = Person(value.user), reader.name(value.network)
    if value.former or one.after is None:
        yield sentence("took the role of a coordinator of {network} from {person}", **_two(person, network))
    else:
        yield sentence("made {person} a coordinator of {network}", **_two(person, network))


def _two(person: Inline, network: Inline) -> dict[str, Inline]:
    return {"person": person, "network": network}


def _of_ban(one: Changed, reader: Reader) -> Iterator[Sentence]:
    value = one.value
    if not isinstance(value, Banned):
        return
    if value.place == EVERYWHERE:
        if reader.standing.is_admin and one.after is None:
            yield sentence("ended the rule against {who}", who=value.who)
        elif reader.standing.is_admin:
            yield sentence("banned {who} from all networks", who=value.who)
        return
    if not reader.knows(value.place):
        return
    parts = {"who": value.who, "place": reader.name(value.place)}
    if one.after is None:
        yield sentence("ended the ban of {who} from {place}", **parts)
    elif value.reason:
        yield sentence("banned {who} from {place} (“{reason}”)", **parts, reason=value.reason)
    else:
        yield sentence("banned {who} from {place}", **parts)


def _of_presence(one: Changed, reader: Reader, place: PlaceId, user: UserId) -> Iterator[Sentence]:
    if not reader.knows(place):
        return
    if one.after is None:
        yield sentence("took {person} out of {place}", person=Person(user), place=reader.name(place))
    else:
        yield sentence("invited {person} to {place} again", person=Person(user), place=reader.name(place))
