"""What stands in docker/: held against what it names, as far as that goes without a container engine."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.sections import BackupsSettings

DOCKER = Path(__file__).parent.parent / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MANIFEST = list(yaml.safe_load_all((DOCKER / "kubernetes/hedgerow.yaml").read_text("utf-8")))
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")

each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def _variables(text: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", text))


# -- the image --------------------------------------------------------------------------------------


def test_each_file_that_the_image_is_built_of_is_there_and_let_in() -> None:
    let_in = {
        line[1:] for line in (DOCKER.parent / ".dockerignore").read_text().split("\n") if line[:1] == "!"
    }
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for word in line.split()
    ]
    assert {"constraints.txt", "appservice", "bot", "config", "spaces"} <= set(copied)
    assert [name for name in copied if not (DOCKER.parent / name).exists()] == []
    assert set(copied) == let_in


def test_a81_the_image_runs_as_nobody_in_particular_and_asks_whether_it_lives() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER 10001:0$", last, re.MULTILINE)
    assert "chmod 2770 /data" in last
    assert "/live" in last.partition("HEALTHCHECK")[2]


# -- compose.yaml -----------------------------------------------------------------------------------


@each_service
def test_a81_a_service_has_a_root_that_cannot_be_written_and_no_power(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_a81_only_the_first_start_is_root_and_it_reaches_nothing() -> None:
    as_the_image = {"hedgerow"}  # USER, tried above
    roots = {
        n for n, s in SERVICES.items() if n not in as_the_image and str(s.get("user", "0")).startswith("0")
    }
    assert roots == {"first-start"}
    assert SERVICES["first-start"]["network_mode"] == "none"
    assert {name for name, service in SERVICES.items() if service.get("cap_add")} == {"first-start"}


def test_a81_hedgerow_reaches_the_homeserver_and_the_database_and_nobody_outside() -> None:
    networks = SERVICES["hedgerow"]["networks"]
    assert all(COMPOSE["networks"][network]["internal"] for network in networks)
    beside = {n for n, s in SERVICES.items() if set(networks) & set(s.get("networks", []))}
    assert beside == {"hedgerow", "synapse", "postgres", "databases"}


@each_service
def test_an_image_is_named_with_its_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert re.search(r"\d+\.\d+", tag), tag


def test_ports_are_open_on_this_machine_only_until_somebody_says_otherwise() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("${ADDRESS:-127.0.0.1}:") for port in ports)


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DOCKER / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"], (
                volume
            )


def test_what_a_service_waits_for_comes_about() -> None:
    asked = {"service_healthy": "healthcheck", "service_completed_successfully": "restart"}
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert asked[how["condition"]] in SERVICES[other], (name, other)
    once = {name for name, service in SERVICES.items() if service["restart"] == "no"}
    assert once == {"first-start", "databases"}


def test_each_variable_has_a_default_and_is_explained() -> None:
    text = (DOCKER / "compose.yaml").read_text("utf-8")
    explained = set(re.findall(r"^([A-Z_]+)=", (DOCKER / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert _variables(text) == explained
    assert re.findall(r"\$\{[A-Z_]+\}|\$[A-Za-z_]", text) == []


# -- systemd and Kubernetes -------------------------------------------------------------------------


def test_a81_pods_have_a_root_that_cannot_be_written_and_no_power() -> None:
    [stateful] = [part for part in MANIFEST if part["kind"] == "StatefulSet"]
    pod = stateful["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_what_the_manifest_mounts_and_chooses_is_there() -> None:
    [stateful] = [part for part in MANIFEST if part["kind"] == "StatefulSet"]
    spec = stateful["spec"]
    [container] = spec["template"]["spec"]["containers"]
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    labels = spec["template"]["metadata"]["labels"].items()
    for part in MANIFEST:
        chosen = part["spec"].get("podSelector", part["spec"].get("selector"))
        assert chosen.get("matchLabels", chosen).items() <= labels, part["kind"]


def test_all_name_one_version_of_hedgerow() -> None:
    [version] = re.findall(r'^version = "(.*)"', (DOCKER.parent / "pyproject.toml").read_text(), re.MULTILINE)
    named = re.findall(r"hedgerow:(\d[\w.]*)", json.dumps([COMPOSE, MANIFEST]))
    assert len(named) >= 3
    assert set(named) == {version}


@pytest.mark.parametrize(
    "line",
    [
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "Restart=on-failure",
        "User=hedgerow",
    ],
)
def test_a81_the_unit_is_hardened(line: str) -> None:
    assert line in (DOCKER / "hedgerow.service").read_text("utf-8").splitlines()


def _unit(name: str) -> list[str]:
    return (DOCKER / name).read_text("utf-8").splitlines()


def test_a81_what_makes_backups_is_hardened_as_the_service_is() -> None:
    service, backup = _unit("hedgerow.service"), _unit("hedgerow-backup.service")
    first, last = service.index("NoNewPrivileges=yes"), service.index("SystemCallErrorNumber=EPERM")
    kept = ["User=hedgerow", "Group=hedgerow", "UMask=0077", *service[first : last + 1]]
    assert [line for line in kept if line and line not in backup] == []


def test_backups_are_written_where_they_may_be_and_go_when_people_are_told_that_they_do() -> None:
    unit = _unit("hedgerow-backup.service")
    [making, tidying] = [line for line in unit if line.startswith("ExecStart=")]
    [(folder, name)] = re.findall(r'backup "(\S+)/(.*?)"', making)
    [(where, pattern, days)] = re.findall(r'find (\S+) .*-name "(.*?)" -mtime \+(\d+) -delete$', tidying)
    assert where == folder
    assert fnmatch(name, pattern)
    assert int(days) + 1 == BackupsSettings().kept_days
    assert f"StateDirectory=hedgerow {folder.removeprefix('/var/lib/')}" in unit


def test_the_timer_is_of_a_unit_that_is_there_and_makes_up_for_what_was_missed() -> None:
    timer = _unit("hedgerow-backup.timer")
    assert {"OnCalendar=daily", "Persistent=true", "WantedBy=timers.target"} <= set(timer)
    assert [line for line in timer if line.startswith("Unit=")] == []
