"""Sockets of many usuarios on a real web process: who they are, what closed them, and how fast they are told."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import math
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import websockets
from channels_redis.pubsub import RedisPubSubChannelLayer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sam.events import user_group
from tests.running import Sam, Visitor

PATIENCE_SECONDS: Final = 15.0
# A part's progress leaves at most four times a second: asked more seldom than that, no pace delays it.
PULSE_SECONDS: Final = 0.35
LONG_TEXT: Final = "\N{LINK SYMBOL}" * 400  # twenty of them make a snapshot of 100 KB
# Sessions without their passwords: the real hasher would take a third of a second for each usuario.
MAKE = """
import json
from django.test import Client
from sam.models import Empresa, Usuario
empresa = Empresa.objects.order_by("pk").first()
made = []
for number in range({count}):
    browser, usuario = Client(), Usuario.objects.create(username=f"vigia{{number}}", empresa=empresa)
    browser.force_login(usuario)
    made.append([usuario.pk, browser.cookies["sessionid"].value])
print(json.dumps(made))
"""


@dataclass(frozen=True)
class Person:
    """A usuario and the cookies of their browser."""

    id: int
    cookie: str

    @property
    def session_key(self) -> str:
        return next(pair[1] for pair in (one.split("=") for one in self.cookie.split("; ")) if pair[0] == "sessionid")

    @classmethod
    def of(cls, sam: Sam, visitor: Visitor, username: str) -> Person:
        ((usuario,),) = sam.query("SELECT id FROM sam_usuario WHERE username = %s", username)
        return cls(int(str(usuario)), visitor.cookie_header)


@contextmanager
def many_people(sam: Sam, count: int) -> Iterator[list[Person]]:
    """Usuarios of the demo's empresa who are logged in; gone afterwards."""
    told = sam.manage("shell", "--no-imports", "-c", MAKE.format(count=count)).splitlines()[-1]
    made = [Person(usuario, f"sessionid={key}") for usuario, key in json.loads(told)]
    try:
        yield made
    finally:
        keys = [person.session_key for person in made]
        ids = [person.id for person in made]
        sam.query("DELETE FROM django_session WHERE session_key = ANY(%s)", keys)
        for table in ("sam_stream", "sam_notificacion"):
            sam.query(f"DELETE FROM {table} WHERE usuario_id = ANY(%s)", ids)
        sam.query("DELETE FROM sam_usuario WHERE id = ANY(%s)", ids)


def notify(sam: Sam, person: Person, *, text: str = "Lista.", times: int = 1) -> int:
    """Unread notifications, as if they had always been there; the last one's id."""
    made = sam.query(
        "INSERT INTO sam_notificacion (usuario_id, version, kind, text, created_at) "
        "SELECT %s, 1, 'zip_ready', %s, now() FROM generate_series(1, %s) RETURNING id",
        person.id,
        text,
        times,
    )
    return int(str(made[-1][0]))


@contextmanager
def locked(sam: Sam, sql: str, *values: object) -> Iterator[None]:
    """Hold what a statement locks: whoever needs it waits."""
    with psycopg.connect(sam.environment["DATABASE_URL"]) as connection:
        connection.execute(sql.encode(), values)
        yield
        connection.rollback()


def get(sam: Sam, path: str, headers: Mapping[str, str]) -> tuple[int, http.client.HTTPMessage, str]:
    """One answer, redirects not followed: its status, headers and text."""
    connection = http.client.HTTPConnection("127.0.0.1", sam.port, timeout=20)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


async def open_socket(sam: Sam, person: Person, *, port: int = 0, **more: Any) -> ClientConnection:
    """The socket of one tab, its snapshot not yet read; `port` where it comes through another door."""
    host = f"127.0.0.1:{port or sam.port}"
    settings = {
        "origin": websockets.Origin(f"http://{host}"),
        "open_timeout": PATIENCE_SECONDS,
        "ping_interval": None,
        "proxy": None,
        **more,
    }
    headers = {"Cookie": person.cookie, **settings.pop("additional_headers", {})}
    return await connect(f"ws://{host}/ws/", additional_headers=headers, **settings)


async def next_frame(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next frame of one of these types; what lies before it is passed over."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] in kinds:
                return frame


async def end_of(socket: ClientConnection) -> tuple[float, int]:
    """Read to the end: when it came, and with which code (1006 where nobody said one)."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass
    return time.monotonic(), socket.close_code or 1006


@asynccontextmanager
async def publisher(sam: Sam) -> AsyncIterator[RedisPubSubChannelLayer]:
    """The channel layer of this installation, as a worker has it."""
    layer = RedisPubSubChannelLayer(hosts=[sam.environment["REDIS_URL"]], prefix="sam")
    try:
        yield layer
    finally:
        await layer.flush()


class Pulse:
    """Progress told of parts that wait, each to the socket of its usuario, and how long it took to arrive.

    A socket's snapshot must have been read, and no worker may run.
    """

    def __init__(self, layer: RedisPubSubChannelLayer) -> None:
        self._layer = layer
        self._watched: list[tuple[Person, ClientConnection, dict[str, Any]]] = []
        self._done = 0

    def watch(self, person: Person, socket: ClientConnection, snapshot: dict[str, Any]) -> None:
        part = snapshot["requests"][0]["parts"][0]
        self._watched.append((person, socket, part))

    async def seconds(self, lasting: float) -> list[float]:
        """Publish → frame of each, asked again and again for so long."""
        taken: list[float] = []
        end = time.monotonic() + lasting
        while time.monotonic() < end:
            self._done += 1
            taken += await asyncio.gather(*(self._one(*watched) for watched in self._watched))
            await asyncio.sleep(PULSE_SECONDS)
        return taken

    async def _one(self, person: Person, socket: ClientConnection, part: dict[str, Any]) -> float:
        frame = {"type": "progress", "part": part["id"], "attempt": part["attempt"], "percent": 0, "current": None}
        message = {"type": "sam.frames", "frames": [{**frame, "done": self._done}]}
        asked = time.monotonic()
        await self._layer.group_send(user_group(person.id), message)
        while (await next_frame(socket, "progress"))["done"] != self._done:
            pass
        return time.monotonic() - asked


def p95(seconds: Sequence[float]) -> float:
    """The time that one in twenty takes longer than."""
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
