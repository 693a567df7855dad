"""An empresa whose part is large enough for a multipart upload, and quick to build: equipos with documentos of bytes.

`load` runs inside a process of the installation: `manage.py shell -c "… load('DUMP')"`.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Final

USUARIO: Final = "marta"
EMPRESA: Final = "Metrología del Almacén"
EQUIPOS: Final = 8
MANUAL_BYTES: Final = 700_000
# More than is held in memory: it is checked as it passes, and found wanting it restarts the stream.
LARGE_BYTES: Final = 9 * 1024 * 1024
LARGE: Final = 6  # the number of the equipo whose manual is so large


def codigo(number: int) -> str:
    return f"EQ-{number:03}"


def manual(number: int) -> bytes:
    """The same bytes each time, that nothing compresses."""
    return random.Random(number).randbytes(LARGE_BYTES if number == LARGE else MANUAL_BYTES)


def write_dump(folder: Path) -> Path:
    """The dump in `folder`, which it makes."""
    files = folder / "files"
    files.mkdir(parents=True)
    for number in range(1, EQUIPOS + 1):
        (files / f"{codigo(number)}.pdf").write_bytes(manual(number))
        (files / f"{codigo(number)}-cal.pdf").write_bytes(b"%PDF certificado " + codigo(number).encode())
    data = {
        "formato": "sam-dump/1",
        "empresa": {"nombre": EMPRESA},
        "equipos": [_equipo(n + 1) for n in range(EQUIPOS)],
    }
    (folder / "data.json").write_text(json.dumps(data))
    return folder


def _equipo(number: int) -> dict[str, Any]:
    name = codigo(number)
    return {
        "codigo_interno": name,
        "nombre": "Balanza",
        "documentos": {"manual": f"files/{name}.pdf"},
        "calibraciones": [{"fecha": "2025-01-15", "certificado": f"files/{name}-cal.pdf"}],
    }


def load(dump: str) -> None:
    """Make the tables, the static files, the empresa and its usuario."""
    from django.conf import settings
    from django.core.management import call_command

    from sam.management.loading import load_dump
    from sam.services.usuarios import ensure_usuario

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    imported, _ = load_dump(Path(dump))
    ensure_usuario(username=USUARIO, password=settings.SAM.demo_password, empresa_id=imported.empresa)
