"""ZipRequest, ZipPart and the plan that fixed them; Archive, the ZIP that a part points to."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sam.models.documentos import SHA256
from sam.states import LIVE_REQUEST, FailureReason, PartState, RequestState


class Archive(models.Model):
    """One finished ZIP in storage; the row, and so its manifest's hash, is kept for ever.

    `registered` documentos were planned and `missing` of them are not in it (FALTANTES says why).
    """

    key = models.CharField("clave", max_length=200, unique=True)
    bytes = models.BigIntegerField("bytes")
    sha256 = models.CharField("SHA-256", max_length=64, validators=[SHA256])
    manifest_sha256 = models.CharField("SHA-256 del manifiesto", max_length=64, db_index=True, validators=[SHA256])
    registered = models.IntegerField("documentos registrados")
    missing = models.IntegerField("faltantes")
    faltantes = models.JSONField("detalle de los faltantes", default=list)
    created_at = models.DateTimeField("creado", default=timezone.now)
    deleted_at = models.DateTimeField("bytes borrados", null=True, blank=True)

    class Meta:
        verbose_name = "archivo"
        verbose_name_plural = "archivos"
        constraints = [
            models.CheckConstraint(condition=Q(bytes__gt=0), name="archive_bytes"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="archive_sha256"),
            models.CheckConstraint(condition=Q(missing__gte=0, missing__lte=F("registered")), name="archive_missing"),
        ]
        indexes = [models.Index(fields=["created_at"], name="archive_created_at")]

    def __str__(self) -> str:
        return self.key


class ZipRequest(models.Model):
    """One click on "Solicitar ZIP". Its `state` follows from its parts and is stored with each of their moves."""

    empresa = models.ForeignKey("sam.Empresa", models.PROTECT, related_name="solicitudes", verbose_name="empresa")
    requester = models.ForeignKey("sam.Usuario", models.PROTECT, related_name="solicitudes", verbose_name="solicitante")
    state = models.CharField(
        "estado",
        max_length=10,
        choices=[(s.value, s.value) for s in RequestState],
        default=RequestState.PENDING,
    )
    version = models.BigIntegerField("versión", default=1)
    instant = models.DateTimeField("instante")
    root = models.CharField("carpeta", max_length=60)
    lists = models.ForeignKey("sam.Ficha", models.PROTECT, related_name="+", verbose_name="ficha de la empresa")
    created_at = models.DateTimeField("creada", default=timezone.now)
    # The trace of the HTTP request that made it: one word to look for in the logs of web, workers and sockets.
    trace = models.CharField("rastro", max_length=32, blank=True)
    ended_at = models.DateTimeField("terminada", null=True, blank=True)
    # The workbook is built once for all the parts, by whoever holds this small lease.
    workbook_key = models.CharField("clave del informe", max_length=200, blank=True)
    workbook_sha256 = models.CharField("SHA-256 del informe", max_length=64, blank=True)
    workbook_owner = models.CharField("quien arma el informe", max_length=100, blank=True)
    workbook_until = models.DateTimeField("arma el informe hasta", null=True, blank=True)

    class Meta:
        verbose_name = "solicitud"
        verbose_name_plural = "solicitudes"
        permissions = [("operate", "Puede operar la cola: cancelar, reintentar, priorizar, pausar")]
        constraints = [
            models.UniqueConstraint(
                fields=["empresa", "requester"],
                condition=Q(state__in=sorted(LIVE_REQUEST)),
                name="request_live",
            ),
            models.CheckConstraint(condition=Q(state__in=sorted(RequestState)), name="request_state"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, state__in=sorted(LIVE_REQUEST))
                | Q(ended_at__isnull=False, state__in=sorted(set(RequestState) - LIVE_REQUEST)),
                name="request_ended_at",
            ),
            models.CheckConstraint(
                condition=Q(workbook_key="", workbook_sha256="") | (~Q(workbook_key="") & ~Q(workbook_sha256="")),
                name="request_workbook",
            ),
        ]
        indexes = [models.Index(fields=["requester", "-created_at"], name="request_of_requester")]

    def __str__(self) -> str:
        return f"solicitud #{self.pk}"


class ZipPart(models.Model):
    """Up to 35 equipos of a request. `attempt` is the fence: it grows each time the part returns to pending.

    `owner` and `lease_until` say who builds it; `done` and `current` are live fields, outside `version`.
    """

    request = models.ForeignKey(ZipRequest, models.CASCADE, related_name="parts", verbose_name="solicitud")
    number = models.IntegerField("número", validators=[MinValueValidator(1)])
    of = models.IntegerField("de")
    first = models.IntegerField("primer equipo")
    last = models.IntegerField("último equipo")
    first_codigo = models.CharField("primer código", max_length=200)
    last_codigo = models.CharField("último código", max_length=200)
    state = models.CharField(
        "estado", max_length=10, choices=[(s.value, s.value) for s in PartState], default=PartState.PENDING
    )
    version = models.BigIntegerField("versión", default=1)
    attempt = models.IntegerField("intento", default=1)
    crashes = models.IntegerField("caídas", default=0)
    storage_failures = models.IntegerField("fallas del almacén", default=0)
    priority = models.IntegerField("prioridad", default=0)
    # The order of work between empresas, and what this part will cost; see sam/planning/turnos.py.
    turn = models.FloatField("turno", default=0, db_default=0.0)
    work = models.BigIntegerField("trabajo", default=0, db_default=0)
    not_before = models.DateTimeField("no antes de", null=True, blank=True)
    owner = models.CharField("proceso", max_length=100, blank=True)
    lease_until = models.DateTimeField("plazo", null=True, blank=True)
    done = models.IntegerField("hechos", default=0)
    current = models.CharField("equipo actual", max_length=200, blank=True)
    error = models.CharField(
        "motivo",
        max_length=40,
        blank=True,
        choices=[(reason.value, reason.value) for reason in FailureReason],
    )
    archive = models.ForeignKey(
        Archive, models.PROTECT, null=True, blank=True, related_name="parts", verbose_name="archivo"
    )
    queued_at = models.DateTimeField("en cola desde", default=timezone.now)
    started_at = models.DateTimeField("empezó", null=True, blank=True)
    finished_at = models.DateTimeField("terminó", null=True, blank=True)
    expires_at = models.DateTimeField("vence", null=True, blank=True)
    extended = models.BooleanField("ampliada", default=False)
    downloaded_at = models.DateTimeField("descargada", null=True, blank=True)
    link_given_at = models.DateTimeField("último enlace", null=True, blank=True)

    class Meta:
        verbose_name = "parte"
        verbose_name_plural = "partes"
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="part_number"),
            models.CheckConstraint(condition=Q(state__in=sorted(PartState)), name="part_state"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=F("of")), name="part_of"),
            models.CheckConstraint(condition=Q(first__gte=1, last__gte=F("first")), name="part_range"),
            models.CheckConstraint(
                condition=Q(attempt__gte=1, crashes__gte=0, storage_failures__gte=0), name="part_attempt"
            ),
            models.CheckConstraint(condition=Q(done__gte=0, done__lte=F("last") - F("first") + 1), name="part_done"),
            models.CheckConstraint(
                condition=(Q(state=PartState.PROCESSING, lease_until__isnull=False) & ~Q(owner=""))
                | (~Q(state=PartState.PROCESSING) & Q(owner="", lease_until__isnull=True)),
                name="part_lease",
            ),
            models.CheckConstraint(
                condition=Q(state=PartState.COMPLETED, archive__isnull=False, expires_at__isnull=False)
                | Q(state=PartState.EXPIRED, expires_at__isnull=False)
                | (~Q(state__in=[PartState.COMPLETED, PartState.EXPIRED]) & Q(archive__isnull=True)),
                name="part_archive",
            ),
            models.CheckConstraint(
                condition=(Q(state=PartState.FAILED) & ~Q(error="")) | (~Q(state=PartState.FAILED) & Q(error="")),
                name="part_error",
            ),
        ]
        indexes = [
            models.Index(fields=["finished_at"], name="part_finished"),
            models.Index(
                fields=["-priority", "turn", "id"],
                name="part_waiting",
                condition=Q(state=PartState.PENDING),
            ),
            models.Index(fields=["lease_until"], name="part_leased", condition=Q(state=PartState.PROCESSING)),
            models.Index(fields=["expires_at"], name="part_expiring", condition=Q(state=PartState.COMPLETED)),
            models.Index(fields=["finished_at", "error"], name="part_failed", condition=Q(state=PartState.FAILED)),
        ]

    def __str__(self) -> str:
        return f"parte {self.number} de {self.of} de la solicitud #{self.request_id}"


class PartEquipo(models.Model):
    """The plan: which equipo, at which revision, in which folder of which part. Never changed."""

    part = models.ForeignKey(ZipPart, models.CASCADE, related_name="plan", verbose_name="parte")
    ordinal = models.IntegerField("ordinal")
    codigo = models.CharField("código", max_length=200)
    folder = models.CharField("carpeta", max_length=60)
    ficha = models.ForeignKey("sam.Ficha", models.PROTECT, related_name="+", verbose_name="ficha")

    class Meta:
        verbose_name = "equipo de la parte"
        verbose_name_plural = "equipos de la parte"
        constraints = [
            models.UniqueConstraint(fields=["part", "ordinal"], name="plan_ordinal"),
            models.UniqueConstraint(fields=["part", "folder"], name="plan_folder"),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.codigo}"
