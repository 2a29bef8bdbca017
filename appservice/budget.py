"""How much is done for one person, room or server within a time: the one place that decides.

Pure: `now` is given, in seconds. Kept in memory, for a bounded number of keys; who comes when all
are taken displaces the one that has been quiet longest.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from enum import Enum

from spaces.identifiers import RoomId, UserId

_MINUTE_SECONDS = 60.0
_HOUR_SECONDS = 3600.0
INVITATIONS_BY_PERSON = 10  # an hour
INVITATIONS_BY_SERVER = 100  # an hour
ANSWERS_AMONG_SEVERAL = 5  # a minute, to one person in one room
ANSWERS_IN_DIRECT = 120  # a minute: faster than anybody types, slower than two bots


class Budget:
    """At most `most` within any `seconds`, for each key."""

    def __init__(self, most: int, seconds: float, *, keys: int = 1000) -> None:
        self._most = most
        self._seconds = seconds
        self._keys = keys
        self._taken: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._not_settled: list[Hashable] = []

    def __len__(self) -> int:
        return len(self._taken)

    def is_left(self, key: Hashable, now: float) -> bool:
        """Whether there is something left for `key`."""
        taken = self._taken.get(key, ())
        return sum(0 <= now - at < self._seconds for at in taken) < self._most

    def take(self, key: Hashable, now: float) -> bool:
        """Take one, if there is one left; whether there was."""
        if not self.is_left(key, now):
            return False
        self._taken.setdefault(key, deque(maxlen=self._most)).append(now)
        self._taken.move_to_end(key)
        self._not_settled.append(key)
        while len(self._taken) > self._keys:
            self._taken.popitem(last=False)
        return True

    def settle(self) -> None:
        """What was taken is taken for good."""
        self._not_settled.clear()

    def undo(self) -> None:
        """What was taken since the last time it was settled was not: it will be asked for again."""
        for key in self._not_settled:
            if taken := self._taken.get(key):
                taken.pop()
        self._not_settled.clear()


class Invitations:
    """How many invitations of one person, and from one server, the bot looks at."""

    def __init__(self) -> None:
        self._by_person = Budget(INVITATIONS_BY_PERSON, _HOUR_SECONDS)
        self._by_server = Budget(INVITATIONS_BY_SERVER, _HOUR_SECONDS)
        self.budgets = (self._by_person, self._by_server)
        self.refused = 0

    def take(self, inviter: UserId, now: float, *, known: bool = False) -> bool:
        """Whether this one is looked at. One that a person has too many of costs their server nothing.

        Who is `known` (local, or in a network) is not held up by others of their server.
        """
        has_room = known or self._by_server.is_left(inviter.server, now)
        taken = has_room and self._by_person.take(inviter, now)
        if taken and not known:
            self._by_server.take(inviter.server, now)
        self.refused += not taken
        return taken


class Verdict(Enum):
    """What becomes of something that was said to the bot."""

    ANSWER = "answer"
    LAST_WORD = "say that there was enough"
    SILENCE = "silence"


class Answers:
    """How many answers one person gets in one room: what ends a talk between two bots.

    Who has had them all is told so once, and then hears nothing for a minute.
    """

    def __init__(
        self, among_several: int = ANSWERS_AMONG_SEVERAL, in_direct: int = ANSWERS_IN_DIRECT
    ) -> None:
        self._most = {False: among_several, True: in_direct}
        self._given = {direct: Budget(most, _MINUTE_SECONDS) for direct, most in self._most.items()}
        self._paused = Budget(1, _MINUTE_SECONDS)
        self.budgets = (*self._given.values(), self._paused)

    def most(self, *, direct: bool) -> int:
        """Answers a minute."""
        return self._most[direct]

    def verdict(self, room: RoomId, asker: UserId, now: float, *, direct: bool) -> Verdict:
        """What becomes of something that `asker` says to the bot in `room`."""
        if not self._paused.is_left((room, asker), now):
            return Verdict.SILENCE
        is_left = self._given[direct].is_left((room, asker), now)
        return Verdict.ANSWER if is_left else Verdict.LAST_WORD

    def count(self, room: RoomId, asker: UserId, now: float, *, direct: bool) -> None:
        """They were answered."""
        self._given[direct].take((room, asker), now)

    def pause(self, room: RoomId, asker: UserId, now: float) -> None:
        """They were told that it was enough."""
        self._paused.take((room, asker), now)
