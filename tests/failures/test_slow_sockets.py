"""A socket whose questions are slow, or whose client does not read: its trouble is its own."""

from __future__ import annotations

import asyncio
import json
import select
import socket as sockets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from realtime.protocol import MAX_CLIENT_BYTES
from tests.failures.watching import (
    LONG_TEXT,
    Person,
    Pulse,
    locked,
    many_people,
    next_frame,
    notify,
    open_socket,
    p95,
    publisher,
)
from tests.running import Sam, Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

DEMO = ("certiboy", "certiboy2", "otra")
MEASURE_SECONDS = 4.0  # less than what a query may wait for a lock
MUTE_CLIENTS = 5
CUT_SECONDS = 45.0  # the kernel's buffers have to fill before anybody can tell that a client does not read
MUTE_MEGABYTES = 96


@pytest.fixture
async def watched(sam: Sam) -> AsyncIterator[Pulse]:
    """The demo's usuarios, each with a part that waits and a tab that watches it."""
    sam.start_web()
    async with AsyncExitStack() as stack:
        pulse = Pulse(await stack.enter_async_context(publisher(sam)))
        for username in DEMO:
            visitor = Visitor(sam, username)
            assert visitor.post("/zip/solicitudes/")[0] == 201
            person = Person.of(sam, visitor, username)
            socket = await stack.enter_async_context(await open_socket(sam, person))
            pulse.watch(person, socket, await next_frame(socket, "snapshot"))
        yield pulse


# ── one consumer whose query takes five seconds ──


async def snapshot_seconds(socket: ClientConnection) -> list[float]:
    """How long a `resync` takes, asked again and again."""
    taken, end = [], time.monotonic() + MEASURE_SECONDS
    while time.monotonic() < end:
        asked = time.monotonic()
        await socket.send('{"type": "resync"}')
        await next_frame(socket, "snapshot")
        taken.append(time.monotonic() - asked)
        await asyncio.sleep(0.15)
    return taken


@pytest.mark.slow
async def test_a_socket_whose_queries_take_five_seconds_delays_no_other(sam: Sam, watched: Pulse) -> None:
    with many_people(sam, 2) as (slow, other):
        mine = notify(sam, slow)
        async with await open_socket(sam, slow) as stuck, await open_socket(sam, other) as asking:
            await next_frame(stuck, "snapshot")
            await next_frame(asking, "snapshot")
            before, asked_before = await asyncio.gather(watched.seconds(MEASURE_SECONDS), snapshot_seconds(asking))
            with locked(sam, "SELECT 1 FROM sam_notificacion WHERE id = %s FOR UPDATE", mine):
                for _ in range(12):  # three times as many as there are threads that ask
                    await stuck.send(json.dumps({"type": "read", "notification": mine}))
                during, asked_during = await asyncio.gather(watched.seconds(MEASURE_SECONDS), snapshot_seconds(asking))
        assert p95(during) < 3 * p95(before) + 0.2
        assert p95(asked_during) < 3 * p95(asked_before) + 0.5


# ── clients that stop reading ──


class MuteClient:
    """Says what makes the server send, and never reads a byte: its window is small, and soon shut."""

    def __init__(self, sam: Sam, person: Person) -> None:
        self._socket = sockets.socket()
        self._socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", sam.port))
        host = f"127.0.0.1:{sam.port}"
        head = (
            f"GET /ws/ HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {person.cookie}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._socket.sendall(head.encode())
        self._ended = select.poll()
        self._ended.register(self._socket, select.POLLRDHUP | select.POLLHUP | select.POLLERR)

    def ask_for_more(self) -> None:
        text = b'{"type":"resync"}'
        # One masked text frame (RFC 6455, 5.2); a mask of zeros leaves the text as it is.
        self._socket.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)

    def is_cut(self) -> bool:
        """Whether the other side has ended it; seen without reading."""
        return bool(self._ended.poll(0))

    def close(self) -> None:
        self._socket.close()


def megabytes_of(pid: int) -> float:
    """Of memory that the process holds now."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def until_cut(clients: list[MuteClient]) -> float:
    """Make the server send to them until it has ended them all; how long that took."""
    began = time.monotonic()
    while waiting := [client for client in clients if not client.is_cut()]:
        assert time.monotonic() - began < CUT_SECONDS, f"{len(waiting)} of {len(clients)} are still open"
        for client in waiting:
            client.ask_for_more()
        await asyncio.sleep(0.12)  # ten frames a second is what a client may say in the long run
    return time.monotonic() - began


@pytest.mark.slow
async def test_clients_that_stop_reading_are_cut_and_neither_delay_others_nor_fill_the_memory(
    sam: Sam, watched: Pulse
) -> None:
    web = sam.processes[0].pid
    before = await watched.seconds(MEASURE_SECONDS)
    with many_people(sam, MUTE_CLIENTS) as people:
        for person in people:
            notify(sam, person, text=LONG_TEXT, times=20)
        clients = [MuteClient(sam, person) for person in people]
        held = megabytes_of(web)
        try:
            cutting = asyncio.create_task(until_cut(clients))
            during: list[float] = []
            while not cutting.done():
                during += await watched.seconds(1.0)
                assert megabytes_of(web) - held < MUTE_MEGABYTES
            await cutting
        finally:
            for client in clients:
                client.close()
    assert p95(during) < 3 * p95(before) + 0.3


async def test_a_snapshot_larger_than_what_a_client_may_send_arrives_whole(sam: Sam) -> None:
    sam.start_web()
    with many_people(sam, 1) as (person,):
        notify(sam, person, text=LONG_TEXT, times=20)
        async with await open_socket(sam, person) as socket:
            snapshot = await next_frame(socket, "snapshot")
    assert len(json.dumps(snapshot)) > MAX_CLIENT_BYTES
    assert [one["text"] for one in snapshot["notifications"]["latest"]] == [LONG_TEXT] * 20
