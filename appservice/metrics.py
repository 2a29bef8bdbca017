"""Numbers for whoever watches, in Prometheus' format; labels are words of ours, so nobody's name.

Each service has a registry of its own. What is not among the words that a label may have is told as
`other`, a command that there is not as `unknown`: nothing that is sent here can make a new series.

What is rare and worth a look is told as 0 from the start: Prometheus sees no increase in a series that
begins with 1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import TracebackType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from appservice.homeserver import HomeserverError, Limited, Unreachable
from appservice.homeserver.kinds import CALLS, OTHER, kind_of_call
from appservice.store.backlog import Backlog
from appservice.version import VERSION
from appservice.watching import Watch

FAMILIES = {
    "m.room.message": "message",
    "m.room.encrypted": "encrypted",
    "m.room.member": "membership",
    "m.room.redaction": "redaction",
    "m.reaction": "reaction",
}
STATE = "state"
KINDS = frozenset(  # what the keys of actions begin with
    {
        *("CreateRoom", "ReadBack", "SetState", "Alias", "Listing", "Membership", "Say", "Redact", "Join"),
        *("LetGo", "MarkDirect", "TakeIn", "Adopt", "Follow", "Renew", "ReadFile", "ReadMessage"),
        *("EndDirect", "LookUp"),
    }
)
UNKNOWN = "unknown"
COMMAND_RESULTS = frozenset({"done", "refused", "asked", "shown", "failed"})
_GIVEN_UP, _FAILED = "given up", "failed"
ACTION_RESULTS = frozenset({"delivered", "limited", "put off", _GIVEN_UP})
TICK_RESULTS = frozenset({"done", _FAILED, "broken off"})
CALL_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)

# What the parts of the service count for themselves, and is read when somebody asks.
READ = {
    "hedgerow_transactions_total": "Transactions kept.",
    "hedgerow_events_set_aside_total": "Events that could not be handled and were set aside.",
    "hedgerow_invitations_refused_total": "Invitations of the bot that were not even looked at.",
    "hedgerow_undecryptable_total": "Encrypted events given up because their key did not come.",
    "hedgerow_cross_signed": "1 where the bot's device is cross-signed.",
    "hedgerow_homeserver_answers": "1 where the homeserver answers.",
    "hedgerow_pinged": "1 where the homeserver reaches the service.",
}


class Meters(Watch):
    """The numbers of one service. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._registry = CollectorRegistry(auto_describe=False)
        self._commands: Collection[str] = frozenset()
        self._of_this_event: list[tuple[str, str]] = []
        self._due: dict[str, float] = {}
        self._make_traffic()
        self._make_work()
        self._make_state()
        ProcessCollector(registry=self._registry)

    def _make_traffic(self) -> None:
        events = self._counter("events", "Events kept to be handled, each once.", "family")
        self._events = {family: events.labels(family) for family in (*FAMILIES.values(), STATE)}
        help_ = "Calls to the homeserver: how long each kind took, by what came of it."
        self._calls = Histogram(
            "hedgerow_homeserver_call_seconds",
            help_,
            ("call", "result"),
            registry=self._registry,
            buckets=CALL_SECONDS,
        )
        self._limited = self._counter("homeserver_limited", "Calls that were answered with 429.", "call")
        for call in CALLS:
            self._limited.labels(call)

    def _make_work(self) -> None:
        self._said = self._counter("commands", "Commands by what came of them.", "command", "result")
        self._actions = self._counter("actions", "Tries of actions by what came of them.", "kind", "result")
        for kind in KINDS:
            self._actions.labels(kind, _GIVEN_UP)
        self._digests = self._counter("digests_sent", "Editions that have reached their room.")
        self._ticks = self._counter("ticks", "Turns of ticks by what came of them.", "tick", "result")
        self._late = self._gauge("tick_late_seconds", "How late the last turn of a tick began.", "tick")
        failed = self._counter("database_errors", "Statements that the database did not carry out.", "kind")
        self._database = {kind: failed.labels(kind) for kind in ("busy", "failed")}

    def _make_state(self) -> None:
        self._lag = self._gauge("inbox_lag_seconds", "For how long the oldest event has waited.")
        self._waiting = self._gauge("inbox_waiting", "Events and transactions that wait to be handled.")
        self._aside = self._gauge("inbox_set_aside", "Events that are set aside at present.")
        self._depth = self._gauge("outbox_depth", "Actions that wait to be delivered.", "kind")
        self._oldest = self._gauge("outbox_oldest_seconds", "For how long the oldest has waited.", "kind")
        for kind in KINDS:
            self._depth.labels(kind), self._oldest.labels(kind)
        self._acting = self._gauge("acting", "1 in the process that acts, 0 in one that stands by.")
        self._gauge("build_info", "1, of this version.", "version").labels(VERSION).set(1)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"hedgerow_{name}", help_, labels, registry=self._registry)

    def _gauge(self, name: str, help_: str, *labels: str) -> Gauge:
        return Gauge(f"hedgerow_{name}", help_, labels, registry=self._registry)

    # -- asked for -------------------------------------------------------------------------------

    def render(self) -> str:
        """All numbers in Prometheus' text exposition format 0.0.4."""
        return generate_latest(_Asked(self._registry)).decode()

    def reads(self, read: Callable[[], Mapping[str, float]]) -> None:
        """From now on what `read` gives is told, too: names of `READ` and their values."""
        self._registry.register(_Read(read))

    # -- told ------------------------------------------------------------------------------------

    def knows(self, commands: Iterable[str]) -> None:
        """These commands are counted by their names, all others as `unknown`."""
        self._commands = frozenset(commands)

    def acts(self, acting: bool) -> None:
        """Whether this process acts, or stands by."""
        self._acting.set(acting)

    def measured(self, backlog: Backlog) -> None:
        """How much waits, and for how long."""
        self._lag.set(backlog.lag)
        self._waiting.set(backlog.waiting)
        self._aside.set(backlog.set_aside)
        for kind in KINDS:
            depth, age = backlog.outbox.get(kind, (0, 0.0))
            self._depth.labels(kind).set(depth)
            self._oldest.labels(kind).set(age)

    def kept(self, types: Iterable[str]) -> None:
        for type_ in types:
            self._events[FAMILIES.get(type_, STATE)].inc()

    def command(self, name: str, result: str) -> None:
        self._of_this_event.append((_among(self._commands, name, UNKNOWN), _among(COMMAND_RESULTS, result)))

    def settled(self) -> None:
        for labels in self._of_this_event:
            self._said.labels(*labels).inc()
        self._of_this_event.clear()

    def undone(self) -> None:
        self._of_this_event.clear()

    def action(self, key: str, result: str) -> None:
        kind = _among(KINDS, key.partition(":")[0])
        self._actions.labels(kind, _among(ACTION_RESULTS, result)).inc()

    def digest_sent(self) -> None:
        self._digests.inc()

    def call(self, method: str, path: str) -> _Call:
        return _Call(self, kind_of_call(path))

    def called(self, call: str, result: str, began: float) -> None:
        """A call of this kind has ended."""
        self._calls.labels(_among(CALLS, call), result).observe(max(self._clock() - began, 0.0))
        if result == "limited":
            self._limited.labels(_among(CALLS, call)).inc()

    def now(self) -> float:
        return self._clock()

    def tick_begins(self, name: str, every: float) -> None:
        now = self._clock()
        self._late.labels(name).set(max(now - self._due.get(name, now), 0.0))
        self._due[name] = now + every
        self._ticks.labels(name, _FAILED)

    def tick_ended(self, name: str, result: str) -> None:
        self._ticks.labels(name, _among(TICK_RESULTS, result)).inc()

    def database_failed(self, *, busy: bool) -> None:
        self._database["busy" if busy else "failed"].inc()


class _Call:
    """Around one call: how long it takes and what comes of it."""

    __slots__ = ("_began", "_call", "_meters")

    def __init__(self, meters: Meters, call: str) -> None:
        self._meters, self._call, self._began = meters, call, meters.now()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._meters.called(self._call, _result_of(error), self._began)


class _Asked(Collector):
    """What is told of a registry: not when each series began, which the library counts as well."""

    def __init__(self, registry: Collector) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [one for one in metric.samples if not one.name.endswith("_created")]
            yield metric


class _Read(Collector):
    """Numbers that others count for themselves."""

    def __init__(self, read: Callable[[], Mapping[str, float]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        for name, value in self._read().items():
            family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield family(name, READ[name], value)


def _result_of(error: BaseException | None) -> str:
    match error:
        case None:
            return "ok"
        case Limited():
            return "limited"
        case Unreachable(status=0):
            return "unreachable"
        case HomeserverError(status=status):
            return "failed" if status >= 500 else "refused"
    return "broken off"


def _among(words: Collection[str], word: str, otherwise: str = OTHER) -> str:
    return word if word in words else otherwise
