"""Parts, requests and snapshots for tests of the socket: whole, with only what matters to be said."""

from __future__ import annotations

from sam.events import (
    ChangeFrame,
    NotificationJSON,
    PartJSON,
    ProgressFrame,
    QueueFrame,
    RequestJSON,
    RequestSummaryJSON,
    SnapshotJSON,
)


def a_part(part_id: int = 1, *, state: str = "processing", attempt: int = 1, done: int = 0) -> PartJSON:
    return {
        "id": part_id,
        "request": 1,
        "number": 1,
        "of": 2,
        "state": state,
        "version": 1,
        "attempt": attempt,
        "equipos": 35,
        "done": done,
        "percent": 100 * done // 35,
        "current": None,
        "bytes": None,
        "sha256": None,
        "missing": 0,
        "error": None,
        "position": None,
        "eta": None,
        "reason": None,
        "download": None,
        "downloaded_at": None,
        "extended": False,
        "queued_at": "2026-03-02T10:00:00-05:00",
        "started_at": None,
        "finished_at": None,
        "expires_at": None,
    }


def a_summary(request_id: int = 1, *, state: str = "processing", version: int = 1) -> RequestSummaryJSON:
    return {
        "id": request_id,
        "empresa": {"id": 1, "nombre": "CERTIBOY S.A.S."},
        "requester": 7,
        "state": state,
        "version": version,
        "instant": "2026-03-02T10:00:00-05:00",
        "created_at": "2026-03-02T10:00:00-05:00",
    }


def a_request(request_id: int = 1, *parts: PartJSON, state: str = "processing") -> RequestJSON:
    return {**a_summary(request_id, state=state), "parts": list(parts)}


def a_notification(notification_id: int = 1, *, version: int = 1) -> NotificationJSON:
    return {
        "id": notification_id,
        "version": version,
        "kind": "zip_ready",
        "request": 1,
        "part": 1,
        "text": "La parte 1 está lista.",
        "created_at": "2026-03-02T10:00:00-05:00",
        "read_at": None,
    }


def a_snapshot(seq: int = 0, *requests: RequestJSON, user: int = 7, epoch: str = "e1") -> SnapshotJSON:
    return {
        "user": user,
        "epoch": epoch,
        "seq": seq,
        "requests": list(requests),
        "notifications": {"unread": 0, "latest": []},
    }


def a_change(seq: int, part: PartJSON | None = None) -> ChangeFrame:
    return {"type": "change", "seq": seq, "part": part or a_part()}


def some_progress(part: int = 1, *, attempt: int = 1, done: int = 1) -> ProgressFrame:
    return {
        "type": "progress",
        "part": part,
        "attempt": attempt,
        "done": done,
        "percent": 100 * done // 35,
        "current": f"EQ-{done:03}",
    }


def a_digest(version: str) -> QueueFrame:
    """An empty queue under this version."""
    return {
        "type": "queue",
        "version": version,
        "at": "2026-01-15T12:00:00+00:00",
        "paused": False,
        "paused_since": None,
        "idle": False,
        "counts": {"waiting": 0, "building": 0, "workers": 1, "completed": 0, "failed": 0, "missing": 0},
        "oldest_seconds": 0,
        "lanes": [],
        "more_lanes": 0,
        "workers": [],
        "rows": [],
        "hidden": 0,
        "reasons": [],
        "orders": [],
        "charts": {},
    }
