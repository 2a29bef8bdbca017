"""What somebody may find, as naively as the table "Who finds it, who gets in" says it, and nothing else.

It reads the bare values of the landscape only: none of its indexes, and nothing of `spaces/access.py`.
"""

from __future__ import annotations

from spaces.access import Standing
from spaces.directory import Entry, Seen
from spaces.identifiers import GroupId, NetworkId, PlaceId
from spaces.landscape import Landscape
from spaces.network import Access, Group, Link, Network, Share, Status
from tests.leaks.worlds import NOW, World


class Oracle:
    """One person in one landscape."""

    def __init__(self, landscape: Landscape, person: Standing) -> None:
        self.landscape = landscape
        self.person = person

    # -- who somebody is ---------------------------------------------------------------------------

    def coordinates(self, network: NetworkId) -> bool:
        named = self.landscape.coordinators.values()
        return any(c.network == network and c.user == self.person.user and not c.former for c in named)

    def is_member(self, network: NetworkId) -> bool:
        return self.coordinates(network) or any(p in self.person.joined for p in self._inside(network))

    def is_invited(self, network: NetworkId) -> bool:
        return any(p in self.person.invited for p in self._inside(network))

    def _inside(self, network: NetworkId) -> list[PlaceId]:
        return [network, *(g.id for g in self.landscape.groups.values() if g.home == network)]

    # -- what is there ------------------------------------------------------------------------------

    def _links(self, network: NetworkId) -> list[Link]:
        return [k for k in self.landscape.links.values() if network in (k.parent, k.child)]

    def _is_awake(self, network: NetworkId) -> bool:
        return self.landscape.networks[network].status is not Status.ARCHIVED

    def _shares(self, group: Group) -> list[Share]:
        return [share for share in self.landscape.shares.values() if share.group == group.id]

    def is_active(self, place: PlaceId) -> bool:
        if place in self.landscape.networks:
            return self.landscape.networks[NetworkId(place)].status is Status.ACTIVE
        group = next((g for g in self.landscape.groups.values() if g.id == place), None)
        return group is not None and group.status is Status.ACTIVE and self.is_active(group.home)

    # -- what they find -----------------------------------------------------------------------------

    def finds(self, place: PlaceId) -> bool:
        """Whether they may find this place in the directory, where only what is active is."""
        if not self.is_active(place):
            return False
        for network in self.landscape.networks.values():
            if network.id == place:
                return self._finds_network(network)
        return self._finds_group(next(g for g in self.landscape.groups.values() if g.id == place))

    def knows(self, place: PlaceId) -> bool:
        """Whether they may know that it is there: an archive too, and a bridge that waits for a yes."""
        if place in self.landscape.networks:
            network = self.landscape.networks[NetworkId(place)]
            if network.status is not Status.PROPOSED:
                return self._finds_network(network)
            parents = [link.parent for link in self._links(network.id) if link.child == network.id]
            return any(self.coordinates(end) for end in (network.id, *parents))
        group = self.landscape.groups[GroupId(place)]
        is_in = group.id in self.person.joined or group.id in self.person.invited
        if self.landscape.networks[group.home].status is not Status.PROPOSED:
            return self._finds_group(group)
        return is_in or self.knows(group.home)

    def _finds_network(self, network: Network) -> bool:
        """public: everyone. private: members of any parent; with --ask everyone. invite: with --listed those
        of the parents. Its members and those invited always; and who is asked about a link or a share."""
        if network.access is Access.PUBLIC or (network.access is Access.PRIVATE and network.ask):
            return True
        if self.is_member(network.id) or self.is_invited(network.id):
            return True
        for link in self._links(network.id):
            is_child_of_mine = link.holds and link.child == network.id and self.is_member(link.parent)
            if is_child_of_mine and (network.access is Access.PRIVATE or network.listed):
                return True
            waits = not link.holds and self._is_awake(link.parent) and self._is_awake(link.child)
            if waits and (self.coordinates(link.parent) or self.coordinates(link.child)):
                return True
        for group in self.landscape.groups.values():
            for share in self._shares(group):
                waits = not share.holds and self._is_awake(group.home) and self._is_awake(share.network)
                if share.network == network.id and waits and self.coordinates(group.home):
                    return True
        return False

    def _finds_group(self, group: Group) -> bool:
        if group.id in self.person.joined or group.id in self.person.invited or self.coordinates(group.home):
            return True
        home = self.landscape.networks[group.home]
        if group.is_kit:  # the kit of a network is as open as its Space
            return home.access is Access.PUBLIC or self.is_member(home.id) or self.is_invited(home.id)
        shares = self._shares(group)
        if any(not share.holds and self.coordinates(share.network) for share in shares):
            return True  # who is asked whether it may be shared with theirs
        if group.access is Access.PUBLIC:
            return True
        if group.access is Access.INVITE:
            return group.listed and self.is_member(home.id)
        if group.ask and self._finds_network(home):
            return True
        return self.is_member(home.id) or any(s.holds and self.is_member(s.network) for s in shares)

    def may_find(self, entry: Entry) -> bool:
        """Whether this row is for them."""
        if entry.ends_at is not None and entry.ends_at <= NOW:
            return False
        if entry.seen is Seen.EVERYONE or (entry.owner is not None and entry.owner == self.person.user):
            return True
        if entry.place is None or entry.seen is Seen.NOBODY:
            return False
        if entry.seen is Seen.FINDERS:
            return self.finds(entry.place)
        is_network = entry.place in self.landscape.networks
        return is_network and self.is_active(entry.place) and self.is_member(NetworkId(entry.place))


def seen_by(world: World, person: Standing) -> tuple[tuple[Entry, ...], Landscape]:
    """The rows that are for them, and the landscape with nothing in it but the networks that they find."""
    oracle = Oracle(world.landscape, person)
    rows = tuple(entry for entry in world.entries if oracle.may_find(entry))
    networks = {n: value for n, value in world.landscape.networks.items() if oracle.finds(n)}
    links = {
        ends: link
        for ends, link in world.landscape.links.items()
        if ends[0] in networks and ends[1] in networks
    }
    return rows, Landscape(networks=networks, links=links)
