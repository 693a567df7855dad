"""The workers as the database knows them: who lives, since when, seen when."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class WorkerBeat(models.Model):
    """One worker process; `seen_at` is written every few seconds by the database's clock."""

    name = models.CharField("nombre", max_length=100, primary_key=True)
    host = models.CharField("máquina", max_length=100)
    version = models.CharField("versión", max_length=40, blank=True)
    slots = models.IntegerField("puestos", default=1)
    started_at = models.DateTimeField("desde", default=timezone.now)
    seen_at = models.DateTimeField("visto", default=timezone.now)

    class Meta:
        verbose_name = "proceso"
        verbose_name_plural = "procesos"

    def __str__(self) -> str:
        return self.name
