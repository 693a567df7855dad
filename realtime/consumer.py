"""The ASGI application of `/ws/`: the handshake, whose socket it is, and the one place that catches all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import parse_cookie

from realtime.counting import socket_closed
from realtime.origin import comes_from_this_site
from realtime.protocol import CloseCode
from realtime.questions import Unanswered
from realtime.registry import LiveSockets
from realtime.socket import Receive, Send

logger = logging.getLogger(__name__)


class Consumer:
    """Serves sockets; whatever ends one, nothing of it stays (Channels' `disconnect` is not relied on)."""

    def __init__(self, live: LiveSockets) -> None:
        self._live = live

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        await receive()  # websocket.connect
        if not comes_from_this_site(headers):
            await send({"type": "websocket.close"})  # before it is accepted: 403
            return
        await send({"type": "websocket.accept"})
        try:
            code = await self._serve(_session_key(headers), receive, send)
        except Exception:
            logger.exception("action=socket_failed")
            code = CloseCode.INTERNAL_ERROR
        socket_closed(code)
        if code is not None:
            await send({"type": "websocket.close", "code": int(code)})

    async def _serve(self, session_key: str, receive: Receive, send: Send) -> CloseCode | None:
        try:
            user = await self._live.questions.session_user(session_key)
        except Unanswered as error:
            logger.warning("action=session_unknown error=%s", error)
            return CloseCode.INTERNAL_ERROR
        if user is None:
            return CloseCode.NO_SESSION
        socket = self._live.open(user=user, session_key=session_key)
        if socket is None:
            return CloseCode.TOO_MANY_SOCKETS
        try:
            return await socket.run(receive, send)
        finally:
            self._live.forget(socket)


def _session_key(headers: Mapping[bytes, bytes]) -> str:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies.get(settings.SESSION_COOKIE_NAME, "")
