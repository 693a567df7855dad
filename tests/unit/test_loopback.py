"""Tests cannot reach another machine by accident."""

import socket

import pytest

from tests.services.loopback import NetworkRefused, is_loopback


def test_a_foreign_address_is_refused_before_a_packet_leaves() -> None:
    with socket.socket() as client, pytest.raises(NetworkRefused):
        client.connect(("192.0.2.1", 80))


def test_a_foreign_name_is_not_even_looked_up() -> None:
    with pytest.raises(NetworkRefused):
        socket.create_connection(("sam.example", 80))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1", "a.localhost", ""])
def test_loopback_is_allowed(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "example.org", "::2", "169.254.169.254"])
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)
