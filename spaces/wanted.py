"""What each place's room should be: a landscape read as Matrix state (PRODUCT: who finds it, who gets in)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spaces.actions import Content, StateEvent
from spaces.bans import bans_on
from spaces.identifiers import ALIAS_PREFIX, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Banned, Digest, Group, Network, Purpose, Status
from spaces.power_levels import RoomKind
from spaces.publishing import published_under

STORIES_LEAVE = "Stories from here may stand in digests."
"""What the topic of a group says behind its own words where its coordinators let stories leave it."""
ENCRYPTION: Content = {"algorithm": "m.megolm.v1.aes-sha2"}
_KIT_ORDER = {Purpose.WELCOME: "!a", Purpose.NEWS: "!b"}
_HISTORY = {Access.PUBLIC: "shared", Access.PRIVATE: "shared", Access.INVITE: "invited"}


@dataclass(frozen=True)
class WantedRoom:
    """The room of one place as it should be in the end.

    `state` holds all but the power levels, which depend on the room's version and on what is found.
    `invited` are those whom the bot invites once. `barred` are places that no Space shows. `alias` is
    the localpart shown to people. `published_under` are the ecosystems in whose room directories it stands.
    `banned` are kept out of it.
    """

    place: PlaceId
    kind: RoomKind
    state: Mapping[tuple[str, str], Content]
    coordinators: tuple[UserId, ...]
    former: tuple[UserId, ...] = ()
    archived: bool = False
    alias: str | None = None
    published_under: frozenset[NetworkId] = frozenset()
    invited: tuple[UserId, ...] = ()
    children: Mapping[PlaceId, Content] = field(default_factory=dict)
    barred: frozenset[PlaceId] = frozenset()
    banned: tuple[Banned, ...] = ()


def wanted_room(landscape: Landscape, place: PlaceId, server: str) -> WantedRoom | None:
    """The room that `place` should have on `server`.

    None for one that has none (a waiting bridge), or that is being handed over.
    """
    found = landscape.place(place)
    if landscape.status_of(place) in (Status.PROPOSED, Status.RELEASED):
        return None
    return _space(landscape, found, server) if isinstance(found, Network) else _room(landscape, found, server)


def room_name(landscape: Landscape, place: Network | Group) -> str:
    """The name that clients show: a kit room bears its network's name in front."""
    name = place.name
    if isinstance(place, Group) and place.is_kit and place.name == place.purpose:
        name = f"{landscape.networks[place.home].name}: {name}"
    return f"{name} (archived)" if landscape.status_of(place.id) is Status.ARCHIVED else name


def shown_topic(place: Network | Group) -> str:
    """The topic that clients show: it says so where stories may leave the room for digests."""
    if isinstance(place, Group) and place.digest is Digest.STORIES:
        return f"{place.topic} {STORIES_LEAVE}".strip()
    return place.topic


def own_topic(shown: str) -> str:
    """What `shown_topic` shows, without what it adds."""
    return shown.removesuffix(STORIES_LEAVE).rstrip() if shown.endswith(STORIES_LEAVE) else shown


def join_rules(landscape: Landscape, place: Network | Group) -> Content:
    """The content of `m.room.join_rules`."""
    access = _word_of(landscape, place)
    if access is Access.PUBLIC:
        return {"join_rule": "public"}
    allowed: tuple[PlaceId, ...]
    if isinstance(place, Network):
        allowed = tuple(sorted(landscape.parents(place.id))) if access is Access.PRIVATE else ()
    else:
        open_to_members = access is Access.PRIVATE or place.is_kit
        allowed = (place.home, *sorted(landscape.shares_of(place.id))) if open_to_members else ()
    if not allowed:
        return {"join_rule": "invite"}
    return {
        "join_rule": "restricted",
        "allow": [{"type": "m.room_membership", "room_id": room} for room in allowed],
    }


def alias_of(landscape: Landscape, place: Network | Group) -> str | None:
    """The localpart of the alias that people see: public places have one, and only they."""
    if _word_of(landscape, place) is not Access.PUBLIC or landscape.status_of(place.id) is not Status.ACTIVE:
        return None
    return ALIAS_PREFIX + landscape.slug_of(place.id).replace("/", "_")


def _word_of(landscape: Landscape, place: Network | Group) -> Access:
    return (
        landscape.networks[place.home].access if isinstance(place, Group) and place.is_kit else place.access
    )


def _space(landscape: Landscape, network: Network, server: str) -> WantedRoom:
    parents = landscape.parents(network.id) if network.status is Status.ACTIVE else ()
    coordinators = landscape.coordinators_of(network.id)
    return WantedRoom(
        place=network.id,
        kind=RoomKind.SPACE,
        state=_state(landscape, network, parents, server),
        coordinators=coordinators,
        former=landscape.former_coordinators_of(network.id),
        archived=network.status is Status.ARCHIVED,
        alias=alias_of(landscape, network),
        published_under=published_under(landscape, network),
        invited=coordinators if network.status is Status.ACTIVE else (),
        children=_children(landscape, network, server),
        barred=_barred(landscape, network),
        banned=bans_on(landscape, network.id),
    )


def _room(landscape: Landscape, group: Group, server: str) -> WantedRoom:
    status = landscape.status_of(group.id)
    parents = (group.home, *landscape.shares_of(group.id)) if status is Status.ACTIVE else ()
    coordinators = landscape.coordinators_of(group.home)
    shut = not group.is_kit and group.access is Access.INVITE and status is Status.ACTIVE
    return WantedRoom(
        place=group.id,
        kind=RoomKind.NEWS if group.purpose is Purpose.NEWS else RoomKind.TALK,
        state=_state(landscape, group, parents, server),
        coordinators=coordinators,
        former=landscape.former_coordinators_of(group.home),
        archived=status is Status.ARCHIVED,
        alias=alias_of(landscape, group),
        published_under=published_under(landscape, group),
        invited=coordinators if shut else (),
        banned=bans_on(landscape, group.id),
    )


def _state(
    landscape: Landscape, place: Network | Group, parents: tuple[NetworkId, ...], server: str
) -> Mapping[tuple[str, str], Content]:
    alias = alias_of(landscape, place)
    events = [
        StateEvent("m.room.name", {"name": room_name(landscape, place)}),
        StateEvent("m.room.join_rules", join_rules(landscape, place)),
        StateEvent("m.room.history_visibility", {"history_visibility": _HISTORY[_word_of(landscape, place)]}),
        StateEvent("m.room.guest_access", {"guest_access": "forbidden"}),
        StateEvent("m.room.canonical_alias", {"alias": f"#{alias}:{server}"} if alias else {}),
    ]
    if topic := shown_topic(place):
        events.append(StateEvent("m.room.topic", {"topic": topic}))
    if isinstance(place, Group) and place.encrypted:
        events.append(StateEvent("m.room.encryption", ENCRYPTION))
    for n, parent in enumerate(parents):
        events.append(StateEvent("m.space.parent", {"via": [server], "canonical": n == 0}, parent))
    return {(event.type, event.state_key): event.content for event in events}


def _barred(landscape: Landscape, network: Network) -> frozenset[PlaceId]:
    """What is below the network, or was, and stands in no Space."""
    below = (*(group.id for group in landscape.groups_of(network.id)), *landscape.all_children(network.id))
    return frozenset(place for place in below if landscape.is_unlisted(place))


def _children(landscape: Landscape, network: Network, server: str) -> Mapping[PlaceId, Content]:
    if network.status is not Status.ACTIVE:
        return {}
    children: dict[PlaceId, Content] = {}
    shared = [landscape.groups[group] for group in landscape.shared_with(network.id)]
    for group in (*landscape.groups_of(network.id), *shared):
        if group.status is Status.ACTIVE and (group.is_kit or group.access is not Access.INVITE):
            order = {"order": _KIT_ORDER[group.purpose]} if group.is_kit else {}
            children[group.id] = {"via": [server], "suggested": group.is_kit, **order}
    for child in map(landscape.networks.__getitem__, landscape.children(network.id)):
        if child.access is not Access.INVITE:
            children[child.id] = {"via": [server], "suggested": False}
    return children
