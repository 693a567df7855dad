"""A process with our server and an application of a few lines, for what no page of SAM does on purpose.

`python -m tests.realtime.plain_server`: `/slow/` answers until a `POST /go/` comes, `/endless/` sends without end,
`/sent/` says how many bytes of that have left, `/root-path/` says the root path, a socket at `/mute/` never reads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from realtime.server import DrainingServer

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

CHUNK = b"x" * 16_384
go = asyncio.Event()
sent = {"/endless/": 0, "/ws-endless/": 0}


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "websocket":
        await serve_socket(scope["path"], receive, send)
    else:
        await receive()
        await serve_page(scope, send)


async def serve_page(scope: dict[str, Any], send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    text = ""
    match scope["path"]:
        case "/slow/":
            await send({"type": "http.response.body", "body": b"begun ", "more_body": True})
            await go.wait()
            text = "done"
        case "/go/":
            go.set()
        case "/endless/":
            while True:
                await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
                sent["/endless/"] += len(CHUNK)
        case "/sent/":
            text = str(sent[scope["query_string"].decode()])
        case "/root-path/":
            text = repr(scope["root_path"])
    await send({"type": "http.response.body", "body": text.encode()})


async def serve_socket(path: str, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    if path == "/mute/":
        await asyncio.Event().wait()
    while path == "/ws-endless/":
        await send({"type": "websocket.send", "text": "x" * 1024})
        sent[path] += 1024
    while (await receive())["type"] != "websocket.disconnect":
        pass


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    DrainingServer(application, bind="127.0.0.1", port=0, drain_seconds=3).run()
