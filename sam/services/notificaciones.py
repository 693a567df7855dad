"""Reading notifications: read in one tab, read in all."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from sam.errors import NotVisible
from sam.models import Notificacion
from sam.services.entrega import announce


def read_notification(*, user_id: int, notificacion_id: int) -> None:
    """Mark one as read; again: nothing more. Raises NotVisible where it is not the usuario's."""
    with transaction.atomic(durable=True):
        mine = Notificacion.objects.filter(pk=notificacion_id, usuario_id=user_id)
        if mine.filter(read_at__isnull=True).update(read_at=Now(), version=F("version") + 1):
            announce(user_id, notificacion=mine.get())
        elif not mine.exists():
            raise NotVisible
