"""What one socket's usuario knows, and so what it must be told next; pure.

The first frame is a snapshot. Then changes follow in the order of `seq`: one that is already known is
dropped, a gap asks for a fresh snapshot, and what comes while one is read is kept until it is there.
Delivery may lose, double and reorder messages; the client still ends with what a reload would show.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from realtime.protocol import (
    ERRORS_PER_MINUTE,
    FRAMES_AT_ONCE,
    FRAMES_PER_SECOND,
    BeatFrame,
    ClientFrame,
    CloseCode,
    ErrorCode,
    FatalFrameError,
    PublishedFrame,
    ServerFrame,
    Topic,
    WrongFrame,
    decode,
)
from realtime.snapshots import snapshot_frame
from sam.events import ChangeFrame, OutlookFrame, PartJSON, ProgressFrame, QueueFrame, SnapshotJSON
from sam.states import LIVE

MAX_KEPT_CHANGES: Final = 1024  # while a snapshot is read; what is beyond shows as a gap, and is read again
MINUTE_SECONDS: Final = 60
QUEUE_AGAIN_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the socket has to do now."""

    send: tuple[ServerFrame, ...] = ()
    snapshot: bool = False  # read a fresh one, then call `on_snapshot`
    missed: int = 0  # how many changes that snapshot makes up for, as far as is known
    read: int | None = None  # the notification that was read
    close: CloseCode | None = None


NOTHING: Final = Step()


@dataclass(slots=True)
class KnownPart:
    attempt: int
    done: int
    live: bool


class Session:
    """The state of one socket's delivery. Times are seconds of one monotonic clock."""

    def __init__(self, *, is_staff: bool, now: float, build: str = "") -> None:
        self.seq: int | None = None  # None until the first snapshot
        self._is_staff = is_staff
        self._build = build  # which static files this process serves
        self._reading = False
        self._read_again = False
        self._kept: deque[ChangeFrame] = deque(maxlen=MAX_KEPT_CHANGES)
        self._held: list[ServerFrame] = []  # answers before the first snapshot, which comes first
        self._parts: dict[int, KnownPart] = {}
        self._topics: set[Topic] = set()
        self._queue_version: str | None = None  # of the digest that was sent last
        self._queue_again_at = 0.0
        # A change carries no outlook: what its part can be told has to follow, though it be what was told before.
        self.wants_outlook = False
        self._errors: deque[float] = deque(maxlen=ERRORS_PER_MINUTE)
        self._allowance = float(FRAMES_AT_ONCE)
        self._allowance_at = now

    # ── the database ──

    def need_snapshot(self) -> Step:
        """At the start, on `resync`, and when messages may have been missed."""
        if self._reading:
            self._read_again = True  # the one being read may be older than what this asks for
            return NOTHING
        self._reading = True
        # What has come was committed before this read starts: whatever its `seq` says, the read covers it.
        self._kept.clear()
        return Step(snapshot=True)

    def on_snapshot(self, snapshot: SnapshotJSON) -> Step:
        """The snapshot that a step asked for: it replaces all that was known."""
        self._reading = False
        self.seq = snapshot["seq"]
        self._parts = {}
        for request in snapshot["requests"]:
            for part in request["parts"]:
                self._know(part)
        send: list[ServerFrame] = [snapshot_frame(snapshot, build=self._build)]
        kept = sorted(self._kept, key=lambda frame: frame["seq"])
        missed = next(filter(None, (self._change(frame, send) for frame in kept)), 0)
        again = missed > 0
        if self._read_again:
            self._read_again = False
            again |= self.need_snapshot().snapshot
        send += [self._beat(self.seq) if frame["type"] == "beat" else frame for frame in self._held]
        self._held.clear()
        return Step(send=tuple(send), snapshot=again, missed=missed)

    def on_snapshot_failed(self) -> Step:
        """It could not be read: a new socket gives up, an old one waits for the sweep or the next gap."""
        self._reading = self._read_again = False
        self._kept.clear()
        return Step(close=CloseCode.INTERNAL_ERROR) if self.seq is None else NOTHING

    def on_sweep(self, *, db_seq: int, seq_before: int | None) -> Step:
        """The database's `seq`, and what `self.seq` was before it was asked."""
        if self.seq is None or seq_before is None or self._reading:
            return NOTHING
        # Frames may have come while the database answered: then an older answer is no sign of going back.
        if db_seq > self.seq or db_seq < seq_before:
            return replace(self.need_snapshot(), missed=max(0, db_seq - self.seq))
        return NOTHING

    # ── what was published ──

    def on_frames(self, frames: Iterable[PublishedFrame]) -> Step:
        """Frames in the order in which the channel layer brought them."""
        send: list[ServerFrame] = []
        missed = 0
        for frame in frames:
            if frame["type"] == "change":
                # What comes with a gap is behind it: the read that starts now covers it all.
                missed = missed or self._change(frame, send)
            elif self.seq is not None:  # live frames are uncounted, and nothing comes before the snapshot
                send.extend(self._live(frame))
        return Step(send=tuple(send), snapshot=missed > 0, missed=missed)

    def _change(self, frame: ChangeFrame, send: list[ServerFrame]) -> int:
        """Adds the change to `send` when it is next; else how many are missing before it: then one must read anew."""
        if self._reading or self.seq is None:
            self._kept.append(frame)
            return 0
        if frame["seq"] <= self.seq:
            return 0
        if frame["seq"] > self.seq + 1:
            self.need_snapshot()
            return frame["seq"] - self.seq - 1
        self.seq = frame["seq"]
        if "part" in frame:
            self._know(frame["part"])
            self.wants_outlook |= frame["part"]["state"] in LIVE
        send.append(frame)
        return 0

    def _know(self, part: PartJSON) -> None:
        live = part["state"] in LIVE
        self._parts[part["id"]] = KnownPart(attempt=part["attempt"], done=part["done"], live=live)

    def _live(self, frame: ProgressFrame | OutlookFrame) -> Iterable[ServerFrame]:
        if frame["type"] == "progress":
            return (frame,) if self._is_news(frame) else ()
        if frame["type"] == "outlook":
            return self._outlook(frame)
        return ()  # type: ignore[unreachable]  # of a newer worker, during a deploy

    def _is_news(self, frame: ProgressFrame) -> bool:
        part = self._parts.get(frame["part"])
        if part is None or not part.live or part.attempt != frame["attempt"] or frame["done"] < part.done:
            return False
        part.done = frame["done"]
        return True

    def _outlook(self, frame: OutlookFrame) -> list[ServerFrame]:
        self.wants_outlook = False
        parts = {key: value for key, value in frame["parts"].items() if self._is_live(key)}
        return [{"type": "outlook", "parts": parts}] if parts else []

    def _is_live(self, key: str) -> bool:
        part = self._parts.get(int(key))
        return part is not None and part.live

    # ── the queue, for staff ──

    @property
    def watches_queue(self) -> bool:
        return "queue" in self._topics

    def on_queue(self, frame: QueueFrame, *, now: float) -> Step:
        """The digest as it is now: sent where it is another than the last, or to tell ages and estimates anew."""
        is_news = frame["version"] != self._queue_version or now >= self._queue_again_at
        if not self.watches_queue or not is_news:
            return NOTHING
        self._queue_version = frame["version"]
        self._queue_again_at = now + QUEUE_AGAIN_SECONDS
        return self._say(frame)

    def on_rights(self, *, is_staff: bool, now: float) -> Step:
        """What the usuario may do now, which an administrator changes under an open socket."""
        self._is_staff = is_staff
        if is_staff or not self._topics:
            return NOTHING
        self._topics.clear()
        return self.complain("forbidden", now=now)

    # ── what the client sent ──

    def on_client(self, text: str | None, data: bytes | None, *, now: float) -> Step:
        """One message of the client: an answer, an error frame, or the end."""
        if not self._is_allowed(now):
            return self.complain("too_fast", now=now)
        try:
            frame = decode(text, data)
        except FatalFrameError:
            return Step(close=CloseCode.BAD_FRAMES)
        except WrongFrame as error:
            return self.complain(error.code, now=now)
        return self._answer(frame, now)

    def complain(self, code: ErrorCode, *, now: float) -> Step:
        """An `error` frame; the sixth within a minute closes the socket."""
        if len(self._errors) == ERRORS_PER_MINUTE and now - self._errors[0] < MINUTE_SECONDS:
            return Step(close=CloseCode.BAD_FRAMES)
        self._errors.append(now)
        return self._say({"type": "error", "code": code})

    def beat(self) -> Step:
        """A sign of life, with the `seq` that the client should have."""
        return NOTHING if self.seq is None else Step(send=(self._beat(self.seq),))

    def _answer(self, frame: ClientFrame, now: float) -> Step:
        match frame["type"]:
            case "ping":
                return self._say(self._beat(self.seq or 0))
            case "resync":
                return self.need_snapshot()
            case "subscribe":
                if not self._is_staff:
                    return self.complain("forbidden", now=now)
                self._topics.add(frame["topic"])
                self._queue_version = None
                return NOTHING
            case "unsubscribe":
                self._topics.discard(frame["topic"])
                return NOTHING
            case "read":
                return Step(read=frame["notification"])

    def _say(self, frame: ServerFrame) -> Step:
        if self.seq is None:
            self._held.append(frame)
            return NOTHING
        return Step(send=(frame,))

    def _beat(self, seq: int) -> BeatFrame:
        return {"type": "beat", "seq": seq}

    def _is_allowed(self, now: float) -> bool:
        gained = (now - self._allowance_at) * FRAMES_PER_SECOND
        self._allowance = min(FRAMES_AT_ONCE, self._allowance + gained)
        self._allowance_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True
