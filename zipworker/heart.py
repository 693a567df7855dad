"""The heartbeat of one claim, in a thread of its own: it renews the lease, shows progress, and sees a cancel.

A busy event loop or a builder that holds the interpreter must not miss a beat, and a builder must not wait for
the database: it leaves its figures here and asks `check()` between two chunks.
"""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Self

from django.db import DatabaseError, InterfaceError, connection

from sam.errors import LeaseLost, Stopped
from sam.services.partes import Claim, beat, check_lease, lease_seconds, show_progress

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25  # and so at most four progress messages a second
CHECK_SECONDS = 0.5
BEAT_SECONDS = 2.5


class Heart:
    """A context manager around a build; `stopping` is set when this process has to hand its parts back."""

    def __init__(self, claim: Claim, *, stopping: threading.Event) -> None:
        self._claim = claim
        self._stopping = stopping
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._progress = (0, "")
        self._shown = (0, "")
        self._thread = threading.Thread(target=self._run, name=f"heart-{claim.part_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def report(self, done: int, current: str) -> None:
        """Note how many equipos have passed, and the code of the last; costs nothing."""
        # A large documento that was dropped restarts the stream within the attempt: `done` never goes back in one.
        if done >= self._progress[0]:
            self._progress = (done, current)

    def check(self) -> None:
        """Raise LeaseLost when the part is no longer ours, Stopped when this process has to stop."""
        if self._lost.is_set():
            raise LeaseLost
        if self._stopping.is_set():
            raise Stopped

    def _run(self) -> None:
        try:
            self._beat_until_ended()
        finally:
            connection.close()

    def _beat_until_ended(self) -> None:
        beaten = checked = time.monotonic()
        while not self._ended.wait(TICK_SECONDS):
            self._show()
            now = time.monotonic()
            try:
                if now - beaten >= BEAT_SECONDS:
                    done, current = self._progress
                    beat(self._claim, done=done, current=current)
                    beaten = checked = time.monotonic()
                elif now - checked >= CHECK_SECONDS:
                    check_lease(self._claim)
                    checked = time.monotonic()
            except LeaseLost:
                self._lost.set()
                return
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                logger.warning("action=beat_failed part=%s error=%s", self._claim.part_id, type(error).__name__)
                if time.monotonic() - beaten > lease_seconds():
                    # Nobody has heard of us for a whole lease: by the database's clock the part is another's.
                    self._lost.set()
                    return

    def _show(self) -> None:
        progress = self._progress
        if progress != self._shown:
            self._shown = progress
            done, current = progress
            show_progress(self._claim, done=done, current=current)
