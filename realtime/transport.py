"""daphne's two protocols, with back-pressure, bounds on what a client may send, and any close code.

daphne buffers whatever an application sends. Here `drained` waits while the transport holds more than its
64 KiB: a slow download does not fill the memory, and a socket learns that its client does not read.
"""

# mypy: disable-error-code="no-untyped-call"
# (daphne's and autobahn's methods have no types)

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from realtime.protocol import MAX_CLIENT_BYTES, CloseCode

MAX_BODY_BYTES: Final = 16 * 1024 * 1024  # twisted reads a body whole before Django sees any of it
MAX_UNREAD_FRAMES: Final = 64
ROOT_PATH_HEADER: Final = b"daphne-root-path"  # daphne believes it from any client
CONTENT_TOO_LARGE: Final = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Flow:
    """Told by twisted's transport when its buffer is full and when it is empty (IPushProducer)."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._is_over = False

    async def drained(self) -> None:
        """Return when there is room, or nobody to write to."""
        await self._open.wait()
        if self._is_over:
            # An application that has not yet seen the end must not send into the void without a pause.
            await asyncio.sleep(0)

    def pauseProducing(self) -> None:
        self._open.clear()

    def resumeProducing(self) -> None:
        self._open.set()

    def stopProducing(self) -> None:
        self._is_over = True
        self._open.set()


class PageRequest(WebRequest):
    """One HTTP request, or the handshake of a socket."""

    flow: Flow | None = None
    _body_bytes = 0
    _is_refused = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.server.transports.add(self.transport)

    def gotLength(self, length: int | None) -> None:
        super().gotLength(length)
        if length is not None and length > MAX_BODY_BYTES:
            self._refuse_body()

    def handleContentChunk(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > MAX_BODY_BYTES:  # without a Content-Length only counting tells
            self._refuse_body()
        else:
            super().handleContentChunk(data)

    def process(self) -> Any:
        if self._is_refused:
            return None
        self.requestHeaders.removeHeader(ROOT_PATH_HEADER)
        return super().process()

    def handle_reply(self, message: Mapping[str, Any]) -> None:
        if message.get("more_body") and self.flow is None and self.channel is not None:
            self.flow = Flow()
            self.registerProducer(self.flow, True)
        super().handle_reply(message)

    def finish(self) -> None:
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: object) -> None:
        if self.flow is not None:
            self.flow.stopProducing()
        super().connectionLost(reason)

    def end_connection(self) -> None:
        """Let this request be the last of its connection."""
        if self.channel is not None:
            self.channel.persistent = False
            if not self.startedWriting:
                self.responseHeaders.setRawHeaders(b"connection", [b"close"])

    def _refuse_body(self) -> None:
        if not self._is_refused:
            self._is_refused = True
            transport: Any = self.transport
            transport.write(CONTENT_TOO_LARGE)
            self.channel.loseConnection()


class PageFactory(HTTPFactory):
    """Makes our requests, and keeps no access log: the proxy has one."""

    def buildProtocol(self, addr: object) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = PageRequest
        return protocol

    def log(self, request: object) -> None:
        pass


class SocketProtocol(WebSocketProtocol):
    """One WebSocket connection."""

    flow: Flow | None = None
    maxMessagePayloadSize: int  # autobahn's own, from the factory

    def onOpen(self) -> None:
        self.flow = Flow()
        # Until now the producer is the HTTP channel that this connection began as.
        transport: Any = self.transport
        transport.unregisterProducer()
        transport.registerProducer(self.flow, True)
        super().onOpen()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        # A page sends a frame now and then; whoever floods would fill the application's endless queue.
        if self.application_queue.qsize() >= MAX_UNREAD_FRAMES:
            self.serverClose(CloseCode.BAD_FRAMES)
        else:
            super().onMessage(payload, isBinary)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if self.flow is not None:
            self.flow.stopProducing()
        if hasattr(self, "server"):  # else not even the handshake was one
            super().onClose(wasClean, code, reason)

    def sendMessage(self, *message: Any, **options: Any) -> None:
        # autobahn holds what is sent to the limit of what may be received, and a large snapshot would end the socket.
        limit, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            super().sendMessage(*message, **options)
        finally:
            self.maxMessagePayloadSize = limit

    def serverClose(self, code: int | None = None) -> None:
        # autobahn's sendClose refuses 1011 and 1012, which are for servers to send (RFC 6455, 7.4.1; IANA).
        if self.state == self.STATE_CONNECTING:
            self.serverReject()
        else:
            self.sendCloseFrame(code=1000 if code is None else int(code), isReply=False)

    def _max_message_size_exceeded(self, *_: object) -> None:
        # At the frame's header, before its bytes are kept; autobahn would drop the connection without a code.
        self.failedByMe = True
        self.serverClose(CloseCode.BAD_FRAMES)


class SocketFactory(WebSocketFactory):
    """Makes our sockets; messages past the protocol's limit are refused unread."""

    protocol = SocketProtocol

    def __init__(self, server: object) -> None:
        super().__init__(server, server="")
        self.setProtocolOptions(
            maxMessagePayloadSize=MAX_CLIENT_BYTES,
            maxFramePayloadSize=MAX_CLIENT_BYTES,
        )
