"""Telling a usuario's tabs what a transaction changed: the `seq` is bumped in it, the frames leave on its commit."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from sam.dispatch import publish_on_commit
from sam.events import ChangeFrame, user_group
from sam.logs import current_trace
from sam.models import Notificacion, Stream, ZipRequest
from sam.selectors.entrega import notification_json
from sam.selectors.solicitudes import moved_parts, part_json, request_summary

# A transaction that changed more parts than this sends no frames: each tab reads one fresh snapshot instead.
FRAMES_AT_MOST = 64


def announce(
    usuario_id: int,
    *,
    request_id: int | None = None,
    part_ids: Sequence[int] = (),
    notificacion: Notificacion | None = None,
) -> None:
    """Bump the usuario's `seq` and, on commit, publish each changed entity whole.

    Has to be the transaction's last step: what leaves is what these rows are now. A change carries one part, so
    a transaction that moved several takes as many numbers; they are published together and in their order.
    """
    if len(part_ids) > FRAMES_AT_MOST:
        _bump(usuario_id, by=len(part_ids))
        return publish_on_commit(user_group(usuario_id), {"type": "sam.resync"})
    frames = _frames(request_id, part_ids, notificacion)
    last = _bump(usuario_id, by=len(frames))
    for seq, frame in enumerate(frames, start=last - len(frames) + 1):
        frame["seq"] = seq
    publish_on_commit(user_group(usuario_id), {"type": "sam.frames", "frames": frames, "trace": current_trace()})


def ensure_stream(usuario_id: int) -> None:
    """Make the usuario's row, where there is none yet."""
    if not Stream.objects.filter(pk=usuario_id).exists():
        Stream.objects.bulk_create([Stream(usuario_id=usuario_id, seq=0)], ignore_conflicts=True)


def lock_stream(usuario_id: int) -> None:
    """Hold the usuario's row until the commit."""
    Stream.objects.select_for_update().filter(pk=usuario_id).first()


def _frames(request_id: int | None, part_ids: Sequence[int], notificacion: Notificacion | None) -> list[ChangeFrame]:
    # Without their outlook, which is live: it would cost a look at the whole queue, and comes within a second.
    parts = [part_json(part) for part in moved_parts(part_ids)]
    frames: list[ChangeFrame] = [{"type": "change", "seq": 0, "part": part} for part in parts]
    frames = frames or [{"type": "change", "seq": 0}]
    if request_id is not None:
        request = ZipRequest.objects.select_related("empresa").get(pk=request_id)
        frames[0]["request"] = request_summary(request)
    if notificacion is not None:
        frames[-1]["notification"] = notification_json(notificacion)
    return frames


def _bump(usuario_id: int, *, by: int) -> int:
    """Take `by` numbers; returns the last of them. The row stays locked until the commit, so there are no gaps."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE sam_stream SET seq = seq + %s WHERE usuario_id = %s RETURNING seq", [by, usuario_id])
            row = cursor.fetchone()
        if row is not None:
            return int(row[0])
        ensure_stream(usuario_id)
