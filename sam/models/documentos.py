"""Documento, a stored file; and Ficha, a record frozen at one revision. Neither ever changes."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

SHA256 = RegexValidator(r"^[0-9a-f]{64}$", "se esperan 64 cifras hexadecimales")


class Documento(models.Model):
    """One stored file of one empresa; `bytes`, `crc32` and `sha256` were taken when it came in."""

    empresa = models.ForeignKey("sam.Empresa", models.PROTECT, related_name="+", verbose_name="empresa")
    key = models.CharField("clave", max_length=200, unique=True)
    nombre = models.CharField("nombre", max_length=255)
    bytes = models.BigIntegerField("bytes")
    crc32 = models.BigIntegerField("CRC-32")
    sha256 = models.CharField("SHA-256", max_length=64, validators=[SHA256])
    created_at = models.DateTimeField("guardado", auto_now_add=True)

    class Meta:
        verbose_name = "documento"
        verbose_name_plural = "documentos"
        constraints = [
            models.CheckConstraint(condition=Q(bytes__gte=0), name="documento_bytes"),
            models.CheckConstraint(condition=Q(crc32__gte=0, crc32__lt=2**32), name="documento_crc32"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="documento_sha256"),
        ]

    def __str__(self) -> str:
        return self.nombre


class FichaKind(models.TextChoices):
    EQUIPO = "equipo", "equipo"
    EMPRESA = "empresa", "empresa"


class Ficha(models.Model):
    """The record of one equipo, or of one empresa's lists, at one revision: canonical JSON and its SHA-256.

    `subject` is the id of what it describes and no foreign key: the Ficha outlives its equipo.
    """

    kind = models.CharField("tipo", max_length=8, choices=FichaKind)
    subject = models.BigIntegerField("de")
    revision = models.BigIntegerField("revisión")
    data = models.TextField("datos")
    sha256 = models.CharField("SHA-256", max_length=64, validators=[SHA256])
    documents = models.IntegerField("documentos")
    bytes = models.BigIntegerField("bytes de los documentos")
    created_at = models.DateTimeField("congelada", auto_now_add=True)

    class Meta:
        verbose_name = "ficha"
        verbose_name_plural = "fichas"
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "revision"], name="ficha_revision"),
            models.CheckConstraint(condition=Q(kind__in=FichaKind.values), name="ficha_kind"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="ficha_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} r{self.revision}"
