"""Delivery: each usuario's counter of changes, the database's epoch, and lasting messages."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Stream(models.Model):
    """`seq` grows by one for each committed change that the usuario may see, inside that transaction.

    The row lock makes it gap-free and in the order of commits.
    """

    usuario = models.OneToOneField("sam.Usuario", models.CASCADE, primary_key=True, related_name="stream")
    seq = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "secuencia"
        verbose_name_plural = "secuencias"
        constraints = [models.CheckConstraint(condition=Q(seq__gte=0), name="stream_seq")]

    def __str__(self) -> str:
        return f"{self.usuario_id}: {self.seq}"


class Epoch(models.Model):
    """One row: a new value says that the database is not the one a client remembers (it was restored)."""

    id = models.IntegerField(primary_key=True, default=1)
    value = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = "época"
        verbose_name_plural = "épocas"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="epoch_one")]

    def __str__(self) -> str:
        return str(self.value)


class NotificacionKind(models.TextChoices):
    READY = "zip_ready", "ZIP listo"
    READY_WITH_MISSING = "zip_missing", "ZIP con faltantes"
    FAILED = "zip_failed", "ZIP fallido"


class Notificacion(models.Model):
    """A lasting message to one usuario: unread until `read_at`."""

    usuario = models.ForeignKey("sam.Usuario", models.CASCADE, related_name="notificaciones", verbose_name="usuario")
    version = models.BigIntegerField("versión", default=1)
    kind = models.CharField("tipo", max_length=20, choices=NotificacionKind)
    request = models.ForeignKey(
        "sam.ZipRequest", models.CASCADE, null=True, blank=True, related_name="+", verbose_name="solicitud"
    )
    part = models.ForeignKey(
        "sam.ZipPart", models.CASCADE, null=True, blank=True, related_name="+", verbose_name="parte"
    )
    text = models.CharField("texto", max_length=400)
    created_at = models.DateTimeField("creada", default=timezone.now)
    read_at = models.DateTimeField("leída", null=True, blank=True)

    class Meta:
        verbose_name = "notificación"
        verbose_name_plural = "notificaciones"
        indexes = [models.Index(fields=["usuario", "-id"], name="notificacion_de")]
        constraints = [models.CheckConstraint(condition=Q(kind__in=NotificacionKind.values), name="notificacion_kind")]

    def __str__(self) -> str:
        return self.text
