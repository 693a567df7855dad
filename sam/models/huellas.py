"""What happened, for who asks later: every move of a part, and every download of an archive."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from sam.models.documentos import SHA256
from sam.states import Move, PartState


class Transition(models.Model):
    """One move of one part: written in the transaction that moved it, and kept for 90 days.

    `attempt` is the one that was moved: a hand-back of attempt 1 is followed by the claim of attempt 2.
    """

    part = models.ForeignKey("sam.ZipPart", models.CASCADE, related_name="transitions", verbose_name="parte")
    request = models.ForeignKey("sam.ZipRequest", models.CASCADE, related_name="transitions", verbose_name="solicitud")
    at = models.DateTimeField("cuándo", db_default=Now())
    actor = models.CharField("quién", max_length=120)
    move = models.CharField("paso", max_length=10, choices=[(move.value, move.value) for move in Move])
    before = models.CharField("de", max_length=10)
    after = models.CharField("a", max_length=10)
    attempt = models.IntegerField("intento")
    reason = models.CharField("motivo", max_length=40, blank=True)
    # A claim: how long the part had been queued. The end of an attempt: how long it took.
    # Whole milliseconds: sums of them are exact, so that a counter of them never goes back by a rounding.
    ms = models.BigIntegerField("duró (ms)", null=True, blank=True)
    trace = models.CharField("rastro", max_length=32, blank=True)

    class Meta:
        verbose_name = "paso de una parte"
        verbose_name_plural = "pasos de las partes"
        constraints = [
            models.CheckConstraint(condition=models.Q(move__in=sorted(Move)), name="transition_move"),
            models.CheckConstraint(
                condition=models.Q(before__in=sorted(PartState), after__in=sorted(PartState)), name="transition_states"
            ),
        ]
        indexes = [
            models.Index(fields=["part", "id"], name="transition_of_part"),
            models.Index(fields=["at"], name="transition_at"),
        ]

    def __str__(self) -> str:
        return f"{self.move}: {self.before} → {self.after}"


class AttemptLog(models.Model):
    """What a worker's log said while it built one attempt of a part; its first lines where it is long."""

    part = models.ForeignKey("sam.ZipPart", models.CASCADE, related_name="logs", verbose_name="parte")
    attempt = models.IntegerField("intento")
    worker = models.CharField("worker", max_length=100)
    at = models.DateTimeField("cuándo", db_default=Now())
    lines = models.TextField("líneas")

    class Meta:
        verbose_name = "registro de un intento"
        verbose_name_plural = "registros de los intentos"
        constraints = [models.UniqueConstraint(fields=["part", "attempt", "worker"], name="attempt_log_one")]
        indexes = [models.Index(fields=["at"], name="attempt_log_at")]

    def __str__(self) -> str:
        return f"parte {self.part_id}, intento {self.attempt}"


class Download(models.Model):
    """A link or the bytes of one archive were given to one usuario."""

    usuario = models.ForeignKey("sam.Usuario", models.PROTECT, related_name="+", verbose_name="usuario")
    part = models.ForeignKey("sam.ZipPart", models.SET_NULL, null=True, related_name="+", verbose_name="parte")
    sha256 = models.CharField("SHA-256 del archivo", max_length=64, validators=[SHA256])
    at = models.DateTimeField("cuándo", db_default=Now())
    trace = models.CharField("rastro", max_length=32, blank=True)

    class Meta:
        verbose_name = "descarga"
        verbose_name_plural = "descargas"
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="download_sha256")
        ]
        indexes = [models.Index(fields=["sha256"], name="download_of_archive")]

    def __str__(self) -> str:
        return f"{self.usuario_id}: {self.sha256[:12]}"
