"""What a killed service leaves at each of its calls, and how it goes on from there.

One run is watched. At each call, before the homeserver acts on it or after, what would be there if the
service were killed just then is put by: what the database has committed, and all that the homeserver holds,
with the transaction that it is handing over. A service that starts on these finds what one that starts
after a kill finds, and for no call has the way up to it to be gone again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Literal

from config.sections import Settings
from tests.databases import Databases
from tests.fake import FakeHomeserver
from tests.hedgerow import running
from tests.kept_rows import Rows

When = Literal["before", "after"]


@dataclass(frozen=True)
class Moment:
    """What is left of a kill at the `call`-th call, counted from 1."""

    call: int
    when: When
    homeserver: bytes = field(repr=False)
    rows: Rows = field(repr=False)

    def __str__(self) -> str:
        return f"call {self.call}, {self.when}"


def in_turns(call: int) -> When:
    """Every other call has been acted on where the service is killed."""
    return "before" if call % 2 else "after"


@contextmanager
def watched(
    fake: FakeHomeserver, databases: Databases, url: str, wanted: Callable[[int], When | None] = in_turns
) -> Iterator[list[Moment]]:
    """The moments of all calls from now on, as they come; `wanted` says which one of a call, if any.

    `url` is that of the service's database. None is missing at the end.
    """
    found, made = list[Moment](), len(fake.calls)

    async def keep(number: int, when: When) -> None:
        call = number - made
        if call > 0 and wanted(call) == when:
            rows = list[Rows]()
            homeserver = await fake.kept(lambda: rows.append(databases.keep(url)))
            found.append(Moment(call, when, homeserver, *rows))

    fake.on_call = keep
    yield found
    fake.on_call = None
    calls = range(1, len(fake.calls) - made + 1)
    assert sorted(moment.call for moment in found) == [call for call in calls if wanted(call)]


@asynccontextmanager
async def gone_on(
    moment: Moment,
    fake: FakeHomeserver,
    databases: Databases,
    settings: Callable[[FakeHomeserver, str], Settings],
) -> AsyncIterator[FakeHomeserver]:
    """`fake` goes on from there, and so does a service."""
    fake.go_on_from(moment.homeserver)
    with databases.holding(moment.rows) as url:
        async with fake, running(settings(fake, url)):
            yield fake
