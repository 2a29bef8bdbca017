"""Networks and groups are made: with their kit, their links and their slug; and which would be the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from spaces.access import Standing, may_see
from spaces.consent import archived, released, settled
from spaces.errors import Conflict
from spaces.identifiers import GroupId, NetworkId, Slug, UserId
from spaces.landscape import Landscape
from spaces.lookalikes import folded
from spaces.naming import (
    check_name,
    check_public_home,
    check_topic,
    group_slug,
    network_slug,
    networks_called,
)
from spaces.network import Access, Coordinator, Group, Kind, Link, Network, Purpose, Status

_KIT = {
    Kind.NETWORK: (Purpose.WELCOME, Purpose.NEWS),
    Kind.BRIDGE: (Purpose.WELCOME, Purpose.NEWS),
    Kind.ECOSYSTEM: (Purpose.NEWS,),
}
_USUAL = {Kind.NETWORK: Access.PUBLIC, Kind.ECOSYSTEM: Access.PUBLIC, Kind.BRIDGE: Access.PRIVATE}


class Ids(Protocol):
    """Where new random ids come from.

    What is said of a place is for those that know its room already, and then give the id that it has.
    """

    def network(
        self, name: str = "", under: Sequence[NetworkId] = (), people: Collection[UserId] = ()
    ) -> NetworkId: ...

    def group(self, name: str = "", home: NetworkId | None = None) -> GroupId: ...

    def suffix(self) -> str:
        """Four random characters of a-z and 0-9, for the slug of what is not public."""


def create_network(
    landscape: Landscape,
    ids: Ids,
    *,
    name: str,
    kind: Kind = Kind.NETWORK,
    access: Access | None = None,
    ask: bool = False,
    listed: bool = False,
    topic: str = "",
    language: str = "",
    under: Sequence[NetworkId] = (),
    agreed: Collection[NetworkId] = (),
    by: UserId | None = None,
    coordinators: Iterable[UserId] = (),
    has_kit: bool = True,
) -> tuple[Landscape, NetworkId]:
    """A new network, with a kit if it `has_kit`, under its parents, the first of which is canonical.

    A link to a parent that is not in `agreed` waits for its yes. A bridge with such a link is proposed
    and nothing of it is in Matrix; any other network is active at once. Without `access` a bridge is
    private and the others are public. Raises `Conflict` for a bridge of fewer than two parents and
    for a parent that is not active.
    """
    parents = tuple(dict.fromkeys(under))
    _check_parents(landscape, kind, parents)
    word = access or _USUAL[kind]
    people = tuple(dict.fromkeys(coordinators))
    id_ = ids.network(name, parents, people)
    id_ = id_ if id_ not in landscape.networks else ids.network()
    made = Network(
        id_, check_name(name), Slug(""), kind, word, ask, listed, check_topic(topic), Status.ACTIVE
    )
    if kind is Kind.BRIDGE and not set(parents) <= set(agreed):
        made = replace(made, status=Status.PROPOSED)
    made = replace(
        made, language=language, slug=slug_for(landscape, ids, made, parents[0] if parents else None)
    )
    kit = [_kit_group(landscape, ids, made, purpose) for purpose in _KIT[kind] if has_kit]
    links = [Link(p, made.id, p == parents[0], p in agreed, True, by) for p in parents]
    named = [Coordinator(made.id, user) for user in people]
    return settled(landscape.having(made, *kit, *links, *named), made.id), made.id


def create_group(
    landscape: Landscape,
    ids: Ids,
    *,
    name: str,
    home: NetworkId,
    access: Access = Access.PRIVATE,
    ask: bool = False,
    listed: bool = False,
    encrypted: bool = False,
    topic: str = "",
    may_wait: bool = False,
) -> tuple[Landscape, GroupId]:
    """A new group of `home`.

    Raises `Conflict` where `home` is archived or only proposed, and for a public group of a home that
    is not public: its slug and alias would tell everyone that of its home.
    With `may_wait` a group of a proposed home is proposed with it, and comes about when it does.
    """
    waits = may_wait and landscape.networks[home].status is Status.PROPOSED
    if not waits:
        check_active(landscape, home)
    kept, group = check_name(name), _group_id(landscape, ids, name, home)
    if access is Access.PUBLIC:
        check_public_home(landscape, kept, home)
    made = Group(
        id=group,
        home=home,
        name=kept,
        slug=group_slug(landscape, group, home, kept),
        access=access,
        ask=ask,
        listed=listed,
        encrypted=encrypted,
        topic=check_topic(topic),
        status=Status.PROPOSED if waits else Status.ACTIVE,
    )
    return landscape.having(made), group


def same_network(
    landscape: Landscape, standing: Standing, name: str, parents: Iterable[NetworkId]
) -> NetworkId | None:
    """The network that is "the same": of that name and under those parents, awake, seen by the speaker."""
    awake = (n for n in networks_called(landscape, name, parents) if n.status is not Status.ARCHIVED)
    return next((n.id for n in awake if may_see(landscape, standing, n.id)), None)


def same_group(landscape: Landscape, standing: Standing, name: str, home: NetworkId) -> GroupId | None:
    """The group of that name in `home`, not archived, seen by the speaker."""
    for group in landscape.groups_of(home):
        same = folded(group.name) == folded(name) and group.status is not Status.ARCHIVED
        if same and may_see(landscape, standing, group.id):
            return group.id
    return None


def _group_id(landscape: Landscape, ids: Ids, name: str, home: NetworkId) -> GroupId:
    found = ids.group(name, home)
    return found if found not in landscape.groups else ids.group()


def _kit_group(landscape: Landscape, ids: Ids, network: Network, purpose: Purpose) -> Group:
    waits = network.status is Status.PROPOSED
    return Group(
        id=_group_id(landscape, ids, f"{network.name}: {purpose.value}", network.id),
        home=network.id,
        name=purpose.value,
        slug=Slug(purpose.value),
        access=network.access,
        purpose=purpose,
        status=Status.PROPOSED if waits else Status.ACTIVE,
    )


def slug_for(landscape: Landscape, ids: Ids, network: Network, parent: NetworkId | None) -> Slug:
    """A slug of its name that is free; what is not public gets random characters to it."""
    hidden = network.access is not Access.PUBLIC
    suffix = ids.suffix() if hidden else None
    return network_slug(landscape, network.id, network.name, parent=parent, hidden_by=suffix)


def _check_parents(landscape: Landscape, kind: Kind, parents: tuple[NetworkId, ...]) -> None:
    if kind is Kind.BRIDGE and len(parents) < 2:
        raise Conflict(
            "A bridge joins at least two networks. Name two: `bridge create NAME --between A and B`."
        )
    for parent in parents:
        check_active(landscape, parent)


def check_active(landscape: Landscape, network: NetworkId) -> None:
    """Raise `Conflict` for a network that is archived, released or only proposed."""
    found = landscape.networks[network]
    if found.status is Status.ARCHIVED:
        raise archived(found)
    if found.status is Status.RELEASED:
        raise released(found)
    if found.status is Status.PROPOSED:
        raise Conflict(
            "“{network}” still waits for a yes of its parents. Try again once it has theirs.",
            network=found.name,
        )
