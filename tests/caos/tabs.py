"""Open tabs: sockets that reconnect with jitter, as connection.js does, and tell their page what they hear."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.caos.browser import Browser
from tests.caos.ledger import Ledger
from tests.caos.pages import Heard, Pages
from tests.caos.shown import Json

PING_AFTER_SECONDS = 22.0
GIVEN_UP_SECONDS = 45.0
GREETING_SECONDS = 10.0
SETTLED_SECONDS = 10.0
LEAST_SECONDS, FIRST_SECONDS, MOST_SECONDS = 0.1, 3.0, 30.0
MANY_FAILURES = 5
CLOSED_BY_PAGE = 1000
LARGEST_FRAME_BYTES = 1024 * 1024


@dataclass
class Tab:
    """One tab of one usuario; `number` names its page."""

    number: int
    browser: Browser
    pages: Pages
    ledger: Ledger
    rng: Random
    seq: int = 0
    web: int = 0
    connection: int = 0  # of which the state is; 0 while there is none that has brought its snapshot
    _connections: int = 0
    _reload: bool = False
    _socket: ClientConnection | None = None

    def __post_init__(self) -> None:
        self._load()

    def shown(self) -> Json:
        """All that the page shows."""
        return self.pages.shown(self.number)

    async def keep_open(self) -> None:
        """Connect, listen, and connect again, until cancelled."""
        failures = 0
        while True:
            opened = time.monotonic()
            code, greeted = await self._one_connection()
            self.ledger.closes[str(code)] += 1
            if code == 4401:
                self.ledger.break_promise(f"socket de {self.browser.username}: 4401 con la sesión viva")
            if greeted and time.monotonic() - opened >= SETTLED_SECONDS:
                failures = 0
            if code in (4400, 4429):
                self.ledger.break_promise(f"socket de {self.browser.username}: cerrado con {code}")
                failures = max(failures, MANY_FAILURES)
            if self._reload:
                self._reload = False
                self._load()
                failures = 0
                continue
            most = min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(failures, 10))
            failures += 1
            await asyncio.sleep(LEAST_SECONDS + self.rng.random() * (most - LEAST_SECONDS))

    async def reload(self) -> None:
        """The page is loaded anew: it forgets everything."""
        self._reload = True
        if self._socket is not None:
            await self._socket.close(CLOSED_BY_PAGE)

    async def _one_connection(self) -> tuple[int | str, bool]:
        """(close code or what went wrong, whether there was a snapshot)."""
        self.web = self.rng.randrange(len(self.browser.ports))
        port = self.browser.ports[self.web]
        greeted = False
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                socket = await connect(
                    f"ws://127.0.0.1:{port}/ws/",
                    origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]  # a NewType of str
                    additional_headers={"Cookie": self.browser.cookie_header},
                    max_size=LARGEST_FRAME_BYTES,
                    ping_interval=None,  # a page's socket sends none
                    open_timeout=None,
                    close_timeout=1,
                    proxy=None,
                )
        except (OSError, InvalidHandshake, InvalidMessage, EOFError) as error:
            return ("timeout" if isinstance(error, TimeoutError) else "refused"), False
        self._socket = socket
        try:
            while True:
                frame = await self._hear(socket, greeted)
                if frame is None:
                    return "silence", greeted
                heard = self.pages.hear(self.number, frame)
                self.seq = heard.seq
                if not greeted and heard.type == "snapshot":
                    greeted = True
                    self._connections += 1
                    self.connection = self._connections
                self._complain(heard, frame)
                if heard.need == "resync":
                    await socket.send('{"type": "resync"}')
        except ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd else 1006), greeted
        finally:
            self._socket, self.connection = None, 0
            socket.transport.abort()

    def _load(self) -> None:
        self.pages.load(self.number, user=self.browser.user_id)
        self.seq = 0

    def _complain(self, heard: Heard, frame: str) -> None:
        username = self.browser.username
        if heard.need == "signed-out":
            self.ledger.break_promise(f"socket de {username}: la foto es de otro usuario")
        if heard.type == "unreadable":
            self.ledger.break_promise(f"socket de {username}: la página no entiende {frame[:60]}…")
        if heard.type == "error":
            self.ledger.break_promise(f"socket de {username}: {frame[:60]}")

    async def _hear(self, socket: ClientConnection, greeted: bool) -> str | None:
        """The next frame; None when the server has been silent for too long."""
        if not greeted:
            return await _frame(socket, GREETING_SECONDS)
        frame = await _frame(socket, PING_AFTER_SECONDS)
        if frame is None:
            await socket.send('{"type": "ping"}')
            frame = await _frame(socket, GIVEN_UP_SECONDS - PING_AFTER_SECONDS)
        return frame


async def _frame(socket: ClientConnection, seconds: float) -> str | None:
    try:
        async with asyncio.timeout(seconds):
            return str(await socket.recv())
    except TimeoutError:
        return None


class OpenTabs:
    """All the tabs of a storm, in one thread with one event loop."""

    def __init__(self, tabs: Sequence[Tab]) -> None:
        self.tabs = tabs
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="tabs", daemon=True)
        self._thread.start()

    def reload(self, tab: Tab) -> None:
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(tab.reload(), self._loop).result(5)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main = self._loop.create_task(self._all())
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._main)
        self._loop.close()

    def _stop(self) -> None:
        self._main.cancel()

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for tab in self.tabs:
                group.create_task(tab.keep_open())
