"""The manifests of a part: a JSON for programs, and a list that `sha256sum -c` accepts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sam.planning.names import BOGOTA
from sam.planning.plan import PartPlan
from zipworker.package.missing import Missing

MANIFEST_FORMAT: Final = "sam-manifiesto/1"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of the part as it was written; `path` is from the root folder, `documento` None if generated."""

    path: str
    bytes: int
    sha256: str
    documento: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Documentos of a part. `included` are in the archive and not named in FALTANTES.

    An image that cannot be shown is among `missing`, though its file is in the archive; a hoja de vida or a
    logo that failed is registered and missing.
    """

    equipos: int
    registered: int
    missing: int

    @property
    def included(self) -> int:
        return self.registered - self.missing


def manifest_json(plan: PartPlan, *, files: Sequence[ListedFile], missing: Sequence[Missing], counts: Counts) -> bytes:
    """What the part is and holds, its own two manifests excepted."""
    manifest = {
        "format": MANIFEST_FORMAT,
        "request": plan.request_id,
        "part": plan.number,
        "of": plan.of,
        "part_id": plan.part_id,
        "empresa": {"id": plan.empresa["id"], "nombre": plan.empresa["nombre"]},
        "root": plan.root,
        "instant": plan.instant.astimezone(BOGOTA).isoformat(),
        "counts": {
            "equipos": counts.equipos,
            "registered": counts.registered,
            "included": counts.included,
            "missing": counts.missing,
            "files": len(files),
        },
        "missing": [
            {
                "equipo": row.equipo,
                "documento": row.documento_id,
                "label": row.documento,
                "path": row.ruta,
                "reason": row.motivo.value,
            }
            for row in missing
        ],
        "files": [
            {"path": file.path, "bytes": file.bytes, "sha256": file.sha256, "documento": file.documento}
            for file in files
        ],
    }
    return (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def sha256_list(files: Iterable[ListedFile]) -> bytes:
    """One line for each file; safe names have neither backslash nor newline, so that nothing needs escaping."""
    return "".join(f"{file.sha256}  {file.path}\n" for file in files).encode()
