"""Who of a tree that has moved is invited to what: no more than lets them back into what they were in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Group

Members = Mapping[PlaceId, Collection[UserId]]


@dataclass(frozen=True)
class People:
    """Who the people of `old`, a server, are now.

    `renamed` says it of some. All others of that server can be reached only if their `accounts_stay` there;
    people of further servers keep theirs. `bots` are nobody to be invited.
    """

    old: str
    renamed: Mapping[UserId, UserId] = field(default_factory=dict)
    accounts_stay: bool = False
    bots: frozenset[UserId] = frozenset()

    def __call__(self, user: UserId) -> UserId | None:
        now = self.renamed.get(user, user)
        is_left_behind = now == user and user.server == self.old and not self.accounts_stay
        return None if is_left_behind or now in self.bots else now

    def left_behind(self, people: Collection[UserId]) -> list[UserId]:
        """Those who cannot be reached, in alphabetical order."""
        return sorted(user for user in set(people) if self(user) is None and user not in self.bots)


def invitations(tree: Landscape, members: Members) -> list[tuple[PlaceId, UserId]]:
    """Who is to be invited to which place of the tree, spaces before groups.

    Not to what a join rule lets them into once they have followed their other invitations; not to the kit.
    Coordinators are not left out here: they have an invitation of their own.
    """
    inside = {place: frozenset(people) for place, people in members.items()}
    spaces = [(n, u) for n in sorted(tree.networks) for u in sorted(_needing_space(tree, inside, n))]
    reached: dict[PlaceId, frozenset[UserId]] = {
        network: inside.get(network, frozenset()) | _of_kit(tree, inside, network)
        for network in tree.networks
    }
    groups = [
        (group.id, user)
        for group in sorted(tree.groups.values(), key=lambda group: group.id)
        for user in sorted(_needing_group(tree, inside, reached, group))
    ]
    return [*spaces, *groups]


def _needing_space(tree: Landscape, inside: Members, network: NetworkId) -> Iterator[UserId]:
    found = tree.networks[network]
    by_itself = found.access is not Access.INVITE
    above = tree.parents(network) if by_itself else ()
    for user in {*inside.get(network, ()), *_of_kit(tree, inside, network)}:
        if not any(user in inside.get(parent, ()) for parent in above):
            yield user


def _of_kit(tree: Landscape, inside: Members, network: NetworkId) -> frozenset[UserId]:
    """Who is in a room that the network starts with: they come back by way of its Space."""
    kit = (group.id for group in tree.groups_of(network) if group.is_kit)
    return frozenset(user for group in kit for user in inside.get(group, ()))


def _needing_group(tree: Landscape, inside: Members, reached: Members, group: Group) -> Iterator[UserId]:
    if group.is_kit:
        return
    ways = () if group.access is Access.INVITE else (group.home, *tree.shares_of(GroupId(group.id)))
    for user in inside.get(group.id, ()):
        if not any(user in reached[network] for network in ways):
            yield user
