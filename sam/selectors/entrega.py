"""What a usuario's tabs show, read together with the `seq` it belongs to."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from sam.events import NotificationJSON, NotificationsJSON, SnapshotJSON
from sam.models import Epoch, Notificacion, Stream
from sam.models.clock import reading
from sam.selectors.solicitudes import iso, requests_json, shown_requests

LATEST_NOTIFICATIONS = 20


def snapshot(user_id: int) -> SnapshotJSON:
    """All of it at one instant; the `seq` is read first (see `sam.models.clock.reading`)."""
    with reading():
        seq = seqs([user_id]).get(user_id, 0)
        return {
            "user": user_id,
            "epoch": str(Epoch.objects.get(pk=1).value),
            "seq": seq,
            "requests": requests_json(shown_requests(user_id)),
            "notifications": notifications(user_id),
        }


def seqs(user_ids: Collection[int]) -> dict[int, int]:
    """The current `seq` of each usuario that has one (one that never had a change has none: 0)."""
    return dict(Stream.objects.filter(usuario__in=user_ids).values_list("usuario_id", "seq"))


def notifications(user_id: int) -> NotificationsJSON:
    mine = notificaciones_of(user_id)
    return {
        "unread": mine.filter(read_at__isnull=True).count(),
        "latest": [notification_json(one) for one in mine[:LATEST_NOTIFICATIONS]],
    }


def notificaciones_of(user_id: int) -> QuerySet[Notificacion]:
    return Notificacion.objects.filter(usuario_id=user_id).order_by("-id")


def notification_json(notificacion: Notificacion) -> NotificationJSON:
    return {
        "id": notificacion.pk,
        "version": notificacion.version,
        "kind": notificacion.kind,
        "request": notificacion.request_id,
        "part": notificacion.part_id,
        "text": notificacion.text,
        "created_at": notificacion.created_at.isoformat(),
        "read_at": iso(notificacion.read_at),
    }
