"""What one socket has still to be told: the latest of each entity, paced, and is its reader too slow; pure.

The order of `seq` is kept whatever is left out: a change whose entities were all told anew later goes out as
`{"type": "change", "seq": n}`, so that a slow reader sees no gap. A request stays where it was told first, as it is
last: its parts come after it, and a part of a request that the reader does not know would be no use to it. Times are
seconds of one monotonic clock.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, assert_never

from realtime.protocol import (
    MAX_PENDING_ENTITIES,
    MAX_PENDING_SECONDS,
    PROGRESS_PER_SECOND,
    BeatFrame,
    ErrorFrame,
    ServerFrame,
    SnapshotFrame,
)
from sam.events import ChangeFrame, OutlookFrame, ProgressFrame, QueueFrame

ENTITIES: Final[tuple[Literal["part", "request", "notification"], ...]] = ("part", "request", "notification")
PROGRESS_SECONDS: Final = 1 / PROGRESS_PER_SECOND
OUTLOOK_SECONDS: Final = 1.0
QUEUE_SECONDS: Final = 1.0


class Outbox:
    """Frames in, one frame out at a time: `take`, write it, `written`."""

    def __init__(self) -> None:
        self._snapshot: SnapshotFrame | None = None
        self._changes: deque[ChangeFrame] = deque()
        self._entities = 0
        self._beat: BeatFrame | None = None
        self._errors: deque[ErrorFrame] = deque()
        self._progress: dict[int, ProgressFrame] = {}
        self._outlook: OutlookFrame | None = None
        self._queue: QueueFrame | None = None
        self._due: dict[int | str, float] = {}  # a part's id, "outlook", "queue": not before
        self._writing_since: float | None = None

    def put(self, frame: ServerFrame) -> None:
        """Keep a frame until the reader takes it; what it makes stale is forgotten."""
        if frame["type"] == "snapshot":
            self._start_over(frame)
        elif frame["type"] == "change":
            self._add_change(frame)
        elif frame["type"] == "progress":
            self._progress[frame["part"]] = frame
        elif frame["type"] == "beat":
            self._beat = frame
        elif frame["type"] == "error":
            self._errors.append(frame)
        elif frame["type"] == "outlook":
            parts = self._outlook["parts"] if self._outlook else {}
            self._outlook = {"type": "outlook", "parts": {**parts, **frame["parts"]}}
        elif frame["type"] == "queue":
            self._queue = frame
        else:
            assert_never(frame)

    def take(self, now: float) -> ServerFrame | None:
        """The next frame to write, or None when nothing is due."""
        frame = self._counted() or self._live(now)
        if frame is not None:
            self._writing_since = now
        return frame

    def written(self) -> None:
        """The frame that was taken has left, or is in a buffer that has room."""
        self._writing_since = None

    def seconds_to_wait(self, now: float) -> float | None:
        """After `take` gave None: until the next paced frame is due; None when there is none."""
        due = [self._due.get(key, now) for key in self._waiting()]
        return max(0.0, min(due) - now) if due else None

    def is_too_slow(self, now: float) -> bool:
        """Whether the reader let one frame lie for 10 s, or 256 entities pile up behind it."""
        if self._writing_since is None:
            return False
        return self._entities > MAX_PENDING_ENTITIES or now - self._writing_since > MAX_PENDING_SECONDS

    def _start_over(self, snapshot: SnapshotFrame) -> None:
        self._snapshot = snapshot
        self._changes.clear()
        self._entities = 0
        self._progress.clear()
        self._outlook = None
        self._carry_beat(snapshot["seq"])

    def _add_change(self, frame: ChangeFrame) -> None:
        if self._changes:
            frame = self._merged(frame)
        self._changes.append(frame)
        self._entities += _entities_of(frame)
        if "part" in frame:
            self._progress.pop(frame["part"]["id"], None)
        self._carry_beat(frame["seq"])

    def _merged(self, frame: ChangeFrame) -> ChangeFrame:
        """The frame, without the request that an older one tells of now; the older ones forget what it tells anew."""
        for index, older in enumerate(self._changes):
            stale = [key for key in ENTITIES if _same_entity(key, older, frame)]
            if not stale:
                continue
            kept = {key: value for key, value in older.items() if key not in stale}
            if "request" in stale:
                kept["request"] = frame["request"]
                frame = {key: value for key, value in frame.items() if key != "request"}  # type: ignore[assignment]
                stale.remove("request")
            self._changes[index] = kept  # type: ignore[assignment]  # a change without some of its entities
            self._entities -= len(stale)
        return frame

    def _carry_beat(self, seq: int) -> None:
        # A waiting beat is written after this: an older seq in it would look like a database gone back.
        if self._beat is not None:
            self._beat = {"type": "beat", "seq": seq}

    def _counted(self) -> ServerFrame | None:
        if self._snapshot is not None:
            snapshot, self._snapshot = self._snapshot, None
            return snapshot
        if self._changes:
            change = self._changes.popleft()
            self._entities -= _entities_of(change)
            return change
        if self._beat is not None:
            beat, self._beat = self._beat, None
            return beat
        return self._errors.popleft() if self._errors else None

    def _live(self, now: float) -> ServerFrame | None:
        for key in self._waiting():
            if self._due.get(key, now) <= now:
                return self._take_live(key, now)
        return None

    def _take_live(self, key: int | str, now: float) -> ServerFrame | None:
        if isinstance(key, int):
            self._forget_old_dues(now)
            self._due[key] = now + PROGRESS_SECONDS
            return self._progress.pop(key)
        if key == "outlook":
            self._due[key] = now + OUTLOOK_SECONDS
            outlook, self._outlook = self._outlook, None
            return outlook
        self._due[key] = now + QUEUE_SECONDS
        queue, self._queue = self._queue, None
        return queue

    def _waiting(self) -> list[int | str]:
        waiting: list[int | str] = list(self._progress)
        if self._outlook is not None:
            waiting.append("outlook")
        if self._queue is not None:
            waiting.append("queue")
        return waiting

    def _forget_old_dues(self, now: float) -> None:
        if len(self._due) > MAX_PENDING_ENTITIES:
            self._due = {key: due for key, due in self._due.items() if due > now}


def _entities_of(frame: ChangeFrame) -> int:
    return sum(key in frame for key in ENTITIES)


def _same_entity(key: Literal["part", "request", "notification"], one: ChangeFrame, other: ChangeFrame) -> bool:
    return key in one and key in other and one[key]["id"] == other[key]["id"]
