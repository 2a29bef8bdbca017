"""An invented county of five hundred entries: its networks, groups, organisations, services, people, offers
and wants. The same each time, and made up throughout.

`python -m tests.golden.county` shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from appservice.directory import entries_of
from spaces import changes
from spaces.access import Sight, Sights, Standing
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Kind
from tests.bot.fake_work import CountedIds
from tests.golden import things

ASKER = UserId("@ash:example.org")


@dataclass(frozen=True, slots=True)
class County:
    """`asker` is a member of Marlbrook Together; `hidden` are titles that they may not find."""

    landscape: Landscape
    entries: tuple[Entry, ...]
    asker: Sight
    hidden: frozenset[str]


def county() -> County:
    made = _Made()
    top = made.network("Elvershire", kind=Kind.ECOSYSTEM, topic="All that goes on in the county")
    towns = {
        town: made.network(f"{town} Together", top, topic=f"What goes on in {town}") for town in things.TOWNS
    }
    themes = {name: made.network(name, top, topic=topic) for name, topic in things.THEMES}
    for name, topic, above in things.BRANCHES:
        made.network(name, towns.get(above) or themes[above], topic=topic)
    quiet = made.network("Quiet Harbour", top, access=Access.INVITE, topic="Refuge, shelter and safe houses")
    for number, (town, network) in enumerate(towns.items()):
        for name, topic in things.groups_in(number):
            made.group(f"{town} {name}", network, topic)
    for name, topic, above in things.OTHER_GROUPS:
        made.group(name, towns.get(above) or themes[above], topic)
    listings = [*_listings(towns), *_hidden(quiet)]
    joined = frozenset({towns["Marlbrook"]})
    sight = Sights(made.landscape).of(Standing(ASKER, joined=joined))
    places = entries_of(made.landscape, [*made.landscape.networks, *made.landscape.groups])
    hidden = frozenset({"Quiet Harbour", *(entry.title for entry in _hidden(quiet))})
    return County(made.landscape, (*places, *listings), sight, hidden)


class _Made:
    def __init__(self) -> None:
        self.landscape, self._ids = Landscape(), CountedIds()

    def network(
        self,
        name: str,
        under: NetworkId | None = None,
        *,
        kind: Kind = Kind.NETWORK,
        access: Access = Access.PUBLIC,
        topic: str = "",
    ) -> NetworkId:
        above = () if under is None else (under,)
        self.landscape, made = changes.create_network(
            self.landscape,
            self._ids,
            name=name,
            kind=kind,
            access=access,
            topic=topic,
            under=above,
            agreed=above,
            has_kit=False,
        )
        return made

    def group(self, name: str, network: NetworkId, topic: str) -> None:
        self.landscape, _ = changes.create_group(
            self.landscape, self._ids, name=name, home=network, access=Access.PUBLIC, topic=topic
        )


def _listings(towns: dict[str, NetworkId]) -> Iterator[Entry]:
    number = 10_000
    for index, (town, network) in enumerate(towns.items()):
        for kind, name, about, where in things.listed_in(index):
            number += 1
            yield _entry(kind, number, f"{town} {name}", network, about, f"{where}, {town}")
    for kind, name, about, town in things.SINGLE_LISTINGS:
        number += 1
        yield _entry(kind, number, name, towns[town], about, town)
    for kind, text, town in things.exchanged():
        number += 1
        yield _entry(kind, number, text, towns[town], "", "")
    for name, town, skills, interests in things.PEOPLE:
        user = f"@{name.split()[0].lower()}-{name.split()[-1].lower()}:example.org"
        for part, text in (("skills", skills), ("interests", interests)):
            yield Entry(
                ListingKind.PERSON,
                user,
                name,
                Seen.EVERYONE,
                owner=UserId(user),
                part=part,
                about=text,
                located=town,
            )


def _hidden(quiet: NetworkId) -> Iterator[Entry]:
    for number, (name, about) in enumerate(things.HIDDEN):
        yield _entry(ListingKind.SERVICE, 90_000 + number, name, quiet, about, "Marlbrook")


def _entry(kind: ListingKind, number: int, title: str, network: NetworkId, about: str, located: str) -> Entry:
    return Entry(kind, str(number), title, Seen.FINDERS, network, network, about=about, located=located)


if __name__ == "__main__":
    for entry in county().entries:
        print(f"{entry.kind:13} {entry.title} | {entry.about} | {entry.located}")
