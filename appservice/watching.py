"""What the parts of the service tell whoever counts: `Watch`, which counts nothing by itself.

Words given here are taken as they are only where they are words of ours; `metrics.Meters` sees to that.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext


class Watch:
    """Hears of all that is counted, and forgets it."""

    def kept(self, types: Iterable[str]) -> None:
        """Events of these types were kept, to be handled."""

    def command(self, name: str, result: str) -> None:
        """A command came to an end within the event that is being handled."""

    def settled(self) -> None:
        """What was done for that event is committed."""

    def undone(self) -> None:
        """What was done for that event is not."""

    def action(self, key: str, result: str) -> None:
        """An action of that key was tried: `delivered`, `limited`, `put off` or `given up`."""

    def digest_sent(self) -> None:
        """An edition has reached its room."""

    def call(self, method: str, path: str) -> AbstractContextManager[object]:
        """Around a call to the homeserver."""
        return nullcontext()

    def tick_begins(self, name: str, every: float) -> None:
        """A tick begins, which is to begin again in `every` seconds."""

    def tick_ended(self, name: str, result: str) -> None:
        """It ended: `done`, `failed` or `broken off`."""

    def database_failed(self, *, busy: bool) -> None:
        """The database did not do what it was told; `busy`: others were in the way."""


UNWATCHED = Watch()
