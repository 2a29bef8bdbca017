"""Each command counts once, with what came of it."""

from __future__ import annotations

import pytest

from bot.command import ToConfirm
from bot.counting import counting
from bot.invitations.accounts import ToLookUp
from bot.reply import say
from spaces.errors import Unknown
from spaces.identifiers import UserId


@pytest.mark.parametrize(
    ("end", "results"),
    [
        (None, ["done"]),
        (Unknown("There is no such thing."), ["refused"]),
        (ToConfirm(say("It would be gone."), "delete"), ["shown"]),
        (ToLookUp(UserId("@ben:hs.test")), []),  # it is said again, and counts then
        (ValueError("broken"), ["failed"]),
    ],
)
def test_a_command_counts_once(end: Exception | None, results: list[str]) -> None:
    counted: list[tuple[str, str]] = []

    def said() -> None:
        with counting(lambda command, result: counted.append((command, result)), "delete"):
            if end is not None:
                raise end

    if end is None:
        said()
    else:
        with pytest.raises(type(end)):
            said()
    assert counted == [("delete", result) for result in results]
