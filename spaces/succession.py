"""Who takes over a network that nobody looks after any more (PRODUCT: R2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from spaces.access import Standing, is_member
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Status

VOICES = 3
NEWCOMER_SECONDS = 7 * 86_400.0


def is_orphaned(landscape: Landscape, network: NetworkId) -> bool:
    """Whether nobody looks after a network that is in use."""
    is_active = landscape.networks[network].status is Status.ACTIVE
    return is_active and not landscape.coordinators_of(network)


def orphaned_since(before: Landscape, after: Landscape) -> list[NetworkId]:
    """The networks that have lost their last coordinator from one landscape to the next."""
    return sorted(
        network
        for network in {network for network, _ in after.differing(before, "coordinators")}
        if network in before.networks
        and network in after.networks
        and before.coordinators_of(network)
        and is_orphaned(after, network)
    )


def speaks_from_above(landscape: Landscape, user: UserId, network: NetworkId) -> bool:
    """Whether they coordinate a network that `network` is under: their one word is enough."""
    return not landscape.coordinated_by(user).isdisjoint(landscape.parents(network))


def may_speak(landscape: Landscape, standing: Standing, network: NetworkId) -> bool:
    """Whether they have a say in who looks after it: its members, and who speaks from above."""
    return is_member(landscape, standing, network) or speaks_from_above(landscape, standing.user, network)


def has_say_at(came: float | None, unattended: float | None) -> float:
    """When somebody has a say who came into the network at `came`; 0 for who has one anyway.

    Nobody looks after it since `unattended`. Who was there then has a say at once, and who came later
    after a week in it: else three accounts made in a minute could take over whatever is public. None is
    not known, as of who was there before Hedgerow looked.
    """
    if came is None or (unattended is not None and came <= unattended):
        return 0.0
    return came + NEWCOMER_SECONDS


def takes_over(
    landscape: Landscape, network: NetworkId, nominee: UserId, voices: Mapping[UserId, Standing]
) -> bool:
    """Whether `voices` are enough: three members but for the nominee, or one that speaks from above.

    Who has left since has no say any more.
    """
    others = {user: standing for user, standing in voices.items() if user != nominee}
    if any(speaks_from_above(landscape, user, network) for user in others):
        return True
    return sum(is_member(landscape, standing, network) for standing in others.values()) >= VOICES


def heard(voices: Collection[UserId], nominee: UserId) -> int:
    """How many have spoken for the nominee, who does not count."""
    return sum(user != nominee for user in voices)


def fallen_silent(
    landscape: Landscape, last_words: Mapping[UserId, float], now: float, after_seconds: float
) -> list[NetworkId]:
    """The networks in use whose coordinators, all of them, were last heard of that long ago.

    Of whom nothing is known yet, nothing is concluded.
    """
    long_ago = {user for user, at in last_words.items() if at <= now - after_seconds}
    return sorted(
        network.id
        for network in landscape.networks.values()
        if network.status is Status.ACTIVE
        and (people := landscape.coordinators_of(network.id))
        and long_ago.issuperset(people)
    )
