"""Whether there is anybody of the name that was typed, where they are to be given something at once."""

from __future__ import annotations

from bot.command import Call
from bot.invitations.ports import Account
from spaces.errors import Unavailable, Unknown
from spaces.identifiers import UserId


class ToLookUp(Exception):
    """The homeserver has to be asked for `user` first: the command is said once more after it."""

    def __init__(self, user: UserId) -> None:
        super().__init__("this has to be looked up")
        self.user = user


async def must_be_there(call: Call, user: UserId) -> None:
    """Go on only if `user` exists, as far as our homeserver knows; to be called before anything is changed.

    A homeserver invites names that nobody has: who takes one later would have what was given to it.
    Raises `ToLookUp`, `Unknown`, `Unavailable`.
    """
    match await call.work.invitations.account_of(user, call.heard):
        case Account.UNASKED:
            raise ToLookUp(user)
        case Account.NOBODY:
            raise Unknown(
                "This server knows nobody called {person}. Nothing was done. Check how the name is written: "
                "their client shows it in their profile.",
                person=user,
            )
        case Account.UNTOLD:
            raise Unavailable(
                "This server does not tell at present whether there is {person}. Nothing was done. Try again "
                "in a little while.",
                person=user,
            )
        case Account.THERE:
            return
