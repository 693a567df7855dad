"""Who builds a request's workbook: one builder at a time holds a small lease, and the first result stands."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from sam.models import ZipRequest
from sam.models.clock import in_seconds

WORKBOOK_LEASE_SECONDS = 20


def take_workbook(*, request_id: int, owner: str) -> bool:
    """Whether the caller shall build the workbook now (or build on): nobody has, and nobody else is at it."""
    free = Q(workbook_until__isnull=True) | Q(workbook_until__lt=Now()) | Q(workbook_owner=owner)
    with transaction.atomic(durable=True):
        taken = ZipRequest.objects.filter(free, pk=request_id, workbook_key="").update(
            workbook_owner=owner, workbook_until=in_seconds(WORKBOOK_LEASE_SECONDS)
        )
    return bool(taken)


def record_workbook(*, request_id: int, key: str, sha256: str) -> bool:
    """Point the request to its stored workbook; False where another builder's stands already."""
    with transaction.atomic(durable=True):
        recorded = ZipRequest.objects.filter(pk=request_id, workbook_key="").update(
            workbook_key=key, workbook_sha256=sha256, workbook_owner="", workbook_until=None
        )
    return bool(recorded)


def stored_workbook(*, request_id: int) -> tuple[str, str] | None:
    """(key, SHA-256 hex) of the request's workbook, or None while there is none."""
    key, sha256 = ZipRequest.objects.values_list("workbook_key", "workbook_sha256").get(pk=request_id)
    return (key, sha256) if key else None
