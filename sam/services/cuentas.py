"""Adds up what happened, before the rows that say so are forgotten."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from sam.models import Tally
from sam.models.clock import database_now
from sam.selectors.cuentas import counts_between, moment

# By then whoever wrote an earlier row has committed it: no transaction of ours lasts so long.
SETTLED_SECONDS: Final = 3600
STEP_SECONDS: Final = 60


def fold_counts() -> None:
    """Add what is older than an hour to the tally; each row once, whoever does it and however often."""
    until = int(database_now().timestamp() - SETTLED_SECONDS) // STEP_SECONDS * STEP_SECONDS
    Tally.objects.get_or_create(name=Tally.FOLDED, labels="")
    with transaction.atomic(durable=True):
        folded = Tally.objects.select_for_update().get(name=Tally.FOLDED)
        if folded.value >= until:
            return
        known = {(row.name, row.labels): row.value for row in Tally.objects.exclude(pk=folded.pk)}
        new = counts_between(moment(folded.value), moment(until))
        rows = [
            Tally(name=name, labels=",".join(labels), value=known.get((name, ",".join(labels)), 0.0) + count)
            for (name, labels), count in new.items()
        ]
        rows.append(Tally(name=Tally.FOLDED, labels="", value=until))
        Tally.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["name", "labels"], update_fields=["value"]
        )
