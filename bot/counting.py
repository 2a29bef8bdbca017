"""How often each command was said, and what came of it, for whoever counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.arguments import Missing
from bot.command import ToConfirm
from bot.invitations.accounts import ToLookUp
from spaces.errors import Refusal

Count = Callable[[str, str], None]


def uncounted(command: str, result: str) -> None:
    """Nobody counts."""


@contextmanager
def counting(count: Count, command: str) -> Iterator[None]:
    """`done`, `refused`, `failed`; `asked`: something was missing; `shown`: a preview waits for a yes.

    What is said again after something was looked up is counted then.
    """
    result = "failed"
    try:
        yield
        result = "done"
    except Missing:
        result = "asked"
        raise
    except ToConfirm:
        result = "shown"
        raise
    except ToLookUp:
        result = ""
        raise
    except Refusal:
        result = "refused"
        raise
    finally:
        if result:
            count(command, result)
