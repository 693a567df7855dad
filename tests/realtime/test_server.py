"""The web process: its limits, its back-pressure, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.realtime.people import Person
from tests.realtime.processes import ROOT, WebProcess, environment_of_this_test, run_server
from tests.services.redis_server import RedisServer

HANDSHAKE = (
    b"GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[WebProcess]:
    """Our server with an application of the test's own."""
    server = run_server(["-m", "tests.realtime.plain_server"], folder=tmp_path, env=os.environ)
    yield server
    server.end()


@pytest.fixture
def web(tmp_path: Path, transactional_db: None, redis_server: RedisServer) -> Iterator[WebProcess]:
    """A real `manage.py web` on the test's database."""
    server = run_server(
        [str(ROOT / "manage.py"), "web", "--bind", "127.0.0.1", "--port", "0"],
        folder=tmp_path,
        env=environment_of_this_test(),
    )
    yield server
    server.end()


async def code_of(client: ClientConnection) -> int:
    """Read to the end; what the server closed with."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in client:
            pass
    assert client.close_code is not None
    return client.close_code


def raw(server: WebProcess, text: bytes) -> socket.socket:
    """A connection that reads little and slowly: its window is small."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", server.port))
    client.sendall(text)
    return client


class Line:
    """One HTTP connection, spoken by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, server: WebProcess) -> None:
        self._server = server

    async def __aenter__(self) -> Line:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def ask(self, text: bytes, *, until: bytes = b"") -> None:
        self.writer.write(text)
        await self.writer.drain()
        if until:
            await self.reader.readuntil(until)


# ── SIGTERM ──


async def test_sigterm_closes_each_socket_with_1012_over_a_second_and_lets_a_slow_request_finish(
    plain: WebProcess,
) -> None:
    clients = [await connect(f"ws://{plain.address}/") for _ in range(5)]
    async with Line(plain) as slow, Line(plain) as idle, Line(plain) as go:
        await slow.ask(b"GET /slow/ HTTP/1.1\r\nHost: x\r\n\r\n", until=b"begun")
        await idle.ask(b"GET /root-path/ HTTP/1.1\r\nHost: x\r\n\r\n", until=b"0\r\n\r\n")
        # What lets the slow one go is itself a request that began before the signal.
        await go.ask(b"POST /go/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
        await asyncio.to_thread(plain.get, "/root-path/")  # by now the server has read its head

        plain.terminate()
        began = asyncio.get_running_loop().time()
        assert await asyncio.gather(*map(code_of, clients)) == [1012] * 5
        assert asyncio.get_running_loop().time() - began > 0.5
        assert await idle.reader.read() == b"", "a connection that is kept alive and idle is closed"
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", plain.port)
        await go.ask(b"ok")
        assert b"200 OK" in await go.reader.read()
        assert (await slow.reader.read()).endswith(b"done\r\n0\r\n\r\n")
    assert await asyncio.to_thread(plain.process.wait, 10) == 0
    assert "action=web_stopped cut=0" in plain.log.read_text()


async def test_what_does_not_finish_in_the_grace_time_is_cut(plain: WebProcess) -> None:
    mute = await connect(f"ws://{plain.address}/mute/")
    async with Line(plain) as slow:
        await slow.ask(b"GET /slow/ HTTP/1.1\r\nHost: x\r\n\r\n", until=b"begun")
        plain.terminate()
        assert await code_of(mute) == 1012
        assert not (await slow.reader.read()).endswith(b"0\r\n\r\n")
    assert await asyncio.to_thread(plain.process.wait, 10) == 0
    assert "action=web_stopped cut=1" in plain.log.read_text()


async def test_manage_py_web_closes_the_sockets_of_usuarios_with_1012_and_exits_with_0(
    web: WebProcess, people: tuple[Person, Person]
) -> None:
    headers = {"Cookie": f"sessionid={people[0].session_key}"}
    origin = websockets.Origin(f"http://{web.address}")
    clients = [await connect(f"ws://{web.address}/ws/", origin=origin, additional_headers=headers) for _ in range(3)]
    for client in clients:
        assert '"type":"snapshot"' in str(await client.recv())
    web.terminate()
    assert await asyncio.gather(*(code_of(client) for client in clients)) == [1012] * 3
    assert await asyncio.to_thread(web.process.wait, 10) == 0
    log = web.log.read_text()
    assert "action=web_draining sockets=3 requests=0" in log
    assert "Traceback" not in log
    assert "/ws/" not in log, "no access log"


# ── the handshake, over the wire ──


async def test_manage_py_web_refuses_what_is_not_a_usuarios_socket(web: WebProcess) -> None:
    url, ours = f"ws://{web.address}", websockets.Origin(f"http://{web.address}")
    for path, origin in (("/ws/", None), ("/ws/", websockets.Origin("http://evil.example")), ("/x/", ours)):
        with pytest.raises(InvalidStatus) as refused:
            await connect(url + path, origin=origin)
        assert refused.value.response.status_code == 403
    anonymous = await connect(f"{url}/ws/", origin=ours)
    assert await code_of(anonymous) == 4401
    assert await asyncio.to_thread(web.get, "/healthz")
    assert "Traceback" not in web.log.read_text()


def test_a_port_that_is_taken_is_said_in_one_sentence(plain: WebProcess, tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            sys.executable, ROOT / "manage.py", "web", "--skip-checks",
            "--bind", "127.0.0.1", "--port", str(plain.port),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert f"No se puede escuchar en 127.0.0.1:{plain.port}" in ended.stderr
    assert "Traceback" not in ended.stderr


# ── limits ──


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("x" * 65 * 1024, id="65 KiB"),
        pytest.param(["x" * 40_000, "x" * 40_000], id="65 KiB in fragments"),
        pytest.param("x" * 8 * 1024 * 1024, id="8 MiB"),
    ],
)
async def test_a_message_past_64_kib_is_closed_with_4400(plain: WebProcess, message: str | list[str]) -> None:
    client = await connect(f"ws://{plain.address}/")
    with contextlib.suppress(ConnectionClosed):  # it may say so before all was sent
        await client.send(message)
    assert await code_of(client) == 4400


async def test_a_flood_that_the_application_does_not_read_is_closed_with_4400(plain: WebProcess) -> None:
    client = await connect(f"ws://{plain.address}/mute/")
    for _ in range(70):
        await client.send("x")
    assert await code_of(client) == 4400


def test_a_handshake_that_is_none_is_answered_and_leaves_no_traceback(plain: WebProcess) -> None:
    broken = HANDSHAKE.replace(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"")
    with raw(plain, broken % b"/") as client:
        assert client.recv(100).startswith(b"HTTP/1.1 400")
    assert plain.get("/root-path/") == "''"
    assert "Traceback" not in plain.log.read_text()


@pytest.mark.parametrize(
    "request_head",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2000000\r\n" + b"x" * (17 << 20),
    ],
    ids=["declared", "chunked"],
)
def test_a_body_past_the_limit_gets_413(plain: WebProcess, request_head: bytes) -> None:
    client = socket.create_connection(("127.0.0.1", plain.port), timeout=10)
    with client:
        with contextlib.suppress(OSError):  # the answer may come before the end
            client.sendall(request_head)
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_a_client_cannot_choose_the_root_path(plain: WebProcess) -> None:
    assert plain.get("/root-path/", **{"Daphne-Root-Path": "/evil"}) == "''"


# ── back-pressure ──


@pytest.mark.parametrize("path", ["/endless/", "/ws-endless/"])
def test_an_application_waits_for_a_client_that_does_not_read(plain: WebProcess, path: str) -> None:
    request = HANDSHAKE if path.startswith("/ws") else b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
    with raw(plain, request % path.encode()) as client:
        client.recv(10)
        # The kernel takes some megabytes; once it is full, `send` does not return and the count stands still.
        counts = [-1, 0]
        while counts[-1] != counts[-2]:
            counts.append(int(plain.get(f"/sent/?{path}")))
        assert 0 < counts[-1] < 32 * 1024 * 1024
    assert plain.get("/root-path/") == "''", "and the others are served, also after it has gone"
