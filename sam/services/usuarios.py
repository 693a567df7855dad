"""Usuarios made by commands: of one empresa, or of the staff; and telling their tabs when they change."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save

from sam.dispatch import publish_on_commit
from sam.events import user_group
from sam.models import Usuario

# What may end a session, or change what it may see.
TOLD_FIELDS = frozenset({"password", "is_active", "is_staff", "is_superuser"})


def ensure_usuario(*, username: str, password: str, empresa_id: int | None, staff: bool = False) -> None:
    """Create the usuario, or give the one that is there this password and place."""
    with transaction.atomic(durable=True):
        user, _ = Usuario.objects.get_or_create(
            username=username, defaults={"empresa_id": empresa_id, "is_staff": staff, "is_superuser": staff}
        )
        user.empresa_id = empresa_id
        user.is_staff = user.is_superuser = staff
        if not user.check_password(password):
            # Only then: a new hash ends every session that the usuario has.
            user.set_password(password)
        user.save()


def connect() -> None:
    """Tell the tabs of a usuario who was saved or deleted, whoever did it: the administration writes too."""
    post_save.connect(_tell_tabs, sender=Usuario, dispatch_uid="sam.usuario_saved")
    post_delete.connect(_tell_tabs, sender=Usuario, dispatch_uid="sam.usuario_deleted")


def _tell_tabs(
    instance: Usuario, created: bool = False, update_fields: Collection[str] | None = None, **_: Any
) -> None:
    if created:
        return
    # A login saves `last_login` alone.
    if update_fields is None or not TOLD_FIELDS.isdisjoint(update_fields):
        publish_on_commit(user_group(instance.pk), {"type": "sam.recheck"})
