"""The root where pages and sockets meet: HTTP goes to Django, `/ws/` to the consumer, all else is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sam.settings")
pages = get_asgi_application()  # before the imports below: it loads the models

from django.conf import settings  # noqa: E402

from realtime.consumer import Consumer  # noqa: E402
from realtime.questions import DatabaseQuestions  # noqa: E402
from realtime.registry import SWEEP_SECONDS, LiveSockets  # noqa: E402
from realtime.socket import Receive, Send  # noqa: E402

SOCKET_PATH = "/ws/"

live = LiveSockets(
    questions=DatabaseQuestions(),
    sweep_seconds=getattr(settings, "SAM_SWEEP_SECONDS", SWEEP_SECONDS),
)
consumer = Consumer(live)


async def sockets(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """The one socket there is; a handshake for another path gets 403."""
    if scope["path"] == SOCKET_PATH:
        await consumer(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})


application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
