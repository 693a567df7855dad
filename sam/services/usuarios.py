"""Usuarios made by commands: of one empresa, or of the staff."""

from __future__ import annotations

from django.db import transaction

from sam.models import Usuario


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
