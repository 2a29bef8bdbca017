"""The dashboard and the alerts ask for numbers that there are, and no number of ours is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.appservice.told import everything_told, kinds_told

DOCKER = Path(__file__).parents[2] / "docker"
_NAME = re.compile(r"\b(?:hedgerow|process)_[a-z0-9_]+")
_PARTS = {"histogram": ("_bucket", "_sum", "_count")}


@pytest.fixture(scope="module")
def dashboard() -> Any:
    return json.loads((DOCKER / "grafana" / "hedgerow.json").read_text())


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load((DOCKER / "prometheus" / "hedgerow.rules.yaml").read_text())["groups"]
    return group["rules"]


def told() -> set[str]:
    """What a service tells, as queries name it."""
    kinds = kinds_told(everything_told())
    return {name + part for name, kind in kinds.items() for part in _PARTS.get(kind, ("",))}


def panels(dashboard: Any) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def asked(dashboard: Any) -> Iterator[str]:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield from _NAME.findall(target["expr"])
    for variable in dashboard["templating"]["list"]:
        yield from _NAME.findall(variable.get("definition", ""))


def test_each_number_that_the_dashboard_asks_for_is_told_and_each_of_ours_has_a_panel(dashboard: Any) -> None:
    there, wanted = told(), set(asked(dashboard))
    assert wanted <= there
    assert {name for name in there if name.startswith("hedgerow_")} <= wanted


def test_the_dashboard_is_one_that_grafana_takes(dashboard: Any) -> None:
    assert dashboard["title"] == "Hedgerow"
    assert isinstance(dashboard["schemaVersion"], int)
    assert "id" not in dashboard  # it would take the place of another
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    assert {variable["name"] for variable in dashboard["templating"]["list"]} == {"datasource", "instance"}
    for panel in panels(dashboard):
        assert panel["type"] in ("timeseries", "stat")
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_no_two_panels_lie_upon_each_other(dashboard: Any) -> None:
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in dashboard["panels"]):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not taken & cells
        taken |= cells


def test_each_alert_asks_for_what_is_told_and_says_what_to_do(rules: list[dict[str, Any]]) -> None:
    assert {name for rule in rules for name in _NAME.findall(rule["expr"])} <= told()
    for rule in rules:
        assert rule["alert"].startswith("Hedgerow")
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_a13_an_event_that_is_set_aside_raises_an_alert(rules: list[dict[str, Any]]) -> None:
    assert any("hedgerow_events_set_aside_total" in rule["expr"] for rule in rules)
