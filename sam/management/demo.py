"""The demo: two empresas with documents that open, their usuarios, and `demo.json` that says how to enter."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from sam.demo import write_demo, write_second_demo
from sam.management.loading import load_dump
from sam.selectors.empresas import empresa_named
from sam.selectors.usuarios import how_many_of
from sam.services.usuarios import ensure_usuario

DEMO_EMPRESA = "CERTIBOY S.A.S."
SECOND_EMPRESA = "OTRA METROLOGÍA LTDA."

Say = Callable[[str], None]


class DemoUser(TypedDict):
    username: str
    password: str
    empresa: str | None
    staff: bool


def ensure_demo(*, data_dir: Path, url: str, password: str, say: Say) -> list[DemoUser]:
    """Load what is not loaded yet, make the usuarios, write demo.json; returns the usuarios."""
    first = _ensure_empresa(DEMO_EMPRESA, write_demo, say)
    second = _ensure_empresa(SECOND_EMPRESA, write_second_demo, say)
    file = data_dir / "demo.json"
    word = password or _known_password(file) or secrets.token_urlsafe(9)
    users: list[DemoUser] = [
        {"username": "certiboy", "password": word, "empresa": DEMO_EMPRESA, "staff": False},
        {"username": "certiboy2", "password": word, "empresa": DEMO_EMPRESA, "staff": False},
        {"username": "otra", "password": word, "empresa": SECOND_EMPRESA, "staff": False},
        {"username": "admin", "password": word, "empresa": None, "staff": True},
    ]
    ids = {DEMO_EMPRESA: first, SECOND_EMPRESA: second, None: None}
    # Checking a password costs a third of a second each, so it is done only where it may have changed.
    if word != _known_password(file) or how_many_of({user["username"] for user in users}) != len(users):
        for user in users:
            ensure_usuario(
                username=user["username"], password=word, empresa_id=ids[user["empresa"]], staff=user["staff"]
            )
    _write_privately(file, json.dumps({"url": url, "users": users}, ensure_ascii=False, indent=2))
    return users


def _ensure_empresa(nombre: str, write: Callable[[Path], None], say: Say) -> int:
    known = empresa_named(nombre)
    if known is not None:
        return known
    say(f"Cargando la demostración de {nombre}…")
    with tempfile.TemporaryDirectory(prefix="sam-demo-") as folder:
        write(Path(folder))
        imported, _ = load_dump(Path(folder))
    say(f"{nombre}: {imported.equipos} equipos, {imported.documentos} documentos.")
    return imported.empresa


def _known_password(file: Path) -> str | None:
    try:
        return str(json.loads(file.read_text())["users"][0]["password"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _write_privately(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    unfinished.replace(file)
