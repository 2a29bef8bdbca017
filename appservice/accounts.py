"""Whether our homeserver has an account of a name that somebody types.

    nobody has met them ──▶ LookUp waits in the outbox, and the message is not answered yet
    the homeserver has said it ──▶ the message is heard once more, and what was said is there for it

What was said is not in the database: a message that is heard again after a restart has it looked up again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from appservice.store import inbox
from bot.invitations.ports import Account
from bot.ports import Heard
from spaces.actions import LookUp
from spaces.identifiers import EventId, UserId

if TYPE_CHECKING:
    from appservice.work import UnitOfWork

_MOST_KEPT = 1_000


class Accounts:
    """What was said of names, for the messages that wait for it: another time they may exist."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[EventId, UserId], Account] = OrderedDict()

    def keep(self, event: EventId, user: UserId, account: Account) -> None:
        self._told[event, user] = account
        if len(self._told) > _MOST_KEPT:
            self._told.popitem(last=False)

    def of(self, event: EventId, user: UserId) -> Account:
        return self._told.get((event, user), Account.UNASKED)


def look_up(work: UnitOfWork, user: UserId, heard: Heard, said: str) -> None:
    """Have it asked whether there is `user`, and then hear `said` in place of what was heard."""
    content = {"msgtype": "m.text", "body": said}
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": heard.thread}} if heard.thread else {}
    work.put(LookUp(heard.room, heard.event, heard.sender, user, {**content, **thread}))


async def looked_up(work: UnitOfWork, action: LookUp, account: Account) -> None:
    work.surroundings.accounts.keep(action.event, action.user, account)
    await inbox.hear_again(work.connection, action.event, action.room, action.sender, action.heard)
