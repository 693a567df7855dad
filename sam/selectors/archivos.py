"""Archives by their manifest: whether SAM wrote it, and when."""

from __future__ import annotations

from datetime import datetime

from sam.models import Archive


def issued_at(manifest_sha256: str) -> datetime | None:
    """When SAM first finished a part with this manifest; None if it never did.

    A part that is built again has the same manifest, and each time a row of its own: the first one counts.
    """
    rows = Archive.objects.filter(manifest_sha256=manifest_sha256)
    return rows.order_by("created_at").values_list("created_at", flat=True).first()
