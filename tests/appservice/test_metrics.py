"""Numbers for whoever watches."""

from __future__ import annotations

import pytest

from appservice.metrics import Numbers


def test_counters_grow_and_gauges_are_read_when_asked_for() -> None:
    waiting = {"hedgerow_outbox_waiting": 3.0}
    numbers = Numbers(lambda: waiting)
    numbers.count("hedgerow_events_total")
    numbers.count("hedgerow_events_total", 4)
    waiting["hedgerow_outbox_waiting"] = 0.25
    assert numbers.render() == (
        "# TYPE hedgerow_events_total counter\nhedgerow_events_total 5\n"
        "# TYPE hedgerow_outbox_waiting gauge\nhedgerow_outbox_waiting 0.25\n"
    )


def test_nothing_is_rendered_before_anything_was_counted() -> None:
    assert Numbers().render() == ""


@pytest.mark.parametrize(
    "name", ["Arts UK_total", "events_total", 'hedgerow_{room="x"}_total', "hedgerow_a\n_total"]
)
def test_a_name_that_could_tell_on_someone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a number"):
        Numbers().count(name)


def test_a_counter_never_falls() -> None:
    with pytest.raises(ValueError, match="never falls"):
        Numbers().count("hedgerow_events_total", -1)
    with pytest.raises(ValueError, match="_total"):
        Numbers().count("hedgerow_events")
