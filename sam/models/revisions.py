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
    for rows, bump in ((EQUIPO_ROWS, _bump_equipo), (EMPRESA_ROWS, _bump_empresa), ((Prestamo,), _bump_prestamo)):
        for model in rows:
            name = f"revision-{model.__name__}"
            # Before it is saved too: a row that moves to another equipo leaves the Ficha of the one it was in.
            pre_save.connect(_bump_where_it_was, sender=model, dispatch_uid=f"{name}-was", weak=False)
            post_save.connect(bump, sender=model, dispatch_uid=name)
            post_delete.connect(bump, sender=model, dispatch_uid=name)
    for owner in (Equipo, Empresa):
        pre_save.connect(_keep_revision, sender=owner, dispatch_uid=f"revision-{owner.__name__}")
        post_save.connect(_bump_self, sender=owner, dispatch_uid=f"revision-{owner.__name__}")


def _bump_where_it_was(sender: Any, instance: Any, **_: Any) -> None:
    stored = sender.objects.filter(pk=instance.pk).first()
    if stored is None:
        return
    if sender in EQUIPO_ROWS:
        _bump_equipo(stored)
    elif sender in EMPRESA_ROWS:
        _bump_empresa(stored)
    else:
        _bump_prestamo(stored)


def _bump_equipo(instance: Any, **_: Any) -> None:
    Equipo.objects.filter(pk=instance.equipo_id).update(revision=F("revision") + 1)


def _bump_empresa(instance: Any, **_: Any) -> None:
    Empresa.objects.filter(pk=instance.empresa_id).update(revision=F("revision") + 1)


def _bump_prestamo(instance: Any, **_: Any) -> None:
    owner = Equipo.objects.filter(pk=instance.equipo_id).values("empresa_id")
    Empresa.objects.filter(pk__in=owner).update(revision=F("revision") + 1)


def _keep_revision(sender: Any, instance: Any, **_: Any) -> None:
    # A row read before somebody else's change carries an old number; written back, it would be used twice.
    if not instance._state.adding:
        instance.revision = F("revision")
    if sender is Equipo:
        was = Equipo.objects.filter(pk=instance.pk).values("empresa_id")
        Empresa.objects.filter(pk__in=was).update(revision=F("revision") + 1)


def _bump_self(sender: Any, instance: Any, created: bool, **_: Any) -> None:
    if created:
        return
    sender.objects.filter(pk=instance.pk).update(revision=F("revision") + 1)
    if sender is Equipo:
        # An empresa's Ficha shows the code and name of an equipo on loan.
        Empresa.objects.filter(pk=instance.empresa_id).update(revision=F("revision") + 1)
