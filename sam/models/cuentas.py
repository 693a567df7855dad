"""What was counted before its rows were forgotten."""

from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """The sum, under one name and its labels, of all that happened before `FOLDED`'s own value.

    What happened since is still counted from its rows, so that a sum of both only grows, whatever is removed later.
    """

    # The one row that is no sum: up to when was counted, in whole seconds since 1970, by the database's clock.
    FOLDED = "folded"

    name = models.CharField("nombre", max_length=60)
    labels = models.CharField("etiquetas", max_length=120, blank=True)
    value = models.FloatField("valor", default=0)

    class Meta:
        verbose_name = "cuenta"
        verbose_name_plural = "cuentas"
        constraints = [models.UniqueConstraint(fields=["name", "labels"], name="tally_one")]

    def __str__(self) -> str:
        return f"{self.name}{{{self.labels}}} {self.value:g}"
