"""The virtual environment: made once, filled from a lock with hashes, kept while the lock stands."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ready.places import REQUIREMENTS, VENV
from ready.trouble import Trouble

Lock = Literal["run", "dev"]

PYTHON = VENV / "bin" / "python"
STAMP = VENV / "sam-installed.json"


def ensure(lock: Lock) -> Path:
    """Return the environment's Python with at least that lock installed (dev.lock holds run.lock).

    Of two commands that start at once, the second waits for the first.
    """
    with _alone():
        return _ensure(lock)


@contextmanager
def _alone() -> Iterator[None]:
    folder = os.open(REQUIREMENTS, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)  # and with it the lock


def _ensure(lock: Lock) -> Path:
    if not _is_alive():
        STAMP.unlink(missing_ok=True)
        _create()
    wanted = _digest(lock)
    if _installed().get(lock) != wanted:
        print(f"Instalando los paquetes de requirements/{lock}.lock…", flush=True)
        _install(lock)
        locks = {"run": _digest("run"), "dev": wanted} if lock == "dev" else {"run": wanted}
        STAMP.write_text(json.dumps({**locks, **_ties()}))
    return PYTHON


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, found without importing it."""
    found = sorted(VENV.glob(f"lib/python3*/site-packages/{name}"))
    return found[0] if found else None


def _is_alive() -> bool:
    """Whether the environment is there and still works."""
    if not PYTHON.exists():
        return False
    if STAMP.exists():
        stamps = _installed()
        return all(stamps.get(name, value) == value for name, value in _ties().items())
    code = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", code], capture_output=True).returncode == 0


def _create() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Trouble(f"A este Python le falta el módulo venv; instálelo con: apt-get install python{version}-venv")
    print(f"Creando el entorno virtual en {VENV}…", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if done.returncode != 0:
        raise Trouble(f"No se pudo crear el entorno virtual en {VENV}:\n{done.stdout}{done.stderr}")


def _install(lock: Lock) -> None:
    STAMP.unlink(missing_ok=True)
    argv: list[str | Path] = [
        PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input",
        "--require-hashes", "--requirement", REQUIREMENTS / f"{lock}.lock",
    ]  # fmt: skip
    done = subprocess.run(argv, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})
    if done.returncode != 0:
        raise Trouble(
            f"No se pudieron instalar los paquetes de requirements/{lock}.lock; el motivo está en las líneas "
            "anteriores. Repita la orden: sigue donde quedó."
        )


def _ties() -> dict[str, str]:
    """What an environment does not survive: another Python under the same name, or a move of its folder."""
    return {"python": str(PYTHON.resolve()), "venv": str(VENV)}


def _installed() -> dict[str, str]:
    try:
        stamps = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _digest(lock: Lock) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{lock}.lock").read_bytes()).hexdigest()
