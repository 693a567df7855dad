"""What the product tells its clients: the closed set of messages, typed, in the words of the wire.

A `change` carries what one committed transaction changed for one usuario, each entity whole, under a `seq`
that this transaction bumped. `progress` is live and uncounted. Groups are the addresses that dispatch
publishes to; a session's group is named by a hash, because the key itself is a secret.
"""

from __future__ import annotations

import hashlib
from typing import Literal, NotRequired, TypedDict

PROTOCOL_VERSION = 1


class EmpresaJSON(TypedDict):
    id: int
    nombre: str


class PartJSON(TypedDict):
    """One part, everywhere the same; times are ISO 8601 with zone, absent values null."""

    id: int
    request: int
    number: int
    of: int
    state: str
    version: int
    attempt: int
    equipos: int
    done: int
    percent: int
    current: str | None
    bytes: int | None
    sha256: str | None
    missing: int
    error: str | None
    position: int | None
    eta: tuple[str, str] | None
    reason: str | None
    download: str | None
    downloaded_at: str | None
    extended: bool
    queued_at: str
    started_at: str | None
    finished_at: str | None
    expires_at: str | None


class RequestSummaryJSON(TypedDict):
    """A request without its parts, as a `change` carries it."""

    id: int
    empresa: EmpresaJSON
    requester: int
    state: str
    version: int
    instant: str
    created_at: str


class RequestJSON(RequestSummaryJSON):
    parts: list[PartJSON]


class NotificationJSON(TypedDict):
    id: int
    version: int
    kind: str
    request: int | None
    part: int | None
    text: str
    created_at: str
    read_at: str | None


class NotificationsJSON(TypedDict):
    unread: int
    latest: list[NotificationJSON]


class SnapshotJSON(TypedDict):
    """All that a usuario's page shows, read in one transaction together with its `seq`."""

    user: int
    epoch: str
    seq: int
    requests: list[RequestJSON]
    notifications: NotificationsJSON


class ChangeFrame(TypedDict):
    type: Literal["change"]
    seq: int
    part: NotRequired[PartJSON]
    request: NotRequired[RequestSummaryJSON]
    notification: NotRequired[NotificationJSON]


class ProgressFrame(TypedDict):
    type: Literal["progress"]
    part: int
    attempt: int
    done: int
    percent: int
    current: str | None


class OutlookJSON(TypedDict):
    """What a waiting part can be told; `position` 1 is next to start."""

    position: int | None
    eta: tuple[str, str] | None
    reason: str | None


class OutlookFrame(TypedDict):
    """Live and uncounted; the keys of `parts` are the parts' ids."""

    type: Literal["outlook"]
    parts: dict[str, OutlookJSON]


class QueueRowJSON(TypedDict):
    """One live part as its operators see it; `position`, `eta` and `reason` as in PartJSON."""

    id: int
    request: int
    empresa: int
    nombre: str
    requester: str
    number: int
    of: int
    state: str
    attempt: int
    crashes: int
    priority: int
    position: int | None
    eta: tuple[str, str] | None
    reason: str | None
    done: int
    equipos: int
    worker: str
    queued_at: str
    started_at: str | None


class LaneJSON(TypedDict):
    """One empresa with something to do or paused; `done` in 24 hours, `limit` of parts at once."""

    empresa: int
    nombre: str
    waiting: int
    building: int
    done: int
    oldest: str | None
    paused: bool
    limit: int | None


class WorkerJSON(TypedDict):
    """One worker process; `age` of its heartbeat in seconds, `memory` in bytes, `building` the ids of parts."""

    name: str
    host: str
    version: str
    slots: int
    building: list[int]
    started_at: str
    seen_at: str
    age: int
    memory: int
    quiet: bool
    lost: bool


class ChartJSON(TypedDict):
    """Equal buckets of `step` seconds, the last ending at `end`; durations and ages in seconds."""

    end: str
    step: int
    depth: list[int]
    oldest: list[int]
    per_minute: list[float]
    p50: list[float | None]
    p95: list[float | None]
    completed: int
    duration: tuple[float, float] | None
    failures: dict[str, int]


class OrderJSON(TypedDict):
    """What an operator did to the queue; `what` in Spanish, `changed` how much of it."""

    id: int
    at: str
    usuario: str
    what: str
    changed: int
    why: str


class CountsJSON(TypedDict):
    """Parts that wait and are built now; workers alive; and of the last 24 hours, what ended how."""

    waiting: int
    building: int
    workers: int
    completed: int
    failed: int
    missing: int


class ReasonJSON(TypedDict):
    """Why `n` parts failed that can still be retried."""

    reason: str
    words: str
    n: int


class DigestJSON(TypedDict):
    """The queue, whole, as `/cola/` shows it; `version` names its content, but for ages and estimates.

    `idle`: work waits and nobody takes any, though nobody asked for a pause. `hidden`, `more_lanes`: what was left out.
    """

    version: str
    at: str
    paused: bool
    paused_since: str | None
    idle: bool
    counts: CountsJSON
    oldest_seconds: int
    lanes: list[LaneJSON]
    more_lanes: int
    workers: list[WorkerJSON]
    rows: list[QueueRowJSON]
    hidden: int
    reasons: list[ReasonJSON]
    orders: list[OrderJSON]
    charts: dict[str, ChartJSON]


class QueueFrame(DigestJSON):
    """The digest for staff who subscribed: at most one a second when something changed, else every 5 s."""

    type: Literal["queue"]


class FramesMessage(TypedDict):
    """A channel-layer message with frames that are ready for the wire, in their order."""

    type: Literal["sam.frames"]
    frames: list[ChangeFrame] | list[ProgressFrame] | list[OutlookFrame]
    trace: NotRequired[str]  # of the request that these frames tell of; for the logs, not for the wire


class ResyncMessage(TypedDict):
    """More changed than frames should carry: each socket of the group reads a fresh snapshot."""

    type: Literal["sam.resync"]


class SessionEndedMessage(TypedDict):
    type: Literal["sam.session_ended"]


class RecheckMessage(TypedDict):
    """The usuario's password, activity or rights changed: each socket asks whether its session still holds."""

    type: Literal["sam.recheck"]


Message = FramesMessage | ResyncMessage | SessionEndedMessage | RecheckMessage


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


def session_group(session_key: str) -> str:
    return f"session.{hashlib.sha256(session_key.encode()).hexdigest()[:32]}"


def percent_of(*, done: int, equipos: int, completed: bool) -> int:
    """floor(100·done/equipos), and 100 only when the part is completed."""
    if completed:
        return 100
    return min(99, 100 * done // equipos) if equipos else 0
