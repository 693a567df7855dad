"""What a worker logged while it built one attempt of a part, for who asks later."""

from __future__ import annotations

from sam.models import AttemptLog
from sam.services.partes import Claim


def keep_lines(claim: Claim, text: str) -> None:
    """Keep what this attempt logged, for who asks later; what was kept of it before is replaced."""
    AttemptLog.objects.bulk_create(
        [AttemptLog(part_id=claim.part_id, attempt=claim.attempt, worker=claim.owner, lines=_storable(text))],
        update_conflicts=True,
        unique_fields=["part", "attempt", "worker"],
        update_fields=["lines"],
    )


def _storable(text: str) -> str:
    """Without what no database takes: a traceback may quote anything."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
