"""In which order somebody is invited: to a network's Space first, so that its groups show under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from spaces.actions import Action, Invite
from spaces.identifiers import GroupId, NetworkId
from spaces.landscape import Landscape


def space_first(landscape: Landscape, actions: Iterable[Action]) -> list[Action]:
    """`actions` with the invitations to groups behind those to networks that have them, for each person.

    An invitation that something later replaces is left where it is.
    """
    gathered = list(actions)
    last = {action.key: action for action in gathered}
    invited = {(a.room, a.user): a for a in last.values() if isinstance(a, Invite)}
    behind = {
        id(a): keys
        for (_, user), a in invited.items()
        if (keys := tuple(invited[n, user].key for n in _having(landscape, a) if (n, user) in invited))
    }
    waiting = [replace(a, behind=behind[id(a)]) for a in invited.values() if id(a) in behind]
    return [*(a for a in gathered if id(a) not in behind), *waiting]


def _having(landscape: Landscape, invitation: Invite) -> tuple[NetworkId, ...]:
    """The networks under which it shows."""
    group = landscape.groups.get(GroupId(invitation.room))
    return (group.home, *landscape.shares_of(group.id)) if group is not None else ()
