"""Names: what may be one, which slug it gets, and which place somebody means by one (PRODUCT: words)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain

from spaces.errors import Conflict, Malformed
from spaces.identifiers import GroupId, NetworkId, PlaceId, Slug, printable
from spaces.landscape import Landscape
from spaces.lookalikes import folded, mixes_scripts
from spaces.network import ACCESSES, Access, Network
from spaces.sentences import listed, sentence

NAME_AT_MOST = 80
TOPIC_AT_MOST = 1000
_SLUG_AT_MOST = 64
_BEHIND_AT_MOST = 32
_NUMBERS_UP_TO = 100_000
_SIGILS = ("!", "#", "@", "$", "+", "--", "–", "—")
_EVERYONE = re.compile(r"@room\b", re.IGNORECASE)


def check_name(name: str) -> str:
    """`name` as it is kept: NFC, trimmed, single spaces. Raises `Malformed` with a sentence otherwise."""
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept:
        raise Malformed("A name needs at least one letter. One looks like Arts UK.")
    if len(kept) > NAME_AT_MOST:
        raise Malformed(
            "A name has at most {most} characters; that one has {length}. Shorten it.",
            most=NAME_AT_MOST,
            length=len(kept),
        )
    if printable(kept) != kept:
        raise Malformed(
            "“{name}” has characters in it that nobody sees. Type it instead of pasting it.",
            name=printable(kept),
        )
    if mixes_scripts(kept):
        raise Malformed(
            "“{name}” has a word with letters of two scripts that look alike, so that nobody could tell it "
            "from another name. Type each word in one script.",
            name=kept,
        )
    if not any(unicodedata.category(c)[0] in "LNS" for c in kept):
        raise Malformed("“{name}” has no letter or number in it. A name looks like Arts UK.", name=kept)
    if kept.startswith(_SIGILS) or _EVERYONE.search(kept):
        raise Malformed(
            "“{name}” reads like an address, an option or a call to everyone. "
            "Start the name with a letter or a number, and leave @room out of it.",
            name=kept,
        )
    return kept


def check_topic(topic: str) -> str:
    """`topic` as it is kept: one line. Raises `Malformed` where it is too long or has unseen characters."""
    kept = " ".join(unicodedata.normalize("NFC", topic).split())
    if len(kept) > TOPIC_AT_MOST:
        raise Malformed(
            "A topic has at most {most} characters; that one has {length}. Shorten it.",
            most=TOPIC_AT_MOST,
            length=len(kept),
        )
    if printable(kept) != kept:
        raise Malformed("That topic has characters in it that nobody sees. Type it instead of pasting it.")
    return kept


def networks_called(landscape: Landscape, name: str, parents: Iterable[NetworkId]) -> Iterator[Network]:
    """Networks of that name under those parents, or at the top where there are none, archived ones too."""
    above = set(parents)
    for place in landscape.named(name):
        network = landscape.networks.get(NetworkId(place))
        if network is None or folded(network.name) != folded(name):
            continue
        its_parents = set(landscape.all_parents(network.id))
        if above <= its_parents if above else not its_parents:
            yield network


def network_slug(
    landscape: Landscape, network: NetworkId, name: str, *, parent: NetworkId | None, hidden_by: str | None
) -> Slug:
    """The slug for a network of that name: one that no other place was ever given.

    `hidden_by` are random characters for what is not public, so that a clash tells nothing. A parent
    that is not public lends nothing: its own slug is not for everyone.
    """
    base = Slug.of_name(name)
    if hidden_by is not None:
        return _first_free(landscape, network, "", _candidates(_joined(base, hidden_by), []))
    lender = landscape.networks[parent] if parent is not None else None
    above = [_joined(base, lender.slug)] if lender is not None and lender.access is Access.PUBLIC else []
    return _first_free(landscape, network, "", _candidates(base, above))


def group_slug(landscape: Landscape, group: GroupId, home: NetworkId, name: str) -> Slug:
    """The slug for a group of that name, unlike any that its home ever gave to another.

    Only who coordinates the home can make it clash, and they see all of its groups.
    """
    return _first_free(landscape, group, f"{home}/", _candidates(Slug.of_name(name), []))


def check_public_home(landscape: Landscape, group: str, home: NetworkId) -> None:
    """Raise `Conflict` where `home` is not public: a public group's slug and alias tell that of its home."""
    if landscape.networks[home].access is not Access.PUBLIC:
        raise Conflict(
            "“{group}” cannot be public while its network is not: its address would tell everyone the "
            "network's name. Take `--access private`, or make the network public first: `network describe`.",
            group=group,
        )


def check_no_public_groups(landscape: Landscape, network: Network) -> None:
    """Raise `Conflict` where `network`, as it will be, is not public and has public groups."""
    groups = [g for g in landscape.groups_of(network.id) if g.access is Access.PUBLIC and not g.is_kit]
    if groups and network.access is not Access.PUBLIC:
        raise Conflict(
            "“{network}” cannot be {access} while it has public groups, whose addresses tell its name: "
            "{groups}. Make each of them private first: `group describe GROUP --access private`.",
            network=network.name,
            access=ACCESSES[network.access],
            groups=listed(sentence("“{name}”", name=group.name) for group in groups),
        )


def _first_free(landscape: Landscape, place: PlaceId, prefix: str, candidates: Iterator[str]) -> Slug:
    free = (s for s in candidates if landscape.slugs.get(prefix + s, place) == place)
    try:
        return Slug(next(free))
    except StopIteration:
        raise Conflict("There are too many places of that name. Choose another one.") from None


def _candidates(base: str, above: list[str]) -> Iterator[str]:
    last = above[0] if above else base
    return chain((base, *above), _numbered(last))


def _numbered(base: str) -> Iterator[str]:
    return (_joined(base, str(n)) for n in range(2, _NUMBERS_UP_TO))


def _joined(base: str, behind: str) -> str:
    end = behind[:_BEHIND_AT_MOST].strip("-")
    return f"{base[: _SLUG_AT_MOST - len(end) - 1].strip('-')}-{end}"
