"""Numbers for whoever watches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
from prometheus_client.parser import text_string_to_metric_families

from appservice.homeserver import Disowned, HomeserverError, Limited, Unreachable
from appservice.homeserver.kinds import CALLS, kind_of_call
from appservice.metrics import KINDS, READ, Meters
from appservice.store.backlog import Backlog
from spaces.actions import Action, Membership
from spaces.identifiers import RoomId
from tests.clock import Clock

HOSTILE = ("@mallory:hs.test", 'a"} 1\nhedgerow_acting{x="', "Arts UK", "", "done\\", "\u202e", "x" * 5000)
Read = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def meters(clock: Clock) -> Meters:
    made = Meters(clock)
    made.knows(["network create", "help"])
    return made


def read(meters: Meters) -> Read:
    """All samples of ours, read with Prometheus' own reader: name and labels → value."""
    families = text_string_to_metric_families(meters.render())
    samples = (sample for family in families for sample in family.samples)
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for one in samples
        if one.name.startswith("hedgerow_")
    }


def value(meters: Meters, name: str, **labels: str) -> float | None:
    return read(meters).get((name, frozenset(labels.items())))


def test_two_services_in_one_process_count_each_for_itself(meters: Meters) -> None:
    other = Meters(Clock())
    meters.kept(["m.room.message"])
    assert value(meters, "hedgerow_events_total", family="message") == 1
    assert value(other, "hedgerow_events_total", family="message") == 0


def test_what_the_parts_count_themselves_is_read_when_somebody_asks(meters: Meters) -> None:
    counted = dict.fromkeys(READ, 0.0)
    meters.reads(lambda: counted)
    counted["hedgerow_events_set_aside_total"] = 3
    assert value(meters, "hedgerow_events_set_aside_total") == 3
    assert {name for name, _ in read(meters)} >= READ.keys()


def test_a_command_counts_once_what_it_did_is_committed(meters: Meters) -> None:
    meters.command("help", "failed")
    meters.undone()
    meters.command("help", "done")
    assert value(meters, "hedgerow_commands_total", command="help", result="done") is None
    meters.settled()
    meters.settled()
    assert value(meters, "hedgerow_commands_total", command="help", result="done") == 1
    assert value(meters, "hedgerow_commands_total", command="help", result="failed") is None


def test_a_call_is_timed_by_its_kind_and_what_came_of_it(meters: Meters, clock: Clock) -> None:
    ends = {
        "ok": None,
        "limited": Limited("M_LIMIT_EXCEEDED", "", 1.0),
        "refused": HomeserverError(403, "M_FORBIDDEN", ""),
        "failed": HomeserverError(502, "", ""),
        "unreachable": Unreachable("TimeoutError"),
        "broken off": RuntimeError(),
    }
    for error in (*ends.values(), Disowned(401, "M_UNKNOWN_TOKEN", "")):
        path = "/_matrix/client/v3/rooms/!a/send/m.room.message/1"
        with suppress(HomeserverError, RuntimeError), meters.call("PUT", path):
            clock.seconds += 0.2
            if error is not None:
                raise error
    for result in ends:
        labels = {"call": "send", "result": result}
        assert value(meters, "hedgerow_homeserver_call_seconds_count", **labels) == 1 + (result == "refused")
        assert value(meters, "hedgerow_homeserver_call_seconds_bucket", le="0.1", **labels) == 0
        assert value(meters, "hedgerow_homeserver_call_seconds_bucket", le="0.25", **labels) != 0
    assert value(meters, "hedgerow_homeserver_limited_total", call="send") == 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/_matrix/client/v3/createRoom", "create_room"),
        ("/_matrix/client/v3/rooms/%21a%3Ahs.test/state/m.room.member/%40a%3Ahs.test", "state"),
        ("/_matrix/client/v3/rooms/%21a%3Ahs.test/state?x=1", "state"),
        ("/_matrix/client/v1/rooms/%21a/hierarchy?from=x", "hierarchy"),
        ("/_matrix/client/v1/media/download/hs.test/x", "media"),
        ("/_matrix/client/v3/user/%40a/account_data/m.direct", "account_data"),
        ("/_matrix/client/versions", "versions"),
        ("/_matrix/client/v3/rooms/%21a", "other"),
        ("/_matrix/client/v3/rooms/%21a/alice", "other"),
        ("/_matrix/client/v3/", "other"),
        ("/_matrix/client/", "other"),
        ("/", "other"),
        ("", "other"),
    ],
)
def test_the_kind_of_a_call_is_a_word_of_ours(path: str, kind: str) -> None:
    assert kind_of_call(path) == kind
    assert kind in CALLS


def test_a_tick_is_late_by_what_it_begins_after_its_turn(meters: Meters, clock: Clock) -> None:
    meters.tick_begins("digests", 10)
    assert value(meters, "hedgerow_tick_late_seconds", tick="digests") == 0
    clock.seconds += 17.5
    meters.tick_begins("digests", 10)
    assert value(meters, "hedgerow_tick_late_seconds", tick="digests") == 7.5
    clock.seconds += 9
    meters.tick_begins("digests", 10)
    assert value(meters, "hedgerow_tick_late_seconds", tick="digests") == 0


def test_what_waits_is_told_by_kind_and_what_waits_no_more_is_nought_again(meters: Meters) -> None:
    meters.measured(Backlog(12.0, 7, 1, {"Say": (3, 40.5), "Alias": (1, 2.0)}))
    assert value(meters, "hedgerow_inbox_lag_seconds") == 12
    assert value(meters, "hedgerow_inbox_waiting") == 7
    assert value(meters, "hedgerow_inbox_set_aside") == 1
    assert value(meters, "hedgerow_outbox_depth", kind="Say") == 3
    assert value(meters, "hedgerow_outbox_oldest_seconds", kind="Say") == 40.5
    meters.measured(Backlog())
    assert value(meters, "hedgerow_outbox_depth", kind="Say") == 0
    assert value(meters, "hedgerow_outbox_oldest_seconds", kind="Say") == 0


def test_what_is_rare_is_told_as_nought_before_it_happens(meters: Meters) -> None:
    meters.tick_begins("digests", 10)
    for kind in KINDS:
        assert value(meters, "hedgerow_actions_total", kind=kind, result="given up") == 0
    for call in CALLS:
        assert value(meters, "hedgerow_homeserver_limited_total", call=call) == 0
    assert value(meters, "hedgerow_ticks_total", tick="digests", result="failed") == 0


def say_everything(meters: Meters, words: tuple[str, ...]) -> None:
    """Tell the meters these words wherever they take any."""
    for word in words:
        meters.kept([word])
        for result in ("done", word):
            meters.command(word, result)
        meters.settled()
        for key in (word, f"{word}:x", f"Say:{word}"):
            meters.action(key, "delivered")
            meters.action(key, word)
        for path in (word, f"/_matrix/client/v3/{word}", f"/_matrix/client/v3/rooms/x/{word}"):
            with meters.call(word, path):
                pass
        meters.measured(Backlog(outbox={word: (1, 1.0)}))


def test_names_of_others_make_no_new_number(meters: Meters) -> None:
    say_everything(meters, ("mallory",))
    before = read(meters).keys()
    say_everything(meters, HOSTILE)
    assert read(meters).keys() == before
    assert "mallory" not in meters.render()


def kinds_of(cls: type[Action]) -> Iterator[type[Action]]:
    for kind in cls.__subclasses__():
        yield from (kind, *kinds_of(kind))


def test_what_the_key_of_each_action_begins_with_is_known() -> None:
    made = [kind(RoomId("!room")) for kind in kinds_of(Action) if kind is not Membership]
    assert {action.key.partition(":")[0] for action in made} == KINDS
