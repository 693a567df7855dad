"""Whether this data folder is prepared already for these sources: a second start then skips a whole process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from launch.home import Home
from ready.places import REQUIREMENTS, ROOT

STAMP_NAME = "prepared.sha256"
# What `preparar_dev` reads: models and migrations, the demo, the static files, the versions of the packages.
FOLDERS = (ROOT / "sam", ROOT / "frontend" / "static")
FILES = (ROOT / "manage.py", REQUIREMENTS / "run.lock")
SETTINGS = ("DEBUG", "SAM_DEMO_PASSWORD", "SAM_STORAGE", "SAM_S3_BUCKET", "SAM_S3_ENDPOINT_URL")


def is_done(home: Home, environment: Mapping[str, str]) -> bool:
    """True only for the SQLite of the folder: another database may have been emptied behind our back."""
    if environment["DATABASE_URL"] != home.database_url or not home.database.exists():
        return False
    stamp = home.folder / STAMP_NAME
    return home.demo.exists() and stamp.exists() and stamp.read_text() == _digest(home, environment)


def note_done(home: Home, environment: Mapping[str, str]) -> None:
    """Remember what it was prepared for."""
    (home.folder / STAMP_NAME).write_text(_digest(home, environment))


def forget(home: Home) -> None:
    """From now on it counts as unprepared, whatever happens."""
    (home.folder / STAMP_NAME).unlink(missing_ok=True)


def _digest(home: Home, environment: Mapping[str, str]) -> str:
    digest = hashlib.sha256(home.url.encode())
    for name in SETTINGS:
        digest.update(f"{name}={environment.get(name, '')}\n".encode())
    for path in _sources():
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from FILES
    for folder in FOLDERS:
        yield from sorted(path for path in folder.rglob("*") if path.suffix != ".pyc" and path.is_file())
