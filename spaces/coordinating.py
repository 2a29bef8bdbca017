"""Who looks after a network: naming coordinators, and naming them no longer."""

from __future__ import annotations

from spaces.bans import check_not_banned
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Coordinator


def add_coordinator(landscape: Landscape, network: NetworkId, user: UserId) -> Landscape:
    """With `user` a coordinator of `network`, again perhaps. Raises `Conflict` for who is banned from it."""
    if user in landscape.coordinators_of(network):
        return landscape
    check_not_banned(landscape, network, user)
    return landscape.having(Coordinator(network, user))


def remove_coordinator(landscape: Landscape, network: NetworkId, user: UserId) -> Landscape:
    """With `user` a coordinator no longer. Raises `Conflict` for who is none, and for the last one."""
    name, coordinators = landscape.networks[network].name, landscape.coordinators_of(network)
    if user not in coordinators:
        raise Conflict(
            "{person} is not a coordinator of “{network}”. `show` names those it has.",
            person=user,
            network=name,
        )
    if len(coordinators) == 1:
        raise Conflict(
            "{person} is the last coordinator of “{network}”. Name another one first: `coordinator add`.",
            person=user,
            network=name,
        )
    return step_down(landscape, network, user)


def step_down(landscape: Landscape, network: NetworkId, user: UserId) -> Landscape:
    """With `user`, who is one, a coordinator no longer; also if then there is none."""
    return landscape.having(Coordinator(network, user, former=True))
