"""Faults on order: what goes wrong with one call, and where everything stops."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.fake.wire import Call

Matcher = str | Callable[[Call], bool]
HTML = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """What happens instead of a proper answer.

    `acts`: whether the call takes effect. `drops`: the connection is cut instead of answered.
    `status` None leaves the proper answer. `delay` is in seconds, before acting. `hangs` waits for
    `FakeHomeserver.release()` after acting. `stops_at` breaks off createRoom: after taking the alias,
    or after the creator's join. `garbles` makes other text of the proper answer's; `halves` cuts the
    connection in the middle of it.
    """

    status: int | None = None
    body: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    acts: bool = False
    drops: bool = False
    delay: float = 0.0
    hangs: bool = False
    stops_at: Literal["alias", "join"] | None = None
    garbles: Callable[[str], str] | None = None
    halves: bool = False

    @classmethod
    def too_many(cls, retry_after_ms: Any = None, retry_after: str | None = None) -> Fault:
        """429, with the hint in the body, in the header, in both or in neither."""
        body = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"}
        hint = {} if retry_after_ms is None else {"retry_after_ms": retry_after_ms}
        return cls(429, {**body, **hint}, headers={"Retry-After": retry_after} if retry_after else {})

    @classmethod
    def bad_gateway(cls, acts: bool = False) -> Fault:
        """502 with a reverse proxy's HTML page."""
        return cls(502, text=HTML, headers={"Content-Type": "text/html"}, acts=acts)

    @classmethod
    def gateway_timeout(cls, acts: bool = True) -> Fault:
        return cls(504, text=HTML, headers={"Content-Type": "text/html"}, acts=acts)

    @classmethod
    def error(cls, status: int, errcode: str = "M_UNKNOWN", acts: bool = False, **more: Any) -> Fault:
        return cls(status, {"errcode": errcode, "error": "Internal server error", **more}, acts=acts)

    @classmethod
    def reset(cls, acts: bool = True) -> Fault:
        """The connection is cut without an answer, after the call took effect or before."""
        return cls(acts=acts, drops=True)

    @classmethod
    def empty_answer(cls, acts: bool = True) -> Fault:
        """200 `{}`: a createRoom without a room id."""
        return cls(200, {}, acts=acts)

    @classmethod
    def garbled(cls, garbles: Callable[[str], str]) -> Fault:
        """It is done, and answered with something else than the specification's."""
        return cls(acts=True, garbles=garbles)

    @classmethod
    def half_a_body(cls) -> Fault:
        """It is done; the connection is cut in the middle of the answer."""
        return cls(acts=True, halves=True)

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        return cls(acts=True, delay=seconds)

    @classmethod
    def hanging(cls, acts: bool = True) -> Fault:
        return cls(acts=acts, hangs=True)

    @classmethod
    def ghost_alias(cls) -> Fault:
        """createRoom takes the alias and dies before the first event."""
        return cls(acts=True, drops=True, stops_at="alias")

    @classmethod
    def half_made(cls, status: int = 413) -> Fault:
        """createRoom stops after the creator's join: no power levels, no join rules."""
        body = {"errcode": "M_TOO_LARGE", "error": "event too large"}
        return cls(status, body, acts=True, stops_at="join")


@dataclass
class Limit:
    """A rate limit as Synapse has them: `burst` calls at once, then one every `seconds`."""

    matcher: Matcher
    burst: int
    seconds: float
    refused: int = 0
    _used: float = 0.0
    _at: float = field(default_factory=time.monotonic)

    def check(self, call: Call) -> Fault | None:
        """The 429 for this call, or None if it may pass."""
        if not _matches(self.matcher, call):
            return None
        now = time.monotonic()
        self._used, self._at = max(0.0, self._used - (now - self._at) / self.seconds), now
        if self._used + 1 > self.burst:
            self.refused += 1
            wait = (self._used + 1 - self.burst) * self.seconds
            return Fault.too_many(math.ceil(wait * 1000))
        self._used += 1
        return None


@dataclass
class Script:
    """The faults that wait for their call, and the call at which everything stops."""

    limits: list[Limit] = field(default_factory=list)
    waiting: list[tuple[Matcher, Fault, int | None]] = field(default_factory=list)
    stop_number: int | None = None
    stop_when: Literal["before", "after"] = "before"
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, matcher: Matcher, fault: Fault, times: int | None) -> None:
        self.waiting.append((matcher, fault, times))

    def take(self, call: Call) -> Fault | None:
        """The first fault that waits for such a call; it has then happened once."""
        for index, (matcher, fault, times) in enumerate(self.waiting):
            if _matches(matcher, call):
                if times == 1:
                    del self.waiting[index]
                elif times is not None:
                    self.waiting[index] = (matcher, fault, times - 1)
                return fault
        refusals = (limit.check(call) for limit in self.limits)
        return next((refusal for refusal in refusals if refusal is not None), None)


def _matches(matcher: Matcher, call: Call) -> bool:
    return call.name == matcher if isinstance(matcher, str) else matcher(call)
