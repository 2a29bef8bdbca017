"""What is asked of the fake and of the real Synapse alike. Each scenario is a function of a `Probe`."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from tests.synapse.probe import Probe
from tests.synapse.scenarios import around, belonging, creating, talking

Scenario = Callable[[Probe], Awaitable[None]]
SCENARIOS: list[Scenario] = [
    function
    for module in (creating, belonging, talking, around)
    for _, function in inspect.getmembers(module, inspect.iscoroutinefunction)
]
