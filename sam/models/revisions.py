"""Which Ficha a change makes out of date: saving or deleting a row bumps the revision of what shows it.

Signals, and not the services alone, because the administration and a shell write these rows too. Writers in
bulk (the import) raise no signals: they bump revisions themselves.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Model
from django.db.models.signals import post_delete, post_save, pre_save

from sam.models.empresas import Empresa, Procedimiento, Proveedor
from sam.models.equipos import Baja, Equipo, Prestamo
from sam.models.historial import Calibracion, Comprobacion, Mantenimiento

EQUIPO_ROWS: tuple[type[Model], ...] = (Calibracion, Mantenimiento, Comprobacion, Baja)
EMPRESA_ROWS: tuple[type[Model], ...] = (Proveedor, Procedimiento)


def connect() -> None:
    for model in EQUIPO_ROWS:
        post_save.connect(_bump_equipo, sender=model, dispatch_uid=f"revision-{model.__name__}")
        post_delete.connect(_bump_equipo, sender=model, dispatch_uid=f"revision-{model.__name__}")
    for model in EMPRESA_ROWS:
        post_save.connect(_bump_empresa, sender=model, dispatch_uid=f"revision-{model.__name__}")
        post_delete.connect(_bump_empresa, sender=model, dispatch_uid=f"revision-{model.__name__}")
    post_save.connect(_bump_prestamo, sender=Prestamo, dispatch_uid="revision-Prestamo")
    post_delete.connect(_bump_prestamo, sender=Prestamo, dispatch_uid="revision-Prestamo")
    for owner in (Equipo, Empresa):
        pre_save.connect(_keep_revision, sender=owner, dispatch_uid=f"revision-{owner.__name__}")
        post_save.connect(_bump_self, sender=owner, dispatch_uid=f"revision-{owner.__name__}")


def _bump_equipo(instance: Any, **_: Any) -> None:
    Equipo.objects.filter(pk=instance.equipo_id).update(revision=F("revision") + 1)


def _bump_empresa(instance: Any, **_: Any) -> None:
    Empresa.objects.filter(pk=instance.empresa_id).update(revision=F("revision") + 1)


def _bump_prestamo(instance: Any, **_: Any) -> None:
    owner = Equipo.objects.filter(pk=instance.equipo_id).values("empresa_id")
    Empresa.objects.filter(pk__in=owner).update(revision=F("revision") + 1)


def _keep_revision(instance: Any, **_: Any) -> None:
    # A row read before somebody else's change carries an old number; written back, it would be used twice.
    if not instance._state.adding:
        instance.revision = F("revision")


def _bump_self(sender: Any, instance: Any, created: bool, **_: Any) -> None:
    if created:
        return
    sender.objects.filter(pk=instance.pk).update(revision=F("revision") + 1)
    if sender is Equipo:
        # An empresa's Ficha shows the code and name of an equipo on loan.
        Empresa.objects.filter(pk=instance.empresa_id).update(revision=F("revision") + 1)
