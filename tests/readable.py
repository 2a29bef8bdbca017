"""What a homeserver lets somebody read of a room, event by event, naively: the rules of the client-server API
("Room history visibility") word for word, on a past of which everything is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["member", "visibility", "said"]


@dataclass(frozen=True)
class Happened:
    """`who` is whose membership it is, or who speaks; `what` a membership, a visibility or an event."""

    kind: Kind
    who: str
    what: str


@dataclass
class Past:
    """All that has happened in one room, in its order. It began with history as `first`."""

    first: str = "shared"
    events: list[Happened] = field(default_factory=list)

    def add(self, kind: Kind, who: str, what: str) -> int:
        """Returns the index of the event."""
        self.events.append(Happened(kind, who, what))
        return len(self.events) - 1

    def visibility_at(self, n: int) -> str:
        set_before = (e.what for e in reversed(self.events[:n]) if e.kind == "visibility")
        return next(set_before, self.first)

    def membership_at(self, n: int, who: str) -> str:
        own = (e.what for e in reversed(self.events[:n]) if (e.kind, e.who) == ("member", who))
        return next(own, "leave")

    def membership(self, who: str) -> str:
        return self.membership_at(len(self.events), who)

    def joined_since(self, who: str) -> int | None:
        """The index of the join with which the stay of somebody who is there now began."""
        since = None
        for n, event in enumerate(self.events):
            if (event.kind, event.who) == ("member", who):
                since = None if event.what != "join" else n if since is None else since
        return since

    def may_read(self, who: str, n: int) -> bool:
        """The five rules, for a message: who may read what was said as the n-th."""
        visibility, then = self.visibility_at(n), self.membership_at(n, who)
        joined_later = any((e.kind, e.who, e.what) == ("member", who, "join") for e in self.events[n:])
        if visibility == "world_readable":
            return True
        if then == "join":
            return True
        if visibility == "shared" and joined_later:
            return True
        return visibility == "invited" and then == "invite"
