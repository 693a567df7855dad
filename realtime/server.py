"""The web server: daphne with an end that loses nothing.

daphne drops everything on SIGTERM: sockets see 1006, requests in flight break off. Here the server stops
listening, closes the sockets with 1012 spread over a second (they reconnect elsewhere, and not all at once),
and lets the requests in flight finish within a bounded time.
"""

# mypy: disable-error-code="no-untyped-call"
# (daphne's methods have no types, and twisted's reactor only those of zope interfaces)

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Final

from daphne.server import Server  # before any of twisted: it chooses the reactor
from twisted.internet import reactor as twisted_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.logger import STDLibLogObserver, globalLogBeginner

from realtime.counting import watch_lag
from realtime.protocol import CloseCode
from realtime.transport import Flow, PageFactory, PageRequest, SocketFactory, SocketProtocol

logger = logging.getLogger(__name__)
reactor: Any = twisted_reactor

SPREAD_SECONDS: Final = 1.0
LAST_SECONDS: Final = 3.0  # of the grace period: what is cancelled ends, and what waits for Redis is sent
CANCEL_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.05
BACKLOG: Final = 1024  # a storm of reconnects after a restart


def drain_seconds(grace_seconds: int) -> float:
    """How long requests in flight may go on after SIGTERM, in seconds: the grace period without its end."""
    return max(SPREAD_SECONDS, grace_seconds - LAST_SECONDS)


class DrainingServer(Server):
    """Serves an ASGI application until SIGTERM or SIGINT; `run` returns when all has been let go."""

    def __init__(
        self,
        application: Callable[..., Awaitable[None]],
        *,
        bind: str,
        port: int,
        drain_seconds: float,
        on_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        host = bind.strip("[]").replace(":", r"\\:")
        super().__init__(
            application,
            endpoints=[f"tcp:port={port}:interface={host}:backlog={BACKLOG}"],
            server_name="",
        )
        self.failure: str | None = None  # why it could not listen
        self.transports: weakref.WeakSet[Any] = weakref.WeakSet()  # every TCP connection that asked something
        self._ports: list[Any] = []
        self._drain_seconds = drain_seconds
        self._on_end = on_end
        self._lag: asyncio.Task[None] | None = None

    def run(self) -> None:
        """daphne's own, with our factories and with `drain` where it kills all applications."""
        self.connections = {}
        self.http_factory = PageFactory(self)
        self.ws_factory = SocketFactory(self)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            allowNullOrigin=True,  # ours to refuse, with 403 like any other page's
        )
        observer: Any = STDLibLogObserver("twisted")
        globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        for endpoint in self.endpoints:
            listening = serverFromString(reactor, endpoint).listen(self.http_factory)
            listening.addCallbacks(self.listen_success, self.listen_error)
        if self.failure is None:
            asyncio.set_event_loop(reactor._asyncioEventloop)
            self._lag = reactor._asyncioEventloop.create_task(watch_lag())
            reactor.addSystemEventTrigger("before", "shutdown", self.drain)
            reactor.run()

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        logger.info("action=web_started port=%d", port.getHost().port)

    def listen_error(self, failure: Any) -> None:
        self.failure = failure.getErrorMessage()

    async def handle_reply(self, protocol: PageRequest | SocketProtocol, message: dict[str, Any]) -> None:
        """daphne's `send`, which returns when there is room for more."""
        await super().handle_reply(protocol, message)
        flow: Flow | None = protocol.flow
        if flow is not None and (message["type"] == "websocket.send" or message.get("more_body")):
            await flow.drained()

    def drain(self) -> Deferred[None]:
        """What twisted waits for between the signal and its end."""
        return Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        sockets = [one for one in self._open() if isinstance(one, SocketProtocol)]
        requests = [one for one in self._open() if isinstance(one, PageRequest)]
        logger.info("action=web_draining sockets=%d requests=%d", len(sockets), len(requests))
        for port in self._ports:
            port.stopListening()
        loop = asyncio.get_running_loop()
        for index, socket in enumerate(sockets):
            loop.call_later(SPREAD_SECONDS * index / len(sockets), socket.serverClose, CloseCode.RESTARTING)
        for request in requests:
            request.end_connection()
        self._close_idle({one.transport for one in self._open()})
        cut = await self._connections_gone(loop.time() + self._drain_seconds)
        await self._cancel_applications()
        if self._lag is not None:
            self._lag.cancel()
        if self._on_end is not None:
            await self._on_end()
        logger.info("action=web_stopped cut=%d", cut)

    def _open(self) -> list[PageRequest | SocketProtocol]:
        return [one for one, details in self.connections.items() if "disconnected" not in details]

    def _close_idle(self, busy: set[Any]) -> None:
        for transport in list(self.transports):
            if transport not in busy:
                transport.loseConnection()

    async def _connections_gone(self, deadline: float) -> int:
        """Wait until the last byte has left; gives how many connections the deadline cuts."""
        while connected := [one for one in list(self.transports) if one.connected]:
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(POLL_SECONDS)
        return len(connected)

    async def _cancel_applications(self) -> None:
        applications = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]
        for application in applications:
            application.cancel()
        if applications:
            await asyncio.wait(applications, timeout=CANCEL_SECONDS)
