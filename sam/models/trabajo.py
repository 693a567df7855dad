"""The workers as the database knows them, the switches of the queue, and what its operators did."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class WorkerBeat(models.Model):
    """One worker process; `seen_at` is written every few seconds by the database's clock."""

    name = models.CharField("nombre", max_length=100, primary_key=True)
    host = models.CharField("máquina", max_length=100)
    version = models.CharField("versión", max_length=40, blank=True)
    slots = models.IntegerField("puestos", default=1)
    started_at = models.DateTimeField("desde", default=timezone.now)
    seen_at = models.DateTimeField("visto", default=timezone.now)
    # Asked by an operator: finish what is being built and take no more.
    quiet = models.BooleanField("en calma", default=False, db_default=False)
    memory_bytes = models.BigIntegerField("memoria", default=0, db_default=0)

    class Meta:
        verbose_name = "proceso"
        verbose_name_plural = "procesos"

    def __str__(self) -> str:
        return self.name


class QueueControl(models.Model):
    """One row: the switch of the whole queue."""

    id = models.IntegerField(primary_key=True, default=1)
    paused_at = models.DateTimeField("en pausa desde", null=True, blank=True)

    class Meta:
        verbose_name = "control de la cola"
        verbose_name_plural = "control de la cola"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="queue_control_one")]

    def __str__(self) -> str:
        return "en pausa" if self.paused_at else "en marcha"


class OperatorAction(models.Model):
    """What an operator did to the queue: who, when, to what, and why; never changed."""

    at = models.DateTimeField("cuándo", db_default=Now())
    usuario = models.ForeignKey("sam.Usuario", models.PROTECT, related_name="+", verbose_name="quién")
    action = models.CharField("acción", max_length=20)
    target = models.TextField("a qué")
    changed = models.IntegerField("cambiadas")
    why = models.CharField("por qué", max_length=300, blank=True)
    trace = models.CharField("rastro", max_length=32, blank=True)

    class Meta:
        verbose_name = "acción de operador"
        verbose_name_plural = "acciones de operadores"
        indexes = [models.Index(fields=["-id"], name="operator_action_newest")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
