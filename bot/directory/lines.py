"""One entry of the directory in one line: what it is, where it belongs, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.networks.phrases import KINDS as KINDS_OF_NETWORKS
from bot.networks.phrases import link, links
from bot.networks.rules import Named, named
from bot.reply import Bold, Inline
from spaces.access import Sight
from spaces.directory import KINDS, Entry, ListingKind
from spaces.identifiers import GroupId, NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.sentences import Sentence, sentence

_LONGEST_TITLE = 120
_LONGEST_TEXT = 60
_FIELDS: dict[str, Sentence] = {
    "skills": sentence("skills"),
    "interests": sentence("interests"),
    "place": sentence("place"),
    "about": sentence("about"),
}
"""The parts of a person's entry that are shown where they answer."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as far as who has a sight may know it.

    `place` is the network or group that it is itself, `above` where it belongs, `matching` the rows of a
    person's entry that answer. `reached_by` is how to reach them, if the reader is told. `is_in`: the reader
    is in that place. `is_own`: it is the reader's.
    """

    entry: Entry
    place: Named | None = None
    above: tuple[Named, ...] = ()
    matching: tuple[Entry, ...] = ()
    reached_by: str = ""
    is_in: bool = False
    is_own: bool = False


def told(
    landscape: Landscape,
    sight: Sight,
    entry: Entry,
    parts: Iterable[Entry] = (),
    joined: frozenset[PlaceId] = frozenset(),
) -> Told:
    """What there is to tell of it; `joined` are places that the reader is in."""
    itself = _place_of(landscape, entry)
    above = (named(landscape, n) for n in _above(landscape, entry) if n in sight.finds)
    return Told(
        entry,
        None if itself is None else named(landscape, itself),
        tuple(above),
        tuple(part for part in parts if part.part in _FIELDS and part.about),
        is_in=itself in joined,
        is_own=sight.user in (entry.owner, entry.key),
    )


def _place_of(landscape: Landscape, entry: Entry) -> PlaceId | None:
    if entry.kind is ListingKind.NETWORK and entry.key in landscape.networks:
        return NetworkId(entry.key)
    if entry.kind is ListingKind.GROUP and entry.key in landscape.groups:
        return GroupId(entry.key)
    return None


def _above(landscape: Landscape, entry: Entry) -> Sequence[NetworkId]:
    if entry.kind is ListingKind.NETWORK:
        return landscape.parents(NetworkId(entry.key)) if entry.key in landscape.networks else ()
    return (entry.network,) if entry.network in landscape.networks and entry.network is not None else ()


# -- the line -------------------------------------------------------------------------------------------


def line_of(shown: Told, landscape: Landscape) -> Sentence:
    """Such as “Painting, group, in Arts UK – `join arts-uk/painting`”."""
    kind, *others = _facts(shown, landscape)
    facts = sentence("{before}, {next}", before=_title(shown), next=kind)
    for fact in others:
        facts = sentence("{before}, {next}", before=facts, next=fact)
    return _with_next_step(shown, facts)


def _title(shown: Told) -> Inline:
    return link(shown.place) if shown.place else Bold(_cut(shown.entry.title, _LONGEST_TITLE))


def _facts(shown: Told, landscape: Landscape) -> list[Sentence | str]:
    entry, kind = shown.entry, KINDS[shown.entry.kind]
    if entry.kind is ListingKind.NETWORK and shown.place:
        kind = KINDS_OF_NETWORKS[landscape.networks[NetworkId(shown.place.id)].kind]
    facts: list[Sentence | str] = [kind]
    if shown.above and entry.kind is ListingKind.NETWORK:
        facts.append(sentence("under {networks}", networks=links(shown.above)))
    elif shown.above:
        facts.append(sentence("in {networks}", networks=links(shown.above)))
    if entry.located:
        facts.append(_cut(entry.located, _LONGEST_TEXT))
    for part in shown.matching:
        if part.about == entry.located:
            continue
        text = _cut(part.about, _LONGEST_TEXT)
        facts.append(sentence("{field}: {text}", field=_FIELDS[part.part], text=text))
    if shown.reached_by:
        facts.append(shown.reached_by)
    if entry.stale:
        facts.append(sentence("nobody has confirmed it lately"))
    return facts


def _with_next_step(shown: Told, facts: Sentence) -> Sentence:
    """Each kind has one: come in, write to them, look closer, or ask."""
    entry = shown.entry
    if shown.place is not None:
        if shown.is_in:
            return sentence("{facts} – you are in it", facts=facts)
        return sentence("{facts} – `join {slug}`", facts=facts, slug=shown.place.slug)
    match entry.kind:
        case ListingKind.PERSON if shown.is_own:
            return sentence("{facts} – that is you", facts=facts)
        case ListingKind.PERSON:
            return sentence("{facts} – write to {person}", facts=facts, person=entry.key)
        case ListingKind.ORGANISATION | ListingKind.SERVICE:
            return sentence("{facts} – `show listing {number}`", facts=facts, number=entry.key)
        case ListingKind.OFFER | ListingKind.WANT if shown.is_own:
            return sentence("{facts} – yours, `mine` shows it", facts=facts)
        case ListingKind.OFFER | ListingKind.WANT:
            return sentence("{facts} – `ask {number}`", facts=facts, number=entry.key)
    return facts


def _cut(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"
