"""One folder for all that a worker process writes aside: a killed one's is removed by the next that starts."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "sam-worker-"
UNLOCKED = "sam-begins-"
LOCK = "en-uso"


class Scratch:
    """The process's own temporary folder, where `tempfile` puts everything from `open` to `remove`.

    It is locked for as long as the process lives; what nobody locks was left by one that was killed.
    """

    def __init__(self, within: Path | None = None) -> None:
        self._within = within or Path(tempfile.gettempdir())
        self.path = self._within
        self._lock: int | None = None

    def open(self) -> None:
        """Make it, and remove those that nobody locks."""
        self._remove_abandoned()
        new = Path(tempfile.mkdtemp(prefix=UNLOCKED, dir=self._within))
        self._lock = os.open(new / LOCK, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Under its name only when it is locked: another that starts now must not take it for abandoned.
        self.path = new.rename(self._within / new.name.replace(UNLOCKED, PREFIX, 1))
        tempfile.tempdir = str(self.path)

    def remove(self) -> None:
        tempfile.tempdir = None
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _remove_abandoned(self) -> None:
        for folder in self._within.glob(f"{PREFIX}*"):
            try:
                lock = os.open(folder / LOCK, os.O_RDWR)
            except OSError:
                continue  # just being made, just removed, or another's
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            except BlockingIOError:
                pass
            finally:
                os.close(lock)
