"""What a process of an installation does: `load DUMP` imports and requests the ZIP, `build [N]` makes N parts or all.

It runs with `python -m tests.paquete.building`; the last line of its output is JSON for the test that started it.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
from pathlib import Path
from typing import Any

import django


def load(dump: Path) -> dict[str, Any]:
    """Import the dump into an empty database and ask for its ZIP; the keys of the stored files by their SHA-256."""
    from django.core.management import call_command

    from sam.management.loading import load_dump
    from sam.models import Documento, Usuario
    from sam.services.solicitudes import request_zip

    call_command("migrate", verbosity=0)
    imported, _ = load_dump(dump)
    request_zip(actor=Usuario.objects.create(username="auditoria", empresa_id=imported.empresa))
    return {"keys": dict(Documento.objects.values_list("sha256", "key"))}


def build(parts: int | None) -> dict[str, Any]:
    """Build that many of the parts that wait; what became of them, and the most memory that this process had."""
    from sam.models import PartEquipo, ZipPart
    from sam.storage import get_storage
    from tests.integration.making import build_next

    done = 0
    while done != parts and build_next(owner="paquete", storage=get_storage(), stopping=threading.Event()):
        done += 1
    built = ZipPart.objects.filter(archive__isnull=False).select_related("archive", "request__empresa")
    plan = PartEquipo.objects.order_by("ordinal").values_list("part__number", "codigo", "folder")
    return {
        "root": ZipPart.objects.values_list("request__root", flat=True)[0],
        "plan": list(plan),
        "parts": [_told(part) for part in built.order_by("number")],
        "peak_megabytes": _peak_megabytes(),
    }


def _told(part: Any) -> dict[str, Any]:
    from sam.views.descargas import filename_of

    archive = part.archive
    return {
        "number": part.number,
        "state": part.state,
        "attempt": part.attempt,
        "download": filename_of(part),
        "key": archive.key,
        "sha256": archive.sha256,
        "manifest_sha256": archive.manifest_sha256,
        "registered": archive.registered,
        "missing": archive.missing,
        "faltantes": archive.faltantes,
    }


def _peak_megabytes() -> int:
    """Of this program alone: on Linux ru_maxrss still counts the larger one that started it, from before the exec."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000_000
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1000


def main(command: str, *arguments: str) -> None:
    django.setup()
    told = load(Path(arguments[0])) if command == "load" else build(int(arguments[0]) if arguments else None)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
