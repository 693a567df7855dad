"""The data folder of a local SAM, and the environment that its processes get."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ready.places import ROOT
from ready.trouble import Trouble

DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where this SAM keeps its data and where it listens. `lock` is held as long as it runs."""

    folder: Path
    port: int
    lock: IO[str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def database(self) -> Path:
        return self.folder / "sam.sqlite3"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def demo(self) -> Path:
        return self.folder / "demo.json"


def open_home(environment: Mapping[str, str]) -> Home:
    """Make the data folder and take it; raises Trouble when the folder or the port is taken."""
    port = _port(environment.get("PORT") or str(DEFAULT_PORT))
    _refuse_taken_port(port)
    folder = Path(environment.get("SAM_DATA_DIR") or ROOT / ".sam").absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "dev.lock").open("w")
    except OSError as error:
        raise Trouble(f"No se puede escribir en la carpeta de datos {folder}: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise Trouble(f"Ya hay un SAM corriendo con los datos de {folder}; use otra SAM_DATA_DIR.") from error
    return Home(folder=folder, port=port, lock=lock)


def environment_for(home: Home, *, person: Mapping[str, str], redis_url: str) -> dict[str, str]:
    """What web and worker get: what the person set wins, the rest is this machine's."""
    ours = {
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "DATABASE_URL": home.database_url,
        "REDIS_URL": redis_url,
    }
    chosen = {name: value for name, value in person.items() if value or name not in ours}
    fixed = {"SAM_DATA_DIR": str(home.folder), "PORT": str(home.port), "PYTHONUNBUFFERED": "1"}
    secret = {} if person.get("SECRET_KEY") else {"SECRET_KEY": _secret_key(home.folder / "secret_key")}
    return {**ours, **chosen, **fixed, **secret}


def _secret_key(path: Path) -> str:
    """The key of this folder, made once: sessions survive a restart. Only its owner may read it."""
    if not path.exists():
        temporary = path.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        temporary.replace(path)
    return path.read_text()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise Trouble(f"PORT es «{text}»; se espera un número entero de 1 a 65535.")
    return int(text)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except PermissionError as error:
            raise Trouble(f"Su usuario no puede abrir el puerto {port}; use PORT=8000 o mayor.") from error
        except OSError as error:
            raise Trouble(f"El puerto {port} ya está ocupado; use otro, por ejemplo PORT={port + 1}.") from error
