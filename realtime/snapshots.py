"""The snapshot as a frame, within the size that a client must be ready for; pure."""

from __future__ import annotations

import json
from typing import Final

from realtime.protocol import MAX_SERVER_BYTES, SnapshotFrame, encode
from sam.events import PROTOCOL_VERSION, RequestJSON, SnapshotJSON
from sam.states import LIVE_REQUEST

# A part is 600 to 900 bytes of JSON; below this many there is nothing to measure.
PARTS_THAT_SURELY_FIT: Final = 500


def snapshot_frame(snapshot: SnapshotJSON, *, build: str = "") -> SnapshotFrame:
    """The first frame of every connection. Past 1 MiB it leaves out the oldest requests that are over."""
    frame: SnapshotFrame = {"type": "snapshot", "v": PROTOCOL_VERSION, "build": build, **snapshot}
    if sum(len(request["parts"]) for request in snapshot["requests"]) <= PARTS_THAT_SURELY_FIT:
        return frame
    empty: SnapshotFrame = {**frame, "requests": []}
    return {**frame, "requests": _that_fit(snapshot["requests"], MAX_SERVER_BYTES - len(encode(empty)))}


def _that_fit(requests: list[RequestJSON], room: int) -> list[RequestJSON]:
    fitting: set[int] = set()
    for request in sorted(requests, key=lambda request: (request["state"] not in LIVE_REQUEST, -request["id"])):
        size = len(json.dumps(request, separators=(",", ":"))) + 1
        if size <= room:
            room -= size
            fitting.add(request["id"])
    return [request for request in requests if request["id"] in fitting]
