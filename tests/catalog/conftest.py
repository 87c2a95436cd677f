"""A host that behaves badly, and an internet in which it can stand at a public address."""

import socket
from collections.abc import Iterator

import pytest

from catalog.connections import forget_connections
from catalog.robots import forget_robots
from tests.hostile_host import HostileHost, Internet


@pytest.fixture(scope="session")
def _running_host() -> Iterator[HostileHost]:
    host = HostileHost()
    yield host
    host.close()


@pytest.fixture
def host(_running_host: HostileHost) -> HostileHost:
    _running_host.forget()
    return _running_host


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    internet = Internet()
    monkeypatch.setattr(socket, "getaddrinfo", internet.getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", lambda *to: internet.connect(*to))
    yield internet
    forget_connections()
    forget_robots()
