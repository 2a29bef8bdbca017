"""Changes of a landscape: each takes one and gives the next, or refuses with a sentence.

Whether the speaker may is `spaces/access.py`'s to say; whether it can be is said here. A change that
changes nothing returns the very landscape that it was given. Consent is in `spaces/consent.py`, coordinators
are in `spaces/coordinating.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from spaces.access import Standing, may_see
from spaces.consent import (
    accept,
    accept_share,
    archived,
    decline,
    link,
    move,
    released,
    settled,
    share,
    unlink,
    unshare,
)
from spaces.coordinating import add_coordinator, remove_coordinator, step_down
from spaces.errors import Conflict
from spaces.identifiers import GroupId, NetworkId, PlaceId, Slug, UserId
from spaces.landscape import Landscape
from spaces.lookalikes import folded
from spaces.naming import (
    check_name,
    check_no_public_groups,
    check_public_home,
    check_topic,
    group_slug,
    network_slug,
    networks_called,
)
from spaces.network import Access, Coordinator, Digest, Group, Kind, Link, Network, Purpose, Status

__all__ = [
    "Ids",
    "accept",
    "accept_share",
    "add_coordinator",
    "archive",
    "check_name",
    "check_topic",
    "create_group",
    "create_network",
    "decline",
    "describe",
    "link",
    "move",
    "remove_coordinator",
    "rename",
    "restore",
    "same_group",
    "same_network",
    "share",
    "step_down",
    "unlink",
    "unshare",
]

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


# -- making ---------------------------------------------------------------------------------------


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
        made, language=language, slug=_slug_for(landscape, ids, made, parents[0] if parents else None)
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
        _check_active(landscape, home)
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


def _slug_for(landscape: Landscape, ids: Ids, network: Network, parent: NetworkId | None) -> Slug:
    hidden = network.access is not Access.PUBLIC
    suffix = ids.suffix() if hidden else None
    return network_slug(landscape, network.id, network.name, parent=parent, hidden_by=suffix)


def _check_parents(landscape: Landscape, kind: Kind, parents: tuple[NetworkId, ...]) -> None:
    if kind is Kind.BRIDGE and len(parents) < 2:
        raise Conflict(
            "A bridge joins at least two networks. Name two: `bridge create NAME --between A and B`."
        )
    for parent in parents:
        _check_active(landscape, parent)


def _check_active(landscape: Landscape, network: NetworkId) -> None:
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


# -- naming and describing ------------------------------------------------------------------------


def rename(landscape: Landscape, ids: Ids, place: PlaceId, name: str) -> Landscape:
    """The place under another name, with a new slug; the old slug keeps leading to it."""
    kept, found = check_name(name), landscape.place(place)
    if kept == found.name:
        return landscape
    if isinstance(found, Group):
        slug = group_slug(landscape, found.id, found.home, kept)
        return landscape.having(replace(found, name=kept, slug=slug))
    return landscape.having(_with_new_slug(landscape, ids, replace(found, name=kept)))


def describe(
    landscape: Landscape,
    ids: Ids,
    place: PlaceId,
    *,
    topic: str | None = None,
    access: Access | None = None,
    ask: bool | None = None,
    listed: bool | None = None,
    language: str | None = None,
    questions: str | None = None,
    grace_days: int | None = None,
    offers_groups: bool | None = None,
    timezone: str | None = None,
    digest: Digest | None = None,
) -> Landscape:
    """The place with what is given changed. A network that becomes or stops being public gets a new slug.

    `ask` holds for what is private only, `listed` for what is by invitation only; a group has no
    `language` and no `questions` of its own, nor what comes after that, but for `digest`, which is a group's
    alone. Raises `Conflict` for the access
    of a kit group, which takes its network's word, for a public group of a network that is not, and for a
    network that would stop being public while it has public groups.
    """
    found = landscape.place(place)
    if isinstance(found, Group):
        if digest is not None and digest is not found.digest:
            found = replace(found, digest=digest)
            landscape = landscape.having(found)
        return _describe_group(landscape, found, topic, access, ask, listed)
    word, asks, shows = _words(found, access, ask, listed)
    new = replace(found, topic=_topic(found, topic), access=word, ask=asks, listed=shows)
    new = replace(new, language=found.language if language is None else language)
    new = replace(new, questions=found.questions if questions is None else questions)
    new = replace(new, grace_days=found.grace_days if grace_days is None else grace_days)
    new = replace(new, offers_groups=found.offers_groups if offers_groups is None else offers_groups)
    new = replace(new, timezone=found.timezone if timezone is None else timezone)
    if Access.PUBLIC in (new.access, found.access) and new.access is not found.access:
        check_no_public_groups(landscape, new)
        new = _with_new_slug(landscape, ids, new)
    kit = (g for g in landscape.groups_of(found.id) if g.is_kit and g.access is not new.access)
    values = [*([new] if new != found else ()), *(replace(g, access=new.access) for g in kit)]
    return landscape.having(*values) if values else landscape


def _describe_group(
    landscape: Landscape,
    group: Group,
    topic: str | None,
    access: Access | None,
    ask: bool | None,
    listed: bool | None,
) -> Landscape:
    if group.is_kit and not (access is None and ask is None and listed is None):
        home = landscape.networks[group.home]
        raise Conflict(
            "“{group}” is part of what “{network}” starts with and open to the same people. "
            "Change that for the whole network: `network describe {slug} --access …`.",
            group=group.name,
            network=home.name,
            slug=home.slug,
        )
    if group.is_kit:
        new = replace(group, topic=_topic(group, topic))
        return landscape.having(new) if new != group else landscape
    word, asks, shows = _words(group, access, ask, listed)
    if word is Access.PUBLIC and group.access is not Access.PUBLIC:
        check_public_home(landscape, group.name, group.home)
    new = replace(group, topic=_topic(group, topic), access=word, ask=asks, listed=shows)
    return landscape.having(new) if new != group else landscape


def _topic(found: Network | Group, topic: str | None) -> str:
    return found.topic if topic is None else check_topic(topic)


def _words(
    found: Network | Group, access: Access | None, ask: bool | None, listed: bool | None
) -> tuple[Access, bool, bool]:
    """Access, ask and listed of `found` with what is given; what its access leaves no meaning is off."""
    word = access or found.access
    asks = found.ask if ask is None else ask
    shows = found.listed if listed is None else listed
    return word, asks and word is Access.PRIVATE, shows and word is Access.INVITE


def _with_new_slug(landscape: Landscape, ids: Ids, network: Network) -> Network:
    parents = landscape.parents(network.id)
    return replace(network, slug=_slug_for(landscape, ids, network, parents[0] if parents else None))


# -- archiving ------------------------------------------------------------------------------------


def archive(landscape: Landscape, place: PlaceId) -> Landscape:
    """The place put to sleep. A network takes its groups along; its links and theirs sleep with it.

    The groups' own status stays as it was, so that `restore` knows which had been archived before.
    """
    found = landscape.place(place)
    if isinstance(found, Network) and found.status is not Status.ARCHIVED:
        return landscape.having(replace(found, status=Status.ARCHIVED))
    if isinstance(found, Group) and found.status is Status.ACTIVE:
        return landscape.having(replace(found, status=Status.ARCHIVED))
    return landscape


def restore(landscape: Landscape, place: PlaceId) -> Landscape:
    """The place woken up, with its links and groups as they were.

    Raises `Conflict` for a group of an archived network, and for a bridge that never came about.
    """
    found = landscape.place(place)
    if isinstance(found, Group) and found.status is Status.ARCHIVED:
        _check_active(landscape, found.home)
    if found.status is not Status.ARCHIVED:
        return landscape
    if any(g.status is Status.PROPOSED for g in landscape.groups_of(NetworkId(place))):
        raise Conflict("“{bridge}” never came about. Propose it again: `bridge create`.", bridge=found.name)
    return landscape.having(replace(found, status=Status.ACTIVE))
