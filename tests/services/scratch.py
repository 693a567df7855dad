"""A temporary folder that is removed with its run, and by the next run where this one is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

PREFIX = "sam-tests-"
LOCK_NAME = "in-use"
MEMORY = Path("/dev/shm")
MEMORY_NEEDED_BYTES = 1024**3


class Scratch:
    """One folder, locked as long as its process lives: the kernel lets go of the lock whatever ends it."""

    def __init__(self, name: str, *, within: Path | None = None) -> None:
        parent = within or Path(tempfile.gettempdir())
        _remove_abandoned(parent)
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{name}-", dir=parent))
        self._lock = (self.path / LOCK_NAME).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def memory_if_roomy() -> Path | None:
    """A folder in memory where there is room: emptying all tables after a test takes half the time there."""
    try:
        roomy = shutil.disk_usage(MEMORY).free > MEMORY_NEEDED_BYTES
    except OSError:
        return None
    return MEMORY if roomy and os.access(MEMORY, os.W_OK) else None


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            with (folder / LOCK_NAME).open("r+") as lock:
                _remove_if_nobody_holds(folder, lock)
        except OSError:  # being made, being removed, or another person's
            continue


def _remove_if_nobody_holds(folder: Path, lock: IO[str]) -> None:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    shutil.rmtree(folder, ignore_errors=True)
