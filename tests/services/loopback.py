"""No network but loopback: a test that reaches for another host fails at once."""

from __future__ import annotations

import ipaddress
import sys


class NetworkRefused(Exception):
    """A test tried to reach a host that is not this machine."""


def refuse_the_network() -> None:
    """From now on, for the whole life of this process, refuse what leaves the loopback (C libraries that
    open sockets by themselves, such as libpq, are not seen)."""
    sys.addaudithook(_refuse_foreign_hosts)


def _refuse_foreign_hosts(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a unix socket's address is no tuple
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if isinstance(host, str) and not is_loopback(host):
        raise NetworkRefused(f"{event} to {host}: tests reach nothing but loopback")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine; the empty one and 0.0.0.0 do."""
    if host in ("", "localhost", "testserver"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
