"""A port for what is started on this machine."""

from __future__ import annotations

import socket

import pytest

from appservice.demo import synapse
from appservice.demo.synapse import free_port
from spaces.errors import Unavailable


def test_a_port_that_something_listens_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    free = free_port()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", taken := free_port()))
        listening.listen()
        monkeypatch.setattr(synapse, "_PORTS", [taken, free] * 50)
        assert {free_port() for _ in range(10)} == {free}
        monkeypatch.setattr(synapse, "_PORTS", [taken] * 100)
        with pytest.raises(Unavailable, match="No port of this machine is free"):
            free_port()
