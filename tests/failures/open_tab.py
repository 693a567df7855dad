"""One open tab as a program: a thread that reads the socket and keeps what a page would show."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import websockets
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.running import Sam, Visitor

# A reload may show these up to 3 s old: outside what is promised to be equal.
LIVE_FIELDS = {"done", "percent", "current", "position", "eta", "reason"}


class OpenTab:
    """Applies frames as the page's store does. `closed` says with which code the server or the network ended it."""

    def __init__(self, sam: Sam, visitor: Visitor, socket: ClientConnection) -> None:
        self._sam, self._visitor, self._socket = sam, visitor, socket
        self.frames: list[tuple[float, dict[str, Any]]] = []  # with the moment they came, of time.monotonic()
        self.closed: int | None = None
        self.gaps = 0
        self._requests: dict[int, dict[str, Any]] = {}
        self._notifications: dict[int, dict[str, Any]] = {}
        self._seq = -1
        self._lock = threading.Lock()
        self._apply(json.loads(self._socket.recv(timeout=15)))
        self._thread = threading.Thread(target=self._read, name="open-tab", daemon=True)
        self._thread.start()

    def shows(self) -> dict[str, Any]:
        """What the page shows, without the live fields."""
        with self._lock:
            return _shown(self._seq, list(self._requests.values()), list(self._notifications.values()))

    def is_right(self) -> bool:
        """Whether it shows what a reload would: the snapshot of a second connection."""
        return self.shows() == reload(self._sam, self._visitor)

    def since(self, moment: float) -> list[dict[str, Any]]:
        return [frame for at, frame in list(self.frames) if at >= moment]

    def join(self) -> None:
        """Wait for the thread, once the socket is closed."""
        self._thread.join(10)

    def _read(self) -> None:
        try:
            for text in self._socket:
                self._apply(json.loads(text))
        except ConnectionClosed:
            pass
        self.closed = self._socket.close_code or 1006

    def _apply(self, frame: dict[str, Any]) -> None:
        self.frames.append((time.monotonic(), frame))
        with self._lock:
            if frame["type"] == "snapshot":
                self._seq = frame["seq"]
                self._requests = {request["id"]: request for request in frame["requests"]}
                self._notifications = {one["id"]: one for one in frame["notifications"]["latest"]}
            elif frame["type"] == "change":
                self.gaps += frame["seq"] != self._seq + 1
                self._seq = frame["seq"]
                self._take(frame)

    def _take(self, change: dict[str, Any]) -> None:
        if "request" in change:
            request = change["request"]
            parts = self._requests.get(request["id"], {"parts": []})["parts"]
            self._requests[request["id"]] = {**request, "parts": parts}
        if "part" in change:
            part = change["part"]
            held = self._requests[part["request"]]
            held["parts"] = [one for one in held["parts"] if one["id"] != part["id"]] + [part]
        if "notification" in change:
            self._notifications[change["notification"]["id"]] = change["notification"]


def reload(sam: Sam, visitor: Visitor) -> dict[str, Any]:
    """What the page would show if it were loaded now."""
    with _connect(sam, visitor) as socket:
        frame = json.loads(socket.recv(timeout=15))
    assert frame["type"] == "snapshot"
    return _shown(frame["seq"], frame["requests"], frame["notifications"]["latest"])


@contextmanager
def open_tab(sam: Sam, visitor: Visitor) -> Iterator[OpenTab]:
    """A tab of the visitor, open and with its first snapshot, until the block ends."""
    with _connect(sam, visitor) as socket:
        tab = OpenTab(sam, visitor, socket)
        yield tab
    tab.join()


def _connect(sam: Sam, visitor: Visitor) -> AbstractContextManager[ClientConnection]:
    return connect(
        sam.url.replace("http", "ws") + "/ws/",
        origin=websockets.Origin(sam.url),
        additional_headers={"Cookie": visitor.cookie_header},
        open_timeout=30,
        ping_interval=None,
        close_timeout=5,
        proxy=None,
    )


def _shown(seq: int, requests: list[dict[str, Any]], notifications: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "seq": seq,
        "requests": {one["id"]: {**one, "parts": sorted(map(_lasting, one["parts"]), key=_id)} for one in requests},
        "notifications": sorted(notifications, key=_id),
    }


def _lasting(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in LIVE_FIELDS}


def _id(row: dict[str, Any]) -> int:
    return int(row["id"])
