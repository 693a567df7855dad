"""Telling a usuario's tabs what a transaction changed: the `seq` is bumped in it, the frames leave on its commit."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F

from sam.dispatch import publish_on_commit
from sam.events import ChangeFrame, user_group
from sam.models import Notificacion, Stream, ZipPart, ZipRequest
from sam.selectors.entrega import notification_json
from sam.selectors.solicitudes import parts_json, request_summary

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
    frames = _frames(request_id, part_ids, notificacion)
    last = _bump(usuario_id, by=len(frames))
    for seq, frame in enumerate(frames, start=last - len(frames) + 1):
        frame["seq"] = seq
    if len(frames) > FRAMES_AT_MOST:
        publish_on_commit(user_group(usuario_id), {"type": "sam.resync"})
    else:
        publish_on_commit(user_group(usuario_id), {"type": "sam.frames", "frames": frames})


def _frames(request_id: int | None, part_ids: Sequence[int], notificacion: Notificacion | None) -> list[ChangeFrame]:
    parts = parts_json(list(ZipPart.objects.select_related("archive").filter(pk__in=part_ids).order_by("number")))
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
    mine = Stream.objects.filter(pk=usuario_id)
    if not mine.update(seq=F("seq") + by):
        Stream.objects.bulk_create([Stream(usuario_id=usuario_id, seq=0)], ignore_conflicts=True)
        mine.update(seq=F("seq") + by)
    return mine.values_list("seq", flat=True).get()
